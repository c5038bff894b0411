//! Strings of reports and of what moderators do.

/// The part of [`Strings`](super::Strings) about reports.
pub struct ReportStrings {
    pub report: &'static str,
    pub about: &'static str,
    /// Spam, abuse, sexual, violence, privacy, other.
    pub reasons: [&'static str; 6],
    pub note: &'static str,
    pub send: &'static str,
    pub sent: &'static str,

    pub reports: &'static str,
    pub open: &'static str,
    pub decided: &'static str,
    pub none: &'static str,
    pub by_filter: &'static str,
    pub reported_by: &'static str,
    pub to_review: fn(u64) -> String,
    pub note_of: &'static str,
    pub hidden: &'static str,
    pub private: &'static str,
    pub acts: &'static str,
    /// Dismiss, hide, show, delete, warn, mute, ban, suspend.
    pub decisions: [&'static str; 8],
    pub say_why: &'static str,
    /// Hides the message together with another decision.
    pub hide_too: &'static str,
    pub lasts: &'static str,

    // Members.
    pub mute: &'static str,
    pub mute_says: &'static str,
    /// Ten minutes, an hour, a day, a week.
    pub mute_times: [(&'static str, &'static str); 4],
    pub muted: &'static str,
    pub unmute: &'static str,
    pub ban_time: &'static str,
    /// A ban without an end.
    pub ban_endless: &'static str,

    // Rooms.
    pub writers: &'static str,
    /// All, moderators, owner.
    pub writer_kinds: [&'static str; 3],
    pub read_only: &'static str,
    pub lock: &'static str,
    pub lock_says: &'static str,
    pub locked_until: &'static str,
    /// Around the time at which a mute ends.
    pub muted_here: [&'static str; 2],
    pub lock_now: &'static str,
    pub unlock: &'static str,

    // Settings of the server.
    pub words: &'static str,
    pub words_hint: &'static str,
    pub hold: &'static str,
    pub hold_hint: &'static str,
    pub server_lock_says: &'static str,
}
