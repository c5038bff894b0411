//! Forms of a text in which it is compared and searched.

use unicode_normalization::UnicodeNormalization;

use super::visible::is_stripped;

/// Returns whether a character is the same in every normal form, also next to others like it: ASCII
/// and precomposed Hangul. Most messages contain nothing else, and normalising is the most
/// expensive step of handling a text.
pub(super) fn is_normal(c: char) -> bool {
    c.is_ascii() || matches!(c, '가'..='힣')
}

/// Returns the form of a name or a title that is compared: NFKC and lower case. It is stored, so it cannot change.
pub fn fold(text: &str) -> String {
    if text.chars().all(is_normal) {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Returns the form of a message that is searched: [`fold`] without signs that have no width, with straight quotes, and
/// with the letters that only differ in case made one, as ς and σ. Another form needs another [`super::token::VERSION`].
pub fn fold_words(text: &str) -> String {
    if text.chars().all(is_normal) {
        return text.to_ascii_lowercase();
    }
    let mut words = String::with_capacity(text.len());
    for c in fold(text).chars() {
        match c {
            'ς' => words.push('σ'),
            'ß' => words.push_str("ss"),
            '‘' | '’' | '‚' | '‛' | 'ʼ' | '′' | '`' | '´' => words.push('\''),
            '“' | '”' | '„' | '‟' | '″' => words.push('"'),
            c if is_stripped(c) || matches!(c, '\u{fe00}'..='\u{fe0f}') => {}
            c => words.push(c),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_case_and_width() {
        assert_eq!(fold("Ｍadang 마당"), fold("MADANG 마당"));
    }

    #[test]
    fn what_is_taken_as_normal_is_so() {
        let plain: String = ('\0'..='\x7f').chain(('가'..='힣').step_by(7)).collect();
        assert!(plain.chars().all(is_normal));
        assert!(plain.chars().eq(plain.nfc()) && plain.chars().eq(plain.nfkc()));
        assert!(fold(&plain).chars().eq(plain.nfkc().flat_map(char::to_lowercase)));
    }

    #[test]
    fn a_word_is_found_however_it_was_typed() {
        for (one, other) in [
            ("don’t", "don't"),
            ("“마당”", "\"마당\""),
            ("하\u{200b}늘", "하늘"),
            ("co\u{ad}op", "coop"),
            ("ΟΔΟΣ", "οδος"),
            ("οδός", "ΟΔΌΣ"),
            ("STRASSE", "Straße"),
            ("STRAẞE", "strasse"),
            ("❤\u{fe0f}", "❤"),
            ("می\u{200c}خواهم", "میخواهم"),
        ] {
            assert_eq!(fold_words(one), fold_words(other), "{one}");
        }
        assert_ne!(fold_words("하늘"), fold_words("하 늘"));
    }
}
