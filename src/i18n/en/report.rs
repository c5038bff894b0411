//! English strings of reports and of what moderators do.

use crate::i18n::report::ReportStrings;

pub(in crate::i18n) const STRINGS: ReportStrings = ReportStrings {
    report: "Report",
    about: "The room's moderators and server admins will review this. Your name isn't shown to the room.",
    reasons: [
        "Spam, advertising",
        "Harassment, insults",
        "Sexual content",
        "Violence, threats",
        "Personal information",
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
    acts: "Actions",
    decisions: ["Dismiss", "Hide", "Show again", "Delete", "Warn", "Time out", "Ban", "Suspend"],
    hide_too: "Hide the message, too",
    say_why: "Message to them",
    lasts: "Duration",

    mute: "Time out",
    mute_says: "They can read but not write for this time, even if they leave and come back.",
    mute_times: [("10", "10 minutes"), ("60", "1 hour"), ("1440", "1 day"), ("10080", "1 week")],
    muted: "Timed out",
    unmute: "Remove time-out",
    ban_time: "Duration",
    ban_endless: "Until unbanned",

    writers: "Who can write",
    writer_kinds: ["Everyone", "Moderators and the owner", "The owner"],
    read_only: "Only some people can write in this room.",
    lock: "Pause new joins",
    lock_says: "No one new can join during this time, even with an invite.",
    muted_here: ["You cannot write here until ", "."],
    locked_until: "New joins are paused until",
    lock_now: "Pause",
    unlock: "Allow joins again",

    words: "Blocked words",
    words_hint: "One per line. Messages containing these words aren't sent. Put ? before a word to only report it, ~ to hide the message until it is reviewed. Spaced-out words and split jamo are caught too.",
    hold: "Minutes until new members can send links and files",
    hold_hint: "0 = right away.",
    server_lock_says: "Nobody can sign up or join as a guest during this time.",
};
