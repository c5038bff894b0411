//! English strings of the settings.

use crate::i18n::settings::SettingsStrings;

pub(in crate::i18n) const STRINGS: SettingsStrings = SettingsStrings {
    title: "Settings",
    look: "Appearance and keyboard",
    look_about: "Kept in this browser only.",
    theme: "Theme",
    theme_system: "Same as system",
    theme_light: "Light",
    theme_dark: "Dark",
    text_size: "Text size",
    sizes: ["Small", "Normal", "Large", "Very large"],
    enter_key: "Enter key",
    enter_auto: "Sends on a keyboard, breaks the line on a phone",
    enter_send: "Always sends",
    enter_line: "Always breaks the line (Ctrl+Enter sends)",
    language: "Language",

    notifications: "Notifications",
    notify: "Notify me in this browser",
    notify_hint: "While Madang is open and you are not looking, it tells you about new messages.",
    sound: "Play a sound",
    quiet: "Quiet hours",
    quiet_hint: "No notifications on any device during these hours.",
    quiet_from: "From",
    quiet_until: "Until",
    room_notifications: "Notifications of this room",
    level_all: "All messages",
    level_mentions: "Mentions only",
    level_none: "None",
    level_none_hint: "Unread messages are not counted either.",

    export: "Download my data",
    export_about: "Your profile, settings, and the messages and files you have sent, in one zip file. You can ask for it once a day, and download it for three days.",
    export_ask: "Create the file",
    export_making: "The file is being made. Open this page again in a moment.",
    export_download: "Download",
    export_until: "Until",
    export_made: "Made",
};
