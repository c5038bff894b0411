//! What stands beside a mark decides whether it is one: `2*3`, `snake_case`, `^_^` and `C:\_a` are typed text.

use crate::text::emoji::is_picture;

/// How far a mark is looked away from for a letter.
const REACH: usize = 16;

/// A run of the same mark with what stands before and behind it on its line.
pub(super) struct Neighbours<'a> {
    pub(super) mark: char,
    pub(super) length: usize,
    pub(super) before: &'a str,
    pub(super) behind: &'a str,
}

impl Neighbours<'_> {
    /// Whether the marks may open emphasis.
    pub(super) fn can_open(&self) -> bool {
        let (before, behind) = (self.last(), self.first());
        let is_inside_a_word = match (before, behind) {
            (Some(before), Some(behind)) if before.is_alphanumeric() => {
                self.mark != '*'
                    || behind.is_ascii_alphanumeric()
                    || (before.is_ascii_alphanumeric() && self.length == 1)
            }
            _ => false,
        };
        !is_inside_a_word && !self.is_face() && self.has_letter_behind()
    }

    /// Whether the marks may close emphasis. Korean particles may follow, also behind a bracket or a quote.
    pub(super) fn can_close(&self) -> bool {
        let (Some(before), behind) = (self.last(), self.first()) else { return false };
        let is_inside_a_word = match behind {
            Some(behind) if self.mark == '*' => before.is_alphanumeric() && behind.is_ascii_alphanumeric(),
            Some(_) if self.mark == '_' => goes_on(self.behind),
            _ => false,
        };
        !before.is_whitespace() && !is_inside_a_word && !self.is_face()
    }

    fn last(&self) -> Option<char> {
        self.before.chars().next_back()
    }

    fn first(&self) -> Option<char> {
        self.behind.chars().next()
    }

    /// Whether one sign, or a sign and its mirror, stand on both sides.
    fn is_face(&self) -> bool {
        match (self.last(), self.first()) {
            (Some('<'), Some('>')) | (Some('>'), Some('<')) => true,
            (Some(before), Some(behind)) => {
                before == behind && !before.is_alphanumeric() && !before.is_whitespace() && !is_picture(before)
            }
            _ => false,
        }
    }

    fn has_letter_behind(&self) -> bool {
        let word = self.behind.chars().take_while(|&c| !c.is_whitespace() && c != self.mark);
        word.take(REACH).any(is_letter)
    }
}

/// Whether a word goes on behind an underscore: `__init__.py`, `__init__(self)`.
fn goes_on(behind: &str) -> bool {
    let mut chars = behind.chars();
    match chars.next() {
        Some(c) if c.is_ascii_alphanumeric() => true,
        Some(c) if "./-:\\=(".contains(c) => chars.next().is_some_and(|c| c.is_ascii_alphanumeric()),
        _ => false,
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_picture(c)
}

/// Whether a backslash in a word is a part of it: in a path or in `¯\_(ツ)_/¯`.
pub(super) fn keeps_backslashes(word: &str) -> bool {
    let bytes = word.as_bytes();
    let has_drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1..3] == *b":\\";
    let has_letter = word.split('\\').skip(1).any(|part| part.starts_with(char::is_alphanumeric));
    has_drive || has_letter || word.starts_with("\\\\") || word.contains("¯\\")
}

/// Whether an `@` may begin a mention: not within a word, and not in an e-mail address.
pub(super) fn begins_mention(before: &str, behind: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return true };
    let is_mailbox = "._%+-".contains(last)
        && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_alphanumeric())
        && is_host(behind);
    !last.is_alphanumeric() && !is_mailbox
}

fn is_host(behind: &str) -> bool {
    let is_sign = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let host: String = behind.chars().take(REACH * 4).take_while(is_sign).collect();
    host.trim_matches('.').contains('.')
}
