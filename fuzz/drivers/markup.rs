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
    let letters = check(&html);
    assert!(letters.chars().eq(text.chars().filter(|c| c.is_alphabetic())), "{text:?} is shown as {html:?}");
    let bare = view::bare(&text, &mentions());
    assert!(!bare.contains('\n') && bare.chars().count() <= 100, "{bare:?}");
}

fn mentions() -> [Mention; 4] {
    let id = UserId::from_u128(7);
    [("파란 고래", Some(id)), ("a", Some(id)), ("모두", None), ("\"><i x>", Some(id))]
        .map(|(name, user_id)| Mention { user_id, name: name.into() })
}

/// Checks the elements, and returns the letters that are shown or lead somewhere, in the order in which they are typed.
fn check(html: &str) -> String {
    let mut open: Vec<String> = Vec::new();
    let (mut shown, mut letters) = (String::new(), String::new());
    // The open link, and where its text begins.
    let mut link: Option<(String, usize)> = None;
    let add = |letters: &mut String, text: &str| letters.extend(text.chars().filter(|c| c.is_alphabetic()));
    for token in Tokenizer::new(html) {
        match token.expect("a text is read to its end") {
            Token::StartTag(tag) => {
                let name = string(&tag.name);
                assert!(has_our_attributes(&name, &tag), "{tag:?} in {html}");
                assert!(may_stand_in(&name, &open), "{name} in {open:?}: {html}");
                let attribute = |name: &[u8]| tag.attributes.get(name).map(|value| string(value));
                if let Some(language) = attribute(b"data-language") {
                    shown += &language;
                    add(&mut letters, &language);
                }
                link = attribute(b"href").map(|address| (address, shown.len())).or(link);
                open.push(name);
            }
            Token::EndTag(tag) => {
                assert_eq!(open.pop(), Some(string(&tag.name)), "{html}");
                if string(&tag.name) == "a"
                    && let Some((address, start)) = link.take()
                {
                    assert!(text::shows(&shown[start..]), "a link that nobody sees: {html}");
                    // The address of a link that shows it was typed once.
                    let address = if shown[start..] == address { "" } else { &address };
                    add(&mut letters, address);
                }
            }
            Token::String(text) => {
                shown += &string(&text);
                add(&mut letters, &string(&text));
            }
            // Characters that HTML discourages are written as they are.
            Token::Error(_) => {}
            other => panic!("{other:?} in {html}"),
        }
    }
    assert!(open.is_empty(), "{open:?} stay open: {html}");
    assert!(text::shows(&shown), "a message that shows nothing: {html:?}");
    letters
}

fn has_our_attributes(name: &str, tag: &StartTag) -> bool {
    let attributes: Vec<(String, String)> =
        tag.attributes.iter().map(|(name, value)| (string(name), string(value))).collect();
    let attributes: Vec<(&str, &str)> =
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    match (name, &attributes[..]) {
        ("p" | "strong" | "em" | "s" | "code" | "pre" | "ul" | "ol" | "li" | "blockquote", []) => true,
        ("ol", [("start", number)]) | ("li", [("value", number)]) => number.parse::<u64>().is_ok(),
        ("pre", [("data-language", language)]) => !language.is_empty() && language.len() <= 20,
        ("a", [("href", address), ("rel", "noopener noreferrer nofollow ugc"), ("target", "_blank")]) => {
            leads_where_it_says(address)
        }
        ("b", [("class", "mention")]) => true,
        ("i", [("class", "code-comment" | "code-string" | "code-number" | "code-keyword")]) => true,
        ("b", [("class", "mention"), ("data-user-id", id)]) => id.parse::<UserId>().is_ok(),
        _ => false,
    }
}

/// Whether a browser goes to the host that the reader sees.
pub(super) fn leads_where_it_says(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return address.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("http"));
    };
    let authority = address.split("://").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let host = if authority.starts_with('[') { authority } else { authority.split(':').next().unwrap_or_default() };
    // A name outside ASCII is compared as it is looked up.
    let seen = Url::parse(&format!("http://{host}")).ok().and_then(|url| url.domain().map(str::to_owned));
    match (url.scheme(), url.host()) {
        ("mailto", None) => true,
        ("http" | "https", Some(Host::Domain(domain))) => {
            (domain == host.to_ascii_lowercase() || (!host.is_ascii() && seen.as_deref() == Some(domain)))
                && url.username().is_empty()
        }
        // `0x7f.1` is shown as the address that it means.
        ("http" | "https", Some(Host::Ipv4(_) | Host::Ipv6(_))) => url.username().is_empty(),
        _ => false,
    }
}

/// Whether a browser keeps the element there. A block would end its paragraph.
fn may_stand_in(name: &str, open: &[String]) -> bool {
    let parent = open.last().map(String::as_str);
    match name {
        "li" => matches!(parent, Some("ul" | "ol")),
        "i" => parent == Some("pre"),
        "p" | "ul" | "ol" | "pre" | "blockquote" => matches!(parent, None | Some("li" | "blockquote")),
        "a" => !open.iter().any(|outer| matches!(outer.as_str(), "a" | "pre")) && !matches!(parent, Some("ul" | "ol")),
        _ => !matches!(parent, Some("ul" | "ol" | "pre")),
    }
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
