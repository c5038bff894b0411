//! The seal: a frame at the end of an archive that zstd skips, with the SHA-256 of everything before
//! it. Only a complete archive has one, and a changed bit anywhere contradicts it.

use std::io::{self, Read, Seek, SeekFrom, Take, Write};

use sha2::{Digest, Sha256};

use super::source::ReadSeek;
use super::{STRETCH, Source};

/// The header of a skippable frame, its length, and a name.
const HEAD: [u8; 20] = *b"\x5d\x2a\x4d\x18\x2c\0\0\0madang seal\n";
const DIGEST: usize = 32;
/// The first bytes of every archive: the header of a zstd frame.
const ZSTD: [u8; 4] = *b"\x28\xb5\x2f\xfd";

/// Passes writes on and seals what was written.
pub(super) struct Sealing<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    pub(super) fn seal(mut self) -> io::Result<W> {
        self.write_all(&HEAD)?;
        self.inner.write_all(&self.digest.finalize())?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads the sealed content.
pub(super) struct Sealed {
    inner: Take<Box<dyn ReadSeek>>,
    digest: Sha256,
    expected: [u8; DIGEST],
}

impl Sealed {
    /// Opens an archive that ends with a seal. [`Sealed::holds`] checks the seal after reading.
    pub(super) fn open(source: &Source) -> Result<Self, String> {
        let failed = |error: io::Error| match error.kind() {
            // Of an encrypted archive: its own sentence.
            io::ErrorKind::InvalidData => error.to_string(),
            _ => format!("cannot read: {error}"),
        };
        let mut file = source.open()?;
        let (mut beginning, mut head, mut expected) = ([0; ZSTD.len()], [0; HEAD.len()], [0; DIGEST]);
        match file.read_exact(&mut beginning) {
            Ok(()) if beginning == ZSTD => {}
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(failed(error)),
            _ => return Err("not a Madang backup".into()),
        }
        let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let Some(sealed) = length.checked_sub((HEAD.len() + DIGEST) as u64) else { return Err(cut()) };
        file.seek(SeekFrom::Start(sealed)).map_err(failed)?;
        file.read_exact(&mut head).and_then(|()| file.read_exact(&mut expected)).map_err(failed)?;
        if head != HEAD {
            return Err(cut());
        }
        file.rewind().map_err(failed)?;
        Ok(Self { inner: file.take(sealed), digest: Sha256::new(), expected })
    }

    /// Reads the rest and returns whether the content matches the seal.
    pub(super) fn holds(mut self) -> io::Result<bool> {
        let mut rest = vec![0; STRETCH];
        while self.read(&mut rest)? > 0 {}
        self.digest.update(HEAD);
        Ok(self.digest.finalize()[..] == self.expected)
    }
}

fn cut() -> String {
    "truncated, or not a Madang backup: the end is missing".into()
}

impl Read for Sealed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}
