//! Rendered messages: only our elements and attributes, each where HTML allows it, and links that
//! lead where they say.

use html5gum::{Token, Tokenizer};
use url::{Host, Url};

use crate::chat::Limits;
use crate::chat::message::Mention;
use crate::ids::UserId;
use crate::text;
use crate::view::markup as view;

type StartTag = html5gum::StartTag<()>;

/// Bytes of HTML for one byte of text: a mention of one letter has the longest element.
const BYTES_FOR_ONE: usize = 64;

/// Renders a message's text.
///
/// # Panics
///
/// If the renderer breaks a promise.
pub fn markup(data: &[u8]) {
    let Ok(typed) = std::str::from_utf8(data) else { return };
    let Ok(text) = text::message(typed, Limits::default().text_max, false) else { return };
    let html = view::markup(&text, &mentions()).to_string();
    assert!(html.len() <= BYTES_FOR_ONE * (text.len() + 1), "{} bytes become {}", text.len(), html.len());
    check(&html);
    let bare = view::bare(&text);
    assert!(!bare.contains('\n') && bare.chars().count() <= 100, "{bare:?}");
}

fn mentions() -> [Mention; 4] {
    let id = UserId::from_u128(7);
    [("파란 고래", Some(id)), ("a", Some(id)), ("모두", None), ("\"><i x>", Some(id))]
        .map(|(name, user_id)| Mention { user_id, name: name.into() })
}

fn check(html: &str) {
    let mut open: Vec<String> = Vec::new();
    let (mut shown, mut has_rule) = (String::new(), false);
    for token in Tokenizer::new(html) {
        match token.expect("a text is read to its end") {
            Token::StartTag(tag) => {
                let name = string(&tag.name);
                assert!(has_our_attributes(&name, &tag), "{tag:?} in {html}");
                assert!(may_stand_in(&name, &open), "{name} in {open:?}: {html}");
                has_rule |= name == "hr";
                if name != "hr" {
                    open.push(name);
                }
            }
            Token::EndTag(tag) => assert_eq!(open.pop(), Some(string(&tag.name)), "{html}"),
            Token::String(text) => shown += &string(&text),
            // Characters that HTML discourages are written as they are.
            Token::Error(_) => {}
            other => panic!("{other:?} in {html}"),
        }
    }
    assert!(open.is_empty(), "{open:?} stay open: {html}");
    assert!(has_rule || text::shows(&shown), "a message that shows nothing: {html:?}");
}

fn has_our_attributes(name: &str, tag: &StartTag) -> bool {
    let attributes: Vec<(String, String)> =
        tag.attributes.iter().map(|(name, value)| (string(name), string(value))).collect();
    let attributes: Vec<(&str, &str)> =
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    match (name, &attributes[..]) {
        ("p" | "strong" | "em" | "s" | "code" | "pre" | "ul" | "ol" | "li" | "blockquote" | "hr", []) => true,
        ("ol", [("start", first)]) => first.parse::<u64>().is_ok(),
        ("a", [("href", address), ("rel", "noopener noreferrer nofollow ugc"), ("target", "_blank")]) => {
            leads_where_it_says(address)
        }
        ("b", [("class", "mention")]) => true,
        ("b", [("class", "mention"), ("data-user-id", id)]) => id.parse::<UserId>().is_ok(),
        _ => false,
    }
}

/// Whether a browser goes to the host that the reader sees.
fn leads_where_it_says(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return address.starts_with("http") };
    let authority = address.split("://").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    match (url.scheme(), url.host()) {
        ("mailto", None) => true,
        ("http" | "https", Some(Host::Domain(domain))) => domain == host && url.username().is_empty(),
        // `0x7f.1` is shown as the address that it means.
        ("http" | "https", Some(Host::Ipv4(_))) => url.username().is_empty(),
        _ => false,
    }
}

/// Whether a browser keeps the element there. A block would end its paragraph.
fn may_stand_in(name: &str, open: &[String]) -> bool {
    let parent = open.last().map(String::as_str);
    match name {
        "li" => matches!(parent, Some("ul" | "ol")),
        "p" | "ul" | "ol" | "pre" | "blockquote" | "hr" => matches!(parent, None | Some("li" | "blockquote")),
        "a" => !open.iter().any(|outer| matches!(outer.as_str(), "a" | "pre")) && !matches!(parent, Some("ul" | "ol")),
        _ => !matches!(parent, Some("ul" | "ol" | "pre")),
    }
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
