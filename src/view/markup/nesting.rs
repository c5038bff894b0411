//! Limits how deep quotes and lists are nested, before they are parsed.
//!
//! A parser's work on a line grows with the containers that are open, so thousands of `>` would make it quadratic.
//! What is deeper than the limit is escaped and shown as it was typed.

use std::borrow::Cow;

/// Markers that a line may have where it seems to be code, in which a backslash would show.
const MAX_IN_CODE: usize = 64;

/// Escapes the container markers of each line behind the first `max`.
pub(super) fn limit(text: &str, max: usize) -> Cow<'_, str> {
    let mut limited = String::new();
    let mut copied = 0;
    let mut start = 0;
    let mut is_code = false;
    for line in text.split_inclusive('\n') {
        let is_fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
        is_code ^= is_fence;
        if let Some(at) = marker_behind(line, if is_code { MAX_IN_CODE.max(max) } else { max }) {
            limited.push_str(&text[copied..start + at]);
            limited.push('\\');
            copied = start + at;
        }
        start += line.len();
    }
    if copied == 0 && limited.is_empty() {
        return Cow::Borrowed(text);
    }
    limited.push_str(&text[copied..]);
    Cow::Owned(limited)
}

/// The position of the sign to escape: of the marker that comes after `max` others at the beginning of a line.
fn marker_behind(line: &str, max: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let (mut at, mut markers) = (0, 0);
    loop {
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = at + digits;
        let has_space = bytes.get(sign + 1).is_none_or(|byte| byte.is_ascii_whitespace());
        let is_marker = match bytes.get(sign)? {
            b'>' => digits == 0,
            b'-' | b'+' | b'*' => digits == 0 && has_space,
            b'.' | b')' => digits > 0 && has_space,
            _ => false,
        };
        if !is_marker {
            return None;
        }
        if markers == max {
            return Some(sign);
        }
        markers += 1;
        at = sign + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_behind_the_limit_are_escaped() {
        for (text, limited) in [
            ("> > > a", "> > > a"),
            (">>>> a", ">>>\\> a"),
            ("- - - - a", "- - - \\- a"),
            ("1. 1. 1. 1. a", "1. 1. 1. 1\\. a"),
            ("a\n>>>>>> b\n> c", "a\n>>>\\>>> b\n> c"),
            ("------------", "------------"),
            ("```\n>>>>>> a\n```\n>>>>>> a", "```\n>>>>>> a\n```\n>>>\\>>> a"),
            ("**bold** text", "**bold** text"),
            ("", ""),
        ] {
            assert_eq!(limit(text, 3), limited);
        }
    }
}
