//! Files: received, pictures re-encoded, stored, and attached to messages.

mod bucket;
pub(super) mod claim;
mod portrait;
mod upload_slot;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use parking_lot::Mutex;

use super::{App, log_failure};
use crate::chat::file::{self, Entry, File, Kind, NewFile, Stored};
use crate::chat::message::{self, NewMessage, Sent};
use crate::chat::{Tx, export, member};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::files::{self, Content, Incoming, Upload};
use crate::ids::{FileId, RoomId, UserId};
use crate::image::{self, Picture};

pub use upload_slot::{UploadSlot, Uploads};

/// How long a picture waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(20);

/// Files removed before uploads of their lock get their turn, and requests of a remote store at a time.
const REMOVED_AT_ONCE: usize = 64;
const REMOVALS_AT_ONCE: usize = 8;

/// A file that is ready to be stored.
enum Ready {
    Unchanged(Upload),
    Picture(String, Picture),
}

impl App {
    /// Takes a slot for a body with files.
    ///
    /// # Errors
    /// `busy` when the user, the site or all together already send as many at once as allowed.
    pub fn upload_slot(&self, me: UserId) -> Result<UploadSlot> {
        self.uploads.take(me, self.budgets.site_of(me))
    }

    /// Checks whether a user may send a file, before its bytes are read: to a room, only its members. A repeated key
    /// returns the first answer, and the file is not needed.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `not_a_member`; `too_many`.
    pub async fn may_upload(&self, me: UserId, room_id: Option<RoomId>, key: Option<&str>) -> Result<Option<Sent>> {
        self.rates.upload(me)?;
        self.budgets.check_space(&self.disk_space, me)?;
        let (key, limits) = (key.map(str::to_owned), self.config.limits.clone());
        let known = self.db.read(move |tx| {
            if let Some(key) = key
                && let Some(sent) = message::find_sent(tx, me, &key)?
            {
                return Ok(Some(sent));
            }
            if let Some(room_id) = room_id {
                member::role(tx, me, room_id)?;
            }
            file::check_quota(tx, &limits, me, 0, room_id.is_none())?;
            Ok(None)
        });
        known.await
    }

    /// Sends a message that carries files. A repeated key stores none of them.
    ///
    /// # Errors
    /// `bad_image`, `busy`, `too_many`, `unavailable`; and those of a send. See also
    /// [`App::may_upload`].
    pub async fn send_files(&self, me: UserId, room_id: RoomId, new: NewMessage, uploads: Vec<Upload>) -> Result<Sent> {
        if let Some(key) = new.key.clone()
            && let Some(sent) = self.db.read(move |tx| message::find_sent(tx, me, &key)).await?
        {
            return Ok(sent);
        }
        let bytes = uploads.iter().map(|upload| upload.size as usize).sum::<usize>() + new.text.len();
        self.budgets.store(&self.disk_space, me, bytes)?;
        let ready = self.prepare(me, uploads).await?;
        self.realtime.wait_for_space(room_id).await;
        let limits = self.limits_of_text(me, &new.text, new.to.is_some());
        let new = NewMessage { looked: Some(limits.server.look(&new.text)), ..new };
        let send =
            move |tx: &mut Tx, files| message::send_with_files(tx, &limits, now_ms(), me, room_id, new.clone(), files);
        self.store_and_write(room_id.into(), ready, send, |sent| !sent.dup).await
    }

    /// Stores a file that waits for a message of its sender.
    ///
    /// # Errors
    /// `bad_image`, `busy`, `too_many`, `unavailable`. See also [`App::may_upload`].
    pub async fn upload(&self, me: UserId, upload: Upload) -> Result<File> {
        self.budgets.store(&self.disk_space, me, upload.size as usize)?;
        let ready = self.prepare(me, vec![upload]).await?;
        let limits = self.config.limits.clone();
        let add = move |tx: &mut Tx, files: Vec<NewFile>| {
            let file = files.into_iter().next().ok_or(Code::Internal)?;
            file::add(tx, &limits, now_ms(), me, file)
        };
        self.store_and_write(me.into(), ready, add, |_| true).await
    }

    /// Stores an archive that the server has made, for the user who waits for it.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn store_export(&self, me: UserId, archive: Incoming) -> Result<()> {
        let ready = vec![Ready::Unchanged(archive.finish(String::new()).await?)];
        let finish = move |tx: &mut Tx, files: Vec<NewFile>| {
            let NewFile { hash, size, .. } = files.into_iter().next().ok_or(Code::Internal)?;
            export::finish(tx, now_ms(), me, &hash, size)
        };
        self.store_and_write(me.into(), ready, finish, |is_kept| *is_kept).await.map(drop)
    }

    /// Re-encodes the pictures; everything else stays as it is.
    async fn prepare(&self, me: UserId, uploads: Vec<Upload>) -> Result<Vec<Ready>> {
        let mut ready = Vec::with_capacity(uploads.len());
        for upload in uploads {
            ready.push(match upload.is_picture {
                true => Ready::Picture(upload.name.clone(), self.remake(me, upload, image::remake).await?),
                false => Ready::Unchanged(upload),
            });
        }
        Ok(ready)
    }

    /// Decodes and re-encodes a picture on the picture threads. Only here are the bytes of an upload in memory.
    pub(super) async fn remake<T: Send + 'static>(
        &self,
        me: UserId,
        upload: Upload,
        make: impl FnOnce(&[u8], &image::Limits) -> Result<T, image::Refused> + Send + 'static,
    ) -> Result<T> {
        if upload.size > self.config.images.bytes as u64 {
            return Err(Error::new(Code::BadImage).with_message("the image file is too large"));
        }
        let limits = self.config.images.clone();
        let work = move || {
            let bytes = upload.read()?;
            make(&bytes, &limits).map_err(Error::from)
        };
        self.files.cpu_pool.run(self.budgets.network_of(me), QUEUE_TIMEOUT, work).await?
    }

    /// Stores the bytes and writes the rows that name them. It runs to its end even when the client disconnects:
    /// otherwise bytes without a row, or a row whose bytes are being removed, could stay.
    async fn store_and_write<T: Send + 'static>(
        &self,
        subject: Subject,
        ready: Vec<Ready>,
        write: impl Fn(&mut Tx, Vec<NewFile>) -> Result<T> + Send + 'static,
        needs_bytes: fn(&T) -> bool,
    ) -> Result<T> {
        self.require_store().await?;
        let app = self.clone();
        let work = tokio::spawn(async move {
            let (files, contents) = app.write_all(ready).await?;
            let hashes: Vec<String> = contents.iter().map(|content| content.hash.clone()).collect();
            let no_removal = app.files.hash_locks.prevent_removal(&hashes).await;
            let claim = app.claim_storing(&hashes).await?;
            let own = claim.clone();
            let written = match app.keep_all(contents).await {
                Ok(()) => {
                    app.db.write(subject, move |tx| own.release(tx).and_then(|()| write(tx, files.clone()))).await
                }
                Err(error) => Err(error),
            };
            if written.is_err() {
                app.release(claim).await;
            }
            drop(no_removal);
            let is_needed = match &written {
                Ok(written) => needs_bytes(written),
                // A failed commit may be found committed when the database is reopened: the sweep decides.
                Err(error) => error.code == Code::Unavailable,
            };
            if !is_needed {
                // Refused, or a repeat: the bytes are removed unless another row names them.
                app.remove_bytes(hashes).await;
            }
            written
        });
        work.await.map_err(Error::internal)?
    }

    /// Writes what is still in memory to the disk, and returns the files with everything that is to be stored.
    async fn write_all(&self, ready: Vec<Ready>) -> Result<(Vec<NewFile>, Vec<Content>)> {
        let (mut files, mut contents) = (Vec::with_capacity(ready.len()), Vec::new());
        for ready in ready {
            files.push(match ready {
                Ready::Unchanged(upload) => {
                    let file = unchanged(&upload);
                    contents.push(upload.content);
                    file
                }
                Ready::Picture(name, picture) => self.write_picture(name, picture, &mut contents).await?,
            });
        }
        Ok((files, contents))
    }

    async fn write_picture(&self, name: String, picture: Picture, contents: &mut Vec<Content>) -> Result<NewFile> {
        let size = picture.bytes.len() as u64;
        let (mut thumb_hash, mut thumb_type) = (None, None);
        if let Some(thumbnail) = picture.thumbnail {
            let content = self.files.write(thumbnail.bytes).await?;
            (thumb_hash, thumb_type) = (Some(content.hash.clone()), Some(thumbnail.media_type.to_owned()));
            contents.push(content);
        }
        let content = self.files.write(picture.bytes).await?;
        let hash = content.hash.clone();
        contents.push(content);
        Ok(NewFile {
            hash,
            thumb_hash,
            thumb_type,
            name,
            media_type: picture.media_type.to_owned(),
            size,
            width: Some(picture.width),
            height: Some(picture.height),
            animated: Some(picture.animated),
            placeholder: Some(picture.placeholder),
        })
    }

    /// Stores the bytes; the rows are written after it.
    async fn keep_all(&self, contents: Vec<Content>) -> Result<()> {
        for content in contents {
            self.files.keep(content).await?;
        }
        Ok(())
    }

    /// Returns a file that the viewer may see.
    ///
    /// # Errors
    /// `not_found`, also for one that the viewer may not see.
    pub async fn file(&self, viewer: UserId, id: FileId) -> Result<Stored> {
        self.db.read(move |tx| file::get_visible(tx, viewer, id)).await
    }

    /// Returns files of a room, newest first, and the cursor of the next page.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`; `invalid` with the field `limit`.
    pub async fn gallery(
        &self,
        viewer: UserId,
        room_id: RoomId,
        kind: Kind,
        before: Option<FileId>,
        limit: Option<u32>,
    ) -> Result<(Vec<Entry>, Option<FileId>)> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| file::gallery(tx, &limits, viewer, room_id, kind, before, limit)).await
    }

    /// Removes those of the stored bytes that no row names. While a backup reads or the store does not answer, postpones
    /// that. It runs to its end even when the client disconnects: the lock must be held while the store removes.
    pub(super) async fn remove_bytes(&self, hashes: Vec<String>) {
        if hashes.is_empty() {
            return;
        }
        let app = self.clone();
        let removed = tokio::spawn(async move {
            let mut batches = files::batches(hashes, REMOVED_AT_ONCE).into_iter();
            while let Some(batch) = batches.next() {
                if !app.remove_batch(batch).await {
                    return app.files.postpone(batches.flatten().collect());
                }
            }
        });
        log_failure("removing files", removed.await.map_err(Error::internal));
    }

    /// Removes a few of one lock, as none of them is stored meanwhile. Returns whether more can be removed now.
    async fn remove_batch(&self, hashes: Vec<String>) -> bool {
        let Some(first) = hashes.first() else { return true };
        let _no_upload = self.files.hash_locks.prevent_storing(first).await;
        let _no_backup = match self.files.lock_removal() {
            Ok(Some(removal)) => removal,
            Ok(None) => {
                self.files.postpone(hashes);
                return false;
            }
            failed => {
                log_failure("removing files", failed);
                return true;
            }
        };
        // Checked again: another upload may have brought the same content meanwhile.
        let (unneeded, claim) = match self.claim_removal(hashes.clone()).await {
            Ok(claimed) => claimed,
            failed => {
                self.files.postpone(hashes);
                log_failure("looking for unneeded files", failed);
                return true;
            }
        };
        let can_remove_more = self.remove_unneeded(unneeded).await;
        self.release(claim).await;
        can_remove_more
    }

    /// Removes bytes until the store fails. Returns whether it did not.
    async fn remove_unneeded(&self, hashes: Vec<String>) -> bool {
        let (failed, left) = (Mutex::new(None), Mutex::new(Vec::new()));
        // Those that have begun are waited for: they may still be done.
        let removals = stream::iter(hashes).for_each_concurrent(REMOVALS_AT_ONCE, async |hash| {
            if failed.lock().is_some() {
                return left.lock().push(hash);
            }
            // What stays is removed by the sweep.
            if let Err(error) = self.files.remove(hash).await {
                *failed.lock() = Some(error);
            }
        });
        removals.await;
        self.files.postpone(left.into_inner());
        match failed.into_inner() {
            Some(error) => {
                log_failure("removing a file", Err::<(), _>(error));
                false
            }
            None => true,
        }
    }

    /// Removes what could not be removed during a backup.
    pub(super) async fn remove_postponed(&self) {
        self.remove_bytes(self.files.take_postponed()).await;
    }

    /// Removes stored bytes that have had no row for a day, such as those left by a crash between the two. One
    /// prefix is read after the other, so that neither memory nor the store is taken up.
    pub async fn sweep_orphans(&self) {
        if !self.files.is_ours() || !self.is_leader() {
            return;
        }
        let before = now_ms() - self.config.orphan_age.as_millis() as i64;
        log_failure("removing unfinished uploads", self.files.remove_unfinished(before).await);
        for prefix in files::prefixes() {
            let swept = async {
                let old = self.files.stored_before(prefix, before).await?;
                self.db.read(move |tx| file::unreferenced(tx, &old)).await
            };
            match swept.await {
                Ok(orphans) => self.remove_bytes(orphans).await,
                failed => return log_failure("removing unused files", failed),
            }
        }
    }
}

fn unchanged(upload: &Upload) -> NewFile {
    NewFile {
        hash: upload.content.hash.clone(),
        thumb_hash: None,
        thumb_type: None,
        name: upload.name.clone(),
        media_type: upload.media_type.to_owned(),
        size: upload.size,
        width: None,
        height: None,
        animated: None,
        placeholder: None,
    }
}
