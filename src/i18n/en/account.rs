//! English strings for accounts.

use crate::error::Code;
use crate::i18n::account::AccountStrings;

pub(in crate::i18n) const STRINGS: AccountStrings = AccountStrings {
    sign_up: "Sign up",
    sign_up_about: "Keep your name and chats on every device.",
    sign_up_as: |name| format!("Sign up to keep the name {name}, your rooms and your messages."),
    sign_up_link_about: |domains| {
        format!("You need an e-mail address at {domains} to sign up here. We'll send you a link to continue.")
    },
    sign_up_link_sent: "We've sent an e-mail to this address. Open its link within a day.",
    sign_up_link_guest: "Open it in this browser to keep your rooms and messages.",
    sign_up_no_mail: "Nobody can sign up at the moment: this server cannot send e-mail.",
    keep_name: "Sign up to keep this name",
    log_in: "Log in",
    log_in_about: "Good to see you again.",
    log_in_loses: "If you log in, you leave the guest you are now.",
    log_out: "Log out",
    log_out_guest: "A guest who logs out cannot come back under this name.",
    has_account: "Already have an account? Log in",
    no_account: "Create an account",
    email: "E-mail",
    password: "Password",
    password_rule: "At least eight characters, and hard to guess.",

    forgot: "Forgot your password?",
    forgot_about: "Enter the e-mail you signed up with, and we'll send you a link to set a new password.",
    send_link: "Send link",
    forgot_sent: "If there is an account with that e-mail, we've sent a link to it. Open it within an hour.",
    reset: "New password",
    reset_about: "You will be logged out on every device.",
    reset_done: "The password was changed. Log in with the new one.",
    email_mailed: "We have mailed a link to the new address. The address changes once you confirm there.",
    first_password: "Choose a password",
    first_password_about: |server, email| {
        format!("You have an account on {server}. Choose a password: you log in as {email}.")
    },
    link_gone: "This link no longer works",
    link_gone_about: "It was used already or has expired. Ask for a new one.",

    admin: "Become an admin",
    admin_about: "Admins manage every room they are in as its owner does, and can delete any room.",
    admin_confirm: "Make me an admin",
    admin_needs_account: "Sign up or log in first. You come back here after that.",

    me: "Your account",
    is_admin: "Admin",
    profile: "Profile",
    bio: "About you",
    bio_hint: "Optional",
    picture: "Picture",
    picture_choose: "Choose a picture",
    picture_remove: "Remove it",
    picture_crop: "Choose what is shown",
    picture_zoom: "Size",
    picture_send: "Use this picture",
    change_email: "Change e-mail",
    change_password: "Change password",
    current_password: "Current password",
    new_password: "New password",
    password_changed: "Other devices will be logged out.",
    privacy: "Privacy",
    hides_presence: "Don't show when I'm online",
    hides_presence_hint: "You always appear offline, and others can't see how far you've read. You won't see when they're online or what they've read either.",
    hides_reads: "Don't show what I've read",
    hides_reads_hint: "Others can't see how far you've read. You won't see what they've read either.",
    direct_from: "Who can message you",
    direct_from_hint: "Existing conversations continue. Block people you no longer want to hear from.",
    direct_everybody: "Everyone",
    direct_known: "People who share a room with you",
    direct_accounts: "People with an account",
    direct_nobody: "Nobody",
    listed: "List me in the directory",
    listed_hint: "If off, nobody can find you by name. People in your rooms still see you.",
    sessions: "Where you're logged in",
    sessions_about: "If you don't recognize one of these, log it out and change your password.",
    session_current: "This device",
    session_unknown: "Unknown device",
    session_end: "Log out",
    sessions_end: "Log out everywhere else",
    seen: "Last used",
    muted: "People you have muted",
    muted_about: "You see their messages but get no notifications. They won't know.",
    muted_none: "You haven't muted anyone.",
    mute: "Mute notifications",
    unmute: "Unmute notifications",
    blocks: "People you have blocked",
    blocks_about: "People you block can't whisper or message you.",
    blocks_none: "You haven't blocked anyone.",
    unblock: "Unblock",
    block: "Block",

    leave: "Delete account",
    leave_about: "Your name, picture and e-mail are deleted, and you leave all rooms. This cannot be undone.",
    leave_keep: "Keep my messages, shown as from a former member",
    leave_remove: "Delete my messages as well",
    leave_sure: "Yes, delete my account",
    left: "Your account was deleted. Thank you for being here.",

    problem,
};

fn problem(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::Invalid, "email") => "Check the e-mail address.",
        (Code::Invalid, "password") => "At least eight characters, and neither your name nor a common word.",
        (Code::TooLong, "password") => "The password is too long. Make it a little shorter.",
        (Code::Invalid, "name") => {
            "Choose another name. It needs visible characters and must not look like an admin's."
        }
        (Code::TooLong, "name") => "The name is too long: forty characters at most.",
        (Code::TooLong, "bio") => "That is too long: 160 characters at most.",
        (Code::Forbidden, "email") => "The address cannot be changed: this server sends no mail.",
        (Code::Invalid, "signUp") => "Set SMTP_URL first: without a mail server nobody gets the link to sign up.",
        (Code::BadCredentials, "password" | "current") => "Wrong password.",
        (Code::RateLimited, _) => "Too many tries. Try again in a while.",
        _ => return None,
    })
}
