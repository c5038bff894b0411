//! English strings of the page of one's bots.

use crate::i18n::bot::BotStrings;

pub(in crate::i18n) const STRINGS: BotStrings = BotStrings {
    title: "Bots",
    mine: "My bots",
    about: "Programs that take part under a name of their own, in rooms you are in. They may do what is ticked, and nothing else.",
    new: "New bot",
    name_hint: "For example Reminder",
    create: "Create bot",
    rotate: "New key",
    delete: "Delete",
    key_of: |name| format!("Key of {name}"),
    key_once: "Copy it now. It is not shown again. It ends after 90 days without use.",
    last_used: "used",
    never_used: "never used",
    rights: "It may",
    right_names: ["read", "join rooms", "send messages and files", "react", "open direct rooms"],
};
