//! Typing: sent to the others in a room, never stored.

use socketio::{Namespace, Recipient};

use super::ChatSocket;
use crate::chat::node::NodeEvent;
use crate::chat::user::User;
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
    let is_shown =
        !app.realtime.is_large(room_id) && !app.realtime.connections.privacy_in(room_id, me.id).hides_presence;
    let may_send = is_shown && app.rates.may_send_typing(room_id, me.id);
    if may_send && app.shows_typing(me.id, room_id).await? {
        let user = me.profile();
        send(socket.socket.namespace(), room_id, &user).await.map_err(Error::internal)?;
        app.realtime.announce(|| NodeEvent::Typing { room_id, user: Box::new(User::clone(&user)) });
    }
    Ok(Nothing {}.into())
}

/// Shows to the others in a room that a user is typing.
pub(super) async fn send(chat: &Namespace, room_id: RoomId, user: &User) -> serde_json::Result<()> {
    let packet = chat.packet("typing", &wire::Typing { room: room_id, user })?;
    let user_id = user.id;
    let is_other = move |other: &ConnectedUser| other.id != user_id;
    let reader =
        move |socket: &Recipient<'_>| socket.data::<ConnectedUser>().is_some_and(is_other).then(|| packet.clone());
    chat.to(&room_id.to_string()).each(reader).await;
    Ok(())
}

/// Returns the error for a socket that is not in a room: the room is gone, or the socket has not joined it.
pub(super) async fn not_in_room(app: &App, me: &ConnectedUser, room_id: RoomId) -> Error {
    app.check_member(me.id, room_id).await.err().unwrap_or(Code::NotAMember.into())
}
