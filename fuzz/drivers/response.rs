//! What holds for every response.

use std::cell::RefCell;
use std::collections::HashSet;

use bytes::Bytes;
use html5gum::{Token, Tokenizer};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use url::Url;

/// The elements of the templates and of messages.
const ELEMENTS: &str = "a aside audio b bdi blockquote body button canvas circle code dd details dialog div dl dt em \
    fieldset footer form h1 h2 h3 h4 head header hr html i img input label legend li link main mark meta nav noscript ol \
    option p path picture pre progress q rect s script section select small source span strong summary svg symbol \
    template textarea time title ul use video";
const SERVER: &str = "http://server.example/";

type StartTag = html5gum::StartTag<()>;

thread_local! {
    /// Tags that were checked already.
    static SEEN: RefCell<HashSet<String>> = RefCell::default();
}

pub(super) fn is_sound(what: &str, headers: &HeaderMap, body: &Bytes) {
    for name in [CACHE_CONTROL, CONTENT_SECURITY_POLICY, "x-content-type-options".parse().expect("a name")] {
        assert!(headers.contains_key(&name), "{what}: no {name}");
    }
    if let Some(place) = headers.get(LOCATION) {
        let place = place.to_str().expect("an address is ASCII");
        assert!(is_own(place), "{what} leads to {place}");
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if body.is_empty() {
        return;
    }
    if kind.starts_with("text/html") {
        let html = std::str::from_utf8(body).expect("a page is UTF-8");
        check_markup(what, html);
    } else if kind.contains("json") {
        serde_json::from_slice::<serde::de::IgnoredAny>(body).expect("JSON is JSON");
    }
}

/// Every `<` of our pages begins a tag. Most tags are the same as on the page before.
fn check_markup(what: &str, html: &str) {
    let mut rest = html;
    let mut in_script = false;
    while let Some((text, behind)) = rest.split_once('<') {
        assert!(!in_script || text.trim_ascii().is_empty(), "{what}: a script on the page");
        let tag = &behind[..end_of_tag(behind).unwrap_or_else(|| panic!("{what}: an unclosed tag {behind}"))];
        in_script = tag.starts_with("script");
        SEEN.with_borrow_mut(|seen| {
            if !seen.contains(tag) {
                check_tag(what, tag);
                seen.insert(tag.to_owned());
            }
        });
        rest = &behind[tag.len() + 1..];
    }
}

/// Returns the end of a tag: the first `>` outside of quotes.
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

fn check_tag(what: &str, tag: &str) {
    let whole = format!("<{tag}>");
    let tokens: Vec<Token> = Tokenizer::new(whole.as_str()).map(|token| token.expect("a tag is read")).collect();
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !matches!(token, Token::Error(_))).collect();
    match tokens[..] {
        [Token::StartTag(tag)] => check_start_tag(what, tag),
        [Token::EndTag(_) | Token::Doctype(_)] => {}
        _ => panic!("{what}: {whole}"),
    }
}

fn check_start_tag(what: &str, tag: &StartTag) {
    let name = String::from_utf8_lossy(&tag.name);
    assert!(ELEMENTS.split_whitespace().any(|element| element == name), "{what}: {tag:?}");
    for (key, value) in &tag.attributes {
        let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
        let is_bad = key.starts_with("on") || ["style", "srcdoc", "http-equiv", "ping"].contains(&&*key);
        assert!(!is_bad, "{what}: {tag:?}");
        match &*key {
            "href" if name == "a" => assert!(is_web(&value), "{what}: {tag:?}"),
            "href" | "src" | "action" | "formaction" | "poster" => assert!(is_own(&value), "{what}: {tag:?}"),
            _ => {}
        }
    }
}

/// Whether an address stays on the server, as browsers read it.
pub(super) fn is_own(address: &str) -> bool {
    let server = Url::parse(SERVER).expect("an address");
    server.join(address).is_ok_and(|url| url.origin() == server.origin())
}

fn is_web(address: &str) -> bool {
    let server = Url::parse(SERVER).expect("an address");
    // An invalid address leads nowhere.
    server.join(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
        || Url::parse(address).is_err() && address.starts_with("http")
}
