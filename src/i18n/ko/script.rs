//! Korean strings of the scripts.

use crate::i18n::script::ScriptStrings;

pub(in crate::i18n) const STRINGS: ScriptStrings = ScriptStrings {
    waiting_to_send: "연결되면 보낼게요",
    long_text_name: "긴 글",
    file_empty: "…: 빈 파일이라 보낼 수 없어요.",
    file_too_large: "파일이 너무 커요. …까지 보낼 수 있어요.",
    members_one: "1명",
    members_many: "#명",
    joined_others: "…님 외 #명이 들어왔어요.",
    left_others: "…님 외 #명이 나갔어요.",
    message_people: "반응하고 읽은 사람",
    read_by: "읽은 사람",
    unread_people: "아직 읽지 않은 사람",
    nobody_yet: "아직 없어요.",
    emoji_search: "이모지 찾기",
    emoji_none: "맞는 이모지가 없어요.",
    code: "코드",
    copy_code: "복사",
    wrap_code: "줄 바꿔 보기",
    blocked_message: "차단한 사람의 메시지예요.",
    show: "보기",
    blocked_done: "…님을 차단했어요.",
    switcher: "빠른 이동",
    switcher_hint: "방이나 사람 이름 (초성도 돼요)",
    switcher_none: "맞는 방이나 사람이 없어요.",
    notify_denied: "브라우저 설정에서 이 사이트의 알림을 허용해 주세요.",
    notify_picture: "사진이나 파일",
};
