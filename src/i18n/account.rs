//! Strings for accounts: log-in, profile, sessions.

use crate::error::Code;

/// The account part of [`Strings`](super::Strings).
pub struct AccountStrings {
    // Sign-up and log-in.
    pub sign_up: &'static str,
    pub sign_up_about: &'static str,
    pub sign_up_as: fn(&str) -> String,
    /// The domains whose addresses may sign up.
    pub sign_up_link_about: fn(&str) -> String,
    pub sign_up_link_sent: &'static str,
    /// For a guest, who is only known in this browser.
    pub sign_up_link_guest: &'static str,
    pub sign_up_no_mail: &'static str,
    pub keep_name: &'static str,
    pub log_in: &'static str,
    pub log_in_about: &'static str,
    pub log_in_loses: &'static str,
    pub log_out: &'static str,
    pub log_out_guest: &'static str,
    pub has_account: &'static str,
    pub no_account: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub password_rule: &'static str,

    // Forgotten password.
    pub forgot: &'static str,
    pub forgot_about: &'static str,
    pub send_link: &'static str,
    pub forgot_sent: &'static str,
    pub reset: &'static str,
    pub reset_about: &'static str,
    pub reset_done: &'static str,
    /// After a link was mailed to a new address.
    pub email_mailed: &'static str,
    pub first_password: &'static str,
    /// The names of the server and the e-mail address.
    pub first_password_about: fn(&str, &str) -> String,
    pub link_gone: &'static str,
    pub link_gone_about: &'static str,

    // First admin.
    pub admin: &'static str,
    pub admin_about: &'static str,
    pub admin_confirm: &'static str,
    pub admin_needs_account: &'static str,

    // Own page.
    pub me: &'static str,
    pub is_admin: &'static str,
    pub profile: &'static str,
    pub bio: &'static str,
    pub bio_hint: &'static str,
    pub picture: &'static str,
    pub picture_choose: &'static str,
    pub picture_remove: &'static str,
    pub picture_crop: &'static str,
    pub picture_zoom: &'static str,
    pub picture_send: &'static str,
    pub change_email: &'static str,
    pub change_password: &'static str,
    pub current_password: &'static str,
    pub new_password: &'static str,
    pub password_changed: &'static str,
    pub privacy: &'static str,
    pub hides_presence: &'static str,
    pub hides_presence_hint: &'static str,
    pub hides_reads: &'static str,
    pub hides_reads_hint: &'static str,
    pub direct_from: &'static str,
    pub direct_from_hint: &'static str,
    pub direct_everybody: &'static str,
    pub direct_known: &'static str,
    pub direct_accounts: &'static str,
    pub direct_nobody: &'static str,
    pub listed: &'static str,
    pub listed_hint: &'static str,
    pub sessions: &'static str,
    pub sessions_about: &'static str,
    pub session_current: &'static str,
    pub session_unknown: &'static str,
    pub session_end: &'static str,
    pub sessions_end: &'static str,
    pub seen: &'static str,
    pub muted: &'static str,
    pub muted_about: &'static str,
    pub muted_none: &'static str,
    pub mute: &'static str,
    pub unmute: &'static str,
    pub blocks: &'static str,
    pub blocks_about: &'static str,
    pub blocks_none: &'static str,
    pub unblock: &'static str,
    pub block: &'static str,

    // Deleting the account.
    pub leave: &'static str,
    pub leave_about: &'static str,
    pub leave_keep: &'static str,
    pub leave_remove: &'static str,
    pub leave_sure: &'static str,
    pub left: &'static str,

    /// The sentence for an invalid field, where it says more than the sentence of its code.
    pub problem: fn(Code, &str) -> Option<&'static str>,
}
