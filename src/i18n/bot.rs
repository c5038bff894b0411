//! Strings of the page of one's bots.

/// The bot part of [`Strings`](super::Strings).
pub struct BotStrings {
    pub title: &'static str,
    pub mine: &'static str,
    pub about: &'static str,
    pub new: &'static str,
    pub name_hint: &'static str,
    pub create: &'static str,
    pub rotate: &'static str,
    pub delete: &'static str,
    pub key_of: fn(&str) -> String,
    pub key_once: &'static str,
    pub last_used: &'static str,
    pub never_used: &'static str,
    pub rights: &'static str,
    /// In the order of `BotRight::ALL`.
    pub right_names: [&'static str; 5],
}
