//! Marks of emphasis, matched in pairs as CommonMark does: the nearest opening marks that fit.

use std::collections::HashMap;

use super::{Element, Event};

/// A run of marks, and the elements that end and begin at it.
#[derive(Debug)]
pub(super) struct Marks<'a> {
    pub(super) typed: &'a str,
    pub(super) opens: bool,
    pub(super) closes: bool,
    /// Marks that belong to no pair, which are shown.
    left: usize,
    /// From the inside out.
    pub(super) ends: Vec<Element<'a>>,
    pub(super) starts: Vec<Element<'a>>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(typed: &'a str, opens: bool, closes: bool) -> Self {
        Self { typed, opens, closes, left: typed.len(), ends: Vec::new(), starts: Vec::new() }
    }

    /// The marks that are shown.
    pub(super) fn shown(&self) -> &'a str {
        &self.typed[..self.left]
    }

    fn mark(&self) -> u8 {
        self.typed.as_bytes()[0]
    }

    /// Whether the marks fit together; marks that could do both fit only if their lengths differ clearly.
    fn fits(&self, closing: &Self) -> bool {
        let is_both = self.closes || closing.opens;
        let (one, other) = (self.typed.len(), closing.typed.len());
        self.mark() == closing.mark()
            && !(self.mark() != b'~' && is_both && (one + other).is_multiple_of(3) && !one.is_multiple_of(3))
    }
}

/// A part of a paragraph.
pub(super) enum Token<'a> {
    Event(Event<'a>),
    Marks(Marks<'a>),
}

impl<'a> Token<'a> {
    fn marks(&mut self) -> Option<&mut Marks<'a>> {
        match self {
            Self::Marks(marks) => Some(marks),
            Self::Event(_) => None,
        }
    }
}

/// Matches the marks at these places.
pub(super) fn pair(tokens: &mut [Token<'_>], places: impl IntoIterator<Item = usize>) {
    let mut open: Vec<usize> = Vec::new();
    // Before these places nothing fits marks of a kind, so they are not searched again.
    let mut searched: HashMap<(u8, bool, usize), usize> = HashMap::new();
    for place in places {
        let nothing = Token::Event(Event::Break);
        let mut token = std::mem::replace(&mut tokens[place], nothing);
        if let Some(closing) = token.marks() {
            while closing.closes && closing.left > 0 {
                let kind = (closing.mark(), closing.opens, closing.typed.len() % 3);
                let lowest = searched.get(&kind).copied().unwrap_or(0);
                if !close(tokens, &mut open, closing, lowest) {
                    searched.insert(kind, place);
                    break;
                }
            }
            if closing.opens && closing.left > 0 {
                open.push(place);
            }
        }
        tokens[place] = token;
    }
}

/// Pairs closing marks with the nearest opening ones that fit and are not before `lowest`, if there are any.
fn close<'a>(tokens: &mut [Token<'a>], open: &mut Vec<usize>, closing: &mut Marks<'a>, lowest: usize) -> bool {
    let mut nearest = open.iter().enumerate().rev().take_while(|&(_, &at)| at >= lowest);
    let found = nearest.find(|&(_, &at)| tokens[at].marks().is_some_and(|opening| opening.fits(closing)));
    let Some((height, &at)) = found else { return false };
    open.truncate(height + 1);
    let Some(opening) = tokens[at].marks() else { return false };
    let used = opening.left.min(closing.left).min(2);
    let element = element(closing.mark(), used);
    opening.left -= used;
    opening.starts.push(element);
    closing.left -= used;
    closing.ends.push(element);
    if opening.left == 0 {
        open.pop();
    }
    true
}

fn element<'a>(mark: u8, used: usize) -> Element<'a> {
    match (mark, used) {
        (b'~', _) => Element::Strike,
        (_, 1) => Element::Emphasis,
        _ => Element::Strong,
    }
}
