//! Exports: an archive of what a user has of their own.

use super::App;
use crate::chat::export::{self, Export};
use crate::chat::user::UserKind;
use crate::chat::{Limits, Tx};
use crate::clock::now_ms;
use crate::error::Result;
use crate::i18n::Lang;
use crate::ids::UserId;

impl App {
    /// Asks for an archive, which a job makes.
    ///
    /// # Errors
    /// `rate_limited`, also within a day of the last one; `unavailable` on a full disk.
    pub async fn request_export(&self, me: UserId, lang: Lang) -> Result<()> {
        self.rates.act(me)?;
        self.budgets.check_space(&self.disk_space, me)?;
        let request = move |tx: &mut Tx, _: &Limits, now| export::request(tx, now, me, lang.code());
        let unneeded = self.write(me, request).await?;
        self.remove_bytes(unneeded).await;
        Ok(())
    }

    /// Checks that the disk has space for more of an archive, which everybody else needs first.
    ///
    /// # Errors
    /// `unavailable` where it is almost full.
    pub(crate) fn check_archive_space(&self) -> Result<()> {
        self.disk_space.check(UserKind::Guest)
    }

    /// Returns what is known of a user's archive.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn export(&self, me: UserId) -> Result<Option<Export>> {
        self.db.read(move |tx| export::find(tx, now_ms(), me)).await
    }

    /// Returns the hash of a user's archive.
    ///
    /// # Errors
    /// `not_found` unless it is ready.
    pub async fn export_hash(&self, me: UserId) -> Result<String> {
        self.db.read(move |tx| export::hash(tx, now_ms(), me)).await
    }

    /// Removes archives that have ended.
    pub(super) async fn sweep_exports(&self, now: i64) -> Result<()> {
        let unneeded = self.write(crate::db::Subject::Server, move |tx, _, _| export::sweep(tx, now)).await?;
        self.remove_bytes(unneeded).await;
        Ok(())
    }
}
