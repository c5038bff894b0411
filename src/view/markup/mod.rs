//! The markup of messages: bold, italic, strike, code, quotes, lists and links, written as HTML.
//!
//! Text never becomes an element or an attribute by itself: every element below is written here by name, every
//! text is escaped, and an address is a link only if it is `http`, `https` or `mailto`. HTML in a message is text.
//! So nothing has to be sanitised afterwards; a test reads the output back and finds no other element.
//!
//! The work is linear in the text: containers are limited before parsing ([`nesting`]), and the writer keeps counts
//! instead of searching what is open.

mod nesting;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::chat::message::Mention;
use crate::text::link::{Piece, pieces};
use crate::text::{excerpt, shows};

/// Elements inside each other; deeper ones are left out and their content is kept.
const MAX_DEPTH: usize = 8;
/// How often a text is parsed to find definitions of references.
const MAX_PASSES: usize = 8;

const LINK: &[&str] = &["a"];
const CODE_BLOCK: &[&str] = &["pre"];

/// HTML written by this module, which needs no escaping.
pub(crate) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// Returns a message's text as HTML. Plain text is only escaped; line breaks stay line breaks, which the style
/// shows as they are.
pub(crate) fn markup(text: &str, mentions: &[Mention]) -> Markup {
    let mut writer = Writer::new(text, mentions);
    let Some(source) = source(text) else { return writer.unmarked(text) };
    let events: Vec<_> = TextMergeStream::new(parse(&source)).collect();
    let is_one_paragraph = events.iter().filter(|event| is_block(event)).count() == 1;
    for event in events {
        // Most messages are one paragraph, which is the bubble itself.
        let is_wrapper = matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
        if !(is_one_paragraph && is_wrapper) {
            writer.event(event);
        }
    }
    // A hash, a dash or `[](…)` alone is shown as it was typed.
    if writer.shows { Markup(writer.html) } else { Writer::new(text, mentions).unmarked(text) }
}

/// Returns the text to parse; `None` if it is shown as typed.
///
/// A chat has no references: their definitions would be hidden, and each use could repeat a long address. So they
/// are escaped, which uncovers those hidden behind others of the same name; a text that still has some after
/// [`MAX_PASSES`] is shown as typed.
fn source(text: &str) -> Option<Cow<'_, str>> {
    if is_plain(text) {
        return None;
    }
    let mut source = nesting::limit(text, MAX_DEPTH);
    for _ in 0..MAX_PASSES {
        let parser = Parser::new_ext(&source, Options::ENABLE_STRIKETHROUGH);
        let mut places: Vec<usize> = parser.reference_definitions().iter().map(|(_, one)| one.span.start).collect();
        if places.is_empty() {
            return Some(source);
        }
        places.sort_unstable();
        let mut escaped = source.into_owned();
        places.into_iter().rev().for_each(|place| escaped.insert(place, '\\'));
        source = Cow::Owned(escaped);
    }
    None
}

fn parse(text: &str) -> impl Iterator<Item = Event<'_>> {
    let parser = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).into_offset_iter();
    parser.map(|(event, place)| match event {
        // An entity is shown as it was typed.
        Event::Text(_) if text[place.clone()].starts_with('&') => Event::Text(text[place].into()),
        other => other,
    })
}

/// Returns a message's text without its markup, on one line.
pub(crate) fn bare(text: &str) -> String {
    let Some(source) = source(text) else { return excerpt(text) };
    let mut bare = String::with_capacity(text.len());
    for event in parse(&source) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => bare.push_str(&text),
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image) => {}
            Event::SoftBreak | Event::HardBreak | Event::Rule | Event::End(_) => bare.push(' '),
            _ => {}
        }
    }
    excerpt(if shows(&bare) { &bare } else { text })
}

/// Whether the text has nothing that could be markup, as nearly every message.
fn is_plain(text: &str) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'*' | b'_' | b'~' | b'`' | b'[' | b'<' | b'&' | b'\\' | b'\n');
    let starts_a_block =
        |text: &str| text.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit() || "#>+-=".contains(c));
    !text.as_bytes().iter().any(is_special) && !starts_a_block(text)
}

fn is_block(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => {
            !matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
        }
        Event::Rule => true,
        _ => false,
    }
}

struct Writer<'a> {
    html: String,
    /// Whether anything is to be seen yet.
    shows: bool,
    mentions: &'a [Mention],
    /// The elements written for each open part of the text, from the outside in; none where it was left out.
    open: Vec<&'static [&'static str]>,
    /// The parts of `open` with elements.
    depth: usize,
    /// How many of them are links or code blocks, in which addresses are not made links.
    links: usize,
    code_blocks: usize,
}

impl<'a> Writer<'a> {
    fn new(text: &str, mentions: &'a [Mention]) -> Self {
        Self {
            html: String::with_capacity(text.len() + 32),
            shows: false,
            mentions,
            open: Vec::new(),
            depth: 0,
            links: 0,
            code_blocks: 0,
        }
    }

    fn unmarked(mut self, text: &str) -> Markup {
        self.text(text);
        Markup(self.html)
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                self.shows |= shows(&code);
                self.html.push_str("<code>");
                escape(&code, &mut self.html);
                self.html.push_str("</code>");
            }
            Event::Html(html) | Event::InlineHtml(html) => self.text(&html),
            Event::SoftBreak | Event::HardBreak => self.html.push('\n'),
            Event::Rule => {
                self.shows = true;
                self.html.push_str("<hr>");
            }
            // The parser is not asked for math, footnotes and tasks.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let elements: &[_] = match tag {
            Tag::Paragraph | Tag::HtmlBlock => &["p"],
            // A message has no sections: a heading is a strong line.
            Tag::Heading { .. } => &["p", "strong"],
            Tag::BlockQuote(_) => &["blockquote"],
            Tag::CodeBlock(_) => CODE_BLOCK,
            // A list is written with its items or not at all.
            Tag::List(_) if self.depth + 1 >= MAX_DEPTH => &[],
            Tag::List(Some(first)) => return self.list(first),
            Tag::List(None) => &["ul"],
            Tag::Item if !matches!(self.open.last(), Some(["ul" | "ol"])) => &[],
            Tag::Item => &["li"],
            Tag::Emphasis => &["em"],
            Tag::Strong => &["strong"],
            Tag::Strikethrough => &["s"],
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => return self.link(&dest_url),
            _ => &[],
        };
        self.write(elements);
    }

    fn write(&mut self, elements: &'static [&'static str]) {
        let elements = if self.depth >= MAX_DEPTH { &[] } else { elements };
        for element in elements {
            self.html.push('<');
            self.html.push_str(element);
            self.html.push('>');
        }
        self.push(elements);
    }

    fn push(&mut self, elements: &'static [&'static str]) {
        self.depth += usize::from(!elements.is_empty());
        self.links += usize::from(elements == LINK);
        self.code_blocks += usize::from(elements == CODE_BLOCK);
        self.open.push(elements);
    }

    fn list(&mut self, first: u64) {
        if first == 1 {
            return self.write(&["ol"]);
        }
        self.html.push_str(&format!("<ol start=\"{first}\">"));
        self.push(&["ol"]);
    }

    fn link(&mut self, address: &str) {
        // The reader must see where a link leads: an address that is not a plain web address, or that has a name and
        // password before its host, is not made a link.
        let is_mail = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let is_clear = is_mail || pieces(address) == [Piece::Link(address)];
        if self.links > 0 || !is_clear {
            return self.push(&[]);
        }
        self.link_start(address);
        self.push(LINK);
    }

    fn link_start(&mut self, address: &str) {
        self.html.push_str("<a href=\"");
        escape(address, &mut self.html);
        self.html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\">");
    }

    fn end(&mut self) {
        let Some(elements) = self.open.pop() else { return };
        self.depth -= usize::from(!elements.is_empty());
        self.links -= usize::from(elements == LINK);
        self.code_blocks -= usize::from(elements == CODE_BLOCK);
        for element in elements.iter().rev() {
            self.html.push_str("</");
            self.html.push_str(element);
            self.html.push('>');
        }
    }

    fn text(&mut self, text: &str) {
        self.shows |= shows(text);
        if self.links > 0 || self.code_blocks > 0 {
            return escape(text, &mut self.html);
        }
        for piece in pieces(text) {
            match piece {
                Piece::Plain(text) => self.plain(text),
                Piece::Link(address) => {
                    self.link_start(address);
                    escape(address, &mut self.html);
                    self.html.push_str("</a>");
                }
            }
        }
    }

    /// Writes text in which people may be mentioned.
    fn plain(&mut self, mut text: &str) {
        while let Some(at) = text.find('@').filter(|_| !self.mentions.is_empty()) {
            let (before, rest) = text.split_at(at);
            escape(before, &mut self.html);
            text = match self.mentions.iter().filter(|named| rest[1..].starts_with(&*named.name)).max_by_key(length) {
                Some(named) => {
                    self.mention(named);
                    &rest[1 + named.name.len()..]
                }
                None => {
                    self.html.push('@');
                    &rest[1..]
                }
            };
        }
        escape(text, &mut self.html);
    }

    fn mention(&mut self, named: &Mention) {
        self.html.push_str("<b class=\"mention\"");
        if let Some(id) = named.user_id {
            self.html.push_str(&format!(" data-user-id=\"{id}\""));
        }
        self.html.push_str(">@");
        escape(&named.name, &mut self.html);
        self.html.push_str("</b>");
    }
}

fn length(named: &&Mention) -> usize {
    named.name.len()
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}
