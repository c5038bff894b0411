//! Korean strings of the settings.

use crate::i18n::settings::SettingsStrings;

pub(in crate::i18n) const STRINGS: SettingsStrings = SettingsStrings {
    title: "설정",
    look: "화면과 키보드",
    look_about: "이 브라우저에만 저장돼요.",
    theme: "테마",
    theme_system: "시스템 설정대로",
    theme_light: "밝게",
    theme_dark: "어둡게",
    text_size: "글자 크기",
    sizes: ["작게", "보통", "크게", "아주 크게"],
    enter_key: "Enter 키",
    enter_auto: "키보드에서는 보내고, 휴대폰에서는 줄 바꾸기",
    enter_send: "항상 보내기",
    enter_line: "항상 줄 바꾸기 (Ctrl+Enter로 보내기)",
    language: "언어",

    notifications: "알림",
    notify: "이 브라우저에서 알림 받기",
    notify_hint: "마당을 열어 둔 동안, 보고 있지 않을 때 새 메시지를 알려요.",
    sound: "알림 소리",
    quiet: "방해 금지 시간",
    quiet_hint: "이 시간에는 어느 기기에서도 알리지 않아요.",
    quiet_from: "시작",
    quiet_until: "끝",
    room_notifications: "이 방의 알림",
    level_all: "모든 메시지",
    level_mentions: "나를 부를 때만",
    level_none: "받지 않기",
    level_none_hint: "안 읽은 수도 세지 않아요.",

    export: "내 데이터 내려받기",
    export_about: "프로필과 설정, 내가 보낸 메시지와 파일을 zip 파일 하나로 모아 드려요. 하루에 한 번 만들 수 있고, 만든 파일은 사흘 동안 받을 수 있어요.",
    export_ask: "파일 만들기",
    export_making: "파일을 만들고 있어요. 조금 뒤에 이 화면을 다시 열어 주세요.",
    export_download: "내려받기",
    export_until: "받을 수 있는 날:",
    export_made: "만든 때",
};
