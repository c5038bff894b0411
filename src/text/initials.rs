//! Matches parts of names and words as people type them: syllables, initial consonants of syllables, or both.

use super::fold;

/// The first and the last initial consonant, as folding writes them.
const FIRST: u32 = 0x1100;
const LAST: u32 = 0x1112;
const SYLLABLES_OF_ONE: u32 = 21 * 28;

/// The initial consonants as a keyboard types them, in the order of the syllables.
const TYPED: [char; 19] =
    ['ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ'];

/// Replaces each Hangul syllable by its initial consonant (홍길동 becomes ㅎㄱㄷ) and folds the rest like
/// [`fold()`], for searches by initials.
pub fn initials(text: &str) -> String {
    let initial = |c: char| match c {
        '가'..='힣' => TYPED[((c as u32 - '가' as u32) / SYLLABLES_OF_ONE) as usize],
        other => other,
    };
    fold(text).chars().map(initial).collect()
}

/// A search for a part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePart(Vec<char>);

impl NamePart {
    pub fn new(typed: &str) -> Self {
        Self(apart(typed).split_whitespace().collect::<Vec<_>>().join(" ").chars().collect())
    }

    /// Returns whether a folded name contains the part. A single consonant matches any syllable
    /// that it begins.
    pub fn is_in(&self, folded: &str) -> bool {
        let name: Vec<char> = folded.chars().collect();
        self.0.is_empty() || name.windows(self.0.len()).any(|window| fits(window, &self.0))
    }
}

/// Returns the consonants of a word that is typed by its initials alone, such as ㅎㄱㄷ, also with signs around it. One
/// consonant says too little.
pub(super) fn consonants(typed: &str) -> Option<Vec<char>> {
    let signs = |c: char| !c.is_alphanumeric();
    let consonants: Vec<char> = apart(typed.trim_matches(signs)).chars().collect();
    let are_initials = consonants.iter().all(|&c| (FIRST..=LAST).contains(&(c as u32)));
    (consonants.len() > 1 && are_initials).then_some(consonants)
}

/// Returns whether each character of a folded text is the typed one or a syllable that begins with it.
pub(super) fn fits(folded: &[char], typed: &[char]) -> bool {
    folded.iter().zip(typed).all(|(&c, &typed)| c == typed || first(c) == Some(typed))
}

/// Returns the folded form of what is typed, with combined consonants taken apart.
fn apart(typed: &str) -> String {
    fold(&typed.chars().flat_map(|c| pair(c).into_iter().flatten()).collect::<String>())
}

/// Returns the initial consonant of a syllable.
fn first(c: char) -> Option<char> {
    let place = ('가'..='힣').contains(&c).then(|| c as u32 - '가' as u32)?;
    char::from_u32(FIRST + place / SYLLABLES_OF_ONE).filter(|first| (FIRST..=LAST).contains(&(*first as u32)))
}

/// Splits two consonants that a keyboard has combined: typing ㄱ and ㅅ of 김수 in a row gives ㄳ.
fn pair(c: char) -> [Option<char>; 2] {
    let (one, other) = match c {
        'ㄳ' => ('ㄱ', 'ㅅ'),
        'ㄵ' => ('ㄴ', 'ㅈ'),
        'ㄶ' => ('ㄴ', 'ㅎ'),
        'ㄺ' => ('ㄹ', 'ㄱ'),
        'ㄻ' => ('ㄹ', 'ㅁ'),
        'ㄼ' => ('ㄹ', 'ㅂ'),
        'ㄽ' => ('ㄹ', 'ㅅ'),
        'ㄾ' => ('ㄹ', 'ㅌ'),
        'ㄿ' => ('ㄹ', 'ㅍ'),
        'ㅀ' => ('ㄹ', 'ㅎ'),
        'ㅄ' => ('ㅂ', 'ㅅ'),
        other => return [Some(other), None],
    };
    [Some(one), Some(other)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_consonants() {
        assert_eq!(initials("홍길동 Kim"), "ㅎㄱㄷ kim");
        assert_eq!(initials("까치힣"), "ㄲㅊㅎ");
    }

    #[test]
    fn a_name_is_found_by_any_part_of_it() {
        for (name, typed) in [
            ("홍길동", "길동"),
            ("홍길동", "ㅎㄱㄷ"),
            ("홍길동", "ㄱㄷ"),
            ("홍길동", "홍ㄱ"),
            ("홍길동", "ㄱ동"),
            ("김수현", "ㄳ"),
            ("까치", "ㄲㅊ"),
            ("Minji Kim", "ji k"),
            ("Minji Kim", "MINJI"),
            ("ㅋㅋㅋ", "ㅋㅋ"),
            ("파란 고래", "ㄹ ㄱ"),
            ("é", "e\u{301}"),
            ("아무개", ""),
        ] {
            assert!(NamePart::new(typed).is_in(&fold(name)), "{typed} in {name}");
        }
        for (name, typed) in [("홍길동", "ㅎㄷ"), ("홍길동", "홍동"), ("까치", "ㄱ"), ("Kim", "ㅋ"), ("길", "길동")]
        {
            assert!(!NamePart::new(typed).is_in(&fold(name)), "{typed} in {name}");
        }
    }
}
