//! Strings of scheduled messages and reminders.

/// The part about scheduled messages of [`Strings`](super::Strings).
pub struct ScheduledStrings {
    pub title: &'static str,
    pub about: &'static str,
    pub show: &'static str,
    pub empty: &'static str,

    // The sheet.
    pub send_later: &'static str,
    pub remind_me: &'static str,
    pub text: &'static str,
    pub note: &'static str,
    pub when: &'static str,
    /// In an hour, in three hours, tomorrow morning, Monday morning.
    pub presets: [&'static str; 4],
    pub schedule: &'static str,
    pub remind: &'static str,

    // The list.
    pub reminder: &'static str,
    pub refused: &'static str,
    pub room_gone: &'static str,
    pub change: &'static str,
    pub send_now: &'static str,
    pub cancel: &'static str,
    pub waiting: fn(u64) -> String,
    pub refused_count: fn(u64) -> String,

    // What the server says.
    /// By the day and the time.
    pub reminds_at: fn(&str) -> String,
    /// By the reason.
    pub not_sent: fn(&str) -> String,
    pub today: &'static str,
    pub tomorrow: &'static str,
}
