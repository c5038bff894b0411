//! Archives of what a user has of their own: JSON for programs, HTML for people, and their files. Everything is read and
//! written a piece at a time.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::archive::{Archive, StopOnDrop};
use super::worker::Attempt;
use crate::chat::export::{self, OwnMessage};
use crate::chat::file::File;
use crate::chat::user::User;
use crate::chat::{Tx, account, block, notification, session};
use crate::clock::{now_ms, rfc3339};
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::service::App;
use crate::view::export::{ExportHead, ExportMessage, STYLE, TAIL, path_of};

impl App {
    /// Makes the archive of a user.
    pub(super) async fn try_export(&self, user_id: UserId, lang: &str) -> Attempt {
        let lang = Lang::from_code(lang).unwrap_or_default();
        let incoming = match self.files.receive().await {
            Ok(incoming) => incoming,
            Err(_) => return Attempt::Failed("the disk takes no more"),
        };
        // Of a try that took too long the thread would otherwise go on beside the next.
        let stop = StopOnDrop::default();
        let (app, runtime, is_stopped) = (self.clone(), Handle::current(), stop.flag());
        let written = tokio::task::spawn_blocking(move || {
            let mut archive = Archive::new(incoming, runtime, is_stopped.clone());
            app.write_export(&mut archive, &is_stopped, user_id, lang)?;
            archive.finish()
        });
        let incoming = match written.await.map_err(Error::internal) {
            Ok(Ok(incoming)) => incoming,
            // The account was deleted meanwhile.
            Ok(Err(error)) if error.code == Code::NotFound => return Attempt::Done(None),
            Ok(Err(error)) | Err(error) => {
                tracing::warn!(%error, "an archive was not made; it is tried again later");
                return Attempt::Failed("the archive could not be written");
            }
        };
        match self.store_export(user_id, incoming).await {
            Ok(()) => Attempt::Done(None),
            Err(_) => Attempt::Failed("the archive could not be stored"),
        }
    }

    /// Writes all parts. Blocks.
    fn write_export(&self, archive: &mut Archive, is_stopped: &AtomicBool, me: UserId, lang: Lang) -> Result<()> {
        let about = self.db.read_blocking(|tx| about(tx, me))?;
        archive.begin("madang.json")?;
        serde_json::to_writer_pretty(&mut *archive, &about).map_err(Error::internal)?;
        archive.begin("style.css")?;
        put(archive, STYLE)?;
        archive.begin("index.html")?;
        let account = self.db.read_blocking(|tx| account::get(tx, me))?;
        put(archive, &ExportHead { lang, account: &account, made_at: &rfc3339(now_ms()) }.html())?;
        let mut last_room = String::new();
        self.each_message(is_stopped, me, |one| {
            put(archive, &ExportMessage { shows_room: one.room != last_room, one: &one }.html())?;
            last_room = one.room;
            Ok(())
        })?;
        put(archive, TAIL)?;
        archive.begin("messages.json")?;
        put(archive, "[")?;
        let mut separator = "\n";
        self.each_message(is_stopped, me, |one| {
            put(archive, std::mem::replace(&mut separator, ",\n"))?;
            serde_json::to_writer(&mut *archive, &json_of(&one)).map_err(Error::internal)
        })?;
        put(archive, "\n]\n")?;
        self.each_message(is_stopped, me, |one| {
            for file in &one.message.files {
                let Some(hash) = self.db.read_blocking(|tx| export::own_file(tx, me, file.id))? else { continue };
                archive.begin(&path_of(file))?;
                match self.files.copy(&hash, archive) {
                    // Deleted meanwhile.
                    Err(error) if error.code == Code::NotFound => {}
                    copied => copied?,
                }
            }
            Ok(())
        })
    }

    /// Calls `each` for every message of the user, in the order of sending, a page of the history at a time.
    fn each_message(
        &self,
        is_stopped: &AtomicBool,
        me: UserId,
        mut each: impl FnMut(OwnMessage) -> Result<()>,
    ) -> Result<()> {
        let mut reached = 0;
        while let Some((messages, next)) = self.db.read_blocking(|tx| export::messages_after(tx, me, reached))? {
            if self.is_draining() || is_stopped.load(Ordering::Relaxed) {
                return Err(Code::Unavailable.into());
            }
            // The archive does not take the last of the disk.
            self.check_archive_space()?;
            messages.into_iter().try_for_each(&mut each)?;
            reached = next;
        }
        Ok(())
    }
}

/// Returns what the server knows of a user besides their messages. Secrets are not in it.
fn about(tx: &mut Tx, me: UserId) -> Result<Value> {
    let names = |people: Vec<User>| people.into_iter().map(|user| json!({ "id": user.id, "name": user.name }));
    Ok(json!({
        "account": account::get(tx, me)?,
        "sessions": session::devices(tx, now_ms(), me, None)?,
        "blocked": names(block::list(tx, me)?).collect::<Vec<_>>(),
        "muted": names(notification::muted_people(tx, me)?).collect::<Vec<_>>(),
        "roomNotifications": notification::levels(tx, me)?,
        "quietHours": notification::quiet_hours(tx, me)?,
    }))
}

fn json_of(OwnMessage { message, room }: &OwnMessage) -> Value {
    let file =
        |file: &File| json!({ "name": file.name, "type": file.media_type, "size": file.size, "path": path_of(file) });
    json!({
        "id": message.id,
        "room": { "id": message.room_id, "name": room },
        "sentAt": message.created_at,
        "editedAt": message.edited_at,
        "whisperTo": message.to.as_ref().map(|to| &to.name),
        "text": message.text,
        "files": message.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn put(archive: &mut Archive, text: &str) -> Result<()> {
    archive.write_all(text.as_bytes()).map_err(Error::internal)
}
