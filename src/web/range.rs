//! The `Range` header (RFC 9110, 14).

use std::ops::Range;

/// The part of a file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    Whole,
    Part(Range<u64>),
    /// The range begins behind the end.
    Unsatisfiable,
}

/// Reads a `Range` header for a file of `size` bytes. Only a single range is served: several ranges
/// or an invalid header give the whole file, as the standard allows.
pub(crate) fn byte_range(header: &str, size: u64) -> ByteRange {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return ByteRange::Whole;
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.trim().is_empty() => first..size,
        (None, Some(last)) if first.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return ByteRange::Whole,
    };
    if part.is_empty() { ByteRange::Unsatisfiable } else { ByteRange::Part(part) }
}

fn number(digits: &str) -> Option<u64> {
    let digits = digits.trim();
    // `parse` alone would accept a sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_the_file() {
        for (header, expected) in [
            ("bytes=0-0", ByteRange::Part(0..1)),
            ("bytes=0-9", ByteRange::Part(0..10)),
            ("bytes=2-5", ByteRange::Part(2..6)),
            ("bytes=8-99", ByteRange::Part(8..10)),
            ("bytes=4-", ByteRange::Part(4..10)),
            ("bytes=-3", ByteRange::Part(7..10)),
            ("bytes=-99", ByteRange::Part(0..10)),
            ("bytes=10-", ByteRange::Unsatisfiable),
            ("bytes=10-12", ByteRange::Unsatisfiable),
            ("bytes=-0", ByteRange::Unsatisfiable),
            ("bytes=5-2", ByteRange::Whole),
            ("bytes=0-1,4-5", ByteRange::Whole),
            ("bytes=a-b", ByteRange::Whole),
            ("bytes=+1-2", ByteRange::Whole),
            ("bytes=-", ByteRange::Whole),
            ("lines=0-1", ByteRange::Whole),
            ("bytes=99999999999999999999-", ByteRange::Whole),
            ("", ByteRange::Whole),
        ] {
            assert_eq!(byte_range(header, 10), expected, "{header}");
        }
        assert_eq!(byte_range("bytes=0-", 0), ByteRange::Unsatisfiable);
    }
}
