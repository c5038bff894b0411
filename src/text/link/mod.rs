//! Web addresses in messages: where they begin and end, as people mean them.
//!
//! Only `http` and `https` become links, and only with a host that is what it seems to be and without user
//! information: `https://good.example@evil.example` stays text. A text is read once.

mod host;
mod path;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::particle::is_hangul;
use super::visible::is_stripped;

const SCHEMES: [&str; 2] = ["https", "http"];
const BEHIND_SCHEME: &str = "://";

/// Returns the places of the addresses in a text, in order.
pub fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(colon) = text[at..].find(BEHIND_SCHEME).map(|colon| at + colon) {
        let behind = colon + BEHIND_SCHEME.len();
        let start = scheme_start(text, at, colon);
        let end = start.and_then(|start| end(text, start, behind));
        at = end.unwrap_or(behind);
        found.extend(start.zip(end).map(|(start, end)| start..end));
    }
    found
}

/// Whether the text of a link names another host than that to which it leads: `[https://a.example](https://b.example)`.
pub fn names_another(text: &str, destination: &str) -> bool {
    let (text, destination) = (folded(text), folded(destination));
    let host = destination.split_once("://").map_or(&*destination, |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let words =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c))).map(|word| word.trim_matches('.'));
    let mut named = words.filter(|word| is_host_name(word, &text));
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    named.any(|word| bare(word) != bare(host))
}

/// Endings that are taken for hosts wherever they stand. Those of files, like `main.rs`, are not.
const ENDINGS: [&str; 14] =
    ["com", "net", "org", "info", "biz", "edu", "gov", "io", "dev", "app", "kr", "jp", "cn", "example"];

/// Whether people take a word of a text for the name of a host.
fn is_host_name(word: &str, text: &str) -> bool {
    let Some((name, ending)) = word.rsplit_once('.') else { return false };
    let is_address = text.contains("://") || word.starts_with("www.");
    !name.is_empty() && (ENDINGS.contains(&ending) || (is_address && ending.len() > 1))
}

/// Folds case and wide letters, and leaves out what nobody sees.
fn folded(text: &str) -> String {
    super::fold(text).chars().filter(|&c| !is_stripped(c)).collect()
}

/// Whether a whole text is an address whose reader sees where it leads: a destination of a link. It may end in
/// signs that would belong to the sentence elsewhere.
pub fn is_clear(destination: &str) -> bool {
    let has_tricks = destination.chars().any(|c| c.is_whitespace() || c.is_control() || is_stripped(c) || c == '\\');
    if has_tricks {
        return false;
    }
    if let Some(mailbox) = strip_prefix_ignoring_case(destination, "mailto:") {
        // With slashes it would name a host.
        return !mailbox.is_empty() && !mailbox.starts_with('/');
    }
    let schemes = SCHEMES.iter().filter_map(|scheme| strip_prefix_ignoring_case(destination, scheme));
    let Some(rest) = schemes.filter_map(|rest| rest.strip_prefix(BEHIND_SCHEME)).next() else { return false };
    host::length(rest).is_some_and(|host| rest[host..].is_empty() || rest[host..].starts_with(['/', '?', '#']))
}

/// Returns where the scheme before a colon begins, if it is one of ours and does not continue a word.
fn scheme_start(text: &str, from: usize, colon: usize) -> Option<usize> {
    let before = &text.as_bytes()[from..colon];
    let is_scheme = |scheme: &&&str| {
        before.len() >= scheme.len() && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme.as_bytes())
    };
    let start = colon - SCHEMES.iter().find(is_scheme)?.len();
    (!text[..start].ends_with(|c: char| c.is_ascii_alphanumeric())).then_some(start)
}

/// Returns where an address ends, if there is one.
fn end(text: &str, start: usize, behind_scheme: usize) -> Option<usize> {
    let rest = &text[behind_scheme..];
    let host_end = behind_scheme + host::length(rest)?;
    let next = text[host_end..].chars().next();
    let is_whole = next.is_none_or(|c| {
        "/?#".contains(c) || is_unspaced(c) || !(c.is_alphanumeric() || "@%_\\".contains(c) || is_stripped(c))
    });
    if !is_whole || (next == Some(':') && has_user(&text[host_end..])) {
        return None;
    }
    let before = text[..start].chars().next_back();
    let path = if next.is_some_and(|c| "/?#".contains(c)) { path::length(&text[host_end..], before) } else { 0 };
    Some(behind_scheme + path::trimmed(&text[behind_scheme..host_end + path], before).len())
}

/// Whether what seems to be a host and a colon is a name and a password: `https://good.example:x@evil.example`.
fn has_user(rest: &str) -> bool {
    let authority = rest.split(|c: char| c.is_whitespace() || "/?#<>\"".contains(c)).next().unwrap_or_default();
    authority.contains('@')
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Whether a character is of a script whose words follow each other, or an address, without a space.
fn is_unspaced(c: char) -> bool {
    is_hangul(c) || is_kana(c) || matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '々')
}

fn is_kana(c: char) -> bool {
    ('\u{3041}'..='\u{30ff}').contains(&c)
}
