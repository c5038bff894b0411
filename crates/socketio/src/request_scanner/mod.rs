//! Follows the requests of a connection byte by byte and refuses those that may hide another: request
//! smuggling.
//!
//! Two parsers that disagree on where a request ends are how one request is hidden in another. hyper
//! accepts lines that end in a bare line feed, drops `Content-Length` beside `Transfer-Encoding`, takes
//! `gzip, chunked` for `chunked`, and merges equal lengths, without reporting it to its service. So
//! [`RequestScanner`] reads the same bytes strictly, bodies included, and counts the heads that have one
//! meaning only. A request beyond that count is refused, and so is each that follows.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What the stream of a connection has seen, for its service.
#[derive(Debug, Default)]
pub(crate) struct SmugglingGuard {
    /// Heads before the first ambiguous one.
    heads: AtomicU32,
    requests: AtomicU32,
    /// Whether bytes of a body have not arrived, or cannot be told from a head.
    is_in_body: AtomicBool,
}

impl SmugglingGuard {
    /// Counts a request; `false` when it, or one before it, is ambiguous.
    pub(crate) fn begin_request(&self) -> bool {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        requests <= self.heads.load(Ordering::Relaxed)
    }

    /// Returns whether more of a body may arrive.
    pub(crate) fn is_in_body(&self) -> bool {
        self.is_in_body.load(Ordering::Relaxed)
    }
}

/// Scans requests in whatever pieces they arrive.
#[derive(Debug, Default)]
pub(crate) struct RequestScanner {
    state: State,
    line: Line,
    /// Whether the request line of the head has arrived.
    has_request_line: bool,
    body: BodyLength,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// In a head, or in the empty lines before it.
    #[default]
    Head,
    /// In a body, with as many bytes to come.
    Body(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    /// What follows has more than one meaning.
    Ambiguous,
}

/// How the head declares the end of its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BodyLength {
    #[default]
    Undeclared,
    Bytes(u64),
    Chunked,
}

/// The request has more than one meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ambiguous;

impl RequestScanner {
    /// Scans the next bytes of the connection.
    pub(crate) fn scan(&mut self, mut bytes: &[u8], guard: &SmugglingGuard) {
        while !bytes.is_empty() {
            match self.step(bytes, guard) {
                Ok(used) => bytes = &bytes[used..],
                Err(Ambiguous) => self.state = State::Ambiguous,
            }
            guard.is_in_body.store(!matches!(self.state, State::Head), Ordering::Relaxed);
            if matches!(self.state, State::Ambiguous) {
                return;
            }
        }
    }

    /// Scans up to the end of a line or of a part of a body; returns the number of bytes scanned.
    fn step(&mut self, bytes: &[u8], guard: &SmugglingGuard) -> Result<usize, Ambiguous> {
        if let State::Body(left) | State::Chunk(left) = &mut self.state {
            let used = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= used as u64;
            if *left == 0 {
                self.state = if matches!(self.state, State::Body(_)) { State::Head } else { State::ChunkEnd };
            }
            return Ok(used);
        }
        for (place, &byte) in bytes.iter().enumerate() {
            if self.line.push(byte)? {
                self.end_line(guard)?;
                self.line = Line::default();
                return Ok(place + 1);
            }
        }
        Ok(bytes.len())
    }

    fn end_line(&mut self, guard: &SmugglingGuard) -> Result<(), Ambiguous> {
        let is_empty = self.line.is_empty();
        self.state = match self.state {
            State::Head if is_empty && self.has_request_line => {
                guard.heads.fetch_add(1, Ordering::Relaxed);
                self.has_request_line = false;
                match std::mem::take(&mut self.body) {
                    BodyLength::Undeclared | BodyLength::Bytes(0) => State::Head,
                    BodyLength::Bytes(length) => State::Body(length),
                    BodyLength::Chunked => State::ChunkSize,
                }
            }
            State::Head => {
                if self.has_request_line {
                    self.body = self.line.declared(self.body)?;
                }
                // Empty lines before a request are skipped, as hyper does.
                self.has_request_line |= !is_empty;
                State::Head
            }
            State::ChunkSize => match self.line.chunk_size()? {
                0 => State::Trailers,
                size => State::Chunk(size),
            },
            State::ChunkEnd if is_empty => State::ChunkSize,
            State::Trailers if is_empty => State::Head,
            State::Trailers => State::Trailers,
            State::ChunkEnd | State::Body(_) | State::Chunk(_) | State::Ambiguous => return Err(Ambiguous),
        };
        Ok(())
    }
}

/// Bytes kept of a line: more than those of any line that matters here.
const KEPT: usize = 48;

/// The beginning of a line.
#[derive(Clone, Copy, Debug)]
struct Line {
    kept: [u8; KEPT],
    length: usize,
    ends_in_cr: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self { kept: [0; KEPT], length: 0, ends_in_cr: false }
    }
}

impl Line {
    /// Adds a byte; returns whether the line is complete. A carriage return or a line feed alone is
    /// ambiguous.
    fn push(&mut self, byte: u8) -> Result<bool, Ambiguous> {
        if self.ends_in_cr || byte == b'\n' {
            return if self.ends_in_cr && byte == b'\n' { Ok(true) } else { Err(Ambiguous) };
        }
        if byte == b'\r' {
            self.ends_in_cr = true;
            return Ok(false);
        }
        if let Some(place) = self.kept.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
        Ok(false)
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn bytes(&self) -> &[u8] {
        &self.kept[..self.length.min(KEPT)]
    }

    /// Returns the length that the head declares with this header, which comes after those that
    /// declared `before`.
    fn declared(&self, before: BodyLength) -> Result<BodyLength, Ambiguous> {
        let line = self.bytes();
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            // It continues the header before it for some, and is one of its own for others.
            return Err(Ambiguous);
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return Ok(before) };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        let declared = if name.eq_ignore_ascii_case(b"content-length") {
            BodyLength::Bytes(parse_digits(value, 10).ok_or(Ambiguous)?)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked") {
            BodyLength::Chunked
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            return Err(Ambiguous);
        } else {
            return Ok(before);
        };
        if before == BodyLength::Undeclared && self.length <= KEPT { Ok(declared) } else { Err(Ambiguous) }
    }

    fn chunk_size(&self) -> Result<u64, Ambiguous> {
        let line = self.bytes();
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits == KEPT {
            // More may follow that were not kept.
            return Err(Ambiguous);
        }
        match line.get(digits) {
            None | Some(b';' | b' ' | b'\t') => parse_digits(&line[..digits], 16).ok_or(Ambiguous),
            Some(_) => Err(Ambiguous),
        }
    }
}

/// Parses digits alone: no sign, no list.
fn parse_digits(digits: &[u8], radix: u32) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u64::from_str_radix(text, radix).ok()
}

#[cfg(test)]
mod tests;
