//! Renders the markup of messages as HTML: bold, italic, strike, code, quotes, lists and links.
//!
//! Input never becomes an element or an attribute by itself: every element is written here by name,
//! every text is escaped, and an address is a link only if it is `http`, `https` or `mailto`. HTML
//! in a message is text. So nothing has to be sanitised afterwards; a test parses the output and
//! finds no other element.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::chat::message::Mention;
use crate::text::link::{Piece, pieces};
use crate::text::{excerpt, shows};

/// The maximum nesting of elements; deeper ones are written as their content only.
const DEEPEST: usize = 8;
/// How often a text is searched for reference definitions.
const LOOKS: usize = 8;

/// HTML that this module wrote, and that needs no escaping.
pub(super) struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// Renders the text of a message. A text without markup is only escaped; line breaks stay line
/// breaks, which the style sheet shows.
pub(super) fn markup(text: &str, mentions: &[Mention]) -> Markup {
    let mut writer = Writer::new(text, mentions);
    let Some(source) = source(text) else { return writer.unmarked(text) };
    let events: Vec<_> = TextMergeStream::new(parse(&source)).collect();
    let is_one_paragraph = events.iter().filter(|event| is_block(event)).count() == 1;
    for event in events {
        // Most messages are one paragraph, for which the bubble itself stands.
        let is_wrapper = matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
        if !(is_one_paragraph && is_wrapper) {
            writer.event(event);
        }
    }
    // A single hash, dash or `[](…)` renders as nothing, so it is shown as typed.
    if writer.shows { Markup(writer.html) } else { Writer::new(text, mentions).unmarked(text) }
}

/// Returns the text to parse, or `None` when it is shown as typed.
///
/// Reference definitions are not supported: they would be hidden, and each use could write a long
/// address again. So they are escaped, which may uncover others of the same name; a text with too
/// many of them is shown as typed.
fn source(text: &str) -> Option<Cow<'_, str>> {
    if is_plain(text) {
        return None;
    }
    let mut source = Cow::Borrowed(text);
    for _ in 0..LOOKS {
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
        // `&lt;` is shown as typed, not decoded.
        Event::Text(_) if text[place.clone()].starts_with('&') => Event::Text(text[place].into()),
        other => other,
    })
}

/// Returns the text of a message without markup, on one line.
pub(super) fn bare(text: &str) -> String {
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

/// Returns whether the text has nothing that could be markup, as nearly every message.
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
    /// Whether anything visible has been written.
    shows: bool,
    mentions: &'a [Mention],
    /// The elements written for each open part of the text, outermost first; empty if none was
    /// written.
    open: Vec<&'static [&'static str]>,
}

impl<'a> Writer<'a> {
    fn new(text: &str, mentions: &'a [Mention]) -> Self {
        Self { html: String::with_capacity(text.len() + 32), shows: false, mentions, open: Vec::new() }
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
            // The parser's options for math, footnotes and tasks are off.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let elements: &[_] = match tag {
            Tag::Paragraph | Tag::HtmlBlock => &["p"],
            // Messages have no chapters: a heading becomes a strong line.
            Tag::Heading { .. } => &["p", "strong"],
            Tag::BlockQuote(_) => &["blockquote"],
            Tag::CodeBlock(_) => &["pre"],
            // A list is written with its items or not at all.
            Tag::List(_) if self.depth() + 1 >= DEEPEST => &[],
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
        let elements = if self.depth() >= DEEPEST { &[] } else { elements };
        for element in elements {
            self.html.push_str(&format!("<{element}>"));
        }
        self.open.push(elements);
    }

    fn depth(&self) -> usize {
        self.open.iter().filter(|elements| !elements.is_empty()).count()
    }

    fn list(&mut self, first: u64) {
        if first == 1 {
            return self.write(&["ol"]);
        }
        self.html.push_str(&format!("<ol start=\"{first}\">"));
        self.open.push(&["ol"]);
    }

    fn link(&mut self, address: &str) {
        // A link must go where it seems to go: an address that is not a plain web address, or that
        // has a name and password before its host, is no link.
        let is_mail = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let is_clear = is_mail || pieces(address) == [Piece::Link(address)];
        if self.is_in("a") || !is_clear {
            return self.open.push(&[]);
        }
        self.link_start(address);
        self.open.push(&["a"]);
    }

    fn link_start(&mut self, address: &str) {
        self.html.push_str("<a href=\"");
        escape(address, &mut self.html);
        self.html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\">");
    }

    fn end(&mut self) {
        for element in self.open.pop().into_iter().flatten().rev() {
            self.html.push_str(&format!("</{element}>"));
        }
    }

    fn is_in(&self, element: &str) -> bool {
        self.open.iter().any(|elements| elements.contains(&element))
    }

    fn text(&mut self, text: &str) {
        self.shows |= shows(text);
        if self.is_in("a") || self.is_in("pre") {
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

    /// Writes text that may contain mentions.
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
