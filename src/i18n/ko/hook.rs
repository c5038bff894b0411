//! Korean strings of the page of a room's incoming webhooks.

use crate::i18n::hook::HookStrings;

pub(in crate::i18n) const STRINGS: HookStrings = HookStrings {
    title: "연동",
    incoming: "수신 웹훅",
    incoming_about: "웹훅 주소로 보낸 내용이 이 방에 메시지로 올라와요. Slack이나 Discord 형식, 또는 일반 텍스트로 보내면 돼요.",
    name: "이름",
    name_hint: "예: 빌드 알림",
    create: "웹훅 만들기",
    rotate: "주소 재발급",
    revoke: "삭제",
    address_of: |name| format!("{name}의 주소"),
    address_once: "지금 복사해 두세요. 다시 볼 수 없어요. 이 주소를 아는 사람은 누구나 여기에 글을 올릴 수 있어요.",
    made_by: |name| format!("{name}님이 만듦"),
    last_used: "마지막 사용",
    never_used: "사용한 적 없음",

    outgoing: "발신 웹훅",
    outgoing_about: "이 방에서 일어난 일을 지정한 URL로 보내요. 요청에는 Standard Webhooks 방식의 서명이 붙어요.",
    url: "받을 URL",
    events: "보낼 이벤트",
    event_names: ["메시지", "수정", "삭제", "반응", "입장", "퇴장"],
    hears_bots: "봇이 한 일도 보내기",
    create_outgoing: "웹훅 만들기",
    new_key: "서명 키 재발급",
    key_of: |name| format!("{name}의 서명 키"),
    key_once: "지금 복사해 두세요. 다시 볼 수 없어요. 받은 요청의 서명을 이 키로 확인하세요.",
    paused: "계속 실패해서 일시 중지됨",
    resume: "다시 시작",
    deliveries: "전송 내역",
    no_deliveries: "최근 사흘 동안 보낸 것이 없어요.",
    delivered: "전송됨",
    waiting: "대기 중",
    given_up: "전송 실패",
    tries: |tries| format!("{tries}번 시도"),
    replay: "다시 보내기",
};
