//! Strings of the page of a room's incoming webhooks.

/// The hook part of [`Strings`](super::Strings).
pub struct HookStrings {
    pub title: &'static str,
    pub incoming: &'static str,
    pub incoming_about: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub create: &'static str,
    pub rotate: &'static str,
    pub revoke: &'static str,
    pub address_of: fn(&str) -> String,
    pub address_once: &'static str,
    pub made_by: fn(&str) -> String,
    pub last_used: &'static str,
    pub never_used: &'static str,
}
