//! What is looked for in the bytes of a request's head, because hyper does not refuse it.
//!
//! Two parsers that disagree on where a request ends are how one is hidden in another. hyper takes
//! lines that end in a bare line feed, drops `Content-Length` beside `Transfer-Encoding`, and
//! merges lengths that are equal, all without a word to its service.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What stream and service know together of the requests on a connection.
///
/// The stream sees the bytes and not where a body ends; the service sees the requests and not
/// their bytes. So the stream looks at heads only while one is expected, and the service refuses
/// a request whose head was not looked at: one that came in the same breath as the end of the one
/// before. Pipelining is lost by that, which no browser, proxy or stock client uses.
#[derive(Debug, Default)]
pub(crate) struct HeadWatch {
    /// Set while the bytes to come are not a request's head.
    is_in_body: AtomicBool,
    /// Heads that were looked at and are clear.
    heads: AtomicU32,
    requests: AtomicU32,
}

impl HeadWatch {
    /// A request has come; `false` when its head was not looked at, or was ambiguous.
    pub(crate) fn begin_request(&self) -> bool {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        requests <= self.heads.load(Ordering::Relaxed)
    }

    /// A request was answered, and the connection goes on.
    pub(crate) fn expect_head(&self) {
        self.is_in_body.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_expecting_head(&self) -> bool {
        !self.is_in_body.load(Ordering::Relaxed)
    }

    fn end_head(&self, is_clear: bool) {
        self.heads.fetch_add(is_clear as u32, Ordering::Relaxed);
        self.is_in_body.store(true, Ordering::Relaxed);
    }
}

/// Reads a head byte by byte, however it is cut.
#[derive(Debug, Default)]
pub(crate) struct HeadScan {
    last_four: u32,
    /// The beginning of the line, in lower case, as long as it may be a name that matters.
    name: [u8; NAME_KEPT],
    name_length: u8,
    /// Headers that say where the body ends.
    lengths: u8,
}

/// One byte more than the longest of them, so that a longer name is not taken for it.
const NAME_KEPT: usize = b"transfer-encoding".len() + 1;
const END_OF_HEAD: u32 = u32::from_be_bytes(*b"\r\n\r\n");

/// A line ended in a bare line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BareLineFeed;

impl HeadScan {
    /// Looks at the next bytes, up to the end of the head.
    pub(crate) fn look(&mut self, bytes: &[u8], watch: &HeadWatch) -> Result<(), BareLineFeed> {
        for &byte in bytes {
            if byte == b'\n' && self.last_four as u8 != b'\r' {
                return Err(BareLineFeed);
            }
            self.last_four = self.last_four << 8 | byte as u32;
            if self.last_four == END_OF_HEAD {
                watch.end_head(self.lengths <= 1);
                *self = Self::default();
                break;
            }
            self.look_at_name(byte);
        }
        Ok(())
    }

    fn look_at_name(&mut self, byte: u8) {
        let length = self.name_length as usize;
        match byte {
            b'\n' => self.name_length = 0,
            b':' if matches!(&self.name[..length], b"content-length" | b"transfer-encoding") => {
                self.lengths = self.lengths.saturating_add(1);
            }
            _ if length < NAME_KEPT => {
                self.name[length] = byte.to_ascii_lowercase();
                self.name_length += 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each of these requests is let through, its head cut at every place.
    fn is_clear(head: &str) -> Result<bool, BareLineFeed> {
        let mut answers = Vec::new();
        for cut in 0..head.len() {
            let (watch, mut scan) = (HeadWatch::default(), HeadScan::default());
            let (first, second) = head.as_bytes().split_at(cut);
            answers.push(scan.look(first, &watch).and(scan.look(second, &watch)).map(|()| watch.begin_request()));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{head:?}: {answers:?}");
        answers[0]
    }

    /// Abuse: H13
    #[test]
    fn heads_say_once_where_the_body_ends() {
        assert_eq!(is_clear("POST / HTTP/1.1\r\nhost: a\r\nContent-Length: 3\r\n\r\n"), Ok(true));
        assert_eq!(is_clear("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nx: y\r\n\r\n"), Ok(true));
        assert_eq!(is_clear("GET / HTTP/1.1\r\nx-content-length: 1\r\ncontent-length: 0\r\n\r\n"), Ok(true));
        assert_eq!(is_clear("GET / HTTP/1.1\r\nx: content-length: 1\r\ncontent-length: 0\r\n\r\n"), Ok(true));
        for second in ["content-length: 3", "CONTENT-LENGTH: 4", "Transfer-Encoding: chunked"] {
            let head = format!("POST / HTTP/1.1\r\ncontent-length: 3\r\nhost: a\r\n{second}\r\n\r\n");
            assert_eq!(is_clear(&head), Ok(false), "{second}");
        }
    }

    /// Abuse: H13
    #[test]
    fn lines_end_in_two_bytes() {
        for head in ["GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\nhost: a\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n\n"] {
            assert_eq!(is_clear(head), Err(BareLineFeed), "{head:?}");
        }
    }
}
