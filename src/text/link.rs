//! Web addresses in messages.

/// A piece of a message's text: plain text or a link.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Plain(&'a str),
    Link(&'a str),
}

/// Splits a text at its web addresses, in one pass. Only `http` and `https` become links, and only
/// with a plain ASCII host and no user information, so that a link goes where it seems to go:
/// `https://good.example@evil.example` stays text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find("http") {
        let start = at + found;
        let length = link_length(&text[start..]);
        let inside_a_word = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
        if length == 0 || inside_a_word {
            at = start + "http".len();
            continue;
        }
        if plain_from < start {
            pieces.push(Piece::Plain(&text[plain_from..start]));
        }
        at = start + length;
        plain_from = at;
        pieces.push(Piece::Link(&text[start..at]));
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(&text[plain_from..]));
    }
    pieces
}

/// Returns the first web address in a text.
pub fn first(text: &str) -> Option<&str> {
    pieces(text).into_iter().find_map(|piece| match piece {
        Piece::Link(link) => Some(link),
        Piece::Plain(_) => None,
    })
}

/// Returns the length in bytes of the address at the beginning of `text`; 0 if there is none.
fn link_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return 0 };
    let host_end =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))).unwrap_or(rest.len());
    let host = &rest[..host_end];
    let next = rest[host_end..].chars().next();
    let ends_well =
        next.is_none_or(|c| "/?#".contains(c) || is_hangul(c) || !(c.is_alphanumeric() || "@%_\\".contains(c)));
    if !host.starts_with(|c: char| c.is_ascii_alphanumeric()) || !ends_well || next.is_some_and(is_invisible) {
        return 0;
    }
    let tail = &rest[host_end..];
    let tail_length = if next.is_some_and(|c| "/?#".contains(c)) { tail_length(tail) } else { 0 };
    let whole = &text[..text.len() - rest.len() + host_end + tail_length];
    // A full stop or a closing bracket after an address belongs to the sentence.
    let mut link = whole.trim_end_matches(['.', ',', ':', ';', '!', '?', '…', '。']);
    if link.ends_with(')') && !link.contains('(') {
        link = link.trim_end_matches(')');
    }
    link.len()
}

/// Returns how many bytes of `tail`, the text after the host, belong to the address. A path may
/// contain Korean, but a particle that directly follows an address does not belong to it.
fn tail_length(tail: &str) -> usize {
    let mut before = '/';
    for (at, c) in tail.char_indices() {
        let ends = c.is_whitespace() || c.is_control() || is_invisible(c) || "<>\"'`\\{}|^".contains(c);
        if ends || (is_hangul(c) && !is_hangul(before) && !"/=_-".contains(before)) {
            return at;
        }
        before = c;
    }
    tail.len()
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Returns whether a character changes the text direction or has no width: it could hide where a
/// link goes.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: M2
    #[test]
    fn only_plain_web_addresses_become_links() {
        let links = |text: &'static str| {
            let links = pieces(text).into_iter().filter_map(|piece| match piece {
                Piece::Link(link) => Some(link),
                Piece::Plain(_) => None,
            });
            links.collect::<Vec<_>>()
        };
        assert_eq!(links("see https://example.org/a?b=c, ok"), ["https://example.org/a?b=c"]);
        assert_eq!(links("여기(http://example.org/마당)요"), ["http://example.org/마당"]);
        // A particle belongs to the sentence; a path may itself be Korean.
        assert_eq!(links("https://example.org를 보세요"), ["https://example.org"]);
        assert_eq!(links("https://example.org/a를 보세요"), ["https://example.org/a"]);
        assert_eq!(links("https://a.example https://b.example."), ["https://a.example", "https://b.example"]);
        assert_eq!(links("http://localhost:3000"), ["http://localhost:3000"]);
        for text in [
            "javascript:alert(1)",
            "https://good.example@evil.example",
            "https://",
            "xhttp://example.org",
            "https://пример.example",
            "http:example.org",
            "https://exa\u{202e}mple.org",
        ] {
            assert_eq!(links(text), [] as [&str; 0], "{text}");
        }
        let text_of = |piece: &Piece<'static>| match *piece {
            Piece::Plain(text) | Piece::Link(text) => text,
        };
        let whole: String = pieces("a http://b.example c").iter().map(text_of).collect();
        assert_eq!(whole, "a http://b.example c");
    }

    #[test]
    fn the_first_address_is_the_one_that_is_shown() {
        assert_eq!(first("보세요 https://a.example/x. https://b.example"), Some("https://a.example/x"));
        assert_eq!(first("ftp://a.example javascript:alert(1)"), None);
    }
}
