//! The host of an address: a name, an IPv4 or an IPv6 address, and a port.

use std::net::Ipv6Addr;

use super::{is_kana, is_unspaced};
use crate::text::particle::is_lone_jamo;

/// The most digits of a port.
const PORT: usize = 5;
/// The most bytes of an IPv6 address between its brackets.
const IPV6: usize = 45;

/// Top-level domains in Hangul, Han and kana. Another last label in these scripts is the next word of the sentence.
const TOP_LEVEL: [&str; 17] = [
    "한국",
    "닷컴",
    "닷넷",
    "삼성",
    "中国",
    "中國",
    "公司",
    "网络",
    "香港",
    "台湾",
    "台灣",
    "新加坡",
    "商城",
    "在线",
    "みんな",
    "コム",
    "グーグル",
];

/// Returns the length in bytes of the host and port at the beginning of `rest`, the text behind `://`.
pub(super) fn length(rest: &str) -> Option<usize> {
    let host = match rest.strip_prefix('[') {
        Some(rest) => ipv6(rest)? + 2,
        None => name(rest)?,
    };
    Some(host + port(&rest[host..]))
}

fn ipv6(rest: &str) -> Option<usize> {
    let end = rest.bytes().take(IPV6 + 1).position(|byte| byte == b']')?;
    rest[..end].parse::<Ipv6Addr>().ok().map(|_| end)
}

fn port(rest: &str) -> usize {
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.strip_prefix(':').map(digits).filter(|digits| (1..=PORT).contains(digits)).map_or(0, |digits| digits + 1)
}

/// Returns the length of a host name. Letters outside ASCII are allowed where they look like no letter of ASCII:
/// Hangul, Han, kana and the accented letters of Latin-1.
fn name(rest: &str) -> Option<usize> {
    let mut before = '.';
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        let is_particle = is_unspaced(c) && before.is_ascii_alphanumeric();
        if !(c.is_ascii_alphanumeric() || ".-_".contains(c) || is_foreign(c)) || is_particle {
            end = at;
            break;
        }
        before = c;
    }
    let mut name = without_signs(&rest[..end]);
    loop {
        let (rest, last) = name.rsplit_once('.').map_or(("", name), |(rest, last)| (rest, last));
        if !last.starts_with(is_unspaced) {
            break;
        }
        if let Some(known) = TOP_LEVEL.iter().find(|known| !rest.is_empty() && last.starts_with(*known)) {
            name = &name[..name.len() - last.len() + known.len()];
            break;
        }
        name = without_signs(rest);
    }
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || is_foreign(c));
    (begins && (name.is_ascii() || name.contains('.'))).then_some(name.len())
}

/// Cuts the signs that end no name.
fn without_signs(name: &str) -> &str {
    name.trim_end_matches(['.', '-', '_'])
}

fn is_foreign(c: char) -> bool {
    (is_unspaced(c) && !is_lone_jamo(c) && (!is_kana(c) || c.is_alphabetic()))
        || matches!(c, '\u{df}'..='\u{f6}' | '\u{f8}'..='\u{ff}')
}
