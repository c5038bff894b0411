//! Rules for new passwords of accounts: long enough, and not among the first that attackers try.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{normal, within};
use crate::error::{Error, Result};

/// The minimum number of characters.
const MIN: usize = 8;

/// The most common passwords in lower case; shorter ones are refused for their length.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").split_whitespace().collect());

/// Checks whether an account may choose this password. `own` holds the user's e-mail and name,
/// which others know, so they are no passwords.
///
/// # Errors
/// `invalid` for a short or a common one, `too_long` over 256 bytes; the field is `password`.
pub fn check_choice(password: &str, own: &[&str]) -> Result<()> {
    within(password)?;
    let password = normal(password);
    if password.chars().count() < MIN {
        return Err(Error::invalid("password", format!("password must have at least {MIN} characters")));
    }
    let lower = password.to_lowercase();
    if is_common(&lower) || is_run(&lower) || own.iter().any(|own| is_own(&lower, own)) {
        return Err(Error::invalid("password", "password is too easy to guess"));
    }
    Ok(())
}

/// Returns whether the password is on the list, with or without the usual digits and signs around
/// it.
fn is_common(lower: &str) -> bool {
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    COMMON.contains(lower)
        || (!bare.is_empty() && lower.chars().count() - bare.chars().count() <= 4 && COMMON.contains(bare))
}

/// Returns whether the password repeats one character or counts up or down: `aaaaaaaa`, `23456789`,
/// `hgfedcba`.
fn is_run(lower: &str) -> bool {
    let steps: HashSet<i64> = lower
        .chars()
        .zip(lower.chars().skip(1))
        .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)))
        .collect();
    steps.len() <= 1 && steps.iter().all(|step| (-1..=1).contains(step))
}

fn is_own(lower: &str, own: &str) -> bool {
    let own = normal(own).to_lowercase();
    let mailbox = own.split('@').next().unwrap_or_default();
    [own.as_str(), mailbox]
        .into_iter()
        .any(|own| !own.is_empty() && lower.trim_matches(|c: char| !c.is_alphabetic()) == own)
        || lower == own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    /// Abuse: A4
    #[test]
    fn common_passwords_are_refused() {
        let own = ["minji.kim@example.org", "Blue Whale"];
        for bad in [
            "",
            "       ",
            "short 7",
            "password",
            "PassWord",
            "password1!",
            "Qwerty12345",
            "1q2w3e4r",
            "12345678",
            "98765432",
            "aaaaaaaa",
            "        ",
            "가가가가가가가가",
            "\0\0\0\0\0\0\0\0",
            "abcdefghij",
            "minji.kim@example.org",
            "minji.kim",
            "Minji.Kim99",
            "blue whale",
            "iloveyou1",
        ] {
            let refused = check_choice(bad, &own).unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (Code::Invalid, Some("password")), "{bad:?}");
        }
        assert_eq!(check_choice(&"x7".repeat(129), &own).unwrap_err().code, Code::TooLong);
        for good in [
            "correct horse",
            "a tree by the gate",
            "열려라 참깨 열려라",
            "\0nul is fine too",
            &"x7".repeat(32),
            "12345679",
        ] {
            check_choice(good, &own).unwrap_or_else(|error| panic!("{good:?}: {error}"));
        }
    }

    #[test]
    fn the_list_is_of_words_in_lower_case() {
        assert!(COMMON.len() > 300, "{}", COMMON.len());
        assert!(COMMON.iter().all(|word| word.trim() == *word && word.to_lowercase() == **word && word.len() >= 6));
    }
}
