//! E-mail addresses: what is accepted, how two are compared, and where an e-mail goes.

use unicode_normalization::UnicodeNormalization;
use url::Host;

use super::{fold, is_stripped, within};
use crate::error::{Error, Result};

/// Characters of an address.
const LENGTH: usize = 254;

/// Checks the form of an e-mail address: a mailbox, an `@`, and the name of a host, all of which a mail server can
/// deliver to. Whether the mailbox exists is not checked.
///
/// # Errors
/// `invalid` or `too_long` with the field `email`.
pub fn email(typed: &str) -> Result<String> {
    let email: String = typed.trim().nfc().collect();
    within(&email, "email", LENGTH)?;
    match email.split_once('@') {
        Some((mailbox, host)) if is_mailbox(mailbox) && host_in_ascii(host).is_some() && is_deliverable(&email) => {
            Ok(email)
        }
        _ => Err(Error::invalid("email", "email must be an address like minji@example.org")),
    }
}

/// Returns the form in which two addresses are compared: folded, the host as the domain name system knows it.
pub fn email_key(typed: &str) -> String {
    let folded = fold(typed.trim());
    with_ascii_host(&folded).unwrap_or(folded)
}

/// Returns the form in which an address is given to a mail server. Many know only hosts in ASCII.
pub fn email_for_delivery(email: &str) -> String {
    with_ascii_host(email).unwrap_or_else(|| email.to_owned())
}

fn with_ascii_host(email: &str) -> Option<String> {
    // Nothing longer was ever accepted, and converting it could take long.
    let (mailbox, host) = email.split_once('@').filter(|_| email.chars().count() <= LENGTH)?;
    Some(format!("{mailbox}@{}", host_in_ascii(host)?))
}

/// Returns whether a mailbox is words of the characters that need no quotes, with single dots between them.
fn is_mailbox(mailbox: &str) -> bool {
    let is_allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || !(c.is_ascii() || c.is_whitespace() || c.is_control() || is_stripped(c))
    };
    mailbox.len() <= 64 && mailbox.split('.').all(|word| !word.is_empty() && word.chars().all(is_allowed))
}

/// Returns whether the mail library takes an address, so that no mail to it is lost later.
fn is_deliverable(email: &str) -> bool {
    email_for_delivery(email).parse::<lettre::Address>().is_ok()
}

/// Returns the name of a host in ASCII: `예시.한국` is `xn--vv4b11d.xn--3e0b707e`. `None` for anything that is not the
/// name of a host, such as an address in numbers.
fn host_in_ascii(host: &str) -> Option<String> {
    // The parser would decode it.
    if host.contains('%') {
        return None;
    }
    let Ok(Host::Domain(name)) = Host::parse(host) else { return None };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !(label.starts_with('-') || label.ends_with('-'))
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_name = name.len() <= 253 && name.split('.').all(is_label) && (name.contains('.') || name == "localhost");
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_no_letter_reaches_is_refused() {
        for good in [
            "minji@example.org",
            "a.b.c+x@example.co.kr",
            "a'b@example.org",
            "민지@예시.한국",
            "kim@localhost",
            "a@xn--vv4b11d.xn--3e0b707e",
        ] {
            assert_eq!(email(good).as_deref(), Ok(good));
        }
        for bad in [
            "kim.@example.org",
            "kim..lee@example.org",
            ".kim@example.org",
            "@example.org",
            "kim@",
            "kim@example",
            "kim@example..org",
            "kim@example.org.",
            "kim@-example.org",
            "kim@exa_mple.org",
            "kim@127.0.0.1",
            "kim@0x7f.1",
            "kim@[127.0.0.1]",
            "kim@%65xample.org",
            "kim@lee@example.org",
            "kim lee@example.org",
            "\"kim\"@example.org",
            "kim(lee)@example.org",
            "k\u{202e}im@example.org",
            "😀@example.org",
            "a；b@example.org",
        ] {
            assert_eq!(email(bad).unwrap_err().field.as_deref(), Some("email"), "{bad}");
        }
        assert!(email(&format!("a@{}.org", "b".repeat(64))).is_err());
    }

    #[test]
    fn one_mailbox_has_one_key() {
        for (one, other) in [
            ("lee@예시.한국", "lee@xn--vv4b11d.xn--3e0b707e"),
            ("Minji@Example.ORG", " minji@example.org"),
            ("lee@예시。한국", "LEE@XN--VV4B11D.XN--3E0B707E"),
        ] {
            assert_eq!(email_key(one), email_key(other));
        }
        assert_eq!(email_key("no address"), "no address");
        assert_eq!(email_for_delivery("민지@예시.한국"), "민지@xn--vv4b11d.xn--3e0b707e");
    }
}
