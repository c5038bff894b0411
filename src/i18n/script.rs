//! Strings that only scripts show, each with the name under which they find it.

macro_rules! script_strings {
    ($($field:ident: $name:literal,)+) => {
        /// The script part of [`Strings`](super::Strings). `…` stands where the script puts a name or a size, `#` where it
        /// puts a number.
        pub struct ScriptStrings {
            $(pub $field: &'static str,)+
        }

        impl ScriptStrings {
            /// Returns the strings with their names.
            pub fn named(&self) -> Vec<(&'static str, &'static str)> {
                vec![$(($name, self.$field),)+]
            }
        }
    };
}

script_strings! {
    // Sending.
    waiting_to_send: "waitingToSend",
    long_text_name: "longTextName",
    file_empty: "fileEmpty",
    file_too_large: "fileTooLarge",
    // Forms.
    invalid_field: "invalidField",
    // The head of a room.
    members_one: "membersOne",
    members_many: "membersMany",
    // The composer.
    whisper_hint: "whisperHint",
    scheduled_waiting_one: "scheduledWaitingOne",
    scheduled_waiting_many: "scheduledWaitingMany",
    // The reports that wait.
    reports_one: "reportsOne",
    reports_many: "reportsMany",
    // Folded lines.
    joined_others: "joinedOthers",
    left_others: "leftOthers",
    // Lists of people.
    message_people: "messagePeople",
    read_by: "readBy",
    unread_people: "unreadPeople",
    nobody_yet: "nobodyYet",
    // Emoji.
    emoji_search: "emojiSearch",
    emoji_none: "emojiNone",
    // Code.
    code: "code",
    copy_code: "copyCode",
    wrap_code: "wrapCode",
    // Deleting a message.
    message_deleted: "messageDeleted",
    undo: "undo",
    // Inside another app.
    in_app_about: "inAppAbout",
    in_app_open: "inAppOpen",
    // A profile.
    member_since: "memberSince",
    // Blocked people.
    blocked_message: "blockedMessage",
    show: "show",
    unblock: "unblock",
    blocked_done: "blockedDone",
    muted_done: "mutedDone",
    unmuted_done: "unmutedDone",
    // Notifications.
    notify_denied: "notifyDenied",
    command_needs_more: "commandNeedsMore",
    command_working: "commandWorking",
    command_unknown: "commandUnknown",
    remind_how: "remindHow",
    // What is scheduled.
    later_set: "laterSet",
    later_past: "laterPast",
    later_text_only: "laterTextOnly",
    reminder_set: "reminderSet",
    notify_new: "notifyNew",
    // The quick switcher and the list of shortcuts.
    switcher: "switcher",
    switcher_hint: "switcherHint",
    switcher_none: "switcherNone",
    switcher_person: "switcherPerson",
    shortcuts: "shortcuts",
    shortcut_rooms: "shortcutRooms",
    shortcut_unread: "shortcutUnread",
    shortcut_edit: "shortcutEdit",
    shortcut_send: "shortcutSend",
    shortcut_break: "shortcutBreak",
    shortcut_escape: "shortcutEscape",
}
