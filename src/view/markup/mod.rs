//! The markup of messages, written as HTML: docs/markup.md describes what people type.
//!
//! Text never becomes an element or an attribute by itself: every element below is written here by name, every
//! text is escaped, and an address is a link only if it is `http`, `https` or `mailto`. HTML in a message is text.
//! So nothing has to be sanitised afterwards; a test reads the output back and finds no other element.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::chat::message::Mention;
use crate::text::code::{Highlighter, Part};
use crate::text::markup::{Element, Event, parse};
use crate::text::{excerpt, is_direction_control, shows};

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
    let names: Vec<&str> = mentions.iter().map(|mention| mention.name.as_str()).collect();
    let events = parse(text, &names);
    let mut writer = Writer {
        html: String::with_capacity(text.len() + 32),
        shows: false,
        mentions,
        is_in_link: false,
        code: None,
        next_number: Vec::new(),
    };
    // Most messages are one paragraph, which is the bubble itself.
    let is_block = |event: &&Event<'_>| matches!(event, Event::Start(element) if is_block(*element));
    let is_one_paragraph =
        events.first() == Some(&Event::Start(Element::Paragraph)) && events.iter().filter(is_block).count() == 1;
    for (place, event) in events.iter().enumerate() {
        let is_wrapper = matches!(event, Event::Start(Element::Paragraph) | Event::End(Element::Paragraph));
        if !(is_one_paragraph && is_wrapper) {
            writer.event(*event, events.get(place + 1));
        }
    }
    // Empty code is shown as it was typed.
    if !writer.shows {
        writer.html.clear();
        escape(text, &mut writer.html);
    }
    Markup(writer.html)
}

/// Returns a message's text without its markup, on one line.
pub(crate) fn bare(text: &str, mentions: &[Mention]) -> String {
    let names: Vec<&str> = mentions.iter().map(|mention| mention.name.as_str()).collect();
    let mut bare = String::with_capacity(text.len());
    for event in parse(text, &names) {
        push_bare(&mut bare, event);
    }
    excerpt(if shows(&bare) { &bare } else { text })
}

/// Returns the whole of a text without its markup, with the addresses that its links lead to.
pub(crate) fn bare_whole(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    for event in parse(text, &[]) {
        push_bare(&mut bare, event);
        if let Event::End(Element::Link(address)) = event {
            bare.extend([" (", address, ")"]);
        }
    }
    if shows(&bare) { bare.trim().to_owned() } else { text.to_owned() }
}

fn push_bare(bare: &mut String, event: Event<'_>) {
    match event {
        Event::Text(text) | Event::Code(text) | Event::Address(text) => bare.push_str(text),
        Event::Mention(name) => bare.extend(["@", name]),
        Event::Start(Element::Item(Some(number))) => bare.extend([number, ". "]),
        Event::Break => bare.push(' '),
        Event::End(element) if is_block(element) => bare.push(' '),
        Event::Start(_) | Event::End(_) => {}
    }
}

fn is_block(element: Element<'_>) -> bool {
    !matches!(element, Element::Emphasis | Element::Strong | Element::Strike | Element::Link(_))
}

/// Returns the HTML elements of a part, from the outside in.
fn names(element: Element<'_>) -> &'static [&'static str] {
    match element {
        Element::Paragraph => &["p"],
        Element::Heading => &["p", "strong"],
        Element::Quote => &["blockquote"],
        Element::Bullets => &["ul"],
        Element::Numbers => &["ol"],
        Element::Item(_) => &["li"],
        Element::CodeBlock(_) => &["pre"],
        Element::Emphasis => &["em"],
        Element::Strong => &["strong"],
        Element::Strike => &["s"],
        Element::Link(_) => &["a"],
    }
}

struct Writer<'a> {
    html: String,
    /// Whether anything is to be seen yet.
    shows: bool,
    mentions: &'a [Mention],
    is_in_link: bool,
    /// Of the open block of code, if its language is known.
    code: Option<Highlighter>,
    /// The number that the next item of each open list has by itself.
    next_number: Vec<u64>,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>, next: Option<&Event<'_>>) {
        match event {
            Event::Start(element) => self.start(element, next),
            Event::End(element) => self.end(element),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.line(text).into_iter().for_each(|(part, text)| self.code_part(part, text)),
                None => self.text(text),
            },
            Event::Code(code) => {
                self.html.push_str("<code>");
                self.text(code);
                self.html.push_str("</code>");
            }
            Event::Address(address) if self.is_in_link => self.text(address),
            Event::Address(address) => {
                self.link_start(address);
                self.text(address);
                self.html.push_str("</a>");
            }
            Event::Mention(name) => self.mention(name),
            Event::Break => self.html.push('\n'),
        }
    }

    fn start(&mut self, element: Element<'_>, next: Option<&Event<'_>>) {
        match element {
            Element::Link(address) => {
                self.is_in_link = true;
                return self.link_start(address);
            }
            Element::Numbers | Element::Bullets => return self.list_start(element, next),
            Element::Item(number) => return self.item_start(number),
            Element::CodeBlock(Some(language)) => {
                // The style shows the language, so that nothing that was typed is hidden.
                self.shows = true;
                self.html.push_str("<pre data-language=\"");
                escape(language, &mut self.html);
                self.html.push_str("\">");
                self.code = Highlighter::new(language);
            }
            _ => names(element).iter().for_each(|name| self.html.extend(["<", name, ">"])),
        }
        // HTML drops a line break at the beginning of a block of code.
        if matches!((element, next), (Element::CodeBlock(_), Some(Event::Text("")))) {
            self.html.push('\n');
        }
    }

    fn list_start(&mut self, element: Element<'_>, next: Option<&Event<'_>>) {
        let first = match next {
            Some(Event::Start(Element::Item(Some(number)))) => number.parse().unwrap_or(1),
            _ => 1,
        };
        self.next_number.push(first);
        let start = if first == 1 { String::new() } else { format!(" start=\"{first}\"") };
        names(element).iter().for_each(|name| self.html.extend(["<", name, &start, ">"]));
    }

    /// Writes an item, with its number where the list would show another one.
    fn item_start(&mut self, number: Option<&str>) {
        let typed: Option<u64> = number.and_then(|number| number.parse().ok());
        let next = self.next_number.last_mut();
        let other = typed.filter(|typed| next.as_deref().is_some_and(|next| next != typed));
        if let Some(next) = next {
            *next = typed.unwrap_or(*next) + 1;
        }
        let value = other.map(|number| format!(" value=\"{number}\"")).unwrap_or_default();
        self.html.extend(["<li", &value, ">"]);
    }

    fn end(&mut self, element: Element<'_>) {
        match element {
            Element::Link(_) => self.is_in_link = false,
            Element::CodeBlock(_) => self.code = None,
            Element::Bullets | Element::Numbers => {
                self.next_number.pop();
            }
            _ => {}
        }
        names(element).iter().rev().for_each(|name| self.html.extend(["</", name, ">"]));
    }

    fn code_part(&mut self, part: Option<Part>, text: &str) {
        let class = match part {
            None => return self.text(text),
            Some(Part::Comment) => "comment",
            Some(Part::String) => "string",
            Some(Part::Number) => "number",
            Some(Part::Keyword) => "keyword",
        };
        self.html.extend(["<i class=\"code-", class, "\">"]);
        self.text(text);
        self.html.push_str("</i>");
    }

    fn link_start(&mut self, address: &str) {
        self.html.push_str("<a href=\"");
        escape(address, &mut self.html);
        self.html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\">");
    }

    fn text(&mut self, text: &str) {
        self.shows |= shows(text);
        if self.is_in_link {
            // The text of a link must not be turned around: it could show another address.
            let text: String = text.chars().filter(|&c| !is_direction_control(c)).collect();
            return escape(&text, &mut self.html);
        }
        escape(text, &mut self.html);
    }

    fn mention(&mut self, name: &str) {
        self.html.push_str("<b class=\"mention\"");
        let id = self.mentions.iter().find(|mention| mention.name == name).and_then(|mention| mention.user_id);
        if let Some(id) = id {
            self.html.push_str(&format!(" data-user-id=\"{id}\""));
        }
        self.html.push_str(">@");
        self.text(name);
        self.html.push_str("</b>");
    }
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
