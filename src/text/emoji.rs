//! Emoji as people see them: one picture may be several characters.

const JOINER: char = '\u{200d}';
const AS_PICTURE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const LAST_TAG: char = '\u{e007f}';
/// The tags of the flag of a region: `gbsct` is Scotland.
const TAGS: std::ops::RangeInclusive<usize> = 3..=6;

/// Returns the length in bytes of the emoji at the beginning of a text: with its skin tone, both halves of a flag,
/// and everyone of a family.
pub fn length(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    if is_half_flag(first) {
        return rest.starts_with(is_half_flag).then_some(2 * first.len_utf8());
    }
    if matches!(first, '0'..='9' | '#' | '*') {
        let rest = rest.strip_prefix(AS_PICTURE).unwrap_or(rest).strip_prefix(KEYCAP)?;
        return Some(text.len() - rest.len());
    }
    let mut rest = text;
    while let Some(behind) = picture(rest) {
        rest = behind;
        match rest.strip_prefix(JOINER) {
            Some(joined) if joined.starts_with(is_picture) => rest = joined,
            _ => break,
        }
    }
    Some(text.len() - rest.len()).filter(|&length| length > 0)
}

/// Returns what follows one picture and its variant.
fn picture(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(is_picture)?;
    let rest = rest.strip_prefix(AS_PICTURE).unwrap_or(rest);
    let rest = rest.strip_prefix(|c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}')).unwrap_or(rest);
    let tags = rest.trim_start_matches(|c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}'));
    let is_region = text.starts_with(BLACK_FLAG) && TAGS.contains(&((rest.len() - tags.len()) / LAST_TAG.len_utf8()));
    Some(tags.strip_prefix(LAST_TAG).filter(|_| is_region).unwrap_or(rest))
}

/// Returns whether a text is up to `most` emoji and nothing else but spaces.
pub fn is_alone(text: &str, most: usize) -> bool {
    let mut rest = text.trim_start();
    let mut count = 0;
    while let Some(length) = length(rest).filter(|&length| !is_sign(&rest[..length])) {
        count += 1;
        rest = rest[length..].trim_start();
    }
    rest.is_empty() && (1..=most).contains(&count)
}

/// Whether an emoji is a sign of text unless it is marked as a picture: ©, ™, ↔.
fn is_sign(emoji: &str) -> bool {
    emoji.chars().all(|c| c < '\u{2300}')
}

fn is_half_flag(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

/// Whether a character is a picture by itself: Unicode's `Extended_Pictographic`, which has room for later emoji.
pub(super) fn is_picture(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{2199}'
        | '\u{21a9}' | '\u{21aa}' | '\u{231a}' | '\u{231b}' | '\u{2328}' | '\u{2388}' | '\u{23cf}'
        | '\u{23e9}'..='\u{23f3}' | '\u{23f8}'..='\u{23fa}' | '\u{24c2}' | '\u{25aa}' | '\u{25ab}' | '\u{25b6}'
        | '\u{25c0}' | '\u{25fb}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}' | '\u{2934}' | '\u{2935}'
        | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1f3fa}'
        | '\u{1f400}'..='\u{1faff}' | '\u{1fc00}'..='\u{1fffd}')
        || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_emoji_is_one_picture_and_is_shown_large() {
        for emoji in emojis::iter()
            .flat_map(|emoji| emoji.skin_tones().map(|tones| tones.collect::<Vec<_>>()).unwrap_or_else(|| vec![emoji]))
        {
            let emoji = emoji.as_str();
            assert_eq!(length(emoji), Some(emoji.len()), "{emoji}");
            assert!(is_alone(&format!(" {emoji}{emoji}\n"), 6), "{emoji}");
        }
        // Of Unicode 17, and of a later one.
        for emoji in ["\u{1fac8}", "\u{1faea}", "\u{1f6d8}", "\u{1fc01}"] {
            assert!(is_alone(emoji, 6), "{emoji}");
        }
        for text in ["", " ", "1", "#", "🐳 a", "©", "™", "🇰", "🐳🐳🐳🐳🐳🐳🐳", "가", "\u{200d}", "\u{fe0f}"]
        {
            assert!(!is_alone(text, 6), "{text}");
        }
    }

    #[test]
    fn a_flag_hides_no_text_in_its_tags() {
        let flag = |tags: &str| {
            let tags: String = tags.chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
            format!("{BLACK_FLAG}{tags}{LAST_TAG}")
        };
        assert_eq!(length(&flag("gbsct")), Some(flag("gbsct").len()));
        for hidden in ["gb", "secrets", ""] {
            assert_eq!(length(&flag(hidden)), Some(BLACK_FLAG.len_utf8()), "{hidden}");
        }
    }
}
