//! Files: the bytes under their hash, the pictures made anew, and the messages that carry them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::sync::{RwLock, Semaphore};
use tokio::time::timeout;

use super::{State, log_failure};
use crate::chat::file::{self, File, NewFile, Stored};
use crate::chat::message::{self, New, Sent};
use crate::chat::{Tx, member};
use crate::clock::now_ms;
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, RoomId, UserId};
use crate::image::{self, Picture};

/// Pictures worked on at a time: each may take a few hundred megabytes while it is decoded.
const PICTURES_AT_ONCE: usize = 2;
/// How long a picture waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// The stored bytes of all files, each under the SHA-256 of its content.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    workers: Arc<Semaphore>,
    /// Held for reading from putting bytes down until their row is written, and for writing while
    /// bytes without a row are removed: or an upload of the same content would lose its bytes.
    rows: RwLock<()>,
}

/// A file as it came from its sender.
#[derive(Debug)]
pub struct Upload {
    pub name: String,
    pub bytes: Bytes,
}

impl Files {
    /// Keeps the bytes in a folder, made when it is missing.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(folder: &Path) -> Result<Self, String> {
        super::make_private_folder(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| format!("cannot open the folder of files {}: {error}", folder.display()))?;
        // An upload that was answered must survive a power cut like the message that carries it.
        let store = store.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            workers: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
            rows: RwLock::default(),
        })
    }

    fn path(hash: &str) -> StorePath {
        StorePath::from(format!("{}/{hash}", &hash[..2.min(hash.len())]))
    }

    async fn put(&self, bytes: Vec<u8>) -> Result<String> {
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = Self::path(&hash);
        // Equal content has an equal name: what is there already is what would be written.
        if self.store.head(&path).await.is_err() {
            self.store.put(&path, bytes.into()).await.map_err(unavailable)?;
        }
        Ok(hash)
    }

    /// The bytes of a hash.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when the store of files does not answer.
    pub async fn get(&self, hash: &str) -> Result<Bytes> {
        let found = match self.store.get(&Self::path(hash)).await {
            Err(object_store::Error::NotFound { .. }) => return Err(Code::NotFound.into()),
            found => found.map_err(unavailable)?,
        };
        found.bytes().await.map_err(unavailable)
    }

    async fn remove(&self, hash: &str) -> Result<()> {
        match self.store.delete(&Self::path(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }
}

fn unavailable(error: object_store::Error) -> Error {
    tracing::error!(%error, "the store of files failed");
    Code::Unavailable.into()
}

impl State {
    /// Sends a message that carries a picture.
    ///
    /// # Errors
    /// `too_large`, `unsupported_type`, `bad_image`, `busy`; and those of a send. See also
    /// [`State::may_upload`].
    pub async fn send_file(&self, me: UserId, room_id: RoomId, new: New, upload: Upload) -> Result<Sent> {
        let picture = self.remake(upload).await?;
        self.live.room_to_tell(room_id).await;
        let limits = self.config.limits.clone();
        let send = move |tx: &mut Tx, file| message::send_with_file(tx, &limits, now_ms(), me, room_id, new, file);
        self.put_and_write(picture, send, |sent| !sent.dup).await
    }

    /// Whether somebody may upload now, asked before their bytes are read: for a room's message
    /// its members alone.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `not_a_member`.
    pub async fn may_upload(&self, me: UserId, room_id: Option<RoomId>) -> Result<()> {
        self.rates.upload(me)?;
        match room_id {
            Some(room_id) => self.db.read(move |tx| member::role(tx, me, room_id)).await.map(drop),
            None => Ok(()),
        }
    }

    /// Stores a picture that waits for a message of its sender.
    ///
    /// # Errors
    /// `too_large`, `unsupported_type`, `bad_image`, `busy`. See also [`State::may_upload`].
    pub async fn upload(&self, me: UserId, upload: Upload) -> Result<File> {
        let picture = self.remake(upload).await?;
        self.put_and_write(picture, move |tx: &mut Tx, file| file::add(tx, now_ms(), me, file), |_| true).await
    }

    /// Puts the bytes down and writes the row that needs them. It runs to its end even when the
    /// client has hung up: bytes without a row, or a row whose bytes are being removed, would stay.
    async fn put_and_write<T: Send + 'static>(
        &self,
        picture: (String, Picture),
        write: impl FnOnce(&mut Tx, NewFile) -> Result<T> + Send + 'static,
        needs_bytes: fn(&T) -> bool,
    ) -> Result<T> {
        let state = self.clone();
        let work = tokio::spawn(async move {
            let rows = state.files.rows.read().await;
            let file = state.put(picture).await?;
            let hashes: Vec<_> = std::iter::once(file.hash.clone()).chain(file.thumb_hash.clone()).collect();
            let written = state.db.write(move |tx| write(tx, file)).await;
            drop(rows);
            if !written.as_ref().is_ok_and(needs_bytes) {
                // Refused, or a repeat: what was put down belongs to nobody, unless another has it.
                state.remove_bytes(hashes).await;
            }
            written
        });
        work.await.map_err(Error::internal)?
    }

    /// Makes the picture anew, in its turn.
    async fn remake(&self, upload: Upload) -> Result<(String, Picture)> {
        if upload.bytes.len() > self.config.upload_max {
            return Err(Code::TooLarge.into());
        }
        let working = Arc::clone(&self.files.workers).acquire_owned();
        let working = timeout(PATIENCE, working).await.map_err(|_| Code::Busy)?.map_err(|_| Code::Unavailable)?;
        let limits = self.config.images.clone();
        let bytes = upload.bytes;
        let picture = tokio::task::spawn_blocking(move || {
            // Here and not with who waits: a client that hangs up does not end the work.
            let _working = working;
            image::remake(&bytes, &limits)
        });
        let picture = picture.await;
        Ok((upload.name, picture.map_err(Error::internal)??))
    }

    /// Puts down the bytes of a picture and its thumbnail; the row is still to be written.
    async fn put(&self, (name, picture): (String, Picture)) -> Result<NewFile> {
        let size = picture.bytes.len() as u64;
        let thumb_hash = match picture.thumbnail {
            Some(thumbnail) => Some(self.files.put(thumbnail.bytes).await?),
            None => None,
        };
        Ok(NewFile {
            hash: self.files.put(picture.bytes).await?,
            thumb_hash,
            name,
            media_type: picture.media_type.to_owned(),
            size,
            width: Some(picture.width),
            height: Some(picture.height),
            animated: Some(picture.animated),
            placeholder: Some(picture.placeholder),
        })
    }

    /// A file that the viewer may see.
    ///
    /// # Errors
    /// `not_found`, whatever the reason.
    pub async fn file(&self, viewer: UserId, id: FileId) -> Result<Stored> {
        self.db.read(move |tx| file::get_visible(tx, viewer, id)).await
    }

    /// Removes those of the stored bytes that nobody needs.
    pub(super) async fn remove_bytes(&self, hashes: Vec<String>) {
        if hashes.is_empty() {
            return;
        }
        let _no_upload = self.files.rows.write().await;
        // Asked again: another upload may have brought the same content meanwhile.
        let unneeded = self.db.read(move |tx| file::unreferenced(tx, &hashes)).await;
        for hash in unneeded.unwrap_or_default() {
            log_failure("removing a file", self.files.remove(&hash).await);
        }
    }
}
