//! The lines of a paragraph: code, addresses, mentions, links and marks.

use std::ops::Range;

use super::emphasis::{Marks, Token, pair};
use super::ticks::{Place, Ticks};
use super::word::{Neighbours, begins_mention, keeps_backslashes};
use super::{Element, Event, FindName, MAX_DEPTH};
use crate::text::link;

/// How far from its beginning a destination may have the brackets of its host.
const IPV6: usize = 64;

/// Appends the events of a paragraph.
pub(super) fn inline<'a>(events: &mut Vec<Event<'a>>, lines: &[&'a str], find_name: &mut FindName<'_, 'a>) {
    let mut scanner = Scanner {
        tokens: Vec::new(),
        brackets: Vec::new(),
        links: Vec::new(),
        ticks: Ticks::new(lines),
        code_end: None,
        line: "",
        from: 0,
        at: 0,
    };
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            scanner.event(Event::Break);
        }
        scanner.line(number, line, find_name);
    }
    let Scanner { mut tokens, links, .. } = scanner;
    let mut end = 0;
    let mut outside: Vec<usize> = Vec::new();
    for link in links {
        outside.extend(end..link.start);
        end = link.end;
        pair(&mut tokens, link);
    }
    outside.extend(end..tokens.len());
    pair(&mut tokens, outside);
    write(events, tokens);
}

struct Scanner<'a> {
    tokens: Vec<Token<'a>>,
    /// The tokens of open square brackets.
    brackets: Vec<usize>,
    /// The tokens inside each link.
    links: Vec<Range<usize>>,
    ticks: Ticks,
    /// Where the code ends that began on an earlier line.
    code_end: Option<Place>,
    line: &'a str,
    /// The text from here to `at` is not a token yet.
    from: usize,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn line(&mut self, number: usize, line: &'a str, find_name: &mut FindName<'_, 'a>) {
        (self.line, self.from, self.at) = (line, 0, 0);
        self.go_on_in_code(number);
        let found = link::addresses(line);
        let mut addresses = found.into_iter().peekable();
        let mut word = 0..0;
        while let Some(&byte) = line.as_bytes().get(self.at) {
            while addresses.next_if(|address| address.start < self.at).is_some() {}
            if let Some(address) = addresses.next_if(|address| address.start == self.at) {
                self.take(address.len());
                self.event(Event::Address(&line[address]));
                continue;
            }
            match byte {
                b'`' => self.code(number),
                b'\\' => self.backslash(&mut word),
                b'[' => {
                    self.brackets.push(self.tokens.len() + usize::from(self.from < self.at));
                    self.take(1);
                    self.text("[");
                }
                b']' => self.link(),
                b'*' | b'_' | b'~' => self.marks(),
                b'@' if begins_mention(&line[..self.at], &line[self.at + 1..]) => self.mention(find_name),
                _ => self.at += 1,
            }
        }
        self.take(0);
    }

    fn event(&mut self, event: Event<'a>) {
        self.tokens.push(Token::Event(event));
    }

    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.event(Event::Text(text));
        }
    }

    /// Makes the text so far a token and goes behind the next `length` bytes.
    fn take(&mut self, length: usize) {
        self.text(&self.line[self.from..self.at]);
        self.at += length;
        self.from = self.at;
    }

    fn code(&mut self, number: usize) {
        let ticks = self.line[self.at..].bytes().take_while(|&byte| byte == b'`').count();
        let Some((end_line, end)) = self.ticks.closing((number, self.at)) else {
            self.at += ticks;
            return;
        };
        if end_line > number {
            if self.line[self.at + ticks..].trim().is_empty() {
                self.at += ticks;
                return;
            }
            self.take(ticks);
            self.code_end = Some((end_line, end + ticks));
            self.code_text(self.line.len());
            return;
        }
        let code = &self.line[self.at + ticks..end];
        if code.trim().is_empty() {
            self.at = end + ticks;
            return;
        }
        let unpadded = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' ')).unwrap_or(code);
        self.take(end + ticks - self.at);
        self.event(Event::Code(unpadded));
    }

    /// Takes the code of an earlier line that goes on here.
    fn go_on_in_code(&mut self, number: usize) {
        let Some((end_line, end)) = self.code_end else { return };
        if end_line > number {
            return self.code_text(self.line.len());
        }
        self.code_end = None;
        let ticks = self.line[..end].len() - self.line[..end].trim_end_matches('`').len();
        self.code_text(end - ticks);
        self.take(ticks);
    }

    fn code_text(&mut self, end: usize) {
        let code = &self.line[self.at..end];
        (self.at, self.from) = (end, end);
        if !code.is_empty() {
            self.event(Event::Code(code));
        }
    }

    /// Leaves out a backslash that makes the sign behind it text.
    fn backslash(&mut self, word: &mut Range<usize>) {
        if self.at >= word.end {
            let start = self.line[..self.at].rfind(char::is_whitespace).map_or(0, |space| space + 1);
            let start = self.line.ceil_char_boundary(start);
            let length = self.line[self.at..].find(char::is_whitespace);
            *word = start..length.map_or(self.line.len(), |length| self.at + length);
            // Once for each word, as it may be as long as the text.
            if keeps_backslashes(&self.line[word.clone()]) {
                self.at = word.end;
                return;
            }
        }
        if self.line[self.at + 1..].starts_with(['`', '*', '_', '~', '[', ']', '@'])
            || escapes_block(&self.line[..self.at], &self.line[self.at + 1..])
        {
            self.take(1);
            self.at += 1;
        } else {
            self.at += 1;
        }
    }

    fn marks(&mut self) {
        let mark = char::from(self.line.as_bytes()[self.at]);
        let behind = self.line[self.at..].trim_start_matches(mark);
        let end = self.line.len() - behind.len();
        let marks = Neighbours { mark, length: end - self.at, before: &self.line[..self.at], behind };
        let (opens, closes) = (marks.can_open(), marks.can_close());
        // One tilde is a sound or "to", three are a long sound.
        if (mark == '~' && marks.length != 2) || !(opens || closes) {
            self.at = end;
            return;
        }
        let typed = &self.line[self.at..end];
        self.take(typed.len());
        self.tokens.push(Token::Marks(Marks::new(typed, opens, closes)));
    }

    fn mention(&mut self, find_name: &mut FindName<'_, 'a>) {
        let rest = &self.line[self.at + 1..];
        match find_name(rest) {
            Some(length) => {
                self.take(1 + length);
                self.event(Event::Mention(&rest[..length]));
            }
            None => self.at += 1,
        }
    }

    /// Makes a link of the text since the open bracket, if an address follows in parentheses whose reader sees where
    /// it leads.
    fn link(&mut self) {
        self.take(0);
        let open = self.brackets.pop();
        let shows = |token: &Token<'_>| match token {
            Token::Event(Event::Text(text)) => crate::text::shows(text),
            Token::Event(Event::Break) => false,
            _ => true,
        };
        let destination = destination(&self.line[self.at + 1..]);
        let (Some(open), Some(destination)) = (open, destination) else { return self.at += 1 };
        let label = &self.tokens[open + 1..];
        let text = |token: &Token<'a>| match token {
            Token::Event(Event::Text(text) | Event::Address(text) | Event::Code(text)) => Some(*text),
            _ => None,
        };
        let typed: String = label.iter().filter_map(text).collect();
        if !label.iter().any(shows) || link::names_another(&typed, destination) {
            return self.at += 1;
        }
        self.tokens[open] = Token::Event(Event::Start(Element::Link(destination)));
        self.links.push(open + 1..self.tokens.len());
        self.event(Event::End(Element::Link(destination)));
        self.brackets.clear();
        self.take("](".len() + destination.len() + ")".len());
    }
}

/// Whether a backslash at the beginning of a line, or behind a number, keeps the line from being a block.
fn escapes_block(before: &str, behind: &str) -> bool {
    match before.trim() {
        "" => behind.starts_with(['#', '>', '-']),
        number => behind.starts_with('.') && number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Returns the address in the parentheses at the beginning of `rest`. It contains no square brackets, except around
/// an IPv6 host, so it ends before the next link.
fn destination(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix('(')?;
    let mut depth = 0;
    let mut before = ' ';
    let end = rest.char_indices().find(|&(at, c)| {
        depth += usize::from(c == '(');
        let is_end = c == ')' && depth == 0;
        depth -= usize::from(c == ')' && depth > 0);
        let is_host = (c == '[' && before == '/') || (c == ']' && at < IPV6 && rest[..at].contains("//["));
        before = c;
        is_end || c.is_whitespace() || "<>\"`".contains(c) || ("[]".contains(c) && !is_host)
    });
    let (end, _) = end.filter(|&(_, c)| c == ')')?;
    link::is_clear(&rest[..end]).then_some(&rest[..end])
}

/// Appends the events of tokens. Marks that are too deep are shown.
fn write<'a>(events: &mut Vec<Event<'a>>, tokens: Vec<Token<'a>>) {
    // Whether each open pair is written as an element.
    let mut open: Vec<bool> = Vec::new();
    for token in tokens {
        let marks = match token {
            Token::Marks(marks) => marks,
            Token::Event(event) => {
                events.push(event);
                continue;
            }
        };
        let typed = |element: &Element<'_>| &marks.typed[..if *element == Element::Emphasis { 1 } else { 2 }];
        for end in &marks.ends {
            let is_element = open.pop().unwrap_or_default();
            events.push(if is_element { Event::End(*end) } else { Event::Text(typed(end)) });
        }
        if !marks.shown().is_empty() {
            events.push(Event::Text(marks.shown()));
        }
        for start in marks.starts.iter().rev() {
            let is_element = open.len() < MAX_DEPTH;
            open.push(is_element);
            events.push(if is_element { Event::Start(*start) } else { Event::Text(typed(start)) });
        }
    }
}
