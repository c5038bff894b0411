//! Compares names by their looks, because two users must not seem to have the same name.

use super::visible::is_stripped;
use unicode_security::confusable_detection::skeleton;

/// Returns whether people would confuse two names: they are the same except for spaces and case, or
/// except for letters that look alike (Unicode's confusables, UTS 39, and `i` as `l`).
pub fn looks_like(one: &str, other: &str) -> bool {
    shapes(one).zip(shapes(other)).any(|(one, other)| one == other)
}

/// Returns the shapes of a name as written and in each case: `I` looks like `l`, `i` does not.
fn shapes(name: &str) -> impl Iterator<Item = String> {
    let bare: String = name.chars().filter(|&c| !(c.is_whitespace() || is_stripped(c))).collect();
    let cases = [super::fold(&bare), bare.to_uppercase(), bare];
    // Unicode's table keeps `i` and `l` apart, which many fonts do not.
    cases.into_iter().map(|name| skeleton(&name).map(|c| if c == 'i' { 'l' } else { c }).collect())
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
        ] {
            assert!(looks_like("minji", other), "{other}");
        }
        for other in ["minja", "minji2", "민지", "mini", "ninji", ""] {
            assert!(!looks_like("minji", other), "{other}");
        }
        assert!(looks_like("파란 고래", "파란고래") && !looks_like("파란 고래", "푸른 고래"));
    }
}
