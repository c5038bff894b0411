//! Strings of the settings: how the pages look, keys, notifications.

/// The settings part of [`Strings`](super::Strings).
pub struct SettingsStrings {
    pub title: &'static str,
    // Look and keys, kept in the browser.
    pub look: &'static str,
    pub look_about: &'static str,
    pub theme: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub text_size: &'static str,
    pub sizes: [&'static str; 4],
    pub enter_key: &'static str,
    pub enter_auto: &'static str,
    pub enter_send: &'static str,
    pub enter_line: &'static str,
    pub language: &'static str,

    // Notifications.
    pub notifications: &'static str,
    pub notify: &'static str,
    pub notify_hint: &'static str,
    pub sound: &'static str,
    pub quiet: &'static str,
    pub quiet_hint: &'static str,
    pub quiet_from: &'static str,
    pub quiet_until: &'static str,
    pub room_notifications: &'static str,
    pub level_all: &'static str,
    pub level_mentions: &'static str,
    pub level_none: &'static str,
    pub level_none_hint: &'static str,

    // Pushes to browsers that are closed.
    /// A push that hides its text.
    pub push_hidden: &'static str,
    pub push_more: fn(usize) -> String,
    pub push_test: &'static str,
    pub push_title: &'static str,
    pub push_about: &'static str,
    pub push_none: &'static str,
    pub push_this: &'static str,
    pub push_at: &'static str,
    pub push_never: &'static str,
    pub push_failed: fn(&str) -> String,
    pub push_hide_text: &'static str,
    pub push_try: &'static str,
    pub push_stop: &'static str,

    // Mail for what was missed.
    pub digest: &'static str,
    pub digest_about: &'static str,
    pub digest_when: &'static str,
    pub digest_off: &'static str,
    /// After 15 minutes, an hour and a day.
    pub digest_after: [&'static str; 3],
    pub digest_unconfirmed: &'static str,

    // One's own data.
    pub export: &'static str,
    pub export_about: &'static str,
    pub export_ask: &'static str,
    pub export_making: &'static str,
    pub export_download: &'static str,
    pub export_until: &'static str,
    /// On the page in the archive, before a time.
    pub export_made: &'static str,
}
