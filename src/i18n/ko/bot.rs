//! Korean strings of the page of one's bots.

use crate::i18n::bot::BotStrings;

pub(in crate::i18n) const STRINGS: BotStrings = BotStrings {
    title: "봇",
    mine: "내 봇",
    about: "봇은 자기 이름으로 대화에 참여하는 프로그램이에요. 내가 있는 방에만 들어갈 수 있고, 허용한 일만 할 수 있어요.",
    new: "새 봇",
    name_hint: "예: 알림이",
    create: "봇 만들기",
    rotate: "키 재발급",
    delete: "삭제",
    key_of: |name| format!("{name}의 키"),
    key_once: "지금 복사해 두세요. 다시 볼 수 없어요. 90일 동안 쓰지 않으면 만료돼요.",
    last_used: "마지막 사용",
    never_used: "사용한 적 없음",
    rights: "권한",
    right_names: ["메시지 읽기", "방 입장", "메시지와 파일 보내기", "반응 남기기", "1:1 대화 열기"],
};
