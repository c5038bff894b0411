//! The people of a room over the socket.

use super::Speaker;
use super::wire::{Answer, HandOver, Kick, Members, Moderator, Rev, RoomOnly};
use crate::error::Result;
use crate::state::State;

pub(super) async fn members(state: State, speaker: Speaker, asked: RoomOnly) -> Result<Answer<Members>> {
    let members = state.named_members(speaker.person()?.id, asked.room.id()?).await?;
    Ok(Members { members }.into())
}

pub(super) async fn kick(state: State, speaker: Speaker, asked: Kick) -> Result<Answer<Rev>> {
    let (me, room_id) = (speaker.person()?.id, asked.room.id()?);
    let rev = state.kick(me, room_id, asked.user_id, asked.ban, asked.reason).await?;
    Ok(Rev { rev }.into())
}

pub(super) async fn moderator(state: State, speaker: Speaker, asked: Moderator) -> Result<Answer<Rev>> {
    let rev = state.set_moderator(speaker.person()?.id, asked.room.id()?, asked.user_id, asked.on).await?;
    Ok(Rev { rev }.into())
}

pub(super) async fn hand_over(state: State, speaker: Speaker, asked: HandOver) -> Result<Answer<Rev>> {
    let room = state.hand_over(&speaker.person()?.user(), asked.room.id()?, asked.user_id).await?;
    Ok(Rev { rev: room.rev }.into())
}
