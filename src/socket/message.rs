//! Messages over the socket: send, edit, delete, react, pin.

use super::ChatSocket;
use crate::error::Result;
use crate::service::App;
use crate::wire::{self, Answer, Rev, Sent};

pub(super) async fn send(app: App, socket: ChatSocket, request: wire::Send) -> Result<Answer<Sent>> {
    let room_id = request.room.id()?;
    let new = wire::NewMessage::from(request);
    let sent = app.send(socket.user()?.id, room_id, new.into()).await?;
    let message = sent.message;
    // The rev of the first answer is the message's seq, whatever has changed since.
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
