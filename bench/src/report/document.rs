//! The document: its prose is written by hand, its tables stand between markers and are written here.

use std::path::Path;

use crate::Outcome;

/// Puts the text of one part between its markers.
pub(crate) fn put(document: &str, name: &str, text: &str) -> Outcome<String> {
    let (begin, end) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let missing = || format!("the document has no {begin} … {end}");
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))
}

/// Writes a file where it differs.
pub(crate) fn write(file: &Path, text: &str) -> Outcome<()> {
    if std::fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(file, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let document = "Before.\n<!-- bench:start -->\nold\n<!-- /bench:start -->\nAfter.";
        let put_in = put(document, "start", "new\n").unwrap();
        assert_eq!(put_in, "Before.\n<!-- bench:start -->\n\nnew\n\n<!-- /bench:start -->\nAfter.");
        assert!(put(document, "rooms", "new").is_err());
    }
}
