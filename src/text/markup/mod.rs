//! The markup of messages: bold, italic, strike, code, quotes, lists and links. docs/markup.md describes it.
//!
//! A parser of our own, because Markdown does what nobody means in a chat: dates become lists, faces become quotes,
//! and what is no link vanishes. Whatever is no markup is shown as it was typed.
//!
//! The work is linear in the text: nesting is limited, and no sign is looked at again for each sign before it.

mod block;
mod emphasis;
mod inline;
mod list;
mod ticks;
mod word;

/// Quotes, lists and marks of emphasis inside each other; deeper ones are shown as typed.
pub const MAX_DEPTH: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    Start(Element<'a>),
    End(Element<'a>),
    Text(&'a str),
    /// Code within a line.
    Code(&'a str),
    Address(&'a str),
    /// A mention, with the name as it is in the text.
    Mention(&'a str),
    /// The end of a line.
    Break,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    Paragraph,
    /// A heading is a strong line, because a message has no sections.
    Heading,
    Quote,
    Bullets,
    Numbers,
    /// An item with the number that was typed.
    Item(Option<&'a str>),
    /// Lines of code, with the language that was typed.
    CodeBlock(Option<&'a str>),
    Emphasis,
    Strong,
    Strike,
    Link(&'a str),
}

/// Finds a name at the beginning of the text behind an `@`, and returns its length in bytes.
pub(crate) type FindName<'f, 'a> = dyn FnMut(&'a str) -> Option<usize> + 'f;

/// Parses a text, with mentions of these names.
pub fn parse<'a>(text: &'a str, names: &[&str]) -> Vec<Event<'a>> {
    let longest = |rest: &str| names.iter().filter(|name| rest.starts_with(**name)).map(|name| name.len()).max();
    parse_with(text, &mut |rest| longest(rest).filter(|&length| length > 0))
}

/// Returns the text behind each `@` that may begin a mention, up to the end of its line: none in code, in addresses
/// and in e-mail addresses.
pub fn mention_places(text: &str) -> Vec<&str> {
    let mut places = Vec::new();
    parse_with(text, &mut |rest| {
        places.push(rest);
        None
    });
    places
}

/// Returns the first link to a web page.
pub fn first_link(text: &str) -> Option<&str> {
    if !text.contains("://") {
        return None;
    }
    parse(text, &[]).into_iter().find_map(|event| match event {
        Event::Address(address) => Some(address),
        Event::Start(Element::Link(address)) if address.contains("://") => Some(address),
        _ => None,
    })
}

/// Returns what is seen of a text with links, whose addresses are not; `None` for a text without any.
pub fn shown(text: &str) -> Option<String> {
    if !text.contains("](") {
        return None;
    }
    let mut shown = String::with_capacity(text.len());
    for event in parse(text, &[]) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Address(part) | Event::Mention(part) => shown.push_str(part),
            Event::Break | Event::End(Element::Paragraph | Element::Heading | Element::Item(_)) => shown.push('\n'),
            Event::Start(_) | Event::End(_) => {}
        }
    }
    Some(shown)
}

fn parse_with<'a>(text: &'a str, find_name: &mut FindName<'_, 'a>) -> Vec<Event<'a>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut parser = block::Parser { events: Vec::new(), find_name };
    parser.blocks(&lines, 0, false);
    parser.events
}
