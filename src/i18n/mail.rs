//! Strings of the e-mails that users have asked for, and of the pages that their links open.

/// The part of [`Strings`](super::Strings) for e-mails.
///
/// The first argument of a function is the name of the server, except of `digest_lead`. The second is the link, unless the field says otherwise.
pub struct MailStrings {
    pub reset_subject: fn(&str) -> String,
    pub reset: fn(&str, &str) -> String,

    pub confirm_subject: fn(&str) -> String,
    pub confirm: fn(&str, &str) -> String,
    pub confirm_title: &'static str,
    pub confirm_about: &'static str,
    pub confirm_button: &'static str,
    pub confirm_done: &'static str,

    pub new_email_subject: fn(&str) -> String,
    /// The names of the server and the user, and the link.
    pub new_email: fn(&str, &str, &str) -> String,
    pub new_email_title: &'static str,
    /// The name of the user and the address.
    pub new_email_about: fn(&str, &str) -> String,
    pub new_email_button: &'static str,
    pub new_email_done: &'static str,

    pub sign_up_subject: fn(&str) -> String,
    pub sign_up: fn(&str, &str) -> String,
    /// For an address that has an account.
    pub has_account: fn(&str, &str) -> String,

    /// The second argument is the number of messages.
    pub digest_subject: fn(&str, usize) -> String,
    pub digest_why: fn(&str) -> String,
    /// For the name of the user and the number of messages.
    pub digest_lead: fn(&str, usize) -> String,
    pub unsubscribe: &'static str,
    pub unsubscribe_title: &'static str,
    pub unsubscribe_about: &'static str,
    pub unsubscribe_done: &'static str,
}
