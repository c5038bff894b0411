//! Rooms over the socket: coming in, leaving.

use socketio::Reason;

use super::Speaker;
use super::wire::{Answer, Auth, Join, Joined, Nothing, RoomOnly, WireMessage};
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::live::Person;
use crate::state::{Key, Snapshot, State};

/// Rooms one socket may be in.
const ROOMS_PER_SOCKET: usize = 128;

pub(super) async fn join(state: State, speaker: Speaker, asked: Join) -> Result<Answer<Joined>> {
    let room_id = asked.room.id()?;
    enter(&state, &speaker, room_id, asked.into()).await
}

/// How a socket comes into a room: by the event or with the handshake.
pub(super) struct Entry {
    key: Key,
    since: Option<i64>,
    epoch: Option<String>,
}

macro_rules! entries {
    ($($asked:ty)+) => {$(
        impl From<$asked> for Entry {
            fn from(asked: $asked) -> Self {
                let key = Key { password: asked.password, invite: asked.invite };
                Self { key, since: asked.since, epoch: asked.epoch }
            }
        }
    )+};
}

entries! { Join Auth }

/// Lets a socket into a room, so that what it is told now and what it hears from now on meet
/// without a gap: its events are held from before the snapshot is read until it has been told.
pub(super) async fn enter(state: &State, speaker: &Speaker, room_id: RoomId, entry: Entry) -> Result<Answer<Joined>> {
    let (socket, person) = (&speaker.socket, speaker.person()?);
    let Entry { key, since, epoch } = entry;
    state.rates.resume(person.id)?;
    // Asked amiss, nobody becomes a member by it.
    if since.is_some_and(|since| since < 0) {
        return Err(Error::invalid("since", "since must not be negative"));
    }
    if person.rooms.len() >= ROOMS_PER_SOCKET && !person.rooms.contains(room_id) {
        return Err(Code::TooMany.into());
    }
    let joining = state.join(&person.user(), room_id, key, person.address).await?;
    if !person.rooms.contains(room_id) {
        // The end of an earlier membership must not end this one, also when another tab has begun it.
        state.live.passed(room_id).await;
    }
    // Looked at only now: the end of an earlier membership may have taken the socket out meanwhile.
    let is_inside = person.rooms.contains(room_id);
    let name = room_id.to_string();
    // Who is inside already leaves the fan-out for a moment: what it misses is in the snapshot.
    socket.leave(&name);
    socket.join_held(&name);
    if !is_inside {
        person.rooms.add(room_id, joining.joined_rev);
        state.live.enter(room_id, joining.room.ephemeral, &person.user());
    }
    let snapshot = match state.snapshot(person.id, room_id, since, epoch).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            // Removed in between, or asked amiss: the socket is not in the room.
            step_out(state, speaker, person, room_id);
            if is_inside && error.code.is_retryable() {
                // It missed something and would hear no more: the client must come back.
                socket.session().close(Reason::TransportClose);
            }
            return Err(error);
        }
    };
    let (rev, visible_rev) = (snapshot.messages.rev, snapshot.visible_rev);
    state.live.told(room_id, Some(person.id), visible_rev);
    let follow = {
        let socket = socket.clone();
        move || {
            socket.release(&name, rev.unsigned_abs());
            // A beacon that did not leave is followed by another.
            let _ = socket.emit("rev", &serde_json::json!({ name: visible_rev }));
        }
    };
    Ok(Answer::long(joined(snapshot, person), follow))
}

fn step_out(state: &State, speaker: &Speaker, person: &Person, room_id: RoomId) {
    speaker.socket.leave(&room_id.to_string());
    if person.rooms.remove(room_id) {
        state.live.leave(room_id, person.id);
    }
}

fn joined(snapshot: Snapshot, person: &Person) -> Joined {
    let messages = snapshot.messages.messages.into_iter().map(|message| {
        let html = person.wants_html.then(|| crate::view::message_html(&message, person.lang));
        let message = WireMessage::new(message, person.lang, Some(person.id));
        match html {
            Some(html) => message.with_html(html),
            None => message,
        }
    });
    Joined {
        messages: messages.collect(),
        room: snapshot.room,
        me: snapshot.me,
        members: snapshot.members,
        rev: snapshot.messages.rev,
        gap: snapshot.messages.gap,
    }
}

pub(super) async fn leave(state: State, speaker: Speaker, asked: RoomOnly) -> Result<Answer<Nothing>> {
    state.leave(speaker.person()?.id, asked.room.id()?).await?;
    Ok(Nothing {}.into())
}
