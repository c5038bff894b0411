//! Read marks: how far each member has read, stored once a second.

use super::{App, log_failure};
use crate::chat::{Tx, member, message};
use crate::db::Subject;
use crate::error::Result;
use crate::ids::{RoomId, UserId};
use crate::realtime::Marks;

impl App {
    /// Returns whether the user can have seen a message with that seq. The realtime state usually knows. It may be a
    /// moment behind an ack; then the database decides.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn may_have_seen(&self, me: UserId, room_id: RoomId, seq: i64) -> Result<bool> {
        if seq <= self.realtime.visible_rev(room_id, me) {
            return Ok(true);
        }
        let visible = self.db.read(move |tx| message::visible_rev(tx, me, room_id)).await?;
        Ok(seq <= visible)
    }

    /// Stores the read marks of the last second in one write, and returns those that moved.
    pub async fn store_read_marks(&self) -> Vec<(RoomId, Marks)> {
        let marks = self.realtime.changes.take_reads();
        if marks.is_empty() {
            return Vec::new();
        }
        let taken = marks.clone();
        let store = move |tx: &mut Tx| -> Result<Vec<(RoomId, Marks)>> {
            let moved = marks.iter().map(|(room_id, marks)| {
                let marks = marks.iter().map(|(user_id, seq)| (*user_id, *seq));
                let moved = member::mark_read(tx, *room_id, marks.collect())?;
                Ok((*room_id, moved.into_iter().collect::<Marks>()))
            });
            moved.collect()
        };
        match self.db.write(Subject::Server, store).await {
            Ok(moved) => {
                for (room_id, marks) in &moved {
                    marks.keys().for_each(|user_id| self.realtime.changes.has_read(*room_id, *user_id));
                }
                moved.into_iter().filter(|(_, marks)| !marks.is_empty()).collect()
            }
            failed => {
                // They are stored with the next ones.
                for (room_id, marks) in taken {
                    marks.into_iter().for_each(|(user_id, seq)| self.realtime.changes.read(room_id, user_id, seq));
                }
                log_failure("storing read marks", failed);
                Vec::new()
            }
        }
    }
}
