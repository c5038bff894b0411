//! A socket's beginning and end: who it is, the room it asks for at once, what it leaves.

use parking_lot::RwLock;
use serde_json::value::RawValue;
use socketio::{Admission, ConnectError, Namespace, Reason, Socket};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::handshake::Caller;
use super::{ChatSocket, room};
use crate::chat::session::{Session, Token};
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::realtime::{ConnectedUser, Label, Rooms};
use crate::service::App;
use crate::wire::{self, Auth, View};

/// Guards the namespace of talk: an identity is needed, and a room asked for must let one in.
pub(super) fn guarded(chat: Namespace, app: &App) -> Namespace {
    let (guarding, leaving) = (app.clone(), app.clone());
    chat.guard(move |socket, auth| {
        let app = guarding.clone();
        async move { admit(app, socket, auth).await.map_err(refused) }
    })
    .on_disconnect(move |socket, reason| {
        let app = leaving.clone();
        async move { gone(&app, &socket, reason) }
    })
}

fn refused(error: Error) -> ConnectError {
    ConnectError::new(error.message.clone()).with_data(&error)
}

async fn admit(app: App, socket: Socket, auth: Option<Box<RawValue>>) -> Result<Admission> {
    let auth: Auth = auth.map_or_else(|| Ok(Auth::default()), |auth| wire::from_json(auth.get().as_bytes()))?;
    let caller = socket.session().visitor().downcast_ref::<Caller>();
    let session = identify(&app, &auth, caller).await?;
    let asked_lang = auth.lang.as_deref().and_then(Lang::from_code);
    let lang = asked_lang.or(caller.map(|caller| caller.lang)).unwrap_or_default();
    let of_the_request = caller.map_or(Ok(None), |caller| caller.room.clone())?;
    let room = auth.room.clone().or(of_the_request);
    let user_id = session.user.id;
    let person = ConnectedUser {
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
    app.realtime.connections.add(user_id, socket.clone());
    if app.realtime.connections.has_ended(session.id) {
        leave_all(&app, &socket);
        return Err(Code::Unauthenticated.into());
    }
    if let Err(error) = app.acquaint(user_id).await {
        leave_all(&app, &socket);
        return Err(error);
    }
    let Some(room) = room else { return Ok(Admission::new()) };
    match join_at_once(&app, &socket, &room, auth).await {
        Ok(admission) => Ok(admission),
        Err(error) => {
            // A refused socket has no end to hear of.
            leave_all(&app, &socket);
            Err(error)
        }
    }
}

async fn identify(app: &App, auth: &Auth, caller: Option<&Caller>) -> Result<Session> {
    // A token decides alone: a bad one is refused, and the cookie is not tried.
    let token = match &auth.token {
        Some(token) => token.parse::<Token>().ok(),
        None => caller.and_then(|caller| caller.token.clone()),
    };
    app.session(token.ok_or(Code::Unauthenticated)?).await
}

async fn join_at_once(app: &App, socket: &Socket, room: &str, auth: Auth) -> Result<Admission> {
    let room = room.parse().map_err(|_| Code::RoomNotFound)?;
    let chat_socket = ChatSocket { socket: socket.clone() };
    let answer = room::enter(app, &chat_socket, room, auth.into()).await?;
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

fn gone(app: &App, socket: &Socket, reason: Reason) {
    tracing::debug!(reason = reason.as_str(), "a socket is gone");
    leave_all(app, socket);
}

fn leave_all(app: &App, socket: &Socket) {
    let Some(person) = socket.data::<ConnectedUser>() else { return };
    app.realtime.connections.remove(person.id, socket.id());
    for room_id in person.rooms.take() {
        app.realtime.leave(room_id, person.id);
    }
}
