//! Writes an archive, entry by entry.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};
use zstd::Encoder;

use super::seal::Sealing;
use super::{MANIFEST, MANIFEST_MAX, Manifest, Part, Progress, STRETCH, Watch};
use crate::age::{Encrypting, Encryption, FileKey};
use crate::hex::hex;

/// The zstd level. Images do not compress anyway, and text gains most at the first levels.
const LEVEL: i32 = 3;

/// An archive that is being written.
pub(crate) struct Archive {
    builder: Builder<Encoder<'static, Sealing<Output>>>,
    file_key: Option<FileKey>,
    time: u64,
    done: u64,
    all: u64,
}

/// Why an entry was not written.
#[derive(Debug)]
pub(crate) enum Refused {
    /// What was read is not what the manifest says.
    Changed,
    /// A message: writing failed, or the work was interrupted.
    Failed(String),
}

impl Archive {
    /// Begins an archive in an empty file. `time` is in seconds since 1970.
    pub(crate) fn begin(
        file: File,
        manifest: &Manifest,
        time: u64,
        encryption: Option<&Encryption>,
    ) -> Result<Self, String> {
        let file = BufWriter::with_capacity(STRETCH, SyncedFile::new(file));
        let (output, file_key) = match encryption {
            None => (Output::Plain(file), None),
            Some(encryption) => {
                let (encrypting, key) = Encrypting::begin(file, encryption)?;
                (Output::Encrypted(Box::new(encrypting)), Some(key))
            }
        };
        let begun = || -> io::Result<Self> {
            let mut encoder = Encoder::new(Sealing::new(output), LEVEL)?;
            encoder.include_checksum(true)?;
            let mut archive = Self { builder: Builder::new(encoder), file_key, time, done: 0, all: manifest.bytes() };
            let text = serde_json::to_vec(manifest)?;
            if text.len() as u64 > MANIFEST_MAX {
                return Err(io::Error::other("too many files for one archive"));
            }
            let header = archive.header(MANIFEST, text.len() as u64)?;
            archive.builder.append(&header, &text[..])?;
            Ok(archive)
        };
        begun().map_err(failed)
    }

    fn header(&self, name: &str, size: u64) -> io::Result<Header> {
        let mut header = Header::new_ustar();
        header.set_path(name)?;
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_mtime(self.time);
        header.set_size(size);
        header.set_cksum();
        Ok(header)
    }

    /// Writes the next entry of the manifest. After an error the archive is unusable.
    pub(crate) fn add(&mut self, name: &str, part: &Part, bytes: impl Read, watch: Watch<'_>) -> Result<(), Refused> {
        let header = self.header(name, part.bytes).map_err(|error| Refused::Failed(failed(error)))?;
        let mut ended = None;
        // One extra byte is enough to detect a file that has grown.
        let bytes = bytes.take(part.bytes.saturating_add(1));
        let mut source = Source { bytes, digest: Sha256::new(), size: 0, failed: false };
        let (done, all) = (self.done, self.all);
        let watched = Reporting {
            inner: &mut source,
            report: |size| {
                let reported = watch(Progress { doing: "packing", done: done + size, all });
                reported.map_err(|why| {
                    ended = Some(why);
                    io::Error::other("interrupted")
                })
            },
        };
        let written = self.builder.append(&header, watched);
        self.done += source.size;
        match written {
            _ if ended.is_some() => Err(Refused::Failed(ended.unwrap_or_default())),
            // A file that cannot be read is treated as lost.
            Err(_) if source.failed => Err(Refused::Changed),
            Err(error) => Err(Refused::Failed(failed(error))),
            Ok(()) if source.size == part.bytes && hex(&source.digest.finalize()) == part.sha256 => Ok(()),
            Ok(()) => Err(Refused::Changed),
        }
    }

    /// Finishes, seals and syncs the archive. Returns its key, too, if it is encrypted.
    pub(crate) fn finish(self) -> Result<(File, Option<FileKey>), String> {
        let finished = || -> io::Result<_> {
            let file = match self.builder.into_inner()?.finish()?.seal()? {
                Output::Plain(file) => file,
                Output::Encrypted(encrypting) => encrypting.finish()?,
            };
            let file = file.into_inner()?.file;
            file.sync_all()?;
            Ok((file, self.file_key))
        };
        finished().map_err(failed)
    }
}

fn failed(error: io::Error) -> String {
    format!("cannot write the backup: {error}")
}

/// What is sealed, on its way to the file.
enum Output {
    Plain(BufWriter<SyncedFile>),
    Encrypted(Box<Encrypting<BufWriter<SyncedFile>>>),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Encrypted(encrypting) => encrypting.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Encrypted(encrypting) => encrypting.flush(),
        }
    }
}

/// A file that is synced while it is written. One sync at the end would delay the server's commits.
pub(crate) struct SyncedFile {
    file: File,
    waiting: usize,
}

impl SyncedFile {
    /// The bytes written between two syncs.
    const STEP: usize = 4 * 1024 * 1024;

    fn new(file: File) -> Self {
        Self { file, waiting: 0 }
    }
}

impl Write for SyncedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.waiting += written;
        if self.waiting >= Self::STEP {
            self.file.sync_data()?;
            self.waiting = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A source that is counted and hashed while it is read.
struct Source<R> {
    bytes: R,
    digest: Sha256,
    size: u64,
    /// Whether reading failed, and not writing.
    failed: bool,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer).inspect_err(|_| self.failed = true)?;
        self.digest.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}

/// A source that reports progress and ends early when interrupted.
struct Reporting<'a, R, T> {
    inner: &'a mut Source<R>,
    report: T,
}

impl<R: Read, T: FnMut(u64) -> io::Result<()>> Read for Reporting<'_, R, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.report)(self.inner.size)?;
        self.inner.read(buffer)
    }
}
