//! Messages over the socket.

use super::Speaker;
use super::wire::{self, Answer, Nothing, Rev, RoomOnly, Sent};
use crate::chat::message::New;
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::live::Person;
use crate::state::State;

pub(super) async fn send(state: State, speaker: Speaker, asked: wire::Send) -> Result<Answer<Sent>> {
    let room_id = asked.room.id()?;
    let new = New {
        key: Some(asked.key),
        text: asked.text,
        reply_to: asked.reply_to,
        file_ids: asked.file_ids,
        to: asked.to,
    };
    let sent = state.send(speaker.person()?.id, room_id, new).await?;
    let message = sent.message;
    // The rev of the first answer is the rev at birth, whatever happened to the message since.
    let answer =
        Sent { id: message.id, seq: message.seq, rev: message.seq, created_at: message.created_at, dup: sent.dup };
    Ok(answer.into())
}

pub(super) async fn edit(state: State, speaker: Speaker, asked: wire::Edit) -> Result<Answer<Rev>> {
    let message = state.edit(speaker.person()?.id, asked.id.id()?, asked.text).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn delete(state: State, speaker: Speaker, asked: wire::MessageOnly) -> Result<Answer<Rev>> {
    let message = state.delete(speaker.person()?.id, asked.id.id()?).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn react(state: State, speaker: Speaker, asked: wire::React) -> Result<Answer<Rev>> {
    let message = state.react(speaker.person()?.id, asked.id.id()?, asked.emoji, asked.on).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn pin(state: State, speaker: Speaker, asked: wire::Pin) -> Result<Answer<Rev>> {
    let message = state.pin(speaker.person()?.id, asked.id.id()?, asked.on).await?;
    Ok(Rev { rev: message.rev }.into())
}

pub(super) async fn typing(state: State, speaker: Speaker, asked: RoomOnly) -> Result<Answer<Nothing>> {
    let (room_id, person) = (asked.room.id()?, speaker.person()?);
    let name = room_id.to_string();
    if !speaker.socket.is_in(&name) {
        return Err(outside(&state, person, room_id).await);
    }
    if !state.live.is_crowded(room_id) && state.rates.may_tell_typing(room_id, person.id) {
        let namespace = speaker.socket.namespace();
        let user = person.user();
        let told = namespace.packet("typing", &wire::Typing { room: room_id, user: &user });
        let packet = told.map_err(Error::internal)?;
        let is_other = |person: &Person| person.id != user.id;
        namespace.to(&name).each(|socket| socket.data::<Person>().is_some_and(is_other).then(|| packet.clone())).await;
    }
    Ok(Nothing {}.into())
}

pub(super) async fn read(state: State, speaker: Speaker, asked: wire::Read) -> Result<Answer<Nothing>> {
    let (room_id, person) = (asked.room.id()?, speaker.person()?);
    if !person.rooms.contains(room_id) {
        return Err(outside(&state, person, room_id).await);
    }
    if asked.seq < 0 || !state.may_have_seen(person.id, room_id, asked.seq).await? {
        return Err(Error::invalid("seq", "seq must be that of a message"));
    }
    state.live.changes.read(room_id, person.id, asked.seq);
    Ok(Nothing {}.into())
}

/// Why a socket that is not in a room may not act there: the room is gone, or it has not joined.
async fn outside(state: &State, person: &Person, room_id: RoomId) -> Error {
    state.is_member(person.id, room_id).await.err().unwrap_or(Code::NotAMember.into())
}
