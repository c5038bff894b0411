//! Messages over the socket.

use super::ChatSocket;
use crate::chat::message::New;
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire::{self, Answer, Nothing, Rev, RoomOnly, Sent};

pub(super) async fn send(app: App, socket: ChatSocket, request: wire::Send) -> Result<Answer<Sent>> {
    let room_id = request.room.id()?;
    let new = New {
        key: Some(request.key),
        text: request.text,
        reply_to: request.reply_to,
        file_ids: request.file_ids,
        to: request.to,
    };
    let sent = app.send(socket.user()?.id, room_id, new).await?;
    let message = sent.message;
    // The rev of the first answer is the rev at birth, whatever happened to the message since.
    let answer =
        Sent { id: message.id, seq: message.seq, rev: message.seq, created_at: message.created_at, dup: sent.dup };
    Ok(answer.into())
}

pub(super) async fn edit(app: App, socket: ChatSocket, request: wire::Edit) -> Result<Answer<Rev>> {
    let message = app.edit(socket.user()?.id, request.id.id()?, request.text).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn delete(app: App, socket: ChatSocket, request: wire::MessageOnly) -> Result<Answer<Rev>> {
    let message = app.delete(socket.user()?.id, request.id.id()?).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn react(app: App, socket: ChatSocket, request: wire::React) -> Result<Answer<Rev>> {
    let message = app.react(socket.user()?.id, request.id.id()?, request.emoji, request.on).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn pin(app: App, socket: ChatSocket, request: wire::Pin) -> Result<Answer<Rev>> {
    let message = app.pin(socket.user()?.id, request.id.id()?, request.on).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn typing(app: App, socket: ChatSocket, request: RoomOnly) -> Result<Answer<Nothing>> {
    let (room_id, person) = (request.room.id()?, socket.user()?);
    let name = room_id.to_string();
    if !socket.socket.is_in(&name) {
        return Err(outside(&app, person, room_id).await);
    }
    if !app.realtime.is_large(room_id) && app.rates.may_tell_typing(room_id, person.id) {
        let namespace = socket.socket.namespace();
        let user = person.user();
        let told = namespace.packet("typing", &wire::Typing { room: room_id, user: &user });
        let packet = told.map_err(Error::internal)?;
        let is_other = |person: &ConnectedUser| person.id != user.id;
        namespace
            .to(&name)
            .each(|socket| socket.data::<ConnectedUser>().is_some_and(is_other).then(|| packet.clone()))
            .await;
    }
    Ok(Nothing {}.into())
}

pub(super) async fn read(app: App, socket: ChatSocket, request: wire::Read) -> Result<Answer<Nothing>> {
    let (room_id, person) = (request.room.id()?, socket.user()?);
    if !person.rooms.contains(room_id) {
        return Err(outside(&app, person, room_id).await);
    }
    if request.seq < 0 || !app.may_have_seen(person.id, room_id, request.seq).await? {
        return Err(Error::invalid("seq", "seq must be that of a message"));
    }
    app.realtime.changes.read(room_id, person.id, request.seq);
    Ok(Nothing {}.into())
}

/// Why a socket that is not in a room may not act there: the room is gone, or it has not joined.
async fn outside(app: &App, person: &ConnectedUser, room_id: RoomId) -> Error {
    app.is_member(person.id, room_id).await.err().unwrap_or(Code::NotAMember.into())
}
