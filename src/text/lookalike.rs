//! Compares names by their looks, because two users must not seem to have the same name.

use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

use super::visible::is_stripped;

/// Returns whether people would confuse two names: they are the same except for spaces, case, accents and decoration
/// like stars and dots, or except for letters that look alike (Unicode's confusables, UTS 39, small capitals, and `i`
/// as `l`).
pub fn looks_like(one: &str, other: &str) -> bool {
    shapes(one).zip(shapes(other)).any(|(one, other)| one == other)
}

/// Returns the shapes of a name as written and in each case: `I` looks like `l`, `i` does not.
fn shapes(name: &str) -> impl Iterator<Item = String> {
    let is_bare = |c: &char| !(c.is_whitespace() || is_stripped(*c) || matches!(c, '\u{fe00}'..='\u{fe0f}'));
    let bare: String = name.chars().filter(is_bare).map(without_small_capital).collect();
    let cases = [super::fold(&bare), bare.to_uppercase(), bare];
    // Unicode's table keeps `i` and `l` apart, which many fonts do not.
    let shapes = cases.map(|name| skeleton(&name).map(|c| if c == 'i' { 'l' } else { c }).collect::<String>());
    shapes.into_iter().map(undecorated)
}

/// Returns the capital that a small capital looks like; Unicode's table leaves most of them out.
fn without_small_capital(c: char) -> char {
    const SMALL: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ";
    const CAPITAL: &str = "ABCDEFGHIJKLMNOPQRSTUVWYZ";
    SMALL.chars().position(|small| small == c).and_then(|at| CAPITAL.chars().nth(at)).unwrap_or(c)
}

/// Leaves the letters, digits and marks of a shape, without the accents of European scripts. A sign that looks like a
/// letter, such as `|`, is a letter in it.
fn undecorated(shape: String) -> String {
    let letters: String =
        shape.chars().filter(|&c| c.is_alphanumeric() || (is_combining_mark(c) && !is_accent(c))).collect();
    // A name of signs alone is compared as it is.
    if letters.is_empty() { shape } else { letters }
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: E10
    #[test]
    fn letters_of_other_scripts_make_no_other_name() {
        for other in [
            "minji",
            "Minji",
            "MINJI",
            "min ji",
            "mіnji",
            "ｍｉｎｊｉ",
            "МINJI",
            "𝐦𝐢𝐧𝐣𝐢",
            "rninji",
            "mlnjl",
            "min\u{200c}ji",
            "★minji★",
            "min.ji",
            "-= minji =-",
            "👑 minji 👑",
            "m|nj|",
            "❤\u{fe0f}minji",
            "mińji",
            "ᴍɪɴᴊɪ",
        ] {
            assert!(looks_like("minji", other), "{other}");
        }
        for other in ["minja", "minji2", "민지", "mini", "ninji", ""] {
            assert!(!looks_like("minji", other), "{other}");
        }
        assert!(looks_like("★", "★ ") && !looks_like("★", "☆") && !looks_like("かき", "がき"));
        assert!(looks_like("관리자", "[관리자]") && !looks_like("관리자", "관리자가 아님"));
        assert!(looks_like("파란 고래", "파란고래") && !looks_like("파란 고래", "푸른 고래"));
    }
}
