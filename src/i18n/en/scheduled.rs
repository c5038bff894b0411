//! English strings of scheduled messages and reminders.

use crate::i18n::scheduled::ScheduledStrings;

pub(in crate::i18n) const STRINGS: ScheduledStrings = ScheduledStrings {
    title: "Scheduled messages and reminders",
    about: "Messages go out at the time you set. If one can't be sent, it stays here with the reason.",
    show: "View scheduled",
    empty: "Nothing is scheduled.",
    send_later: "Send later",
    remind_me: "Remind me",
    text: "Message",
    note: "Note (optional)",
    when: "When",
    presets: ["In 1 hour", "In 3 hours", "Tomorrow, 9 AM", "Monday, 9 AM"],
    schedule: "Schedule",
    remind: "Set reminder",
    reminder: "Reminder",
    refused: "Not sent",
    room_gone: "A room you can no longer write in",
    change: "Edit",
    send_now: "Send now",
    cancel: "Cancel",
    waiting: |count| match count {
        1 => "1 scheduled message".to_owned(),
        count => format!("{count} scheduled messages"),
    },
    refused_count: |count| match count {
        1 => "1 scheduled message could not be sent.".to_owned(),
        count => format!("{count} scheduled messages could not be sent."),
    },
    reminds_at: |when| format!("You will be reminded {when}."),
    not_sent: |why| format!("⚠️ Your scheduled message was not sent. {why} It is still in your scheduled messages."),
    today: "today",
    tomorrow: "tomorrow",
};
