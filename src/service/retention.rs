//! The removal of messages, files and rooms that are kept for a time only. `app/schedule.rs` says when it runs.

use std::time::Instant;

use tokio::time::sleep;

use super::{App, log_failure};
use crate::chat::retention::{self, Expiry};
use crate::chat::{Limits, Tx};
use crate::error::Result;
use crate::ids::RoomId;

/// Rooms looked at in one step.
const ROOMS: u32 = 100;

impl App {
    /// Removes messages, files and rooms that are older than admins and owners keep them, a few at a time.
    pub async fn remove_what_is_too_old(&self) {
        let Some(now) = self.clock.now_ms(self.config.clock_settling).filter(|_| self.is_leader()) else { return };
        log_failure("removing old messages", self.remove_expired_messages(now).await);
        log_failure("removing rooms that nobody uses", self.remove_idle_rooms(now).await);
    }

    async fn remove_expired_messages(&self, now: i64) -> Result<()> {
        let mut after = RoomId::from_u128(0);
        loop {
            let limits = self.config.limits.clone();
            let page = self.db.read(move |tx| retention::expiries(tx, &limits, now, after, ROOMS)).await?;
            let (expiries, Some(last)) = page else { return Ok(()) };
            after = last;
            // One room that fails holds up no other.
            for expiry in expiries {
                log_failure("removing old messages of a room", self.remove_expired_of(expiry).await);
            }
        }
    }

    async fn remove_expired_of(&self, expiry: Expiry) -> Result<()> {
        loop {
            let numbers = self.db.read(move |tx| retention::expired(tx, expiry)).await?;
            if numbers.is_empty() {
                return Ok(());
            }
            self.realtime.wait_for_space(expiry.room_id).await;
            let begin = Instant::now();
            let remove = move |tx: &mut Tx, limits: &Limits, now| retention::remove(tx, limits, now, expiry, &numbers);
            let Some(unneeded) = self.write(expiry.room_id, remove).await? else { return Ok(()) };
            let took = begin.elapsed();
            self.remove_bytes(unneeded).await;
            // Sends have the writer for as long.
            sleep(took).await;
        }
    }

    /// Whether somebody reads in a room, which keeps it: also who hides their presence.
    fn is_somebody_in(&self, id: RoomId) -> bool {
        self.realtime.online_count(id) > 0 || self.realtime.connected_count(id) > 0
    }

    async fn remove_idle_rooms(&self, now: i64) -> Result<()> {
        let mut after = RoomId::from_u128(0);
        loop {
            let limits = self.config.limits.clone();
            let page = self.db.read(move |tx| retention::idle_rooms(tx, &limits, now, after, ROOMS)).await?;
            let Some(last) = page.last() else { break };
            after = *last;
            for id in page.into_iter().filter(|&id| !self.is_somebody_in(id)) {
                let removed = self.write(id, move |tx, limits, now| retention::remove_idle_room(tx, limits, now, id));
                log_failure("removing a room that nobody uses", removed.await);
            }
        }
        self.sweep_rooms().await;
        Ok(())
    }
}
