//! The removal of what has expired. `app/schedule.rs` says when it runs.

use std::time::Duration;

use super::{App, log_failure};
use crate::chat::file as stored_file;
use crate::chat::room::forget_tombstones;
use crate::chat::session as stored_session;
use crate::db::Subject;

/// How long an upload waits for a message.
const PENDING_UPLOAD: Duration = Duration::from_secs(24 * 3_600);
/// How long the server remembers that a room existed.
const TOMBSTONE: Duration = Duration::from_secs(30 * 24 * 3_600);

impl App {
    /// Removes what has expired: sessions, rooms, deleted accounts, uploads and files.
    pub async fn housekeeping(&self) {
        self.realtime.connections.forget_ended();
        self.erase_deleted_accounts().await;
        if let Some(fetcher) = &self.fetcher {
            fetcher.prune();
        }
        self.sweep_rooms().await;
        if let Some(now) = self.clock.now_ms(self.config.clock_settling) {
            self.remove_expired(now).await;
        }
        self.remove_postponed().await;
        self.db.purge_index();
    }

    async fn remove_expired(&self, now: i64) {
        log_failure(
            "removing expired sessions",
            self.write(Subject::Server, move |tx, _, _| stored_session::sweep(tx, now)).await,
        );
        let before = now - TOMBSTONE.as_millis() as i64;
        let forgotten = self.write(Subject::Server, move |tx, _, _| forget_tombstones(tx, before)).await;
        log_failure("removing tombstones", forgotten);
        let before = now - PENDING_UPLOAD.as_millis() as i64;
        match self.write(Subject::Server, move |tx, _, _| stored_file::sweep(tx, before)).await {
            Ok(unneeded) => self.remove_bytes(unneeded).await,
            failed => log_failure("removing unused uploads", failed),
        }
    }
}
