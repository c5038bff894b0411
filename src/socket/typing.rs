//! Typing: sent to the others in a room, never stored.

use super::ChatSocket;
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire::{self, Answer, Nothing, RoomOnly};

pub(super) async fn typing(app: App, socket: ChatSocket, request: RoomOnly) -> Result<Answer<Nothing>> {
    let (room_id, me) = (request.room.id()?, socket.user()?);
    let name = room_id.to_string();
    if !socket.socket.is_in(&name) {
        return Err(not_in_room(&app, me, room_id).await);
    }
    let may_send = !app.realtime.is_large(room_id) && app.rates.may_send_typing(room_id, me.id);
    if may_send && app.reaches_members(me.id, room_id).await? {
        let namespace = socket.socket.namespace();
        let user = me.profile();
        let packet =
            namespace.packet("typing", &wire::Typing { room: room_id, user: &user }).map_err(Error::internal)?;
        let is_other = |other: &ConnectedUser| other.id != user.id;
        namespace
            .to(&name)
            .each(|socket| socket.data::<ConnectedUser>().is_some_and(is_other).then(|| packet.clone()))
            .await;
    }
    Ok(Nothing {}.into())
}

/// Returns the error for a socket that is not in a room: the room is gone, or the socket has not joined it.
pub(super) async fn not_in_room(app: &App, me: &ConnectedUser, room_id: RoomId) -> Error {
    app.check_member(me.id, room_id).await.err().unwrap_or(Code::NotAMember.into())
}
