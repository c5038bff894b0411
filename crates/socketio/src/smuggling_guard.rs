//! Checks of a request's head that hyper does not make, against request smuggling.
//!
//! Two parsers that disagree on where a request ends are how one request is hidden in another. hyper
//! accepts lines that end in a bare line feed, drops `Content-Length` beside `Transfer-Encoding`, and
//! merges equal lengths, without reporting it to its service.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// State that the stream and the service of a connection share.
///
/// The stream sees the bytes but not where a body ends; the service sees the requests but not their
/// bytes. So the stream scans heads only while one is expected, and the service refuses a request
/// whose head was not scanned: one that arrived together with the end of the previous one. This gives
/// up pipelining, which no browser, proxy or stock client uses.
#[derive(Debug, Default)]
pub(crate) struct SmugglingGuard {
    /// Set while the next bytes are not a request's head.
    is_in_body: AtomicBool,
    /// Heads that were scanned and are unambiguous.
    heads: AtomicU32,
    requests: AtomicU32,
}

impl SmugglingGuard {
    /// Counts a request; `false` when its head was not scanned, or was ambiguous.
    pub(crate) fn begin_request(&self) -> bool {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        requests <= self.heads.load(Ordering::Relaxed)
    }

    /// Expects another head: a request was answered, and the connection stays open.
    pub(crate) fn expect_head(&self) {
        self.is_in_body.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_expecting_head(&self) -> bool {
        !self.is_in_body.load(Ordering::Relaxed)
    }

    fn end_head(&self, is_unambiguous: bool) {
        self.heads.fetch_add(is_unambiguous as u32, Ordering::Relaxed);
        self.is_in_body.store(true, Ordering::Relaxed);
    }
}

/// Scans a head byte by byte, in whatever pieces it arrives.
#[derive(Debug, Default)]
pub(crate) struct HeadScanner {
    last_four: u32,
    /// The beginning of the line, in lower case, as long as it may be one of the two names.
    name: [u8; NAME_KEPT],
    name_length: u8,
    /// Headers that declare where the body ends.
    lengths: u8,
}

/// One byte more than the longest of the names, so that a longer one does not match.
const NAME_KEPT: usize = b"transfer-encoding".len() + 1;
const END_OF_HEAD: u32 = u32::from_be_bytes(*b"\r\n\r\n");

/// A line ended in a bare line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BareLineFeed;

impl HeadScanner {
    /// Scans the next bytes, up to the end of the head.
    pub(crate) fn scan(&mut self, bytes: &[u8], guard: &SmugglingGuard) -> Result<(), BareLineFeed> {
        for &byte in bytes {
            if byte == b'\n' && self.last_four as u8 != b'\r' {
                return Err(BareLineFeed);
            }
            self.last_four = self.last_four << 8 | byte as u32;
            if self.last_four == END_OF_HEAD {
                guard.end_head(self.lengths <= 1);
                *self = Self::default();
                break;
            }
            self.scan_name(byte);
        }
        Ok(())
    }

    fn scan_name(&mut self, byte: u8) {
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

    /// Returns whether a request is let through, with its head cut at every byte.
    fn is_allowed(head: &str) -> Result<bool, BareLineFeed> {
        let mut results = Vec::new();
        for cut in 0..head.len() {
            let (guard, mut scanner) = (SmugglingGuard::default(), HeadScanner::default());
            let (first, second) = head.as_bytes().split_at(cut);
            let scanned = scanner.scan(first, &guard).and(scanner.scan(second, &guard));
            results.push(scanned.map(|()| guard.begin_request()));
        }
        assert!(results.iter().all(|result| *result == results[0]), "{head:?}: {results:?}");
        results[0]
    }

    /// Abuse: H13
    #[test]
    fn a_head_declares_once_where_the_body_ends() {
        assert_eq!(is_allowed("POST / HTTP/1.1\r\nhost: a\r\nContent-Length: 3\r\n\r\n"), Ok(true));
        assert_eq!(is_allowed("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nx: y\r\n\r\n"), Ok(true));
        assert_eq!(is_allowed("GET / HTTP/1.1\r\nx-content-length: 1\r\ncontent-length: 0\r\n\r\n"), Ok(true));
        assert_eq!(is_allowed("GET / HTTP/1.1\r\nx: content-length: 1\r\ncontent-length: 0\r\n\r\n"), Ok(true));
        for second in ["content-length: 3", "CONTENT-LENGTH: 4", "Transfer-Encoding: chunked"] {
            let head = format!("POST / HTTP/1.1\r\ncontent-length: 3\r\nhost: a\r\n{second}\r\n\r\n");
            assert_eq!(is_allowed(&head), Ok(false), "{second}");
        }
    }

    /// Abuse: H13
    #[test]
    fn a_bare_line_feed_is_refused() {
        for head in ["GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\nhost: a\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n\n"] {
            assert_eq!(is_allowed(head), Err(BareLineFeed), "{head:?}");
        }
    }
}
