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

    pub outgoing: &'static str,
    pub outgoing_about: &'static str,
    pub url: &'static str,
    pub events: &'static str,
    /// In the order of `HookEvent::ALL`.
    pub event_names: [&'static str; 6],
    pub hears_bots: &'static str,
    pub create_outgoing: &'static str,
    pub new_key: &'static str,
    pub key_of: fn(&str) -> String,
    pub key_once: &'static str,
    pub paused: &'static str,
    pub resume: &'static str,
    pub deliveries: &'static str,
    pub no_deliveries: &'static str,
    pub delivered: &'static str,
    pub waiting: &'static str,
    pub given_up: &'static str,
    pub tries: fn(u32) -> String,
    pub replay: &'static str,
}
