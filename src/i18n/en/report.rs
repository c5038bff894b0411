//! English strings of reports and of what moderators do.

use crate::i18n::report::ReportStrings;

pub(in crate::i18n) const STRINGS: ReportStrings = ReportStrings {
    report: "Report",
    about: "The moderators of the room and the admins look at it. The room does not learn who reported.",
    reasons: [
        "Spam, advertising",
        "Harassment, insults",
        "Sexual content",
        "Violence, threats",
        "Private data",
        "Something else",
    ],
    note: "Anything to add",
    send: "Report",
    sent: "Reported. Somebody will look at it.",

    reports: "Reports",
    open: "Open",
    decided: "Decided",
    none: "There are no reports.",
    by_filter: "Unwanted word",
    reported_by: "Reported by",
    hidden: "Hidden",
    private: "Direct conversation or whisper",
    decisions: ["Dismiss", "Hide", "Show again", "Delete", "Warn", "Mute", "Remove and ban", "Suspend"],
    say_why: "What they are told",
    lasts: "For",

    mute: "Mute",
    mute_says: "They can only read for this time, also after they left and came back.",
    mute_times: [("10", "10 minutes"), ("60", "an hour"), ("1440", "a day"), ("10080", "a week")],
    muted: "Muted",
    unmute: "Unmute",
    ban_time: "For",

    writers: "Who may write",
    writer_kinds: ["Everybody", "Moderators and the owner", "The owner"],
    read_only: "Only some people write in this room.",
    lock: "Let nobody new in",
    lock_says: "For this time nobody new comes in, not even with an invite.",
    locked_until: "Nobody new until",
    unlock: "Open again",

    words: "Unwanted words",
    words_hint: "One a line. With ? before it, it is only reported; with ~ the message is hidden until somebody looks at it; else it is not sent. They are found with spaces and as single jamo, too.",
    hold: "Minutes for which somebody new sends no links and no files",
    hold_hint: "0: at once.",
    server_lock_says: "For this time nobody signs up or comes in as a guest.",
};
