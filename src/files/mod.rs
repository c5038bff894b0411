//! The files of the server: the store of their bytes, and uploads on their way into it.

mod incoming;
mod local;
mod store;

use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use parking_lot::Mutex;
use tokio::sync::RwLock;

use crate::cpu_pool::CpuPool;
use crate::error::{Code, Error, Result};
use crate::lock::Lock;
use incoming::{Folder, blocking};

pub use incoming::{Incoming, Upload};
pub use local::{LocalStore, STORED, path_of};
pub use store::{Object, Store, prefixes};

/// Pictures of one network decoded at a time, and one more of others: each may take a few hundred megabytes.
const PICTURES_AT_ONCE: usize = 1;
/// The folder of uploads on their way in. It is always local, whatever the store is.
pub const INCOMING: &str = "incoming";
/// Hashes remembered while a backup reads; the sweep finds those beyond.
const POSTPONED: usize = 100_000;
/// Bytes read from the store at a time.
const CHUNK: usize = 128 * 1024;

/// The store of files and everything around it.
pub struct Files {
    store: Arc<dyn Store>,
    incoming: Folder,
    /// Decodes pictures.
    pub(crate) cpu_pool: CpuPool,
    /// Held for reading from storing bytes until their row is written, and for writing while bytes without a row
    /// are removed: otherwise an upload of the same content could lose its bytes.
    pub(crate) rows: RwLock<()>,
    data_dir: PathBuf,
    /// Hashes that were to be removed while a backup read everything.
    postponed: Mutex<Vec<String>>,
}

impl Files {
    /// Opens the store in the data folder, and removes uploads that an earlier process did not finish.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(data_dir: &Path) -> Result<Self, String> {
        crate::data_folder::create(&data_dir.join(STORED))?;
        Ok(Self {
            store: Arc::new(LocalStore::new(data_dir)),
            incoming: Folder::open(&data_dir.join(INCOMING))?,
            cpu_pool: CpuPool::start("picture", PICTURES_AT_ONCE)?,
            rows: RwLock::default(),
            data_dir: data_dir.to_owned(),
            postponed: Mutex::default(),
        })
    }

    /// Begins to receive a file.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn receive(&self) -> Result<Incoming> {
        Incoming::open(&self.incoming).await
    }

    /// Stores a finished upload under its hash.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn keep(&self, upload: Upload) -> Result<()> {
        self.run(move |store| store.put(&upload.hash, &upload.temp.path)).await
    }

    /// Stores bytes made by the server and returns their hash.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String> {
        let (temp, hash) = incoming::write_bytes(&self.incoming, bytes).await?;
        self.run(move |store| {
            store.put(&hash, &temp.path)?;
            Ok(hash)
        })
        .await
    }

    /// Returns how many bytes are stored under a hash.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store does not answer.
    pub async fn size(&self, hash: &str) -> Result<u64> {
        let hash = hash.to_owned();
        self.run(move |store| store.size(&hash)).await
    }

    /// Reads a range of the bytes of a hash, a piece at a time and as fast as they are taken.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store does not answer.
    pub async fn read(
        &self,
        hash: &str,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
        let hash = hash.to_owned();
        let content = self.run(move |store| store.open(&hash, range)).await?;
        Ok(stream::try_unfold(content, |mut content| async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = Vec::with_capacity(CHUNK);
                content.by_ref().take(CHUNK as u64).read_to_end(&mut piece)?;
                Ok::<_, io::Error>((piece, content))
            });
            let (piece, content) = read.await.map_err(io::Error::other)??;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), content)))
        }))
    }

    /// Reads all bytes of a hash: a picture made by the server, of a known small size.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store does not answer.
    pub async fn read_all(&self, hash: &str) -> Result<Vec<u8>> {
        let hash = hash.to_owned();
        self.run(move |store| {
            let mut bytes = Vec::new();
            store.open(&hash, 0..u64::MAX)?.read_to_end(&mut bytes)?;
            Ok(bytes)
        })
        .await
    }

    /// Takes the lock under which bytes may be removed; `None` while a backup reads.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) fn lock_removal(&self) -> Result<Option<Lock>> {
        Lock::removal(&self.data_dir).map_err(|error| {
            tracing::error!(%error, "the lock on stored files failed");
            Code::Unavailable.into()
        })
    }

    /// Remembers hashes that are to be removed later.
    pub(crate) fn postpone(&self, hashes: Vec<String>) {
        let mut postponed = self.postponed.lock();
        let room = POSTPONED.saturating_sub(postponed.len());
        postponed.extend(hashes.into_iter().take(room));
    }

    /// Takes the hashes that were remembered.
    pub(crate) fn take_postponed(&self) -> Vec<String> {
        std::mem::take(&mut self.postponed.lock())
    }

    /// Removes the bytes of a hash.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn remove(&self, hash: String) -> Result<()> {
        self.run(move |store| store.remove(&hash)).await
    }

    /// Returns the hashes with this prefix that were stored before a time, in milliseconds since 1970.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn stored_before(&self, prefix: String, before: i64) -> Result<Vec<String>> {
        let objects = self.run(move |store| store.list(&prefix)).await?;
        Ok(objects.into_iter().filter(|object| object.stored_at < before).map(|object| object.hash).collect())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        blocking(move || work(&*store).map_err(failed)).await
    }
}

fn failed(error: io::Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        return Code::NotFound.into();
    }
    tracing::error!(%error, "the store of files failed");
    Code::Unavailable.into()
}
