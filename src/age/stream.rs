//! The payload: chunks that are encrypted one by one, so that none is missing, repeated or in another place.

use std::io::{self, Read, Seek, SeekFrom, Write};

use ring::aead::{Aad, LessSafeKey, Nonce};

use super::header::{self, changed};
use super::{Encryption, FileKey, Keys, cipher, derive, random};

const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const NONCE: usize = 16;

fn payload_key(file_key: &FileKey, nonce: &[u8; NONCE]) -> LessSafeKey {
    cipher(&derive(&file_key.0, nonce, "payload"))
}

/// Returns the nonce of a chunk: its number, and whether it is the last.
fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    Nonce::assume_unique_for_key(nonce)
}

/// Encrypts what is written. Only [`Encrypting::finish`] makes it a whole file.
pub struct Encrypting<W> {
    inner: W,
    key: LessSafeKey,
    chunk: Vec<u8>,
    number: u64,
}

impl<W: Write> Encrypting<W> {
    /// Writes the header. Returns the key of the file, too, with which this process can check what it has written.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn begin(mut inner: W, encryption: &Encryption) -> Result<(Self, FileKey), String> {
        let file_key = FileKey::new()?;
        let header = header::write(encryption, &file_key)?;
        let nonce = random::<NONCE>()?;
        inner
            .write_all(&header)
            .and_then(|()| inner.write_all(&nonce))
            .map_err(|error| format!("cannot write: {error}"))?;
        let key = payload_key(&file_key, &nonce);
        Ok((Self { inner, key, chunk: Vec::with_capacity(CHUNK + TAG), number: 0 }, file_key))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        Ok(self.inner)
    }

    fn put(&mut self, is_last: bool) -> io::Result<()> {
        let sealed = self.key.seal_in_place_append_tag(nonce(self.number, is_last), Aad::empty(), &mut self.chunk);
        sealed.map_err(|_| io::Error::other("cannot encrypt"))?;
        let written = self.inner.write_all(&self.chunk);
        // Also after a failure: no nonce is used twice.
        self.chunk.clear();
        self.number += 1;
        written
    }
}

impl<W: Write> Write for Encrypting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is written only when another byte follows: the last one is marked.
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.put(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Decrypts a file. Every byte that it returns is authentic; the end is, too.
pub struct Decrypting<R> {
    inner: R,
    key: LessSafeKey,
    /// Where the first chunk begins.
    start: u64,
    chunks: u64,
    /// How many bytes were encrypted.
    length: u64,
    at: u64,
    /// The decrypted chunk, and its number.
    chunk: Vec<u8>,
    number: Option<u64>,
    /// Where `inner` is, if it stands at the beginning of a chunk.
    next: Option<u64>,
}

impl<R: Read + Seek> Decrypting<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// A sentence: it is not encrypted with age, or not for these keys.
    pub fn open(mut inner: R, keys: &Keys) -> Result<Self, String> {
        let failed = |error: io::Error| format!("cannot read: {error}");
        let length = inner.seek(SeekFrom::End(0)).map_err(failed)?;
        inner.rewind().map_err(failed)?;
        let (file_key, header) = header::open(&mut inner, keys)?;
        let mut nonce = [0; NONCE];
        inner.seek(SeekFrom::Start(header)).map_err(failed)?;
        inner.read_exact(&mut nonce).map_err(|_| changed().to_string())?;
        let start = header + NONCE as u64;
        let encrypted = length.saturating_sub(start);
        let chunks = encrypted.div_ceil((CHUNK + TAG) as u64);
        // Only the chunk of an empty file is empty.
        let before_last = chunks.saturating_sub(1) * CHUNK as u64;
        let plain = encrypted
            .checked_sub(chunks * TAG as u64)
            .filter(|plain| chunks == 1 || (chunks > 1 && *plain > before_last));
        Ok(Self {
            inner,
            key: payload_key(&file_key, &nonce),
            start,
            chunks,
            length: plain.ok_or_else(|| changed().to_string())?,
            at: 0,
            chunk: Vec::with_capacity(CHUNK + TAG),
            number: None,
            next: Some(0),
        })
    }

    fn load(&mut self, number: u64) -> io::Result<()> {
        if self.number == Some(number) {
            return Ok(());
        }
        self.number = None;
        let whole = (CHUNK + TAG) as u64;
        if self.next != Some(number) {
            self.inner.seek(SeekFrom::Start(self.start + number * whole))?;
        }
        self.next = None;
        self.chunk.clear();
        self.inner.by_ref().take(whole).read_to_end(&mut self.chunk)?;
        let is_last = number + 1 == self.chunks;
        let opened = self.key.open_in_place(nonce(number, is_last), Aad::empty(), &mut self.chunk);
        let length = opened.map_err(|_| changed())?.len();
        self.chunk.truncate(length);
        (self.number, self.next) = (Some(number), Some(number + 1));
        Ok(())
    }
}

impl<R: Read + Seek> Read for Decrypting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The last chunk is read even if it is empty: it says that nothing is missing.
        let number = (self.at / CHUNK as u64).min(self.chunks - 1);
        self.load(number)?;
        let from = usize::try_from(self.at - number * CHUNK as u64).unwrap_or(usize::MAX).min(self.chunk.len());
        let taken = buffer.len().min(self.chunk.len() - from);
        buffer[..taken].copy_from_slice(&self.chunk[from..from + taken]);
        self.at += taken as u64;
        Ok(taken)
    }
}

impl<R: Read + Seek> Seek for Decrypting<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.filter(|at| *at <= self.length).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
