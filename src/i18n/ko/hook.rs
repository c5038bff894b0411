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
};
