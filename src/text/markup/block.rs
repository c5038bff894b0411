//! Lines into blocks: code, quotes, headings, lists and paragraphs.

use super::inline::inline;
use super::list::{Marker, marker};
use super::{Element, Event, FindName, MAX_DEPTH};

const FENCE: &str = "```";
const MAX_HEADING: usize = 6;
/// The most characters of the name of a language behind a fence.
const LANGUAGE: usize = 20;

pub(super) struct Parser<'a, 'f, 'g> {
    pub(super) events: Vec<Event<'a>>,
    pub(super) find_name: &'f mut FindName<'g, 'a>,
}

/// The part of a line, if any, that is left behind a block, and the index of the next line.
type After<'a> = (Option<&'a str>, usize);

impl<'a> Parser<'a, '_, '_> {
    /// Parses lines inside `depth` quotes and lists. The first paragraph of an item is not wrapped.
    pub(super) fn blocks(&mut self, lines: &[&'a str], depth: usize, is_item: bool) {
        let mut at = 0;
        // What is left of the line at `at`, of which a block took the beginning.
        let mut left: Option<&'a str> = None;
        let mut is_bare = is_item;
        while at < lines.len() {
            let rest = left.take();
            let line = rest.unwrap_or(lines[at]);
            let can_nest = depth < MAX_DEPTH;
            if line.trim().is_empty() {
                at += 1;
            } else if let Some(fence) = fence(line) {
                (left, at) = self.code(fence, lines, at);
            } else if rest.is_some() {
                (left, at) = self.paragraph(line, lines, at, can_nest, is_bare);
            } else if is_indented(line) {
                at = self.indented_code(lines, at);
            } else if can_nest && begins_quote(line) {
                let end = at + lines[at..].iter().take_while(|line| quoted(line).is_some()).count();
                self.quote(&lines[at..end], depth);
                at = end;
            } else if let Some(content) = heading(line) {
                self.block(Element::Heading, &[content]);
                at += 1;
            } else if can_nest && let Some(first) = marker(line) {
                at = self.list(&first, lines, at, depth);
            } else {
                (left, at) = self.paragraph(line, lines, at, can_nest, is_bare);
            }
            is_bare = false;
        }
    }

    fn block(&mut self, element: Element<'a>, lines: &[&'a str]) {
        self.events.push(Event::Start(element));
        inline(&mut self.events, lines, self.find_name);
        self.events.push(Event::End(element));
    }

    fn paragraph(&mut self, first: &'a str, lines: &[&'a str], at: usize, can_nest: bool, is_bare: bool) -> After<'a> {
        let mut paragraph = Vec::new();
        let (mut left, mut next) = (None, at);
        while next < lines.len() {
            let line = if next == at { first } else { lines[next] };
            if next > at && (line.trim().is_empty() || starts_block(line, can_nest)) {
                break;
            }
            if let Some(open) = open_fence(line).filter(|_| has_fence(&lines[next + 1..])) {
                paragraph.push(line[..open].trim_end());
                left = Some(&line[open..]);
                break;
            }
            paragraph.push(line);
            next += 1;
        }
        if is_bare {
            inline(&mut self.events, &paragraph, self.find_name);
        } else {
            self.block(Element::Paragraph, &paragraph);
        }
        (left, next)
    }

    fn quote(&mut self, lines: &[&'a str], depth: usize) {
        let inside: Vec<&str> = lines.iter().filter_map(|line| quoted(line)).collect();
        self.events.push(Event::Start(Element::Quote));
        self.blocks(&inside, depth + 1, false);
        self.events.push(Event::End(Element::Quote));
    }

    /// Parses the items of a list and returns the index of the line behind it.
    fn list(&mut self, first: &Marker<'a>, lines: &[&'a str], mut at: usize, depth: usize) -> usize {
        let is_numbered = first.number.is_some();
        let list = if is_numbered { Element::Numbers } else { Element::Bullets };
        self.events.push(Event::Start(list));
        while let Some(item) = lines.get(at).and_then(|line| marker(line)) {
            if item.number.is_some() != is_numbered {
                break;
            }
            let end = item_end(lines, at);
            let mut inside = vec![item.content];
            inside.extend(lines[at + 1..end].iter().map(|line| without_indent(line)));
            self.events.push(Event::Start(Element::Item(item.number)));
            self.blocks(&inside, depth + 1, true);
            self.events.push(Event::End(Element::Item(item.number)));
            at = end;
            let blank = lines[at..].iter().take_while(|line| line.trim().is_empty()).count();
            let next = lines.get(at + blank).and_then(|line| marker(line));
            if next.is_none_or(|next| next.number.is_some() != is_numbered) {
                break;
            }
            at += blank;
        }
        self.events.push(Event::End(list));
        at
    }

    /// Takes the lines of a fence that begins with `fence`, to the line that closes it or to the end.
    fn code(&mut self, fence: &'a str, lines: &[&'a str], at: usize) -> After<'a> {
        let ticks = ticks(fence);
        let info = fence[ticks..].trim();
        let is_language = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '.' | '_' | '-');
        let language = (!info.is_empty() && info.len() <= LANGUAGE && info.chars().all(is_language)).then_some(info);
        let mut code = Vec::new();
        if !info.is_empty() && language.is_none() {
            code.push(&fence[ticks..]);
        }
        let (mut left, mut next) = (None, at + 1);
        while let Some(line) = lines.get(next) {
            let Some(close) = line.find(&fence[..ticks]) else {
                code.push(line);
                next += 1;
                continue;
            };
            if !line[..close].trim().is_empty() {
                code.push(&line[..close]);
            }
            let rest = line[close..].trim_start_matches('`');
            if rest.trim().is_empty() {
                next += 1
            } else {
                left = Some(rest)
            }
            break;
        }
        self.code_block(language, &code);
        (left, next)
    }

    fn indented_code(&mut self, lines: &[&'a str], at: usize) -> usize {
        let inside = |line: &&&str| is_indented(line) || line.trim().is_empty();
        let length = lines[at..].iter().take_while(inside).count();
        let blank = lines[at..at + length].iter().rev().take_while(|line| line.trim().is_empty()).count();
        let code: Vec<&str> =
            lines[at..at + length - blank].iter().map(|line| line.get(indent(line).0..).unwrap_or_default()).collect();
        self.code_block(None, &code);
        at + length
    }

    fn code_block(&mut self, language: Option<&'a str>, lines: &[&'a str]) {
        let block = Element::CodeBlock(language);
        self.events.push(Event::Start(block));
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                self.events.push(Event::Break);
            }
            self.events.push(Event::Text(line));
        }
        self.events.push(Event::End(block));
    }
}

/// Whether a line ends the paragraph before it.
fn starts_block(line: &str, can_nest: bool) -> bool {
    fence(line).is_some() || heading(line).is_some() || (can_nest && (marker(line).is_some() || begins_quote(line)))
}

/// Returns a fence from its ticks on. One that is closed on its line is code within the line.
fn fence(line: &str) -> Option<&str> {
    let fence = without_space(line);
    (fence.starts_with(FENCE) && !fence[ticks(fence)..].contains('`')).then_some(fence)
}

fn ticks(fence: &str) -> usize {
    fence.bytes().take_while(|&byte| byte == b'`').count()
}

/// Returns where a fence begins behind text and is not closed on its line.
fn open_fence(line: &str) -> Option<usize> {
    let places: Vec<usize> = line.match_indices(FENCE).map(|(at, _)| at).collect();
    if places.len() % 2 == 1 {
        places.last().copied().filter(|&at| !line[at + FENCE.len()..].contains('`'))
    } else {
        None
    }
}

fn has_fence(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.contains(FENCE))
}

fn heading(line: &str) -> Option<&str> {
    let signs = line.bytes().take_while(|&byte| byte == b'#').count();
    let content = line[signs..].strip_prefix(' ').filter(|_| (1..=MAX_HEADING).contains(&signs))?;
    (!content.trim().is_empty()).then_some(content.trim())
}

/// Whether a quote begins at a line: it has a mark and shows something. The lines below need only the mark.
fn begins_quote(line: &str) -> bool {
    quoted(line).is_some_and(|inside| inside.chars().any(|c| c != '>' && !c.is_whitespace()))
}

/// Returns a line without its mark of a quote. A space must follow the mark or marks: `>_<` is a face.
fn quoted(line: &str) -> Option<&str> {
    let rest = without_space(line).strip_prefix('>')?;
    let behind = rest.trim_start_matches('>');
    (behind.is_empty() || behind.starts_with(' ')).then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

/// Returns the index behind the lines of an item: those that are indented, also behind empty ones.
fn item_end(lines: &[&str], at: usize) -> usize {
    let mut end = at + 1;
    for (next, line) in lines.iter().enumerate().skip(at + 1) {
        if line.trim().is_empty() {
            continue;
        }
        if indent(line).1 < 2 {
            break;
        }
        end = next + 1;
    }
    end
}

/// Returns the bytes of the indentation, at most four columns, and its columns.
fn indent(line: &str) -> (usize, usize) {
    let (mut bytes, mut columns) = (0, 0);
    for byte in line.bytes() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns = 4,
            _ => break,
        }
        bytes += 1;
        if columns >= 4 {
            break;
        }
    }
    (bytes, columns)
}

fn is_indented(line: &str) -> bool {
    indent(line).1 >= 4 && !line.trim().is_empty()
}

/// Takes the indentation of an item from a line.
fn without_indent(line: &str) -> &str {
    match line.strip_prefix('\t') {
        Some(rest) => rest,
        None => &line[line.bytes().take(2).take_while(|&byte| byte == b' ').count()..],
    }
}

/// Returns a line without up to three spaces at its beginning.
fn without_space(line: &str) -> &str {
    &line[line.bytes().take(3).take_while(|&byte| byte == b' ').count()..]
}
