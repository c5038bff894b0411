//! From what is new in a room to the members who are notified of it.

use super::worker::Attempt;
use crate::chat::notification;
use crate::ids::RoomId;
use crate::service::App;

impl App {
    /// Queues the pushes and mails for a room, some members at a time, so that no transaction is long.
    pub(super) async fn try_notify(&self, room_id: RoomId) -> Attempt {
        let mut after = None;
        loop {
            let some =
                self.write(room_id, move |tx, limits, now| notification::notify_some(tx, limits, now, room_id, after));
            match some.await {
                Ok(None) => return Attempt::Done(None),
                Ok(last) => after = last,
                Err(_) => return Attempt::Failed("the database does not answer"),
            }
        }
    }
}
