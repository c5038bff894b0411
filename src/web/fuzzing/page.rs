//! What holds of every answer, whoever asked for it and however.

use std::cell::RefCell;
use std::collections::HashSet;

use bytes::Bytes;
use html5gum::{Token, Tokenizer};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use url::Url;

/// What the templates and the markup of messages are made of.
const ELEMENTS: &str = "a aside audio b bdi blockquote body button canvas circle code dd details dialog div dl dt em \
    footer form h1 h2 h3 head header hr html i img input label li link main mark meta nav noscript ol option p path \
    picture pre progress q rect s script section select small source span strong summary svg symbol template textarea \
    time title ul use video";
const HOUSE: &str = "http://house.example/";

type StartTag = html5gum::StartTag<()>;

thread_local! {
    /// Tags that were looked at and are ours.
    static SEEN: RefCell<HashSet<String>> = RefCell::default();
}

pub(super) fn is_sound(what: &str, headers: &HeaderMap, body: &Bytes) {
    for name in [CACHE_CONTROL, CONTENT_SECURITY_POLICY, "x-content-type-options".parse().expect("a name")] {
        assert!(headers.contains_key(&name), "{what}: no {name}");
    }
    if let Some(place) = headers.get(LOCATION) {
        let place = place.to_str().expect("an address is ASCII");
        assert!(is_of_ours(place), "{what} leads to {place}");
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if body.is_empty() {
        return;
    }
    if kind.starts_with("text/html") {
        let html = std::str::from_utf8(body).expect("a page is UTF-8");
        is_our_markup(what, html);
    } else if kind.contains("json") {
        serde_json::from_slice::<serde::de::IgnoredAny>(body).expect("JSON is JSON");
    }
}

/// Nothing but a tag has a `<` on our pages, and nothing but a tag is looked for: most are those of
/// the page before.
fn is_our_markup(what: &str, html: &str) {
    let mut rest = html;
    let mut in_script = false;
    while let Some((text, behind)) = rest.split_once('<') {
        assert!(!in_script || text.trim_ascii().is_empty(), "{what}: a script on the page");
        let tag = &behind[..end_of_tag(behind).unwrap_or_else(|| panic!("{what}: an open end {behind}"))];
        in_script = tag.starts_with("script");
        SEEN.with_borrow_mut(|seen| {
            if !seen.contains(tag) {
                is_one_tag(what, tag);
                seen.insert(tag.to_owned());
            }
        });
        rest = &behind[tag.len() + 1..];
    }
}

/// Where a tag ends: at the first `>` outside of quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.bytes().position(|byte| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })
}

fn is_one_tag(what: &str, tag: &str) {
    let whole = format!("<{tag}>");
    let tokens: Vec<Token> = Tokenizer::new(whole.as_str()).map(|token| token.expect("a tag is read")).collect();
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !matches!(token, Token::Error(_))).collect();
    match tokens[..] {
        [Token::StartTag(tag)] => is_our_tag(what, tag),
        [Token::EndTag(_) | Token::Doctype(_)] => {}
        _ => panic!("{what}: {whole}"),
    }
}

fn is_our_tag(what: &str, tag: &StartTag) {
    let name = String::from_utf8_lossy(&tag.name);
    assert!(ELEMENTS.split_whitespace().any(|element| element == name), "{what}: {tag:?}");
    for (key, value) in &tag.attributes {
        let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
        let is_bad = key.starts_with("on") || ["style", "srcdoc", "http-equiv", "ping"].contains(&&*key);
        assert!(!is_bad, "{what}: {tag:?}");
        match &*key {
            "href" if name == "a" => assert!(is_web(&value), "{what}: {tag:?}"),
            "href" | "src" | "action" | "formaction" | "poster" => assert!(is_of_ours(&value), "{what}: {tag:?}"),
            _ => {}
        }
    }
}

/// An address that stays in the house, as browsers read it.
pub(super) fn is_of_ours(address: &str) -> bool {
    let house = Url::parse(HOUSE).expect("an address");
    house.join(address).is_ok_and(|url| url.origin() == house.origin())
}

fn is_web(address: &str) -> bool {
    let house = Url::parse(HOUSE).expect("an address");
    // What is no address leads nowhere.
    house.join(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
        || Url::parse(address).is_err() && address.starts_with("http")
}
