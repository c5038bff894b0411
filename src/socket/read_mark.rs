//! Read marks: collected here, stored and sent once a second.

use super::ChatSocket;
use super::typing::not_in_room;
use crate::error::{Error, Result};
use crate::service::App;
use crate::wire::{self, Answer, Nothing};

pub(super) async fn read(app: App, socket: ChatSocket, request: wire::Read) -> Result<Answer<Nothing>> {
    let (room_id, me) = (request.room.id()?, socket.user()?);
    if !me.rooms.contains(room_id) {
        return Err(not_in_room(&app, me, room_id).await);
    }
    if request.seq < 0 || !app.may_have_seen(me.id, room_id, request.seq).await? {
        return Err(Error::invalid("seq", "seq must be that of a message"));
    }
    app.realtime.changes.read(room_id, me.id, request.seq);
    Ok(Nothing {}.into())
}
