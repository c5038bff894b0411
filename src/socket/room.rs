//! Rooms over the socket: coming in, leaving.

use serde_json::value::{RawValue, to_raw_value};
use socketio::{Reason, Socket};

use super::ChatSocket;
use crate::chat::message::{Changes, Message};
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::ids::{RoomId, UserId};
use crate::realtime::ConnectedUser;
use crate::service::{App, Key, Snapshot};
use crate::view;
use crate::wire::SharedJson;
use crate::wire::{Answer, Auth, Encoded, Join, Joined, Nothing, Own, RoomOnly, WireMessage};

/// Rooms one socket may be in.
const ROOMS_PER_SOCKET: usize = 128;

pub(super) async fn join(app: App, socket: ChatSocket, request: Join) -> Result<Answer<Joined>> {
    let room_id = request.room.id()?;
    enter(&app, &socket, room_id, request.into()).await
}

/// How a socket comes into a room: by the event or with the handshake.
#[derive(Clone)]
pub(super) struct Entry {
    key: Key,
    since: Option<i64>,
    epoch: Option<String>,
}

macro_rules! entries {
    ($($request:ty)+) => {$(
        impl From<$request> for Entry {
            fn from(request: $request) -> Self {
                let key = Key { password: request.password, invite: request.invite };
                Self { key, since: request.since, epoch: request.epoch }
            }
        }
    )+};
}

entries! { Join Auth }

/// Lets a socket into a room, so that what it is told now and what it hears from now on meet
/// without a gap: its events are held from before the snapshot is read until it has been told.
pub(super) async fn enter(app: &App, socket: &ChatSocket, room_id: RoomId, entry: Entry) -> Result<Answer<Joined>> {
    let person = socket.user()?;
    app.rates.resume(person.id)?;
    // Asked amiss, nobody becomes a member by it.
    if entry.since.is_some_and(|since| since < 0) {
        return Err(Error::invalid("since", "since must not be negative"));
    }
    match come_in(app, socket, person, room_id, entry.clone()).await {
        Err(Missed::Place { was_inside }) => {
            // Who was inside asks only for what they missed: one who was shown out meanwhile does not
            // come in anew by it. Anybody else comes as anybody does.
            if was_inside {
                app.is_member(person.id, room_id).await?;
            }
            come_in(app, socket, person, room_id, entry).await.map_err(Error::from)
        }
        done => done.map_err(Error::from),
    }
}

/// Why somebody did not come in.
enum Missed {
    /// The membership that they had when they asked ended before they were told.
    Place {
        was_inside: bool,
    },
    Refused(Error),
}

impl From<Error> for Missed {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Missed> for Error {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Place { .. } => Code::NotAMember.into(),
            Missed::Refused(error) => error,
        }
    }
}

async fn come_in(
    app: &App,
    socket: &ChatSocket,
    person: &ConnectedUser,
    room_id: RoomId,
    Entry { key, since, epoch }: Entry,
) -> Result<Answer<Joined>, Missed> {
    let socket = &socket.socket;
    if person.rooms.len() >= ROOMS_PER_SOCKET && !person.rooms.contains(room_id) {
        return Err(Error::from(Code::TooMany).into());
    }
    let joining = app.join(&person.user(), room_id, key, person.address).await?;
    if !person.rooms.contains(room_id) {
        // The end of an earlier membership must not end this one, also when another tab has begun it.
        app.realtime.drained(room_id).await;
    }
    // Looked at only now: the end of an earlier membership may have taken the socket out meanwhile.
    let is_inside = person.rooms.contains(room_id);
    let name = room_id.to_string();
    // Who is inside already leaves the fan-out for a moment: what it misses is in the snapshot.
    socket.leave(&name);
    socket.join_held(&name);
    if !is_inside {
        person.rooms.add(room_id, joining.joined_rev);
        app.realtime.joined(room_id, joining.room.ephemeral, &person.user());
    }
    let snapshot = match app.snapshot(person.id, room_id, since, epoch).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            let has_ended = error.code == Code::NotAMember && !joining.newly;
            if has_ended {
                // Its end has a place in the room's queue: who was shown out is told so there.
                app.realtime.drained(room_id).await;
            }
            // Removed in between, or asked amiss: the socket is not in the room.
            step_out(app, socket, person, room_id);
            if is_inside && error.code.is_retryable() {
                // It missed something and would hear no more: the client must come back.
                socket.session().close(Reason::TransportClose);
            }
            return Err(if has_ended { Missed::Place { was_inside: is_inside } } else { error.into() });
        }
    };
    if !person.rooms.renew(room_id, snapshot.joined_rev) {
        // The room's queue has taken the socket out while it was looked.
        return Err(Missed::Place { was_inside: is_inside });
    }
    let (rev, visible_rev) = (snapshot.messages.value.rev, snapshot.visible_rev);
    app.realtime.note_rev(room_id, Some(person.id), visible_rev);
    let follow = {
        let socket = socket.clone();
        move || {
            socket.release(&name, rev.unsigned_abs());
            // A beacon that did not leave is followed by another.
            let _ = socket.emit("rev", &serde_json::json!({ name: visible_rev }));
        }
    };
    Ok(Answer::long(joined(snapshot, person).map_err(Error::internal)?, follow))
}

fn step_out(app: &App, socket: &Socket, person: &ConnectedUser, room_id: RoomId) {
    socket.leave(&room_id.to_string());
    if person.rooms.remove(room_id) {
        app.realtime.leave(room_id, person.id);
    }
}

fn joined(snapshot: Snapshot, person: &ConnectedUser) -> serde_json::Result<Joined> {
    let Snapshot { room, me, members, messages, .. } = snapshot;
    let (rev, gap) = (messages.value.rev, messages.value.gap);
    let members = Encoded(members.json(0, to_raw_value)?);
    Ok(Joined { own: Own { room, me, rev, gap }, members, messages: told(&messages, person)? })
}

/// The messages as this reader gets them: as all others of their kind do, unless the key of one of
/// them is theirs.
fn told(messages: &SharedJson<Changes>, person: &ConnectedUser) -> serde_json::Result<Encoded> {
    let (lang, wants_html) = (person.lang, person.wants_html);
    let is_sender = |message: &Message| message.user.as_ref().is_some_and(|user| user.id == person.id);
    let has_own = messages.value.messages.iter().any(|message| message.key.is_some() && is_sender(message));
    if has_own {
        return Ok(Encoded(encode(&messages.value, lang, wants_html, Some(person.id))?.into()));
    }
    let form = lang as usize | usize::from(wants_html) << 1;
    messages.json(form, |changes| encode(changes, lang, wants_html, None)).map(Encoded)
}

fn encode(
    changes: &Changes,
    lang: Lang,
    wants_html: bool,
    reader: Option<UserId>,
) -> serde_json::Result<Box<RawValue>> {
    let messages = changes.messages.iter().map(|message| {
        let html = wants_html.then(|| view::message_html(message, lang));
        let message = WireMessage::new(message.clone(), lang, reader);
        match html {
            Some(html) => message.with_html(html),
            None => message,
        }
    });
    to_raw_value(&messages.collect::<Vec<_>>())
}

pub(super) async fn leave(app: App, socket: ChatSocket, request: RoomOnly) -> Result<Answer<Nothing>> {
    app.leave(socket.user()?.id, request.room.id()?).await?;
    Ok(Nothing {}.into())
}
