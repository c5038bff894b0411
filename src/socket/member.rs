//! Members over the socket: list, kick.

use super::ChatSocket;
use crate::chat::member;
use crate::error::Result;
use crate::service::App;
use crate::wire::{Answer, Kick, Members, Rev, RoomOnly};

pub(super) async fn members(app: App, socket: ChatSocket, request: RoomOnly) -> Result<Answer<Members>> {
    let members = app.named_members(socket.user()?.id, request.room.id()?).await?;
    Ok(Members { members }.into())
}

pub(super) async fn kick(app: App, socket: ChatSocket, request: Kick) -> Result<Answer<Rev>> {
    let (me, room_id) = (socket.user()?.id, request.room.id()?);
    let Kick { user_id, ban, hours, reason, revoke_invites, .. } = request;
    let rev = app.kick(me, room_id, member::Kick { user_id, ban, hours, reason, revoke_invites }).await?;
    Ok(Rev { rev }.into())
}
