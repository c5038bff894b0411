//! Korean strings of the page of a room's incoming webhooks.

use crate::i18n::hook::HookStrings;

pub(in crate::i18n) const STRINGS: HookStrings = HookStrings {
    title: "연동",
    incoming: "수신 웹훅",
    incoming_about: "주소를 아는 프로그램이 이 방에 글을 올려요. Slack이나 Discord 형식, 또는 일반 텍스트로 보내면 돼요.",
    name: "이름",
    name_hint: "예: 빌드 알림",
    create: "웹훅 만들기",
    rotate: "새 주소",
    revoke: "폐기",
    address_of: |name| format!("{name}의 주소"),
    address_once: "지금 복사해 두세요. 다시 보여 드리지 않아요. 이 주소를 아는 사람은 누구나 여기에 글을 올릴 수 있어요.",
    made_by: |name| format!("{name} 님이 만듦"),
    last_used: "마지막 사용",
    never_used: "사용한 적 없음",

    outgoing: "발신 웹훅",
    outgoing_about: "이 방에서 일어난 일을 내 주소로 알려요. 보내는 내용은 Standard Webhooks 방식으로 서명돼요.",
    url: "주소",
    events: "알릴 일",
    event_names: ["메시지", "수정", "삭제", "반응", "입장", "퇴장"],
    hears_bots: "봇이 한 일도 알리기",
    create_outgoing: "웹훅 만들기",
    new_key: "새 키",
    key_of: |name| format!("{name}의 키"),
    key_once: "지금 복사해 두세요. 다시 보여 드리지 않아요. 요청마다 이 키로 서명을 확인하세요.",
    paused: "실패가 이어져 멈춤",
    resume: "다시 시작",
    deliveries: "전송 내역",
    no_deliveries: "최근 사흘 동안 보낸 것이 없어요.",
    delivered: "전송됨",
    waiting: "대기 중",
    given_up: "포기함",
    tries: |tries| format!("{tries}번 시도"),
    replay: "다시 보내기",
};
