//! The files of the server: the store of their bytes, and uploads on their way into it.

mod hash_locks;
mod incoming;
mod local;
mod removal;
mod s3;
mod store;

use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::cpu_pool::CpuPool;
use crate::error::{Code, Error, Result};
use hash_locks::HashLocks;
use incoming::{Folder, blocking};
use removal::{Removal, Removals};

pub(crate) use hash_locks::batches;
pub(crate) use incoming::Content;
pub use incoming::{Incoming, Upload};
pub use local::{LocalStore, STORED, path_of};
pub use s3::{Named, NamedObjects, NotReady, Put, S3Store};
pub use store::{Away, Object, Shown, Store, prefixes};

/// Pictures of one network decoded at a time, and one more of others: each may take a few hundred megabytes.
const PICTURES_AT_ONCE: usize = 1;
/// The folder of uploads on their way in. It is always local, whatever the store is.
pub const INCOMING: &str = "incoming";
/// Hashes remembered while a backup reads; the sweep finds those beyond.
const POSTPONED: usize = 100_000;
/// Bytes read from the store at a time.
const CHUNK: usize = 128 * 1024;
/// Calls of the store at a time. While a remote store is slow, they must not take all threads of the blocking pool.
const CALLS_AT_ONCE: usize = 192;

/// The store of files and everything around it.
pub struct Files {
    store: Arc<dyn Store>,
    /// The same store, if it is a bucket.
    bucket: Option<Arc<S3Store>>,
    /// Whether the bucket has been found to be that of this instance: only then bytes are put into it or removed.
    is_ours: AtomicBool,
    /// Held while a bucket is checked.
    pub(crate) checking: tokio::sync::Mutex<()>,
    turns: Arc<Semaphore>,
    incoming: Folder,
    /// Decodes pictures.
    pub(crate) cpu_pool: CpuPool,
    pub(crate) hash_locks: HashLocks,
    removals: Removals,
    data_dir: PathBuf,
    /// Hashes that were to be removed while a backup read everything.
    postponed: Mutex<Vec<String>>,
}

impl Files {
    /// Opens the store, and removes uploads that an earlier process did not finish.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(config: &Config) -> Result<Self, String> {
        let data_dir = &config.data_dir;
        let bucket = open_bucket(config)?;
        let store: Arc<dyn Store> = match &bucket {
            Some(bucket) => Arc::clone(bucket) as Arc<dyn Store>,
            None => {
                crate::data_folder::create(&data_dir.join(STORED))?;
                Arc::new(LocalStore::new(data_dir))
            }
        };
        Ok(Self {
            store,
            is_ours: AtomicBool::new(bucket.is_none()),
            bucket,
            checking: tokio::sync::Mutex::default(),
            turns: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            incoming: Folder::open(&data_dir.join(INCOMING))?,
            cpu_pool: CpuPool::start("picture", PICTURES_AT_ONCE, || {})?,
            hash_locks: HashLocks::new(),
            removals: Removals::default(),
            data_dir: data_dir.to_owned(),
            postponed: Mutex::default(),
        })
    }

    /// Whether bytes may be stored and removed: a bucket may still have to be found to be that of this instance.
    pub fn is_ours(&self) -> bool {
        self.is_ours.load(Ordering::Relaxed)
    }

    /// Checks a bucket: that it can be used, and that it is that of the instance with this id.
    ///
    /// # Errors
    /// [`NotReady`].
    pub async fn check(&self, instance: String) -> Result<(), NotReady> {
        let Some(bucket) = self.bucket.clone() else { return Ok(()) };
        let checked = tokio::task::spawn_blocking(move || bucket.check(&instance)).await;
        checked.map_err(|error| NotReady::Away(error.to_string()))?
    }

    /// Allows the use of a bucket that was checked.
    pub fn set_ours(&self) {
        self.is_ours.store(true, Ordering::Relaxed);
    }

    /// Begins to receive a file.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn receive(&self) -> Result<Incoming> {
        Incoming::open(&self.incoming).await
    }

    /// Writes bytes made by the server to the disk, from where they are stored.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn write(&self, bytes: Vec<u8>) -> Result<Content> {
        incoming::write_bytes(&self.incoming, bytes).await
    }

    /// Stores a finished content under its hash.
    ///
    /// # Errors
    /// `unavailable`, also while a bucket has not been found to be that of this instance: its owner would remove what
    /// is put into it.
    pub(crate) async fn keep(&self, content: Content) -> Result<()> {
        if !self.is_ours() {
            return Err(Code::Unavailable.into());
        }
        self.run(move |store| store.put(&content.hash, &content.temp.path)).await
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
        let turns = Arc::clone(&self.turns);
        Ok(stream::try_unfold((content, turns), |(mut content, turns)| async move {
            let turn = Arc::clone(&turns).acquire_owned().await.map_err(io::Error::other)?;
            let read = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let mut piece = Vec::with_capacity(CHUNK);
                content.by_ref().take(CHUNK as u64).read_to_end(&mut piece)?;
                Ok::<_, io::Error>((piece, content))
            });
            let (piece, content) = read.await.map_err(io::Error::other)??;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (content, turns))))
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

    /// Writes all bytes of a hash somewhere else, a piece at a time. Blocks.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store does not answer, or the other place takes no more.
    pub(crate) fn copy(&self, hash: &str, to: &mut impl io::Write) -> Result<()> {
        let mut content = self.store.open(hash, 0..u64::MAX).map_err(failed)?;
        io::copy(&mut content, to).map(drop).map_err(failed)
    }

    /// Returns a link with which anyone reads the bytes of a hash for a short time; `None` if this server is to send
    /// them.
    pub(crate) fn link(&self, hash: &str, shown: &Shown<'_>) -> Option<String> {
        self.store.link(hash, shown)
    }

    /// Takes the lock under which bytes may be removed; `None` while a backup reads or the bucket has not been checked.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) fn lock_removal(&self) -> Result<Option<Removal<'_>>> {
        if !self.is_ours() {
            return Ok(None);
        }
        self.removals.begin(&self.data_dir).map_err(|error| {
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

    /// Removes what was put in part before a time and never finished.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn remove_unfinished(&self, before: i64) -> Result<()> {
        self.run(move |store| store.remove_unfinished(before)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Error::internal)?;
        run_with(turn, move || work(&*store).map_err(failed)).await
    }
}

/// Runs a call on the blocking pool. Its turn ends with the call, also if the one who waits for it leaves: the thread is
/// taken until then.
async fn run_with<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    blocking(move || {
        let _turn = turn;
        work()
    })
    .await
}

/// Opens the store of an instance for a command.
///
/// # Errors
/// A sentence for the operator.
pub fn open_store(config: &Config) -> Result<Arc<dyn Store>, String> {
    Ok(match open_bucket(config)? {
        Some(bucket) => bucket,
        None => Arc::new(LocalStore::new(&config.data_dir)),
    })
}

/// Opens the bucket of an instance, if it has one.
fn open_bucket(config: &Config) -> Result<Option<Arc<S3Store>>, String> {
    let Some(s3) = &config.s3 else { return Ok(None) };
    if has_files(&config.data_dir.join(STORED)) {
        let folder = config.data_dir.display();
        return Err(format!(
            "{folder}/{STORED} has files, and S3_BUCKET is set (run: madang files push, which copies them into the \
             bucket; or unset S3_BUCKET)"
        ));
    }
    S3Store::new(s3).map(|bucket| Some(Arc::new(bucket)))
}

fn has_files(folder: &Path) -> bool {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries(folder).any(|prefix| entries(&prefix.path()).next().is_some())
}

fn failed(error: io::Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        return Code::NotFound.into();
    }
    tracing::error!(%error, "the store of files failed");
    Code::Unavailable.into()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_call_whose_caller_has_left_keeps_its_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let (end, ended) = mpsc::channel::<()>();
        let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
        let call = run_with(turn, move || ended.recv().map_err(|_| Code::Unavailable.into()));
        assert!(call.now_or_never().is_none(), "it is dropped before it ends");
        assert_eq!(turns.available_permits(), 0);
        drop(end);
        // Once the call has ended.
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), turns.acquire());
        assert!(next.await.unwrap().is_ok());
    }
}
