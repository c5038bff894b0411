//! Finds search terms in a text, and cuts the excerpt that shows them.

use schemars::JsonSchema;
use serde::Serialize;
use unicode_normalization::char::is_combining_mark;

use super::fold_words;
use super::token::Sought;

/// Characters of an excerpt, and how many of them may come before the first match.
const SHOWN: usize = 160;
const BEFORE: usize = 40;
/// The maximum number of marked ranges in one excerpt.
const MARKED: usize = 32;

/// A part of a text on one line, with the search terms marked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Excerpt {
    pub text: String,
    /// The matches, as `[from, to)` in characters (Unicode scalar values) of `text`, ascending, not
    /// touching each other.
    pub marks: Vec<[u32; 2]>,
}

impl Excerpt {
    /// Returns the text in pieces, each with whether it is marked.
    pub fn pieces(&self) -> Vec<(bool, String)> {
        let mut pieces = Vec::new();
        let mut chars = self.text.chars();
        let mut at = 0;
        for &[from, to] in &self.marks {
            pieces.push((false, chars.by_ref().take((from - at) as usize).collect()));
            pieces.push((true, chars.by_ref().take((to - from) as usize).collect()));
            at = to;
        }
        pieces.push((false, chars.collect()));
        pieces.retain(|(_, piece): &(bool, String)| !piece.is_empty());
        pieces
    }
}

/// A folded text whose characters know their position in the original.
pub struct Folded {
    chars: Vec<char>,
    /// For each character, the range of the original that it was made of, as `[from, to)`.
    from: Vec<[u32; 2]>,
}

impl Folded {
    pub fn new(text: &str) -> Self {
        let mut folded = Self { chars: Vec::with_capacity(text.len() / 2), from: Vec::new() };
        let mut group = String::new();
        let mut start = 0;
        for (place, c) in (0u32..).zip(text.chars()) {
            if !group.is_empty() && !combines_with_previous(c) {
                folded.push(&group, [start, place]);
                group.clear();
            }
            if group.is_empty() {
                start = place;
            }
            group.push(c);
        }
        let length = text.chars().count() as u32;
        folded.push(&group, [start, length]);
        folded
    }

    /// Adds a group of characters that fold together; any run of white space becomes one space.
    fn push(&mut self, group: &str, from: [u32; 2]) {
        for c in fold_words(group).chars() {
            let c = if c.is_whitespace() { ' ' } else { c };
            if c == ' ' && self.chars.last() == Some(&' ') {
                continue;
            }
            self.chars.push(c);
            self.from.push(from);
        }
    }

    pub fn has(&self, sought: &Sought) -> bool {
        sought.places(&self.chars).next().is_some()
    }

    /// Returns the ranges of the original that match, ascending and merged where they touch.
    fn marks(&self, all: &[Sought]) -> Vec<[u32; 2]> {
        let of = |sought: &Sought| -> Vec<[u32; 2]> {
            sought
                .places(&self.chars)
                .take(MARKED)
                .map(|[from, to]| [self.from[from][0], self.from[to - 1][1]])
                .collect()
        };
        let mut found: Vec<[u32; 2]> = all.iter().flat_map(of).collect();
        found.sort_unstable();
        let mut marks: Vec<[u32; 2]> = Vec::new();
        for [from, to] in found {
            match marks.last_mut() {
                Some(last) if last[1] >= from => last[1] = last[1].max(to),
                _ => marks.push([from, to]),
            }
        }
        marks.truncate(MARKED);
        marks
    }
}

/// Returns whether folding may combine a character with the one before it: combining marks, and the
/// vowels and finals of Hangul.
fn combines_with_previous(c: char) -> bool {
    matches!(c, '\u{1160}'..='\u{11ff}' | '\u{3133}' | '\u{3135}' | '\u{3136}' | '\u{313a}'..='\u{3140}' | '\u{3144}'
        | '\u{314f}'..='\u{3163}' | '\u{ff9e}' | '\u{ff9f}' | '\u{ffa3}' | '\u{ffa5}' | '\u{ffa6}'
        | '\u{ffaa}'..='\u{ffb0}' | '\u{ffb4}' | '\u{ffc2}'..='\u{ffdc}')
        || is_combining_mark(c)
}

/// Returns the part of a text around the first match, or its beginning without a match.
pub fn excerpt(text: &str, folded: &Folded, sought: &[Sought]) -> Excerpt {
    let marks = folded.marks(sought);
    let first = marks.first().map_or(0, |mark| mark[0] as usize);
    let chars: Vec<char> = text.chars().collect();
    let begin = beginning(&chars, first);
    let mut excerpt = Excerpt::default();
    let mut length = 0;
    if begin > 0 {
        excerpt.text.push('…');
        length = 1;
    }
    let mut marks = marks.into_iter().peekable();
    let mut open = None;
    let mut was_space = true;
    let mut close = |open: &mut Option<u32>, length: u32| {
        if let Some(from) = open.take().filter(|&from| from < length) {
            excerpt.marks.push([from, length]);
        }
    };
    for (place, &c) in (0u32..).zip(&chars).skip(begin) {
        if marks.peek().is_some_and(|mark| place >= mark[1]) {
            close(&mut open, length);
            marks.next();
        }
        if open.is_none() && marks.peek().is_some_and(|mark| place >= mark[0]) {
            open = Some(length);
        }
        if length as usize > SHOWN {
            excerpt.text.push('…');
            break;
        }
        if !(c.is_whitespace() && was_space) {
            excerpt.text.push(if c.is_whitespace() { ' ' } else { c });
            length += 1;
        }
        was_space = c.is_whitespace();
    }
    close(&mut open, length);
    excerpt
}

/// Returns where an excerpt begins so that it contains the first match: after a nearby space, if
/// there is one.
fn beginning(chars: &[char], first: usize) -> usize {
    if first <= BEFORE {
        return 0;
    }
    let from = first - BEFORE;
    let space = chars[from..first].iter().position(|c| c.is_whitespace());
    space.filter(|&at| at < BEFORE / 2).map_or(from, |at| from + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, words: &[&str]) -> String {
        let sought: Vec<Sought> = words.iter().filter_map(|word| Sought::new(word)).collect();
        let excerpt = excerpt(text, &Folded::new(text), &sought);
        let pieces = excerpt.pieces().into_iter();
        pieces.map(|(is_marked, piece)| if is_marked { format!("[{piece}]") } else { piece }).collect()
    }

    #[test]
    fn hits_are_marked_in_the_original() {
        for (text, words, shown) in [
            ("밤하늘에서 하늘을", &["하늘"][..], "밤[하늘]에서 [하늘]을"),
            ("Meeting, MEET, unmeet", &["meet"], "[Meet]ing, [MEET], unmeet"),
            ("plan a trip", &["a"], "plan [a] trip"),
            ("ﬁsh & ＣＨＩＰＳ", &["fish", "chips"], "[ﬁsh] & [ＣＨＩＰＳ]"),
            ("aaa", &["aa", "aaa"], "[aaa]"),
            ("one\n\n two", &["one two"], "[one two]"),
            ("İstanbul e\u{301}t\u{e9}", &["été"], "İstanbul [e\u{301}t\u{e9}]"),
            ("<b>마당</b>", &["마당"], "<b>[마당]</b>"),
            ("ㅎㅏ늘과 ㅋㅋㅋ", &["하늘", "ㅋㅋ"], "[ㅎㅏ늘]과 [ㅋㅋㅋ]"),
            ("don’t be “shy”", &["don't", "\"shy\""], "[don’t] be [“shy”]"),
            ("밤하\u{200b}늘", &["하늘"], "밤[하\u{200b}늘]"),
            ("Die Straße", &["STRASSE"], "Die [Straße]"),
            ("c++ and c", &["c++"], "[c++] and c"),
            ("홍길동이 밤하늘을", &["ㅎㄱㄷ", "ㅂㅎ"], "[홍길동]이 [밤하]늘을"),
            ("김수 밤하늘 하늘", &["ㄳ", "ㅎㄴ"], "[김수] 밤하늘 [하늘]"),
            ("크크 ㅋㅋ 하ㅋㅋ", &["ㅋㅋ"], "[크크] [ㅋㅋ] 하[ㅋㅋ]"),
            ("nothing", &["없음"], "nothing"),
        ] {
            assert_eq!(marked(text, words), shown);
        }
    }

    #[test]
    fn an_excerpt_is_short_and_shows_the_first_hit() {
        let text = format!("{} 하늘 {}", "가나다 ".repeat(100), "라마바 ".repeat(100));
        let shown = marked(&text, &["하늘"]);
        assert!(shown.starts_with("…가나다") && shown.ends_with('…') && shown.contains(" [하늘] "), "{shown}");
        assert!((150..=170).contains(&shown.chars().count()), "{}", shown.chars().count());
        let long = "x".repeat(10_000);
        let excerpt = excerpt(&long, &Folded::new(&long), &[Sought::new(&"x".repeat(200)).unwrap()]);
        assert_eq!(excerpt.marks, [[0, 161]]);
        assert_eq!(excerpt.text.chars().count(), 162);
    }

    #[test]
    fn a_text_folded_in_groups_is_the_text_folded_whole() {
        for text in [
            "ㅎㅏㄴㅡㄹ ㄱㅅ ㄳ 가ㄳ",
            "e\u{301}\u{302}X",
            "ｶﾞｷﾞ",
            "İI\u{307}",
            "\u{1112}\u{1161}\u{11ab}글",
            "①㉠㈜ﬃ",
            "ﾡￂ한",
            "a\u{200b}\u{301}ß ς’",
        ] {
            let folded: String = Folded::new(text).chars.into_iter().collect();
            assert_eq!(folded, fold_words(text), "{text}");
        }
    }
}
