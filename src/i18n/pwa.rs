//! Strings of the installed app: without a network, installing it, and what other apps share with it.

/// The part of [`Strings`](super::Strings) for the installed app.
pub struct PwaStrings {
    pub offline: &'static str,
    pub offline_about: &'static str,
    pub offline_retry: &'static str,

    pub install_title: &'static str,
    pub install_about: &'static str,
    pub install: &'static str,
    /// Where the browser offers no button: Safari on a phone.
    pub install_menu: &'static str,
    pub install_not_now: &'static str,

    pub share_about: &'static str,
    pub share_forget: &'static str,
}
