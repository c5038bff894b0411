//! Korean strings of the installed app.

use crate::i18n::pwa::PwaStrings;

pub(in crate::i18n) const STRINGS: PwaStrings = PwaStrings {
    offline: "인터넷 연결이 끊겼어요",
    offline_about: "이 화면은 저장되어 있지 않아요. 최근에 본 방은 오프라인에서도 읽을 수 있어요.",
    offline_retry: "다시 시도",
    install_title: "앱으로 쓰기",
    install_about: "홈 화면에 두면 앱처럼 바로 열려요.",
    install: "설치하기",
    install_menu: "공유 버튼을 누르고 ‘홈 화면에 추가’를 고르세요.",
    install_not_now: "다음에",
    share_about: "어느 방에 보낼까요? 방을 고르면 쓰는 칸에 담아 드려요.",
    share_forget: "그만두기",
    transfer: "다른 기기에서 이어 쓰기",
    transfer_about: "휴대폰이나 다른 브라우저에서도 지금 이름 그대로 쓸 수 있어요.",
    transfer_make: "QR 코드 만들기",
    transfer_scan: "이어서 쓸 기기의 카메라로 비추세요. 5분 안에 한\u{a0}번만 쓸 수 있어요. 다른 사람에게 보여 주지 마세요.",
    transfer_qr: "이어서 쓸 링크의 QR 코드",
    transfer_link: "또는 이 링크를 열어 주세요",
    continue_as: |name| format!("{name}님으로 이어서 쓸까요?"),
    continue_about: "직접 만든 코드일 때만 이어서 쓰세요.",
    continue_instead: |name| format!("지금은 {name}님으로 들어와 있어요. 이어서 쓰면 이 기기에서는 나가게 돼요."),
    continue_here: "여기서 이어서 쓰기",
};
