//! What is seen of a text. Names keep what belongs to an emoji or a word, and lose what hides or imitates.

use unicode_normalization::UnicodeNormalization;

use super::emoji;

/// Applies NFC, strips control and invisible characters that no word or emoji needs, and collapses
/// white space.
pub(super) fn folded(typed: &str) -> String {
    let typed: String = typed.nfc().collect();
    let mut visible = String::with_capacity(typed.len());
    let mut at = 0;
    while let Some(c) = typed[at..].chars().next() {
        let emoji = emoji::length(&typed[at..]);
        let end = at + emoji.unwrap_or(c.len_utf8());
        let is_shown = c.is_whitespace() || !(c.is_control() || is_stripped(c));
        if emoji.is_some() || is_shown || joins(&visible, c, &typed[end..]) {
            visible.push_str(&typed[at..end]);
        }
        at = end;
    }
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns whether a sign without width belongs to the spelling of a word: a non-joiner between letters of Arabic, and
/// either sign behind a virama.
fn joins(before: &str, c: char, behind: &str) -> bool {
    let is_arabic = |c: char| matches!(c, '\u{620}'..='\u{74f}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}');
    let is_virama = |c: char| {
        matches!(
            c,
            '\u{94d}'
                | '\u{9cd}'
                | '\u{a4d}'
                | '\u{acd}'
                | '\u{b4d}'
                | '\u{bcd}'
                | '\u{c4d}'
                | '\u{ccd}'
                | '\u{d4d}'
                | '\u{dca}'
        )
    };
    let is_indic = |c: char| matches!(c, '\u{900}'..='\u{dff}');
    let is_between = |one: &dyn Fn(char) -> bool, other: &dyn Fn(char) -> bool| {
        before.chars().next_back().is_some_and(one) && behind.chars().next().is_some_and(other)
    };
    match c {
        '\u{200c}' => is_between(&is_arabic, &is_arabic) || is_between(&is_virama, &is_indic),
        '\u{200d}' => is_between(&is_virama, &is_indic),
        _ => false,
    }
}

/// Returns whether a character is not allowed in names: it changes the text direction, or has no
/// width and makes two different names look the same.
pub(super) fn is_stripped(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Returns whether a character changes the order in which others are shown, other than by being a letter.
pub fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// Returns whether a text has visible characters.
pub fn shows(text: &str) -> bool {
    !text.chars().all(shows_nothing)
}

/// Returns whether a character is invisible: white space, no width, or only a modifier of another
/// one.
pub(super) fn shows_nothing(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_stripped(c) || matches!(c, '\u{2800}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_fell_apart_and_a_flag_turned_black() {
        for name in [
            "👨\u{200d}👩\u{200d}👧 김",
            "🏳\u{fe0f}\u{200d}🌈",
            "🧑🏽\u{200d}💻",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "ക്\u{200d}ക",
        ] {
            assert_eq!(folded(name), name);
        }
        for (typed, name) in [
            ("민\u{200b}지", "민지"),
            ("\u{202e}민지", "민지"),
            ("a\u{200d}b", "ab"),
            ("민\u{200c}지", "민지"),
            ("🐳\u{200d}", "🐳"),
            ("🐳\u{200d}a", "🐳a"),
            ("🐳\u{e0061}\u{e007f}", "🐳"),
        ] {
            assert_eq!(folded(typed), name);
        }
    }
}
