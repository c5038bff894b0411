//! Tokens of the search index and of search terms.
//!
//! A folded text is split into runs. Consecutive letters and digits are one token. Scripts without
//! spaces at the end of words (Hangul with its particles, Han, kana, Thai) are indexed as every
//! pair of neighbours and the last character of the run. So "하늘" is found in "밤하늘에서", and a single
//! syllable is the prefix of a pair or the last of a run. An emoji is a token of its own.
//! Everything else separates.

use unicode_normalization::char::is_combining_mark;

use super::{fold_words, initials};

/// The version of these rules. An index made by another version must be rebuilt.
pub const VERSION: &str = "2";

/// The maximum length of a token in characters; a longer run is indexed by its beginning.
const LONGEST: usize = 40;
/// The maximum number of tokens that one search term looks up. The rest of a longer term is checked
/// in the texts that are found.
const LOOKUPS: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gap,
    /// Letters and digits of scripts with spaces.
    Word,
    /// Scripts without spaces.
    Unspaced,
    Emoji,
}

fn kind(c: char) -> Kind {
    match c {
        '\u{fe00}'..='\u{fe0f}' => Kind::Gap,
        '\u{1100}'..='\u{11ff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
        | '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}' => Kind::Unspaced,
        '\u{2600}'..='\u{27bf}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1faff}' => Kind::Emoji,
        c if c.is_alphanumeric() || is_combining_mark(c) => Kind::Word,
        _ => Kind::Gap,
    }
}

/// Returns whether a character belongs to a word of letters and digits.
pub(super) fn is_word(c: char) -> bool {
    kind(c) == Kind::Word
}

/// Splits a folded text into runs other than gaps, each with the text after it.
fn runs(folded: &str) -> impl Iterator<Item = (Kind, &str, &str)> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        loop {
            let first = kind(rest.chars().next()?);
            let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            if first != Kind::Gap {
                return Some((first, run, after));
            }
        }
    })
}

/// Returns the tokens under which a folded text is indexed, each followed by a space. A token may
/// occur twice.
pub fn tokens(folded: &str) -> String {
    // A syllable of three bytes becomes seven bytes.
    let mut tokens = String::with_capacity(folded.len() / 3 * 7 + 16);
    let mut add = |token: &str| {
        tokens.push_str(token);
        tokens.push(' ');
    };
    for (kind, run, _) in runs(folded) {
        match kind {
            Kind::Word => add(beginning(run).0),
            Kind::Unspaced => {
                pairs(run).for_each(&mut add);
                add(last(run));
            }
            _ => run.char_indices().for_each(|(at, c)| add(&run[at..at + c.len_utf8()])),
        }
    }
    tokens
}

/// A word or a quoted phrase of a search. A text matches where its folded form contains the term. A
/// term that begins with a letter or a digit must begin a word there, and a single letter must be
/// the whole word. A term of initial consonants also matches a word whose syllables begin with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    chars: Vec<char>,
    tokens: Vec<Token>,
    is_one_letter: bool,
    initials: Option<Vec<char>>,
}

/// A lookup in the index: a token or a prefix of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub is_prefix: bool,
}

impl Sought {
    /// Returns `None` for a term of white space only.
    pub fn new(typed: &str) -> Option<Self> {
        let folded = fold_words(typed).split_whitespace().collect::<Vec<_>>().join(" ");
        let chars: Vec<char> = folded.chars().collect();
        let is_one_letter = matches!(chars[..], [c] if kind(c) == Kind::Word);
        let initials = initials::consonants(typed.trim());
        // The index has no initials: its candidates are all messages of the rooms, the newest first.
        let tokens = if initials.is_some() { Vec::new() } else { lookups(&folded, is_one_letter) };
        (!chars.is_empty()).then_some(Self { tokens, chars, is_one_letter, initials })
    }

    /// Returns whether the term says anything to look for: punctuation alone does not.
    pub fn is_searchable(&self) -> bool {
        self.initials.is_some() || !self.tokens.is_empty()
    }

    /// Returns the tokens that every matching text has in the index. They may be empty, for example
    /// for punctuation, and a text that has all of them may still not match.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Returns the matches in a folded text, as `[from, to)`: those of the term itself, then those of its initials.
    pub(super) fn places<'a>(&'a self, text: &'a [char]) -> impl Iterator<Item = [usize; 2]> + 'a {
        let term = windows(text, &self.chars, move |window, at| window == self.chars && self.stands_at(text, at));
        let initials = self.initials.iter().flat_map(move |typed| {
            let begins = move |at: usize| at == 0 || kind(text[at - 1]) != Kind::Unspaced;
            windows(text, typed, move |window, at| begins(at) && initials::fits(window, typed))
        });
        term.chain(initials)
    }

    /// Returns whether the match at `at` of a folded text has the right word boundaries.
    fn stands_at(&self, text: &[char], at: usize) -> bool {
        let begins = !is_word(self.chars[0]) || at == 0 || !is_word(text[at - 1]);
        let ends = !self.is_one_letter || text.get(at + 1).is_none_or(|&next| !is_word(next));
        begins && ends
    }
}

/// Returns the parts of a text, as long as a needle, that fit.
fn windows<'a>(
    text: &'a [char],
    needle: &'a [char],
    fits: impl Fn(&[char], usize) -> bool + 'a,
) -> impl Iterator<Item = [usize; 2]> + 'a {
    let windows = text.windows(needle.len()).enumerate();
    windows.filter(move |(at, window)| fits(window, *at)).map(|(at, window)| [at, at + window.len()])
}

fn lookups(folded: &str, is_one_letter: bool) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut syllable = None;
    let mut add = |text: &str, is_prefix| {
        let token = Token { text: text.to_owned(), is_prefix };
        if tokens.len() < LOOKUPS && !tokens.contains(&token) {
            tokens.push(token);
        }
    };
    for (kind, run, after) in runs(folded) {
        let is_last = after.is_empty();
        match kind {
            Kind::Word => match beginning(run) {
                (whole, false) if is_last && whole.chars().count() == 1 => {
                    // As a prefix it would match half of the dictionary.
                    if is_one_letter {
                        add(whole, false);
                    }
                }
                (token, is_cut) => add(token, is_last && !is_cut),
            },
            Kind::Unspaced if run.chars().nth(1).is_some() => pairs(run).for_each(|pair| add(pair, false)),
            Kind::Unspaced if is_last => syllable = Some(run),
            // The following text ends the run in a matching text, too.
            Kind::Unspaced => add(run, false),
            _ => run.chars().for_each(|c| add(c.encode_utf8(&mut [0; 4]), false)),
        }
    }
    if let Some(syllable) = syllable.filter(|_| tokens.is_empty()) {
        tokens.push(Token { text: syllable.to_owned(), is_prefix: true });
    }
    tokens
}

/// Returns the indexed part of a run, and whether it was cut.
fn beginning(run: &str) -> (&str, bool) {
    let full = run.char_indices().nth(LONGEST - 1);
    full.map_or((run, false), |(at, last)| (&run[..at + last.len_utf8()], true))
}

fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let ends = run.char_indices().skip(2).map(|(at, _)| at).chain([run.len()]);
    let has_two = run.chars().nth(1).is_some();
    run.char_indices().zip(ends).take_while(move |_| has_two).map(|((from, _), to)| &run[from..to])
}

fn last(run: &str) -> &str {
    run.char_indices().next_back().map_or("", |(at, _)| &run[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(typed: &str) -> String {
        let sought = Sought::new(typed).unwrap();
        let tokens = sought.tokens().iter().map(|token| token.text.clone() + if token.is_prefix { "*" } else { "" });
        tokens.collect::<Vec<_>>().join(" ")
    }

    fn has(text: &str, each: &[&str]) {
        let mut each = each.to_vec();
        each.sort_unstable();
        let tokens = tokens(&fold_words(text));
        let mut tokens: Vec<&str> = tokens.split_whitespace().collect();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens, each, "{text}");
    }

    #[test]
    fn words_stay_whole_and_hangul_is_cut_in_pairs() {
        has("밤하늘에서 API를 v2로", &["밤하", "하늘", "늘에", "에서", "서", "api", "를", "v2", "로"]);
        has("꿈, 꿈. don't", &["꿈", "don", "t"]);
        has("\u{1112}\u{1161}\u{1102}\u{1173}\u{11af}", &["하늘", "늘"]);
        has("Ｍadang ＭＡＤＡＮＧ", &["madang"]);
        has("東京へ 🎉👍🏽", &["東京", "京へ", "へ", "🎉", "👍", "🏽"]);
        has("\u{e000}secret \" * ( ) : ^ -", &["secret"]);
        has(&"x".repeat(100), &[&"x".repeat(40)]);
        assert_eq!(tokens("हिन्दी สวัสดี").split_whitespace().count(), 1 + 6);
    }

    #[test]
    fn a_search_term_looks_up_tokens_that_every_match_has() {
        for (typed, expected) in [
            ("하늘", "하늘"),
            ("밤하늘", "밤하 하늘"),
            ("하", "하*"),
            ("meet", "meet*"),
            ("a", "a"),
            ("foo-bar", "foo bar*"),
            ("c++", "c"),
            ("api를", "api"),
            ("꿈,", "꿈"),
            ("마당a", "마당"),
            ("AND", "and*"),
            ("\"", ""),
            ("하하하하", "하하"),
            ("two  words", "two words*"),
        ] {
            assert_eq!(lookup(typed), expected, "{typed}");
        }
        assert_eq!(lookup(&"x".repeat(40)), "x".repeat(40));
        assert_eq!(lookup(&"x".repeat(39)), "x".repeat(39) + "*");
        assert!(Sought::new(" \n").is_none());
        let long: String = (0..200).map(|n| char::from_u32('가' as u32 + n).unwrap()).collect();
        assert_eq!(Sought::new(&long).unwrap().tokens().len(), LOOKUPS);
    }
}
