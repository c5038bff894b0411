//! The people of a room over the socket.

use super::ChatSocket;
use crate::error::Result;
use crate::service::App;
use crate::wire::{Answer, HandOver, Kick, Members, Moderator, Rev, RoomOnly};

pub(super) async fn members(app: App, socket: ChatSocket, request: RoomOnly) -> Result<Answer<Members>> {
    let members = app.named_members(socket.user()?.id, request.room.id()?).await?;
    Ok(Members { members }.into())
}

pub(super) async fn kick(app: App, socket: ChatSocket, request: Kick) -> Result<Answer<Rev>> {
    let (me, room_id) = (socket.user()?.id, request.room.id()?);
    let rev = app.kick(me, room_id, request.user_id, request.ban, request.reason).await?;
    Ok(Rev { rev }.into())
}

pub(super) async fn moderator(app: App, socket: ChatSocket, request: Moderator) -> Result<Answer<Rev>> {
    let rev = app.set_moderator(socket.user()?.id, request.room.id()?, request.user_id, request.on).await?;
    Ok(Rev { rev }.into())
}

pub(super) async fn hand_over(app: App, socket: ChatSocket, request: HandOver) -> Result<Answer<Rev>> {
    let room = app.hand_over(&socket.user()?.user(), request.room.id()?, request.user_id).await?;
    Ok(Rev { rev: room.rev }.into())
}
