//! Patterns of `LIKE`.

/// Returns the pattern for a folded text that contains what was typed.
pub(super) fn containing(typed: &str) -> String {
    let mut pattern = String::from("%");
    for c in crate::text::fold(typed.trim()).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
