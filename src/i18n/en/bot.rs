//! English strings of the page of one's bots.

use crate::i18n::bot::BotStrings;

pub(in crate::i18n) const STRINGS: BotStrings = BotStrings {
    title: "Bots",
    mine: "Your bots",
    about: "Bots are programs that take part under their own name, in rooms you are in. They can do only what you allow.",
    new: "New bot",
    name_hint: "e.g. Reminder",
    create: "Create bot",
    rotate: "New key",
    delete: "Delete",
    key_of: |name| format!("Key of {name}"),
    key_once: "Copy it now. It is not shown again. It expires after 90 days without use.",
    last_used: "last used",
    never_used: "never used",
    rights: "Permissions",
    right_names: ["Read messages", "Join rooms", "Send messages and files", "React", "Start direct conversations"],
};
