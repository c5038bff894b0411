//! Normalises, cleans and measures texts from users before they are stored. Lengths are in Unicode
//! scalar values unless stated otherwise.

use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

mod email;
pub mod hit;
pub mod initial;
pub mod link;
pub mod look;
pub mod token;

pub use email::{email, email_for_delivery, email_key};

const EXCERPT: usize = 100;
const FILE_NAME: usize = 120;

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
    let bio = folded(typed);
    within(&bio, "bio", max)?;
    Ok(Some(bio).filter(|bio| !bio.chars().all(shows_nothing)).unwrap_or_default())
}

/// Cleans a room's title like a name.
///
/// # Errors
/// `invalid` when nothing is left, `too_long` over `max`; the field is `title`.
pub fn title(typed: &str, max: usize) -> Result<String> {
    line(typed, "title", max)
}

/// Returns the name under which a file is shown and downloaded: without folders, cleaned like a
/// name, cut to 120 characters. It is never used as a path on the server.
pub fn file_name(typed: &str) -> String {
    let last = typed.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = folded(last).chars().take(FILE_NAME).collect();
    if name.chars().all(shows_nothing) { "file".to_owned() } else { name }
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
    let stays = |c: char| !c.is_control() || c == '\n' || c == '\t';
    let text: String = match typed.chars().all(|c| is_normal(c) && stays(c)) {
        true => typed.to_owned(),
        false => typed.chars().filter(|&c| stays(c)).nfc().collect(),
    };
    within(&text, "text", max)?;
    if !text.chars().all(shows_nothing) {
        return Ok(text);
    }
    if has_files { Ok(String::new()) } else { Err(Error::invalid("text", "text must show something")) }
}

/// Checks the sender's own id for a message: any string of 1 to `max` bytes.
///
/// # Errors
/// `invalid` with the field `key`.
pub fn key(key: &str, max: usize) -> Result<()> {
    if key.is_empty() || key.len() > max {
        return Err(Error::invalid("key", format!("key must have 1 to {max} bytes")));
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
    if line.chars().count() <= max {
        return Some(line);
    }
    let cut: String = line.chars().take(max.saturating_sub(1)).collect();
    Some(cut.trim_end().to_owned() + "…")
}

/// Returns whether a character is the same in every normal form, also next to others like it: ASCII
/// and precomposed Hangul. Most messages contain nothing else, and normalising is the most
/// expensive step of handling a text.
fn is_normal(c: char) -> bool {
    c.is_ascii() || matches!(c, '가'..='힣')
}

/// Returns the form of a text that is compared and searched: NFKC and lower case.
pub fn fold(text: &str) -> String {
    if text.chars().all(is_normal) {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Replaces each Hangul syllable by its initial consonant (홍길동 becomes ㅎㄱㄷ) and folds the rest like
/// [`fold`], for searches by initials.
pub fn initials(text: &str) -> String {
    const FIRST: [char; 19] = [
        'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ',
        'ㅎ',
    ];
    const SYLLABLES_OF_ONE: u32 = 21 * 28;
    let first = |c: char| match c {
        '가'..='힣' => FIRST[((c as u32 - '가' as u32) / SYLLABLES_OF_ONE) as usize],
        other => other,
    };
    fold(text).chars().map(first).collect()
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

/// Applies NFC, strips control and invisible characters, and collapses white space.
fn folded(typed: &str) -> String {
    let visible: String = typed.nfc().filter(|&c| c.is_whitespace() || !(c.is_control() || is_stripped(c))).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a character is not allowed in names: it changes the text direction, or has no
/// width and makes two different names look the same.
fn is_stripped(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Returns whether a text has visible characters.
pub fn shows(text: &str) -> bool {
    !text.chars().all(shows_nothing)
}

/// Returns whether a character is invisible: white space, no width, or only a modifier of another
/// one.
fn shows_nothing(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_stripped(c) || matches!(c, '\u{2800}' | '\u{fe00}'..='\u{fe0f}')
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
    fn a_file_name_has_no_folders() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("C:\\temp\\cat\u{202e}fig.gif"), "catfig.gif");
        assert_eq!(file_name("a/\0"), "file");
        assert_eq!(file_name(&"x".repeat(300)).len(), 120);
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

    #[test]
    fn initials_are_the_first_consonants() {
        assert_eq!(initials("홍길동 Kim"), "ㅎㄱㄷ kim");
        assert_eq!(initials("까치힣"), "ㄲㅊㅎ");
    }

    #[test]
    fn folding_forgets_case_and_width() {
        assert_eq!(fold("Ｍadang 마당"), fold("MADANG 마당"));
    }

    #[test]
    fn what_is_taken_as_normal_is_so() {
        let plain: String = ('\0'..='\x7f').chain(('가'..='힣').step_by(7)).collect();
        assert!(plain.chars().all(is_normal));
        assert!(plain.chars().eq(plain.nfc()) && plain.chars().eq(plain.nfkc()));
        assert!(fold(&plain).chars().eq(plain.nfkc().flat_map(char::to_lowercase)));
    }
}
