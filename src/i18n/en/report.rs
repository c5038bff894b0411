//! English strings of reports and of what moderators do.

use crate::i18n::report::ReportStrings;

pub(in crate::i18n) const STRINGS: ReportStrings = ReportStrings {
    report: "Report",
    about: "The moderators of the room and the admins of the server will look at it. The room does not learn who reported it.",
    reasons: [
        "Spam, advertising",
        "Harassment, insults",
        "Sexual content",
        "Violence, threats",
        "Private data",
        "Something else",
    ],
    note: "Anything to add?",
    send: "Report",
    sent: "Reported. Someone will look at it.",

    reports: "Reports",
    open: "Open",
    decided: "Resolved",
    none: "There are no reports.",
    by_filter: "Blocked word",
    reported_by: "Reported by",
    to_review: |count| if count == 1 { "1 report to review".to_owned() } else { format!("{count} reports to review") },
    note_of: "Reporter's note",
    hidden: "Hidden",
    private: "Direct conversation or whisper",
    decisions: ["Dismiss", "Hide", "Show again", "Delete", "Warn", "Time out", "Ban", "Suspend"],
    say_why: "Message to them",
    lasts: "Duration",

    mute: "Time out",
    mute_says: "They can read but not write for this time, even if they leave and come back.",
    mute_times: [("10", "10 minutes"), ("60", "an hour"), ("1440", "a day"), ("10080", "a week")],
    muted: "Timed out",
    unmute: "End time-out",
    ban_time: "Duration",

    writers: "Who can write",
    writer_kinds: ["Everyone", "Moderators and the owner", "The owner"],
    read_only: "Only some people can write in this room.",
    lock: "Stop new joins",
    lock_says: "Nobody new can join for this time, not even with an invite.",
    locked_until: "Nobody new can join until",
    lock_now: "Pause",
    unlock: "Allow again",

    words: "Blocked words",
    words_hint: "One per line. A message with such a word is not sent. With ? before the word it is only reported, with ~ it is hidden until someone has looked at it. Words are found with spaces or as single jamo, too.",
    hold: "Minutes until new members can send links and files",
    hold_hint: "0 lets them send at once.",
    server_lock_says: "For this time nobody can sign up or come in as a guest.",
};
