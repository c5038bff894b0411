//! The beginning and the end of a socket: authentication, the room named in the handshake, cleanup.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::RwLock;
use serde_json::value::RawValue;
use socketio::{Admission, ConnectError, DisconnectReason, Namespace, Socket};

use super::handshake::Caller;
use super::{ChatSocket, room};
use crate::chat::kinds::BotRight;
use crate::chat::session::{Session, Token};
use crate::chat::user::Privacy;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::metrics;
use crate::realtime::{ConnectedUser, Label, Rooms};
use crate::service::App;
use crate::wire::{self, Auth, Variant, View};

/// Adds the middleware that authenticates each socket and joins the room named in the handshake.
pub(super) fn with_sessions(chat: Namespace, app: &App) -> Namespace {
    let (connecting, leaving) = (app.clone(), app.clone());
    chat.connect_middleware(move |socket, auth| {
        let app = connecting.clone();
        async move { connect(app, socket, auth).await.map_err(refused) }
    })
    .on_disconnect(move |socket, reason| {
        let app = leaving.clone();
        async move { disconnected(&app, &socket, reason) }
    })
}

fn refused(error: Error) -> ConnectError {
    ConnectError::new(error.message.clone()).with_data(&error)
}

async fn connect(app: App, socket: Socket, auth: Option<Box<RawValue>>) -> Result<Admission> {
    let auth: Auth = auth.map_or_else(|| Ok(Auth::default()), |auth| wire::from_json(auth.get().as_bytes()))?;
    let caller = socket.session().handshake_data().downcast_ref::<Caller>();
    let session = identify(&app, &auth, caller, socket.session().address()).await?;
    let lang = auth.lang.as_deref().and_then(Lang::from_code).or(caller.map(|caller| caller.lang)).unwrap_or_default();
    let requested = caller.map_or(Ok(None), |caller| caller.room.clone())?;
    // An empty room says that there is none: a page may have moved on since its connection began.
    let room = auth.room.clone().or(requested).filter(|room| !room.is_empty());
    session.require_right(Some(BotRight::Read))?;
    let (user_id, bot) = (session.user.id, session.bot);
    let user = ConnectedUser {
        id: user_id,
        bot,
        profile: RwLock::new(Arc::new(session.user)),
        rooms: Rooms::default(),
        session_id: session.id,
        variant: Variant { lang, html: auth.view == Some(View::Html) },
        address: socket.session().address(),
        is_away: AtomicBool::new(false),
        privacy: RwLock::new(Privacy::HIDDEN),
        has_ended: AtomicBool::new(false),
    };
    socket.set_label(Label::new(&user).0);
    socket.set_data(user);
    app.realtime.connections.add(user_id, socket.clone());
    let connecting = Connecting { app: &app, socket: &socket };
    if app.realtime.connections.has_ended(session.id) {
        return Err(Code::Unauthenticated.into());
    }
    app.load_presence(user_id).await?;
    let admission = match room {
        Some(room) => join_on_connect(&app, &socket, &room, auth).await?,
        None => Admission::new(),
    };
    connecting.admit();
    Ok(admission)
}

/// A socket that was added and is not yet admitted. When it is refused, or its handshake ends in any other way, it gets
/// no disconnect event: dropping this removes it.
struct Connecting<'a> {
    app: &'a App,
    socket: &'a Socket,
}

impl Connecting<'_> {
    fn admit(self) {
        std::mem::forget(self);
    }
}

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        leave_all(self.app, self.socket);
    }
}

async fn identify(app: &App, auth: &Auth, caller: Option<&Caller>, address: IpAddr) -> Result<Session> {
    // If a token is given, it alone decides: a bad one is refused, and the cookie is not tried.
    let token = match &auth.token {
        Some(token) => token.parse::<Token>().ok(),
        None => caller.and_then(|caller| caller.token.clone()),
    };
    app.session(token.ok_or(Code::Unauthenticated)?, address).await
}

async fn join_on_connect(app: &App, socket: &Socket, room: &str, auth: Auth) -> Result<Admission> {
    let room = room.parse().map_err(|_| Code::RoomNotFound)?;
    let chat_socket = ChatSocket { socket: socket.clone() };
    let answer = room::join_room(app, &chat_socket, room, auth.into()).await?;
    let socket = socket.clone();
    Ok(Admission::new().then(move || {
        if let Ok(pieces) = answer.body.in_pieces() {
            socket.send_flow_controlled(&socket.namespace().packet_in_pieces("joined", pieces));
        }
        if let Some(then) = answer.then {
            then();
        }
    }))
}

fn disconnected(app: &App, socket: &Socket, reason: DisconnectReason) {
    tracing::debug!(reason = reason.as_str(), "a socket disconnected");
    metrics::DISCONNECTS.add(&[reason.as_str()]);
    leave_all(app, socket);
}

fn leave_all(app: &App, socket: &Socket) {
    let Some(user) = socket.data::<ConnectedUser>() else { return };
    app.realtime.connections.remove(user.id, socket.id());
    for room_id in user.rooms.take() {
        app.realtime.disconnected(room_id, user.id);
    }
}
