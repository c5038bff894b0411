//! Strings of the e-mails that users have asked for, and of the pages that their links open.

/// The part of [`Strings`](super::Strings) for e-mails.
pub struct MailStrings {
    pub confirm_subject: &'static str,
    pub confirm: fn(&str) -> String,
    pub confirm_title: &'static str,
    pub confirm_about: &'static str,
    pub confirm_button: &'static str,
    pub confirm_done: &'static str,

    pub sign_up_subject: &'static str,
    pub sign_up: fn(&str) -> String,
    /// For an address that has an account.
    pub has_account: fn(&str) -> String,

    pub digest_subject: fn(usize) -> String,
    /// The user and how many messages there are.
    pub digest_lead: fn(&str, usize) -> String,
    pub digest_why: &'static str,
    pub unsubscribe: &'static str,
    pub unsubscribe_title: &'static str,
    pub unsubscribe_about: &'static str,
    pub unsubscribe_done: &'static str,
}
