//! From what is new in a room to the members who are notified of it.

use super::worker::Attempt;
use crate::chat::kinds::JobKind;
use crate::chat::notification::{self, Work};
use crate::chat::{Tx, outbox};
use crate::clock::now_ms;
use crate::ids::RoomId;
use crate::service::App;

/// After so many batches of members the next ones are another job, which begins where this one ended.
const BATCHES: usize = 20;

impl App {
    /// Queues the pushes and mails for a room, some members at a time: they are checked outside of the writer. The payload is
    /// a [`Work`], or empty.
    pub(super) async fn try_notify(&self, room_id: RoomId, payload: &str) -> Attempt {
        let mut work = Work::parse(payload);
        for _ in 0..BATCHES {
            let checked = self.db.read(move |tx| notification::check(tx, now_ms(), room_id, work)).await;
            let Ok(checked) = checked else { return Attempt::Failed("the database does not answer") };
            let next = checked.next();
            let noted =
                self.write(room_id, move |tx, limits, now| notification::notify(tx, limits, now, &checked)).await;
            match (noted, next) {
                (Err(_), _) => return Attempt::Failed("the database does not answer"),
                (Ok(()), None) => return Attempt::Done(None),
                (Ok(()), next) => work.after = next,
            }
        }
        let rest = work.to_string();
        Attempt::Done(Some(Box::new(move |tx: &mut Tx| {
            outbox::enqueue(tx, now_ms(), JobKind::Notify, room_id, None, &rest)
        })))
    }
}
