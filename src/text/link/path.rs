//! What follows the host of an address, and where the sentence around it goes on.

use unicode_normalization::char::is_combining_mark;

use super::is_kana;
use crate::text::particle::{is_hangul, is_lone_jamo, may_follow};

/// Signs of ASCII that end an address.
const ENDS: &str = "<>\"`\\{}|^";
/// Signs that belong to the sentence where they end an address.
const SENTENCE: &str = ".,:;!?'([&";
/// Marks of emphasis, which may stand around an address.
const MARKS: &str = "*_~";
/// Signs behind which Korean is a part of the address.
const JOINTS: &str = "/=_-.%+&?#~:@";
/// Returns how many bytes of `rest`, the text behind the host, may belong to the address. `outside` is the character
/// before the address.
pub(super) fn length(rest: &str, outside: Option<char>) -> usize {
    let (mut round, mut square) = (0, 0);
    let mut before = '/';
    for (at, c) in rest.char_indices() {
        let is_end = match c {
            '\'' => outside == Some('\''),
            '(' => open(&mut round),
            ')' => close(&mut round),
            '[' => open(&mut square),
            ']' => close(&mut square),
            c if c.is_ascii() => c.is_ascii_whitespace() || c.is_ascii_control() || ENDS.contains(c),
            // Quotes, brackets and signs of other scripts, emoji, and what has no width.
            c if !(c.is_alphanumeric() || is_combining_mark(c)) || is_lone_jamo(c) => true,
            _ if is_hangul(before) || is_kana(before) || JOINTS.contains(before) => false,
            c if is_hangul(c) => may_follow(&rest[at..]),
            c => is_kana(c) && before.is_ascii_alphanumeric(),
        };
        if is_end {
            return at;
        }
        before = c;
    }
    rest.len()
}

fn open(depth: &mut usize) -> bool {
    *depth += 1;
    false
}

/// Closes a bracket; one that was not opened in the address ends it.
fn close(depth: &mut usize) -> bool {
    let is_end = *depth == 0;
    *depth = depth.saturating_sub(1);
    is_end
}

/// Cuts the signs at the end of an address that belong to the sentence or to emphasis around it.
pub(super) fn trimmed(address: &str, outside: Option<char>) -> &str {
    let mut address = address;
    loop {
        let Some(last) = address.chars().next_back() else { return address };
        let cut = match last {
            ')' => address.len() - usize::from(count(address, ')') > count(address, '(')),
            ']' => address.len() - usize::from(count(address, ']') > count(address, '[')),
            last if SENTENCE.contains(last) => address.len() - 1,
            last if MARKS.contains(last) => without_marks(address, last, outside),
            _ => return address,
        };
        if cut == address.len() {
            return address;
        }
        address = &address[..cut];
    }
}

fn count(text: &str, sought: char) -> usize {
    text.matches(sought).count()
}

/// Returns the length without a run of marks at the end. The run belongs to the address if another like it is in
/// it: `https://example.org/~~x~~`.
fn without_marks(address: &str, mark: char, outside: Option<char>) -> usize {
    let kept = address.trim_end_matches(mark);
    let length = address.len() - kept.len();
    let like_it = || kept.split(|c| c != mark).filter(|run| run.len() == length).count();
    if outside != Some(mark) && like_it() % 2 == 1 { address.len() } else { kept.len() }
}
