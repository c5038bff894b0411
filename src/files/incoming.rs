//! Uploads: written to a private folder as they arrive, hashed and examined, and removed unless they are stored.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::clock::now_ms;
use crate::error::{Code, Error, Result};
use crate::hex::hex;
use crate::ids::FileId;
use crate::image;
use crate::media;

/// Bytes collected before they are written, each time on the blocking pool.
const BUFFER: usize = 256 * 1024;

/// The folder of uploads. It is private, and the server makes every name in it.
#[derive(Clone, Debug)]
pub(crate) struct Folder(Arc<Path>);

impl Folder {
    /// Opens the folder, creates it if it is missing, and removes what an earlier process left in it.
    ///
    /// # Errors
    /// A sentence for the operator: it cannot be created, or it is a symbolic link.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot open the upload folder {}: {error}", path.display());
        crate::data_folder::create(path)?;
        if !path.symlink_metadata().map_err(failed)?.is_dir() {
            return Err(format!("the upload folder {} is a link, which is not allowed", path.display()));
        }
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let left = entry.map_err(failed)?.path();
            if let Err(error) = std::fs::remove_file(&left) {
                tracing::warn!(%error, path = %left.display(), "an old upload could not be removed");
            }
        }
        Ok(Self(path.into()))
    }

    /// Creates a file in it, which is removed when it is dropped.
    fn create(&self) -> Result<(TempFile, File)> {
        let path = self.0.join(FileId::new(now_ms()).to_string());
        // `create_new` follows no link of this name.
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(refused)?;
        Ok((TempFile { path }, file))
    }
}

/// A file of the folder. It is removed when dropped, unless the store has moved it.
#[derive(Debug)]
pub(crate) struct TempFile {
    pub(crate) path: PathBuf,
}

impl Drop for TempFile {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "an upload could not be removed; the next start does it");
            }
            _ => {}
        }
    }
}

/// A file that is being received.
pub struct Incoming {
    temp: TempFile,
    buffer: Vec<u8>,
    sink: Option<Sink>,
    size: u64,
}

/// What the bytes pass through, on the blocking pool.
struct Sink {
    file: File,
    digest: Sha256,
    text: media::TextCheck,
    head: Vec<u8>,
}

/// Complete bytes on disk. They are removed if this is dropped before they are stored.
#[derive(Debug)]
pub(crate) struct Content {
    /// SHA-256 in hexadecimal.
    pub(crate) hash: String,
    pub(crate) temp: TempFile,
}

/// A complete upload.
#[derive(Debug)]
pub struct Upload {
    /// The name its sender gave it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The type of a file that is not a picture.
    pub(crate) media_type: &'static str,
    pub(crate) is_picture: bool,
    pub(crate) content: Content,
}

impl Incoming {
    pub(crate) async fn open(folder: &Folder) -> Result<Self> {
        let folder = folder.clone();
        let (temp, file) = blocking(move || folder.create()).await?;
        let sink = Sink { file, digest: Sha256::new(), text: media::TextCheck::default(), head: Vec::new() };
        Ok(Self { temp, buffer: Vec::with_capacity(BUFFER), sink: Some(sink), size: 0 })
    }

    /// Bytes received so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    /// `unavailable` when the disk takes no more.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        let mut sink = self.sink.take().ok_or(Code::Unavailable)?;
        let mut bytes = std::mem::take(&mut self.buffer);
        let (sink, bytes) = blocking(move || {
            sink.take(&bytes)?;
            bytes.clear();
            Ok((sink, bytes))
        })
        .await?;
        self.buffer = bytes;
        self.sink = Some(sink);
        Ok(())
    }

    /// Finishes the upload.
    ///
    /// # Errors
    /// `unavailable` when the disk takes no more.
    pub async fn finish(mut self, name: String) -> Result<Upload> {
        self.flush().await?;
        let Sink { file, digest, text, head } = self.sink.take().ok_or(Code::Unavailable)?;
        let is_picture = image::is_picture(&head);
        if !is_picture {
            // An answered upload must survive a power cut like the message that carries it. Of a picture another
            // file is stored.
            blocking(move || file.sync_all().map_err(refused)).await?;
        }
        let media_type = media::media_type(&head, text.is_text(), &name);
        let content = Content { hash: hex(&digest.finalize()), temp: self.temp };
        Ok(Upload { name, size: self.size, media_type, is_picture, content })
    }
}

impl Sink {
    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(refused)?;
        self.digest.update(bytes);
        self.text.look(bytes);
        let missing = media::HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..missing.min(bytes.len())]);
        Ok(())
    }
}

impl Upload {
    /// Reads all its bytes. Blocks.
    pub(crate) fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.size as usize);
        let mut file = File::open(&self.content.temp.path).map_err(refused)?;
        file.read_to_end(&mut bytes).map_err(refused)?;
        Ok(bytes)
    }
}

/// Writes bytes made by the server into a file of the folder.
pub(crate) async fn write_bytes(folder: &Folder, bytes: Vec<u8>) -> Result<Content> {
    let folder = folder.clone();
    blocking(move || {
        let (temp, mut file) = folder.create()?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(refused)?;
        Ok(Content { hash: hex(&Sha256::digest(&bytes)), temp })
    })
    .await
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// The error of a disk that takes no more. Nothing was changed, and a retry works once there is space.
fn refused(error: std::io::Error) -> Error {
    tracing::error!(%error, "an upload cannot be written");
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Error::new(Code::Unavailable).with_message("the disk of the server is full")
        }
        _ => Code::Unavailable.into(),
    }
}
