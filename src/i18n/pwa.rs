//! Strings of the installed app: without a network, installing it, what other apps share with it, and going on from one
//! device to another.

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

    // To another device, by a link that works once.
    pub transfer: &'static str,
    pub transfer_about: &'static str,
    pub transfer_make: &'static str,
    pub transfer_scan: &'static str,
    pub transfer_qr: &'static str,
    pub transfer_link: &'static str,
    pub continue_as: fn(&str) -> String,
    pub continue_about: &'static str,
    /// Somebody else is signed in here.
    pub continue_instead: fn(&str) -> String,
    pub continue_here: &'static str,
}
