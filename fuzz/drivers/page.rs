//! Pages of link previews.

use crate::http_client::Document;
use crate::preview::page::{self as preview, LONGEST};

/// Reads a document: its content type on the first line, its bytes below.
///
/// # Panics
///
/// If the title or description is longer than a line or the limit.
pub fn page(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == b'\n');
    let content_type = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let bytes = parts.next().unwrap_or_default().to_vec();
    let Some(read) = preview::read(&Document { bytes, content_type }) else { return };
    for text in [Some(read.title), read.description, read.site].into_iter().flatten() {
        let is_one_line = text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
        assert!(is_one_line && text.chars().count() <= LONGEST, "{text:?}");
    }
}
