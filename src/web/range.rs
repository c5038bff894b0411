//! Stretches of a file, as `Range` asks for them (RFC 9110, 14).

use std::ops::Range;

/// What to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    Whole,
    Part(Range<u64>),
    /// Nothing of what is asked for is there.
    Beyond,
}

/// What a `Range` header asks of `size` bytes. One stretch is served; what cannot be read, or asks
/// for several, is answered with the whole, as the standard allows.
pub(crate) fn stretch(asked: &str, size: u64) -> Stretch {
    let Some((first, last)) = asked.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Stretch::Whole;
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.trim().is_empty() => first..size,
        (None, Some(last)) if first.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return Stretch::Whole,
    };
    if part.is_empty() { Stretch::Beyond } else { Stretch::Part(part) }
}

fn number(digits: &str) -> Option<u64> {
    let digits = digits.trim();
    // Digits alone: a sign would pass otherwise.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_what_is_there_of_what_is_asked() {
        for (asked, found) in [
            ("bytes=0-0", Stretch::Part(0..1)),
            ("bytes=0-9", Stretch::Part(0..10)),
            ("bytes=2-5", Stretch::Part(2..6)),
            ("bytes=8-99", Stretch::Part(8..10)),
            ("bytes=4-", Stretch::Part(4..10)),
            ("bytes=-3", Stretch::Part(7..10)),
            ("bytes=-99", Stretch::Part(0..10)),
            ("bytes=10-", Stretch::Beyond),
            ("bytes=10-12", Stretch::Beyond),
            ("bytes=-0", Stretch::Beyond),
            ("bytes=5-2", Stretch::Whole),
            ("bytes=0-1,4-5", Stretch::Whole),
            ("bytes=a-b", Stretch::Whole),
            ("bytes=+1-2", Stretch::Whole),
            ("bytes=-", Stretch::Whole),
            ("lines=0-1", Stretch::Whole),
            ("bytes=99999999999999999999-", Stretch::Whole),
            ("", Stretch::Whole),
        ] {
            assert_eq!(stretch(asked, 10), found, "{asked}");
        }
        assert_eq!(stretch("bytes=0-", 0), Stretch::Beyond);
    }
}
