//! Korean strings of the installed app.

use crate::i18n::pwa::PwaStrings;

pub(in crate::i18n) const STRINGS: PwaStrings = PwaStrings {
    offline: "인터넷에 연결되어 있지 않아요",
    offline_about: "이 화면은 아직 이 기기에 담겨 있지 않아요. 최근에 본 방은 연결 없이도 읽을 수 있어요.",
    offline_retry: "다시 열기",
    install_title: "앱으로 쓰기",
    install_about: "홈 화면에 두면 앱처럼 바로 열려요.",
    install: "설치하기",
    install_menu: "공유 버튼을 누르고 ‘홈 화면에 추가’를 고르세요.",
    install_not_now: "다음에",
    share_about: "어느 방에 보낼까요? 방을 고르면 쓰는 칸에 담아 드려요.",
    share_forget: "그만두기",
};
