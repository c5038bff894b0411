//! Detects what a file is from its content: the few kinds that pages show as more than a download.
//!
//! Images are handled by [`crate::image`]. Everything that a browser could run or render as a page
//! is [`UNKNOWN`], whatever its name says.

/// The type of every file that is not recognised.
pub const UNKNOWN: &str = "application/octet-stream";
/// How many of the first bytes [`media_type`] needs.
pub const HEAD: usize = 512;

/// Returns the media type of a file that is not an image, from its first [`HEAD`] bytes. `is_text`
/// says whether the whole file is plain text ([`TextCheck`]).
///
/// The name never adds a type, but a script's name keeps a text from being `text/plain`.
pub fn media_type(head: &[u8], is_text: bool, name: &str) -> &'static str {
    match head {
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "audio/wav",
        [b'O', b'g', b'g', b'S', ..] if contains(head, b"\x80theora") => "video/ogg",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [0x1A, 0x45, 0xDF, 0xA3, ..] if contains(head, b"webm") => "video/webm",
        [0x1A, 0x45, 0xDF, 0xA3, ..] if contains(head, b"matroska") => "video/x-matroska",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso_brand(brand),
        // MPEG frames without a header: eleven bits set, then the version and the layer.
        [0xFF, 0xFB | 0xFA | 0xF3 | 0xF2, ..] => "audio/mpeg",
        [0xFF, 0xF1 | 0xF9, ..] => "audio/aac",
        _ if is_text && !is_markup(head) && !is_script(name) => "text/plain",
        _ => UNKNOWN,
    }
}

/// Returns the type for a brand of the ISO container, which holds video, audio and also images.
fn iso_brand(brand: &[u8]) -> &'static str {
    match brand {
        [b'M', b'4', b'A' | b'B', ..] => "audio/mp4",
        [b'q', b't', b' ', b' ', ..] => "video/quicktime",
        [b'3', b'g', ..] => "video/3gpp",
        [b'i', b's', b'o', ..]
        | [b'm', b'p', b'4', ..]
        | [b'M', b'4', b'V', ..]
        | [b'a', b'v', b'c', b'1', ..]
        | [b'd', b'a', b's', b'h', ..]
        | [b'M', b'S', b'N', b'V', ..] => "video/mp4",
        _ => UNKNOWN,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Returns whether a text begins like HTML, SVG or XML.
fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"<")
}

fn is_script(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| {
        matches!(
            extension.as_str(),
            "js" | "mjs" | "cjs" | "css" | "htm" | "html" | "xhtml" | "shtml" | "mht" | "svg" | "xml" | "xsl"
        )
    })
}

/// Checks a file as it arrives for plain text: UTF-8 without control characters other than tabs and
/// line ends.
#[derive(Clone, Debug)]
pub struct TextCheck {
    is_text: bool,
    /// The first bytes of a character that is not complete yet.
    cut: Vec<u8>,
}

impl Default for TextCheck {
    fn default() -> Self {
        Self { is_text: true, cut: Vec::new() }
    }
}

impl TextCheck {
    pub fn look(&mut self, bytes: &[u8]) {
        if !self.is_text {
            return;
        }
        if self.cut.is_empty() {
            return self.look_at(bytes);
        }
        let mut joined = std::mem::take(&mut self.cut);
        joined.extend_from_slice(bytes);
        self.look_at(&joined);
    }

    fn look_at(&mut self, bytes: &[u8]) {
        let (text, cut) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_none() => {
                let (valid, cut) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), cut)
            }
            Err(_) => return self.is_text = false,
        };
        self.cut = cut.to_vec();
        self.is_text = !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
    }

    /// Returns whether everything so far is complete, plain text.
    pub fn is_text(&self) -> bool {
        self.is_text && self.cut.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8], name: &str) -> &'static str {
        let mut check = TextCheck::default();
        check.look(bytes);
        media_type(&bytes[..bytes.len().min(HEAD)], check.is_text(), name)
    }

    #[test]
    fn the_first_bytes_say_what_a_file_is() {
        for (bytes, kind) in [
            (b"%PDF-1.7\n".as_slice(), "application/pdf"),
            (b"ID3\x04\0", "audio/mpeg"),
            (b"\xFF\xFB\x90\x64", "audio/mpeg"),
            (b"\xFF\xF1\x50", "audio/aac"),
            (b"fLaC\0", "audio/flac"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            (b"OggS\0\x02........OpusHead", "audio/ogg"),
            (b"OggS\0\x02........\x80theora", "video/ogg"),
            (b"\x1A\x45\xDF\xA3....\x42\x82\x84webm", "video/webm"),
            (b"\0\0\0\x20ftypM4A \0\0", "audio/mp4"),
            (b"\0\0\0\x20ftypisom\0\0", "video/mp4"),
            (b"\0\0\0\x20ftypqt  \0\0", "video/quicktime"),
            (b"\0\0\0\x20ftypavif\0\0", UNKNOWN),
            (b"\0\0\0\x20ftypheic\0\0", UNKNOWN),
            (b"RIFF\x24\0\0\0AVI LIST", UNKNOWN),
            (b"PK\x03\x04", UNKNOWN),
            (b"\x7FELF", UNKNOWN),
            (b"MZ\x90\0", UNKNOWN),
            (b"\xFF\xFEa\0", UNKNOWN),
            ("회의록\r\n\t1. 인사\n".as_bytes(), "text/plain"),
            (b"a\x1b[31mb", UNKNOWN),
            (b"a\0b", UNKNOWN),
        ] {
            assert_eq!(of(bytes, "x"), kind, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_a_browser_could_run_is_never_more_than_bytes() {
        for markup in ["<!doctype html>", " \n<svg/>", "\u{feff}<?xml version='1.0'?>", "<script>", "<x>"] {
            assert_eq!(of(markup.as_bytes(), "a.txt"), UNKNOWN, "{markup}");
        }
        for name in ["a.js", "a.MJS", "page.html", "b.svg", "c.xml", "d.css"] {
            assert_eq!(of(b"alert(1)", name), UNKNOWN, "{name}");
        }
        assert_eq!(of(b"alert(1)", "a.js.txt"), "text/plain");
    }

    #[test]
    fn a_text_is_the_same_in_pieces_of_any_size() {
        let whole = "파란 고래 🐋 blue whale\n".as_bytes();
        for size in 1..whole.len() {
            let mut check = TextCheck::default();
            whole.chunks(size).for_each(|piece| check.look(piece));
            assert!(check.is_text(), "pieces of {size}");
        }
        let mut cut_off = TextCheck::default();
        cut_off.look(&whole[..1]);
        assert!(!cut_off.is_text());
    }
}
