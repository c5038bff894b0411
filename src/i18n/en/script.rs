//! English strings of the scripts.

use crate::i18n::script::ScriptStrings;

pub(in crate::i18n) const STRINGS: ScriptStrings = ScriptStrings {
    waiting_to_send: "Sends when you are back online",
    long_text_name: "Long text",
    file_empty: "…: this file is empty.",
    file_too_large: "The file is too large. Up to … can be sent.",
    members_one: "1 member",
    members_many: "# members",
    joined_others: "… and # others joined.",
    left_others: "… and # others left.",
    message_people: "Reactions and readers",
    read_by: "Read by",
    unread_people: "Not read yet",
    nobody_yet: "Nobody yet.",
    emoji_search: "Find an emoji",
    emoji_none: "No emoji matches.",
    code: "Code",
    copy_code: "Copy",
    wrap_code: "Wrap lines",
    blocked_message: "A message from someone you blocked.",
    show: "Show",
    blocked_done: "You blocked ….",
    switcher: "Quick switcher",
    switcher_hint: "Room or person",
    switcher_none: "No room or person matches.",
    notify_denied: "Allow notifications for this site in your browser's settings.",
    notify_picture: "A picture or file",
};
