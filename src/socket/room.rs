//! Rooms over the socket: join, leave, hand over.

use serde_json::value::{RawValue, to_raw_value};
use socketio::{Closing, DisconnectReason, Socket};

use super::ChatSocket;
use crate::chat::member::seen_by;
use crate::chat::message::{Changes, Message};
use crate::chat::user::Privacy;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::realtime::ConnectedUser;
use crate::service::{App, Snapshot};
use crate::view;
use crate::wire::{
    Answer, Auth, Encoded, HandOver, Join, JoinCredentials, Joined, Nothing, Own, Rev, RoomOnly, SharedJson, Variant,
    WireMessage,
};

/// The maximum number of rooms of one socket.
const ROOMS_PER_SOCKET: usize = 128;

pub(super) async fn join(app: App, socket: ChatSocket, request: Join) -> Result<Answer<Joined>> {
    let room_id = request.room.id()?;
    join_room(&app, &socket, room_id, request.into()).await
}

pub(super) async fn leave(app: App, socket: ChatSocket, request: RoomOnly) -> Result<Answer<Nothing>> {
    app.leave(socket.user()?.id, request.room.id()?).await?;
    Ok(Nothing {}.into())
}

pub(super) async fn hand_over(app: App, socket: ChatSocket, request: HandOver) -> Result<Answer<Rev>> {
    let room = app.hand_over(&socket.user()?.profile(), request.room.id()?, request.user_id).await?;
    Ok(Rev { rev: room.rev }.into())
}

/// How a socket joins a room: by the event or with the handshake.
#[derive(Clone)]
pub(super) struct Entry {
    credentials: JoinCredentials,
    since: Option<i64>,
    epoch: Option<String>,
    resume: bool,
}

impl From<Join> for Entry {
    fn from(request: Join) -> Self {
        let credentials = JoinCredentials { password: request.password, invite: request.invite };
        Self { credentials, since: request.since, epoch: request.epoch, resume: request.resume }
    }
}

impl From<Auth> for Entry {
    fn from(auth: Auth) -> Self {
        let credentials = JoinCredentials { password: auth.password, invite: auth.invite };
        Self { credentials, since: auth.since, epoch: auth.epoch, resume: auth.resume }
    }
}

/// Joins a socket to a room without a gap: its events are held from before the snapshot is read until it is sent.
pub(super) async fn join_room(app: &App, socket: &ChatSocket, room_id: RoomId, entry: Entry) -> Result<Answer<Joined>> {
    let me = socket.user()?;
    app.rates.resume(me.id)?;
    // An invalid request does not make the user a member.
    if entry.since.is_some_and(|since| since < 0) {
        return Err(Error::invalid("since", "since must not be negative"));
    }
    match try_join(app, &socket.socket, me, room_id, entry.clone()).await {
        Err(JoinError::MembershipEnded { was_inside }) => {
            // A socket that was in the room only asks for what it missed: if its user was removed meanwhile, that
            // does not make them a member again. Any other socket joins like a new one.
            if was_inside {
                app.check_member(me.id, room_id).await?;
            }
            try_join(app, &socket.socket, me, room_id, entry).await.map_err(Error::from)
        }
        done => done.map_err(Error::from),
    }
}

enum JoinError {
    /// The membership of the request ended before the snapshot was sent.
    MembershipEnded {
        was_inside: bool,
    },
    Refused(Error),
}

impl From<Error> for JoinError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::MembershipEnded { .. } => Code::NotAMember.into(),
            JoinError::Refused(error) => error,
        }
    }
}

async fn try_join(
    app: &App,
    socket: &Socket,
    me: &ConnectedUser,
    room_id: RoomId,
    Entry { credentials, since, epoch, resume }: Entry,
) -> Result<Answer<Joined>, JoinError> {
    if me.rooms.len() >= ROOMS_PER_SOCKET && !me.rooms.contains(room_id) {
        return Err(Error::from(Code::TooMany).into());
    }
    let joining = match resume {
        true => app.rejoin(me.id, room_id).await?,
        false => app.join(&me.profile(), room_id, credentials, me.address).await?,
    };
    if !me.rooms.contains(room_id) {
        // The end of an earlier membership must not end this one, also when another tab has begun it.
        app.drained(room_id).await?;
    }
    // Checked only now: the end of an earlier membership may have taken the socket out meanwhile.
    let was_inside = me.rooms.contains(room_id);
    let name = room_id.to_string();
    // A socket already in the room is re-joined: what it misses meanwhile is in the snapshot.
    socket.leave(&name);
    socket.join_held(&name);
    if !was_inside {
        me.rooms.add(room_id, joining.joined_rev);
        app.realtime.connected(room_id, joining.room.ephemeral, &me.profile());
    }
    let snapshot = match app.snapshot(me.id, room_id, since, epoch).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            let has_ended = error.code == Code::NotAMember && !joining.newly;
            if has_ended {
                // The end of the membership has a place in the room's queue; a removed user gets `kicked` there.
                // If the database is away, the socket leaves all the same.
                let _ = app.drained(room_id).await;
            }
            leave_room(app, socket, me, room_id);
            if was_inside && error.code.is_retryable() {
                // It missed events and would get no more: the client must reconnect.
                socket.session().close(Closing::Now(DisconnectReason::ServerClose));
            }
            return Err(if has_ended { JoinError::MembershipEnded { was_inside } } else { error.into() });
        }
    };
    if !me.rooms.renew(room_id, snapshot.joined_rev) {
        // The room's queue took the socket out while the snapshot was read.
        return Err(JoinError::MembershipEnded { was_inside });
    }
    let (rev, visible_rev) = (snapshot.messages.value.rev, snapshot.visible_rev);
    app.realtime.note_rev(room_id, Some(me.id), visible_rev);
    let then = {
        let socket = socket.clone();
        move || {
            socket.release(&name, rev.unsigned_abs());
            // If it cannot be sent, the next rev heartbeat follows.
            let _ = socket.emit("rev", &serde_json::json!({ name: visible_rev }));
        }
    };
    Ok(Answer::long(joined(snapshot, me).map_err(Error::internal)?, then))
}

fn leave_room(app: &App, socket: &Socket, me: &ConnectedUser, room_id: RoomId) {
    socket.leave(&room_id.to_string());
    if me.rooms.remove(room_id) {
        app.realtime.disconnected(room_id, me.id);
    }
}

fn joined(snapshot: Snapshot, me: &ConnectedUser) -> serde_json::Result<Joined> {
    let Snapshot { room, me: member, mute, members, messages, .. } = snapshot;
    let (rev, gap) = (messages.value.rev, messages.value.gap);
    let privacy = *me.privacy.read();
    let members = match privacy == Privacy::default() {
        // Members look the same in every variant.
        true => Encoded(members.json(Variant::from_index(0), to_raw_value)?),
        false => Encoded(to_raw_value(&seen_by(me.id, privacy, members.value.clone()))?.into()),
    };
    Ok(Joined { own: Own { room, me: member, mute, rev, gap }, members, messages: encoded(&messages, me)? })
}

/// Returns the messages as this reader gets them: like all others with the same variant, unless one of their own keys
/// is among them.
fn encoded(messages: &SharedJson<Changes>, me: &ConnectedUser) -> serde_json::Result<Encoded> {
    let is_sender = |message: &Message| message.user.as_ref().is_some_and(|user| user.id == me.id);
    let has_own = messages.value.messages.iter().any(|message| message.key.is_some() && is_sender(message));
    if has_own {
        return Ok(Encoded(encode(&messages.value, me.variant, Some(me.id))?.into()));
    }
    messages.json(me.variant, |changes| encode(changes, me.variant, None)).map(Encoded)
}

fn encode(changes: &Changes, variant: Variant, reader: Option<UserId>) -> serde_json::Result<Box<RawValue>> {
    let messages = changes.messages.iter().map(|message| {
        let html = variant.html.then(|| view::message_html(message, variant.lang));
        let message = WireMessage::new(message.clone(), variant.lang, reader);
        match html {
            Some(html) => message.with_html(html),
            None => message,
        }
    });
    to_raw_value(&messages.collect::<Vec<_>>())
}
