//! What a page says of itself in its head.
//!
//! The tags are read one after the other, without a tree: depth costs nothing, and the work is
//! bounded by the length of what was fetched.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::get::Document;

type StartTag = html5gum::StartTag<()>;

/// Characters kept of anything a page says; whoever shows it cuts further.
pub(crate) const LONGEST: usize = 400;
/// Where a page has to say its encoding.
const PRESCAN: usize = 1_024;

/// A page in its own words, which may be anything at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub description: Option<String>,
    /// What the page calls the site it belongs to.
    pub site: Option<String>,
}

/// Reads a page's head; nothing for one without a title.
pub(crate) fn read(document: &Document) -> Option<Page> {
    let text = decoded(document);
    let mut said = Said::default();
    let mut in_title = false;
    for token in tokens(&text) {
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"meta" => said.meta(&tag),
                b"title" => in_title = said.title.is_none(),
                b"body" => break,
                _ => {}
            },
            Token::String(text) if in_title => {
                said.title.get_or_insert_default().push_str(&String::from_utf8_lossy(&text));
            }
            Token::EndTag(_) => in_title = false,
            _ => {}
        }
    }
    Some(Page {
        title: said.og_title.or(said.title).and_then(one_line)?,
        description: said.og_description.or(said.description).and_then(one_line),
        site: said.og_site.and_then(one_line),
    })
}

#[derive(Default)]
struct Said {
    title: Option<String>,
    description: Option<String>,
    og_title: Option<String>,
    og_description: Option<String>,
    og_site: Option<String>,
}

impl Said {
    fn meta(&mut self, tag: &StartTag) {
        let Some(content) = attribute(tag, "content").filter(|content| !content.trim().is_empty()) else { return };
        let name = attribute(tag, "property").or_else(|| attribute(tag, "name")).unwrap_or_default();
        let place = match name.trim().to_ascii_lowercase().as_str() {
            "og:title" => &mut self.og_title,
            "og:description" => &mut self.og_description,
            "og:site_name" => &mut self.og_site,
            "description" => &mut self.description,
            _ => return,
        };
        place.get_or_insert_with(|| content.into_owned());
    }
}

fn one_line(text: String) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(LONGEST).collect();
    Some(line.trim_end().to_owned()).filter(|line| !line.is_empty())
}

/// The document as text: in the encoding that its head says, else that a tag near its beginning
/// says, else UTF-8. A mark at its very beginning is believed first of all.
fn decoded(document: &Document) -> Cow<'_, str> {
    let said = charset(&document.content_type).and_then(known);
    let encoding = said.or_else(|| declared(&document.bytes)).unwrap_or(UTF_8);
    encoding.decode(&document.bytes).0
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN)]);
    let label = |tag: StartTag| match attribute(&tag, "charset") {
        Some(label) => known(&label),
        None => known(charset(&attribute(&tag, "content")?)?),
    };
    let metas = tokens(&beginning).filter_map(|token| match token {
        Token::StartTag(tag) if tag.name.as_slice() == b"meta" => Some(tag),
        _ => None,
    });
    // What a tag can be read in is at least like ASCII.
    metas.filter_map(label).next().map(Encoding::output_encoding)
}

fn known(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes())
}

/// `euc-kr` of `text/html; charset="euc-kr"`.
fn charset(content_type: &str) -> Option<&str> {
    let value = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    Some(value?.trim().trim_matches(['"', '\'']))
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    // What stands in a script or a style is not tags.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(text, emitter).map(|token| match token {
        Ok(token) => token,
        Err(never) => match never {},
    })
}

fn attribute<'a>(tag: &'a StartTag, name: &str) -> Option<Cow<'a, str>> {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value))
}
