//! Normalises, cleans and measures texts from users before they are stored. Lengths are in Unicode
//! scalar values unless stated otherwise.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

pub mod code;
mod email;
pub mod emoji;
mod file_name;
mod fold;
pub mod hit;
pub mod initials;
pub mod link;
pub mod lookalike;
pub mod markup;
pub(crate) mod particle;
pub mod token;
mod visible;
pub mod word_filter;

pub use file_name::file_name;
use fold::is_normal;
pub use fold::{fold, fold_words};
pub use initials::initials;
use visible::{folded, is_stripped, shows_nothing};
pub use visible::{is_direction_control, shows};

pub use email::{email, email_for_delivery, email_key};

const EXCERPT: usize = 100;

/// Cleans a user's name: NFC, on one line, without control, bidi and invisible characters.
///
/// # Errors
/// `invalid` when nothing is left, `too_long` over `max`; the field is `name`.
pub fn name(typed: &str, max: usize) -> Result<String> {
    line(typed, "name", max)
}

/// Cleans the line that a user writes about themselves, like a name; it may be empty.
///
/// # Errors
/// `too_long` over `max`; the field is `bio`.
pub fn bio(typed: &str, max: usize) -> Result<String> {
    optional_line(typed, "bio", max)
}

/// Cleans a text like a name; it may be empty.
///
/// # Errors
/// `too_long` over `max`.
pub fn optional_line(typed: &str, field: &'static str, max: usize) -> Result<String> {
    let line = folded(typed);
    within(&line, field, max)?;
    Ok(Some(line).filter(|line| shows(line)).unwrap_or_default())
}

/// Cleans a room's title like a name.
///
/// # Errors
/// `invalid` when nothing is left, `too_long` over `max`; the field is `title`.
pub fn title(typed: &str, max: usize) -> Result<String> {
    line(typed, "title", max)
}

/// Cleans the reason for a kick like a name; an empty one becomes `None`.
///
/// # Errors
/// `too_long` over `max`; the field is `reason`.
pub fn reason(typed: Option<&str>, max: usize) -> Result<Option<String>> {
    let reason = folded(typed.unwrap_or_default());
    within(&reason, "reason", max)?;
    Ok(Some(reason).filter(|reason| !reason.is_empty()))
}

/// Normalises the text of a message: NFC, with `\n` and `\t` as the only control characters,
/// otherwise as typed. A text without visible characters is only allowed with a file, and becomes
/// empty.
///
/// # Errors
/// `invalid` when nothing is visible and there is no file, `too_long` over `max`; the field is
/// `text`.
pub fn message(typed: &str, max: usize, has_files: bool) -> Result<String> {
    let text: String = match typed.chars().all(|c| is_normal(c) && stays(c)) {
        true => typed.to_owned(),
        false => without_controls(typed).nfc().collect(),
    };
    within(&text, "text", max)?;
    if !text.chars().all(shows_nothing) {
        return Ok(text);
    }
    if has_files { Ok(String::new()) } else { Err(Error::invalid("text", "text must show something")) }
}

/// Returns the text of a message without control characters.
pub fn without_controls(typed: &str) -> Cow<'_, str> {
    match typed.chars().all(stays) {
        true => typed.into(),
        false => typed.chars().filter(|&c| stays(c)).collect::<String>().into(),
    }
}

fn stays(c: char) -> bool {
    !c.is_control() || c == '\n' || c == '\t'
}

/// Checks the sender's own id for a message: any string of 1 to `max` bytes, none of them 0, which not every database can
/// store.
///
/// # Errors
/// `invalid` with the field `key`.
pub fn key(key: &str, max: usize) -> Result<()> {
    if key.is_empty() || key.len() > max || key.contains('\0') {
        return Err(Error::invalid("key", format!("key must have 1 to {max} bytes, none of them 0")));
    }
    Ok(())
}

/// Returns the beginning of a text on one line, for a quote above a reply.
pub fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for word in text.split_whitespace() {
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt.push_str(word);
        if let Some((end, _)) = excerpt.char_indices().nth(EXCERPT) {
            excerpt.truncate(end);
            break;
        }
    }
    excerpt
}

/// Cleans a text from another site like a name and cuts it to `max` characters. Returns `None` when
/// nothing is visible.
pub fn clipped(said: &str, max: usize) -> Option<String> {
    let line = folded(said);
    if line.chars().all(shows_nothing) {
        return None;
    }
    Some(cut(&line, max))
}

/// Cuts a text to `max` characters.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    let cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.trim_end().to_owned() + "…"
}

fn line(typed: &str, field: &'static str, max: usize) -> Result<String> {
    let line = folded(typed);
    if line.chars().all(shows_nothing) {
        return Err(Error::invalid(field, format!("{field} must show something")));
    }
    within(&line, field, max)?;
    Ok(line)
}

fn within(text: &str, field: &'static str, max: usize) -> Result<()> {
    if text.chars().count() > max { Err(Error::too_long(field, max)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_name_is_one_visible_line() {
        assert_eq!(name("  Min\u{202e}ji \n\t Kim\u{200b}\0 ", 40).unwrap(), "Minji Kim");
        assert_eq!(name("e\u{301}", 1).unwrap(), "é");
        assert_eq!(name("<b>민지</b>", 40).unwrap(), "<b>민지</b>");
        for empty in ["", "  ", "\u{200b}\u{3164}", "\u{2800}", "\0", "\u{fe0f}"] {
            let refused = name(empty, 40).unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (Code::Invalid, Some("name")), "{empty:?}");
        }
        assert_eq!(name(&"가".repeat(40), 40).unwrap().chars().count(), 40);
        assert_eq!(name(&"가".repeat(41), 40).unwrap_err().code, Code::TooLong);
        assert_eq!(title(" ", 80).unwrap_err().field.as_deref(), Some("title"));
    }

    #[test]
    fn a_message_is_stored_as_typed() {
        assert_eq!(message("a\r\n\tb\0\u{1b}[31m", 100, false).unwrap(), "a\n\tb[31m");
        assert_eq!(message("\u{202e}evil\u{200d}", 100, false).unwrap(), "\u{202e}evil\u{200d}");
        assert_eq!(message(" \u{200b}\n", 100, false).unwrap_err().field.as_deref(), Some("text"));
        assert_eq!(message(" \u{200b}\n", 100, true).unwrap(), "");
        assert_eq!(message(&"가".repeat(101), 100, true).unwrap_err().code, Code::TooLong);
    }

    #[test]
    fn keys_are_measured_in_bytes() {
        assert!(key("💥 any string", 64).is_ok());
        assert_eq!(key("", 64).unwrap_err().field.as_deref(), Some("key"));
        assert!(key(&"가".repeat(22), 64).is_err());
    }

    #[test]
    fn an_excerpt_is_the_first_hundred_characters_on_one_line() {
        assert_eq!(excerpt("two\n  lines"), "two lines");
        assert_eq!(excerpt(&"가".repeat(300)).chars().count(), 100);
        assert_eq!(excerpt(&"a ".repeat(300)).chars().count(), 100);
    }

    #[test]
    fn an_empty_reason_is_none() {
        assert_eq!(reason(Some(" \u{200b}"), 200).unwrap(), None);
        assert_eq!(reason(Some(" spam\n"), 200).unwrap().as_deref(), Some("spam"));
        assert_eq!(reason(Some(&"x".repeat(201)), 200).unwrap_err().code, Code::TooLong);
    }

    #[test]
    fn an_email_is_a_mailbox_at_a_host() {
        for fine in ["minji@example.org", " 민지@예시.한국 ", "a+b.c@x.co", "root@localhost"] {
            assert_eq!(email(fine).unwrap(), fine.trim());
        }
        let long = format!("{}@example.org", "x".repeat(65));
        for bad in [
            "",
            "minji",
            "@example.org",
            "minji@",
            "minji@example",
            "a@b@c.org",
            "a b@c.org",
            "a@c..org",
            "a@-c.org",
            "a\r\nBcc: x@c.org",
            "<a@c.org>",
            "a@c.org,b@c.org",
            "a\u{202e}@c.org",
            &long,
        ] {
            assert_eq!(email(bad).unwrap_err().field.as_deref(), Some("email"), "{bad:?}");
        }
        assert_eq!(email(&format!("a@{}.org", "x.".repeat(130))).unwrap_err().code, Code::TooLong);
    }

    #[test]
    fn a_bio_is_one_line_or_none() {
        assert_eq!(bio(" sea\n and sky ", 160).unwrap(), "sea and sky");
        assert_eq!(bio("\u{200b} ", 160).unwrap(), "");
        assert_eq!(bio(&"x".repeat(161), 160).unwrap_err().code, Code::TooLong);
    }

    #[test]
    fn what_others_say_of_themselves_is_cleaned_and_cut() {
        assert_eq!(clipped(" 장독대\u{202e}\n 뒤뜰 ", 10).as_deref(), Some("장독대 뒤뜰"));
        assert_eq!(clipped("장독대 뒤뜰", 5).as_deref(), Some("장독대…"));
        assert_eq!(clipped(&"가".repeat(201), 200).unwrap().chars().count(), 200);
        assert_eq!(clipped("\u{200b} \n", 10), None);
    }
}
