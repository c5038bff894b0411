//! The stored bytes of all files, each under the SHA-256 of its content.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt};
use parking_lot::Mutex;
use tokio::io::AsyncReadExt;
use tokio::sync::RwLock;

use super::incoming::{self, Folder, Incoming, Temp};
use crate::cpu_pool::Workers;
use crate::error::{Code, Error, Result};
use crate::lock::Lock;

/// Pictures worked on at a time: each may take a few hundred megabytes while it is decoded.
const PICTURES_AT_ONCE: usize = 2;
/// Bytes of a part of a file that is copied into the store. S3 wants at least 5 MiB.
const PART: usize = 8 * 1024 * 1024;
/// The folder of what is stored, and of what is on its way in.
pub const STORED: &str = "files";
pub const INCOMING: &str = "incoming";
/// Hashes that are kept in mind while a backup reads; what goes beyond is left for the sweep.
const POSTPONED: usize = 100_000;

pub struct Files {
    store: Arc<dyn ObjectStore>,
    folder: Folder,
    pub(crate) workers: Workers,
    /// Held for reading from putting bytes down until their row is written, and for writing while
    /// bytes without a row are removed: or an upload of the same content would lose its bytes.
    pub(crate) rows: RwLock<()>,
    data_dir: PathBuf,
    /// What was to be removed while a backup read everything.
    postponed: Mutex<Vec<String>>,
}

/// Where the bytes of a hash are stored, within the data folder.
pub fn place(hash: &str) -> String {
    format!("{STORED}/{}/{hash}", &hash[..2.min(hash.len())])
}

impl Files {
    /// Keeps the bytes in the data folder, and forgets uploads that an earlier process did not
    /// finish.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(data_dir: &Path) -> Result<Self, String> {
        crate::service::make_private_folder(&data_dir.join(STORED))?;
        let store = LocalFileSystem::new_with_prefix(data_dir)
            .map_err(|error| format!("cannot open the folder of files {}: {error}", data_dir.display()))?;
        Ok(Self {
            // An upload that was answered must survive a power cut like the message that carries it.
            store: Arc::new(store.with_fsync(true)),
            folder: Folder::open(&data_dir.join(INCOMING))?,
            workers: Workers::start("picture", PICTURES_AT_ONCE)?,
            rows: RwLock::default(),
            data_dir: data_dir.to_owned(),
            postponed: Mutex::default(),
        })
    }

    fn path(hash: &str) -> StorePath {
        StorePath::from(place(hash))
    }

    /// Begins to receive a file.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn receive(&self) -> Result<Incoming> {
        Incoming::open(&self.folder).await
    }

    /// Stores bytes of our own making and gives their hash.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String> {
        let (temp, hash) = incoming::write_down(&self.folder, bytes).await?;
        self.keep(temp, &hash).await?;
        Ok(hash)
    }

    /// Moves a file that has come under its hash.
    pub(crate) async fn keep(&self, temp: Temp, hash: &str) -> Result<()> {
        let path = Self::path(hash);
        // Equal content has an equal name: what is there already is what would be written.
        if self.store.head(&path).await.is_ok() {
            return Ok(());
        }
        let from = StorePath::from(format!("{INCOMING}/{}", temp.name));
        match self.store.rename(&from, &path).await {
            Ok(()) => temp.kept(),
            // The store lies on another disk than what comes in.
            Err(_) => self.copy(&temp, &path).await?,
        }
        Ok(())
    }

    async fn copy(&self, temp: &Temp, path: &StorePath) -> Result<()> {
        let mut file = tokio::fs::File::open(&temp.path).await.map_err(Error::internal)?;
        let mut copy = self.store.put_multipart(path).await.map_err(unavailable)?;
        loop {
            let mut part = Vec::with_capacity(PART);
            let read = (&mut file).take(PART as u64).read_to_end(&mut part).await.map_err(Error::internal)?;
            if read == 0 {
                break;
            }
            if let Err(error) = copy.put_part(part.into()).await {
                let _ = copy.abort().await;
                return Err(unavailable(error));
            }
        }
        copy.complete().await.map(drop).map_err(unavailable)
    }

    /// How many bytes are stored under a hash.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store of files does not answer.
    pub async fn size(&self, hash: &str) -> Result<u64> {
        self.store.head(&Self::path(hash)).await.map(|found| found.size).map_err(not_found_or_unavailable)
    }

    /// A stretch of the bytes of a hash, to be read piece by piece.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store of files does not answer.
    pub async fn get(&self, hash: &str, range: Range<u64>) -> Result<GetResult> {
        // A stretch of nothing is no stretch to the store.
        let range = (!range.is_empty()).then_some(GetRange::Bounded(range));
        let options = GetOptions { range, ..GetOptions::default() };
        self.store.get_opts(&Self::path(hash), options).await.map_err(not_found_or_unavailable)
    }

    /// Lets bytes be removed as long as it is held; nobody may while a backup reads what a moment ago
    /// was still needed.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) fn removal(&self) -> Result<Option<Lock>> {
        Lock::removal(&self.data_dir).map_err(|error| {
            tracing::error!(%error, "the lock on stored files failed");
            Code::Unavailable.into()
        })
    }

    /// Keeps hashes in mind that are to be removed later.
    pub(crate) fn postpone(&self, hashes: Vec<String>) {
        let mut postponed = self.postponed.lock();
        let room = POSTPONED.saturating_sub(postponed.len());
        postponed.extend(hashes.into_iter().take(room));
    }

    /// The hashes that were kept in mind.
    pub(crate) fn take_postponed(&self) -> Vec<String> {
        std::mem::take(&mut self.postponed.lock())
    }

    pub(crate) async fn remove(&self, hash: &str) -> Result<()> {
        match self.store.delete(&Self::path(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// The folders of the store: the first two digits of the hashes in each.
    pub(crate) async fn shelves(&self) -> Result<Vec<StorePath>> {
        let root = StorePath::from(STORED);
        self.store.list_with_delimiter(Some(&root)).await.map(|found| found.common_prefixes).map_err(unavailable)
    }

    /// The hashes on a shelf that were stored before `before`, in milliseconds since 1970.
    pub(crate) async fn stored_before(&self, shelf: &StorePath, before: i64) -> Result<Vec<String>> {
        let found = self.store.list_with_delimiter(Some(shelf)).await.map_err(unavailable)?;
        let old = found.objects.into_iter().filter(|object| object.last_modified.timestamp_millis() < before);
        Ok(old.filter_map(|object| object.location.filename().map(str::to_owned)).collect())
    }
}

fn not_found_or_unavailable(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Code::NotFound.into(),
        error => unavailable(error),
    }
}

fn unavailable(error: object_store::Error) -> Error {
    tracing::error!(%error, "the store of files failed");
    Code::Unavailable.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: U13
    #[tokio::test]
    async fn what_cannot_be_moved_is_copied() {
        let folder = std::env::temp_dir().join(format!("madang-store-{}", crate::ids::RoomId::new(0)));
        let files = Files::open(&folder).unwrap();
        let bytes: Vec<u8> = (0..PART + 1_000).map(|at| (at % 251) as u8).collect();
        let (temp, hash) = incoming::write_down(&files.folder, bytes.clone()).await.unwrap();
        files.copy(&temp, &Files::path(&hash)).await.unwrap();
        drop(temp);
        assert_eq!(files.size(&hash).await.unwrap(), bytes.len() as u64);
        let whole = files.get(&hash, 0..bytes.len() as u64).await.unwrap().bytes().await.unwrap();
        assert!(whole == bytes);
        let part = files.get(&hash, 10..20).await.unwrap().bytes().await.unwrap();
        assert_eq!(part, bytes[10..20]);
        assert_eq!(std::fs::read_dir(folder.join(INCOMING)).unwrap().count(), 0);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
