//! The removal of what has expired. `app/schedule.rs` says when it runs.

use std::time::Duration;

use super::{App, log_failure};
use crate::chat::account::end_suspensions;
use crate::chat::file as stored_file;
use crate::chat::member::forget_ended;
use crate::chat::report;
use crate::chat::room::forget_tombstones;
use crate::chat::session as stored_session;
use crate::chat::{guest, outbox, outgoing_hook};
use crate::db::Subject;
use crate::error::Result;
use crate::ids::UserId;

/// How long an upload waits for a message.
const PENDING_UPLOAD: Duration = Duration::from_secs(24 * 3_600);
/// How long the server remembers that a room existed.
const TOMBSTONE: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Guests looked at in one step of their removal.
const GUESTS: u32 = 100;

impl App {
    /// Removes what has expired: sessions, guests, rooms, deleted accounts, uploads and files.
    pub async fn housekeeping(&self) {
        self.realtime.connections.forget_ended();
        self.recheck_store().await;
        self.remove_postponed().await;
        if !self.is_leader() {
            return;
        }
        self.erase_deleted_accounts().await;
        if let Some(fetcher) = &self.fetcher {
            fetcher.prune();
        }
        self.sweep_rooms().await;
        if let Some(now) = self.clock.now_ms(self.config.clock_settling) {
            self.remove_expired(now).await;
        }
        self.db.purge_index();
    }

    async fn remove_expired(&self, now: i64) {
        log_failure(
            "removing expired sessions",
            self.write(Subject::Server, move |tx, limits, _| stored_session::sweep(tx, limits, now)).await,
        );
        log_failure("ending suspensions", self.write(Subject::Server, |tx, _, now| end_suspensions(tx, now)).await);
        log_failure("ending mutes and bans", self.write(Subject::Server, |tx, _, now| forget_ended(tx, now)).await);
        log_failure("removing reports", self.write(Subject::Server, |tx, _, now| report::sweep(tx, now)).await);
        log_failure("removing guests who have gone", self.remove_strangers(now).await);
        let before = now - TOMBSTONE.as_millis() as i64;
        let forgotten = self.write(Subject::Server, move |tx, _, _| forget_tombstones(tx, before)).await;
        log_failure("removing tombstones", forgotten);
        let swept = self.write(Subject::Server, move |tx, _, _| outbox::dead::sweep(tx, now)).await;
        log_failure("removing old jobs", swept);
        let swept = self.write(Subject::Server, move |tx, _, _| outgoing_hook::sweep(tx, now)).await;
        log_failure("removing old deliveries", swept);
        let swept = self.write(Subject::Server, move |tx, _, _| outgoing_hook::sweep_answers(tx, now)).await;
        log_failure("removing addresses of answers", swept);
        log_failure("removing archives", self.sweep_exports(now).await);
        let before = now - PENDING_UPLOAD.as_millis() as i64;
        match self.write(Subject::Server, move |tx, _, _| stored_file::sweep(tx, before)).await {
            Ok(unneeded) => self.remove_bytes(unneeded).await,
            failed => log_failure("removing unused uploads", failed),
        }
    }

    /// Removes guests who never joined a room and have gone.
    async fn remove_strangers(&self, now: i64) -> Result<()> {
        loop {
            let found = self.db.read(move |tx| guest::strangers(tx, now, GUESTS)).await?;
            let is_last = found.len() < GUESTS as usize;
            let remove = self.write(Subject::Server, move |tx, _, _| guest::remove_strangers(tx, now, &found));
            self.remove_bytes(remove.await?).await;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Ends the memberships of guests whose session has ended. A direct room goes with the last of its two.
    pub async fn sweep_guests(&self) {
        if !self.is_leader() {
            return;
        }
        log_failure("looking for guests who have gone", self.end_unreachable_memberships().await);
        self.sweep_rooms().await;
    }

    async fn end_unreachable_memberships(&self) -> Result<()> {
        let mut after = UserId::from_u128(0);
        loop {
            let found = self.db.read(move |tx| guest::unreachable(tx, after, GUESTS)).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = *last;
            for user_id in found {
                let ended = self.end_memberships_for_good(user_id, false).await;
                log_failure("ending the memberships of a guest who has gone", ended);
            }
        }
    }
}
