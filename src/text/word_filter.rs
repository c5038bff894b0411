//! Words that a server does not want, found however they are typed: with signs or spaces between the letters, with letters
//! repeated, as single jamo, in other widths and cases, with letters of other scripts that look like Latin ones.

use std::collections::HashMap;

use unicode_security::confusable_detection::skeleton;

use super::fold::fold_words;

const FIRST_SYLLABLE: u32 = '가' as u32;
const VOWELS: u32 = 21;
const FINALS: u32 = 28;

/// The letters of initial consonants, vowels and finals. A final has the letters that it is typed with.
const INITIALS: [&str; 19] =
    ["ㄱ", "ㄲ", "ㄴ", "ㄷ", "ㄸ", "ㄹ", "ㅁ", "ㅂ", "ㅃ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅉ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ"];
const MEDIALS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅘ", "ㅙ", "ㅚ", "ㅛ", "ㅜ", "ㅝ", "ㅞ", "ㅟ", "ㅠ", "ㅡ",
    "ㅢ", "ㅣ",
];
const CODAS: [&str; 28] = [
    "", "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ",
    "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];

/// A letter of a text, and where it stands in it.
#[derive(Clone, Copy, Debug)]
struct Letter {
    letter: char,
    /// Whether it is of another script than Hangul, in which a word is a group of letters.
    is_foreign: bool,
    /// Whether a syllable begins or ends with it, or a foreign word. A jamo that stands alone does both.
    begins: bool,
    ends: bool,
    /// Whether a group of letters without a space begins or ends with it.
    begins_group: bool,
    ends_group: bool,
    group: usize,
}

impl Letter {
    /// Whether it may be repeated without making another word: a letter of a foreign word, or a jamo that stands alone.
    fn is_loose(&self) -> bool {
        self.is_foreign || (self.begins && self.ends)
    }
}

/// A word as it is compared: its letters, and how often each stands there in a row at least.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word<T> {
    letters: Vec<(char, usize)>,
    action: T,
}

/// The words of a server, each with what is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordFilter<T> {
    /// By their first letter.
    words: HashMap<char, Vec<Word<T>>>,
}

impl<T> Default for WordFilter<T> {
    fn default() -> Self {
        Self { words: HashMap::new() }
    }
}

impl<T: Copy + Ord> WordFilter<T> {
    /// Words without any letter are left out.
    pub fn new<'a>(words: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut filter = Self::default();
        for (word, action) in words {
            let word = fold_words(word);
            filter.add(&word, action);
            let shape: String = word.chars().map(shape).collect();
            if shape != word {
                filter.add(&shape, action);
            }
        }
        filter
    }

    fn add(&mut self, folded: &str, action: T) {
        let mut runs: Vec<(char, usize)> = Vec::new();
        for letter in letters(folded) {
            match runs.last_mut().filter(|(last, _)| *last == letter.letter && letter.is_loose()) {
                Some((_, count)) => *count += 1,
                None => runs.push((letter.letter, 1)),
            }
        }
        if let Some((first, _)) = runs.first() {
            self.words.entry(*first).or_default().push(Word { letters: runs, action });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns the strongest of what is done about the words in a text.
    pub fn strongest(&self, text: &str) -> Option<T> {
        // Folding takes them out, and joins the words on both sides.
        let text: String = text.chars().map(|c| if is_invisible(c) { '.' } else { c }).collect();
        let text = fold_words(&text);
        self.strongest_in(&text).max(with_shapes(&text).and_then(|text| self.strongest_in(&text)))
    }

    fn strongest_in(&self, folded: &str) -> Option<T> {
        let letters = letters(folded);
        let starts = letters.iter().enumerate().filter(|(_, letter)| letter.begins);
        let found = starts.flat_map(|(at, first)| {
            let words = self.words.get(&first.letter).into_iter().flatten();
            let rest = &letters[at..];
            words.filter(move |word| is_at(rest, &word.letters)).map(|word| word.action)
        });
        found.max()
    }
}

/// Whether the letters begin with a word. Loose letters may be repeated. Across spaces it must be all of the groups that it covers:
/// 시 발 is the word, and 다시 발견 is not.
fn is_at(letters: &[Letter], word: &[(char, usize)]) -> bool {
    let Some(first) = letters.first() else { return false };
    let is_end = |last: &Letter| last.ends && (first.group == last.group || (first.begins_group && last.ends_group));
    let mut at = 0;
    for (number, (wanted, count)) in word.iter().enumerate() {
        let run = letters[at..].iter().take(*count).take_while(|letter| letter.letter == *wanted).count();
        if run < *count {
            return false;
        }
        at += run;
        let is_last = number + 1 == word.len();
        while !(is_last && is_end(&letters[at - 1])) {
            let may_repeat = |next: &&Letter| next.letter == *wanted && (next.is_loose() || letters[at - 1].is_loose());
            match letters.get(at).filter(may_repeat) {
                Some(_) => at += 1,
                None if is_last => return false,
                None => break,
            }
        }
    }
    true
}

/// Returns a folded text with its mixed words in Latin letters; `None` where no word mixes Latin letters with others that look
/// like them. A word of another script alone is left as it is.
fn with_shapes(text: &str) -> Option<String> {
    let is_mixed = |word: &str| word.contains(|c| shape(c) != c) && word.contains(|c: char| c.is_ascii_alphabetic());
    if text.is_ascii() || !text.split_whitespace().any(is_mixed) {
        return None;
    }
    let words = text.split_whitespace().map(|word| match is_mixed(word) {
        true => word.chars().map(shape).collect(),
        false => word.to_owned(),
    });
    Some(words.collect::<Vec<String>>().join(" "))
}

/// Returns the Latin letter that a letter of another script looks like, else the letter itself.
fn shape(c: char) -> char {
    if c.is_ascii() || !c.is_alphabetic() || matches!(c, '가'..='힣') {
        return c;
    }
    let mut buffer = [0; 4];
    let mut looks = skeleton(c.encode_utf8(&mut buffer));
    match (looks.next(), looks.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => letter.to_ascii_lowercase(),
        _ => c,
    }
}

/// Returns the letters of a folded text, without signs and digits.
fn letters(text: &str) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    let mut group = 0;
    let (mut has_space, mut after_sign) = (true, false);
    for c in text.chars() {
        if c.is_whitespace() {
            has_space = true;
        } else if !c.is_alphabetic() || is_stroke(c) {
            // fuck.you, fuck1you
            after_sign = true;
            if let Some(last) = letters.last_mut() {
                last.ends = true;
            }
        } else {
            let begins_group = std::mem::take(&mut has_space);
            if begins_group {
                if let Some(last) = letters.last_mut() {
                    last.ends_group = true;
                }
                group += 1;
            }
            let begins_word = std::mem::take(&mut after_sign) || begins_group;
            add(&mut letters, c, begins_word, begins_group, group);
        }
    }
    if let Some(last) = letters.last_mut() {
        last.ends_group = true;
    }
    letters
}

/// Whether a character is invisible.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'
            ..='\u{200f}' | '\u{2060}' | '\u{3164}' | '\u{feff}'
    )
}

/// Whether a letter only stretches others, or parts them as a sign does: 시ー발, 시ㆍ발.
fn is_stroke(c: char) -> bool {
    matches!(c, '\u{119e}' | 'ー' | 'ˑ' | 'ː' | 'ـ')
}

fn add(letters: &mut Vec<Letter>, c: char, begins_word: bool, begins_group: bool, group: usize) {
    match syllable(c) {
        Some(parts) => add_syllable(letters, parts, begins_group, group),
        None => add_letter(letters, c, begins_word, begins_group, group),
    }
}

/// Adds a jamo that stands alone, or a letter of another script.
fn add_letter(letters: &mut Vec<Letter>, c: char, begins_word: bool, begins_group: bool, group: usize) {
    let (letter, is_foreign) = jamo(c).map_or((c, true), |jamo| (jamo, false));
    let mut begins = true;
    if let Some(last) = letters.last_mut().filter(|last| is_foreign && last.is_foreign && !begins_word) {
        (begins, last.ends) = (false, false);
    }
    letters.push(Letter { letter, is_foreign, begins, ends: true, begins_group, ends_group: false, group });
}

fn add_syllable(
    letters: &mut Vec<Letter>,
    (initial, medial, coda): (&str, &str, &str),
    begins_group: bool,
    group: usize,
) {
    // 시이이발
    let stretches = initial == "ㅇ" && letters.last().is_some_and(|last| last.ends && medial.starts_with(last.letter));
    if stretches && !begins_group {
        if coda.is_empty() {
            return;
        }
        if let Some(last) = letters.last_mut() {
            last.ends = false;
        }
        push_all(letters, coda, false, false, group);
        return;
    }
    push_all(letters, initial, true, begins_group, group);
    push_all(letters, medial, false, false, group);
    push_all(letters, coda, false, false, group);
    let begins = letters.len() - (initial.chars().count() + medial.chars().count() + coda.chars().count());
    for letter in &mut letters[begins..] {
        letter.ends = false;
    }
    if let Some(last) = letters.last_mut() {
        last.ends = true;
    }
}

fn push_all(letters: &mut Vec<Letter>, text: &str, begins: bool, begins_group: bool, group: usize) {
    for letter in text.chars() {
        letters.push(Letter { letter, is_foreign: false, begins, ends: true, begins_group, ends_group: false, group });
    }
}

fn syllable(c: char) -> Option<(&'static str, &'static str, &'static str)> {
    let index = matches!(c, '가'..='힣').then(|| c as u32 - FIRST_SYLLABLE)?;
    let (initial, medial, coda) = (index / (VOWELS * FINALS), index / FINALS % VOWELS, index % FINALS);
    Some((INITIALS[initial as usize], MEDIALS[medial as usize], CODAS[coda as usize]))
}

/// Returns the letter of a jamo that stands alone, as folding leaves it; `None` for another letter.
fn jamo(c: char) -> Option<char> {
    let of = |table: &[&str], first: u32| {
        let name = table.get((c as u32).checked_sub(first)? as usize)?;
        name.chars().next()
    };
    match c as u32 {
        0x1100..=0x1112 => of(&INITIALS, 0x1100),
        0x1161..=0x1175 => of(&MEDIALS, 0x1161),
        0x11a8..=0x11c2 => of(&CODAS[1..], 0x11a8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(word: &str, text: &str) -> bool {
        WordFilter::new([(word, 1)]).strongest(text).is_some()
    }

    #[test]
    fn a_word_is_found_however_it_is_typed() {
        for (word, text) in [
            ("시발", "시발"),
            ("시발", "이 시발아"),
            ("시발", "시 발"),
            ("시발", "시.발!"),
            ("시발", "시1발"),
            ("시발", "시\u{200b}발"),
            ("시발", "ㅅㅣㅂㅏㄹ"),
            ("시발", "시바ㄹ"),
            ("시발", "시이이발"),
            ("시발", "시이바알"),
            ("시발", "\u{1109}\u{1175}\u{1107}\u{1161}\u{11af}"),
            ("ㅅㅂ", "아 ㅅㅂ 진짜"),
            ("ㅅㅂ", "ㅅㅅㅂㅂ"),
            ("ㅅㅂ", "ㅅ ㅂ"),
            ("시발", "시ㅣ발"),
            ("시발", "시ㆍ발"),
            ("시발", "시ー발"),
            ("바보", "바ㅏ보"),
            ("바보", "바ㅏㅏㅏ보"),
            ("바보", "ㅂㅂㅏㅏ보"),
            ("바보", "ㅂㅂㅏㅏㅂㅗ"),
            ("ㅂㅅ", "ㅂㅅ아"),
            ("ㅂㅅ", "ㅂㅅ새끼"),
            ("ㅅㅂ", "ㅅㅂ이네"),
            ("fuck", "FUUUCK"),
            ("fuck", "fuck.you"),
            ("fuck", "a_fuck"),
            ("fuck", "fuck1you"),
            ("fuck", "fuck\u{200b}you"),
            ("fuck", "off.fuck"),
            ("fuck", "fuck.kids"),
            ("ass", "asssss"),
            ("casino", "casino777.com"),
            ("fuck", "f.u.c.k"),
            ("fuck", "야fuck해"),
            ("fuck", "ｆｕｃｋ you"),
            ("spam words", "spam   WORDS"),
            ("spam", "s\u{440}\u{430}m"),
            ("\u{441}\u{443}\u{43a}\u{430}", "c\u{443}\u{43a}a"),
        ] {
            assert!(finds(word, text), "{word} in {text}");
        }
    }

    #[test]
    fn other_words_are_not_taken_for_it() {
        for (word, text) in [
            ("시발", "다시 발견했다"),
            ("시발", "시밝"),
            ("시발", "시작"),
            ("ㅅㅂ", "옷방"),
            ("ㅅㅂ", "수박"),
            ("바보", "볼 바 보름"),
            ("바보", "바볼"),
            ("cop", "\u{441}\u{43e}\u{440}"),
            ("cac", "các"),
            ("ass", "a ssu"),
            ("ass", "class"),
            ("ass", "assembly"),
            ("ass", "as"),
            ("poo", "po"),
            ("바보", "ㅂ 오"),
            ("바보", "밥보"),
            ("호구", "ㅎㅎ오구오구"),
            ("개", "ㄱㄱ애들아"),
            ("시발", ""),
            ("...", "..."),
        ] {
            assert!(!finds(word, text), "{word} in {text}");
        }
    }

    #[test]
    fn the_strongest_action_counts() {
        let filter = WordFilter::new([("하나", 1), ("둘", 3), ("셋", 2)]);
        assert_eq!(filter.strongest("셋, 하나"), Some(2));
        assert_eq!(filter.strongest("하나 둘 셋"), Some(3));
        assert_eq!(filter.strongest("넷"), None);
    }
}
