//! English strings of the e-mails.

use crate::i18n::mail::MailStrings;

pub(in crate::i18n) const STRINGS: MailStrings = MailStrings {
    reset_subject: |server| format!("A new password for {server}"),
    reset: |server, link| {
        format!(
            "Hello,\n\nOpen this link to choose a new password for {server}. It works once, within an hour.\n\n{link}\n\n\
             If you did not ask for it, ignore this e-mail. Nothing changes.\n"
        )
    },

    confirm_subject: |server| format!("Confirm your address for {server}"),
    confirm: |server, link| {
        format!(
            "Open this link to get the messages you miss on {server} at this address. It is valid for a day.\n\n{link}\n\n\
             If you did not ask for this, ignore this e-mail: without the link you get no missed messages.\n"
        )
    },
    confirm_title: "Confirm your address",
    confirm_about: "We will send missed messages to this address.",
    confirm_button: "Confirm",
    confirm_done: "Confirmed. From now on we e-mail you the messages you miss.",

    new_email_subject: |server| format!("Confirm your new address for {server}"),
    new_email: |server, name, link| {
        format!(
            "Hello,\n\n{name} on {server} wants to use this address for their account. If that is you, open this link and confirm. It works once, within a day.\n\n{link}\n\n\
             If that was not you, ignore this e-mail. Nothing happens.\n"
        )
    },
    new_email_title: "Change your address",
    new_email_about: |name, email| format!("The account of {name} will use {email}. Confirm only if that is you."),
    new_email_button: "Change",
    new_email_done: "Your address was changed.",

    sign_up_subject: |server| format!("Sign up for {server}"),
    sign_up: |server, link| {
        format!(
            "Hello,\n\nOpen this link to sign up for {server} with this address. It is valid for a day.\n\n{link}\n\n\
             If you did not ask for it, ignore this e-mail. Nothing happens.\n"
        )
    },
    has_account: |server, link| {
        format!(
            "Hello,\n\nSomebody asked to sign up for {server} with this address. It already has an account: log in here.\n\n{link}\n\n\
             If that was not you, ignore this e-mail. Nothing happens.\n"
        )
    },

    digest_subject: |server, count| match count {
        1 => format!("You missed a message on {server}"),
        _ => format!("You missed {count} messages on {server}"),
    },
    digest_lead: |name, count| match count {
        1 => format!("{name}, a message came while you were away."),
        _ => format!("{name}, {count} messages came while you were away."),
    },
    digest_why: |server| {
        format!("You asked {server} to e-mail you missed messages. Replies to this e-mail do not reach the room.")
    },
    unsubscribe: "Unsubscribe",
    unsubscribe_title: "Unsubscribe",
    unsubscribe_about: "We will no longer e-mail you missed messages.",
    unsubscribe_done: "You are unsubscribed. You can turn these e-mails on again in the settings.",
};
