//! A socket's beginning and end: who it is, the room it asks for at once, what it leaves.

use parking_lot::RwLock;
use serde_json::value::RawValue;
use socketio::{Admission, ConnectError, Namespace, Reason, Socket};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::gate::Caller;
use super::wire::{self, Auth, View};
use super::{Speaker, room};
use crate::chat::session::{Session, Token};
use crate::error::{Code, Error, Result};
use crate::live::{Label, Person, Rooms};
use crate::state::State;
use crate::words::Lang;

/// Guards the namespace of talk: an identity is needed, and a room asked for must let one in.
pub(super) fn guarded(chat: Namespace, state: &State) -> Namespace {
    let (guarding, leaving) = (state.clone(), state.clone());
    chat.guard(move |socket, auth| {
        let state = guarding.clone();
        async move { admit(state, socket, auth).await.map_err(refused) }
    })
    .on_disconnect(move |socket, reason| {
        let state = leaving.clone();
        async move { gone(&state, &socket, reason) }
    })
}

fn refused(error: Error) -> ConnectError {
    ConnectError::new(error.message.clone()).with_data(&error)
}

async fn admit(state: State, socket: Socket, auth: Option<Box<RawValue>>) -> Result<Admission> {
    let auth: Auth = auth.map_or_else(|| Ok(Auth::default()), |auth| wire::from_json(auth.get().as_bytes()))?;
    let caller = socket.session().visitor().downcast_ref::<Caller>();
    let session = identify(&state, &auth, caller).await?;
    let asked_lang = auth.lang.as_deref().and_then(Lang::from_code);
    let lang = asked_lang.or(caller.map(|caller| caller.lang)).unwrap_or_default();
    let of_the_request = caller.map_or(Ok(None), |caller| caller.room.clone())?;
    let room = auth.room.clone().or(of_the_request);
    let user_id = session.user.id;
    let person = Person {
        id: user_id,
        user: RwLock::new(Arc::new(session.user)),
        rooms: Rooms::default(),
        session_id: session.id,
        lang,
        wants_html: auth.view == Some(View::Html),
        address: socket.session().address(),
        is_away: AtomicBool::new(false),
        has_ended: AtomicBool::new(false),
    };
    socket.set_label(Label::new(&person).0);
    socket.set_data(person);
    state.live.people.add(user_id, socket.clone());
    if state.live.people.has_ended(session.id) {
        leave_all(&state, &socket);
        return Err(Code::Unauthenticated.into());
    }
    if let Err(error) = state.acquaint(user_id).await {
        leave_all(&state, &socket);
        return Err(error);
    }
    let Some(room) = room else { return Ok(Admission::new()) };
    match join_at_once(&state, &socket, &room, auth).await {
        Ok(admission) => Ok(admission),
        Err(error) => {
            // A refused socket has no end to hear of.
            leave_all(&state, &socket);
            Err(error)
        }
    }
}

async fn identify(state: &State, auth: &Auth, caller: Option<&Caller>) -> Result<Session> {
    // A token decides alone: a bad one is refused, and the cookie is not tried.
    let token = match &auth.token {
        Some(token) => token.parse::<Token>().ok(),
        None => caller.and_then(|caller| caller.token.clone()),
    };
    state.session(token.ok_or(Code::Unauthenticated)?).await
}

async fn join_at_once(state: &State, socket: &Socket, room: &str, auth: Auth) -> Result<Admission> {
    let room = room.parse().map_err(|_| Code::RoomNotFound)?;
    let speaker = Speaker { socket: socket.clone() };
    let answer = room::enter(state, &speaker, room, auth.into()).await?;
    let socket = socket.clone();
    Ok(Admission::new().then(move || {
        if let Ok(pieces) = answer.body.in_pieces() {
            socket.send_paced(&socket.namespace().packet_in_pieces("joined", pieces));
        }
        if let Some(then) = answer.then {
            then();
        }
    }))
}

fn gone(state: &State, socket: &Socket, reason: Reason) {
    tracing::debug!(reason = reason.as_str(), "a socket is gone");
    leave_all(state, socket);
}

fn leave_all(state: &State, socket: &Socket) {
    let Some(person) = socket.data::<Person>() else { return };
    state.live.people.remove(person.id, socket.id());
    for room_id in person.rooms.take() {
        state.live.leave(room_id, person.id);
    }
}
