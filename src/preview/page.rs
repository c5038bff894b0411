//! Reads the title, description and site name from the head of a page.
//!
//! The tags are read one after the other without a tree: nesting costs nothing, and the work is
//! bounded by the length of the document.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use html5gum::{DefaultEmitter, Token, Tokenizer};

use crate::http_client::Document;

type StartTag = html5gum::StartTag<()>;

/// The maximum number of characters kept of a text from a page; views shorten it further.
pub(crate) const LONGEST: usize = 400;
/// How many bytes at the beginning may declare the encoding.
const PRESCAN: usize = 1_024;

/// What a page says about itself. The texts are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub description: Option<String>,
    /// The name of the site that the page belongs to.
    pub site: Option<String>,
}

/// Reads the head of a page. Returns `None` for a page without a title.
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

/// Decodes the document. A byte order mark decides first, then the encoding in the Content-Type
/// header, then a tag near the beginning, then UTF-8.
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
    // If the tag could be read, the encoding is a superset of ASCII.
    metas.filter_map(label).next().map(Encoding::output_encoding)
}

fn known(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes())
}

/// Returns `euc-kr` for `text/html; charset="euc-kr"`.
fn charset(content_type: &str) -> Option<&str> {
    let value = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    Some(value?.trim().trim_matches(['"', '\'']))
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    // Tags inside scripts and styles must be ignored.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(text, emitter).map(|token| match token {
        Ok(token) => token,
        Err(never) => match never {},
    })
}

fn attribute<'a>(tag: &'a StartTag, name: &str) -> Option<Cow<'a, str>> {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value))
}
