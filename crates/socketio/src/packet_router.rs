//! The Socket.IO side of a session: makes Socket.IO packets of its messages, and routes each to the
//! socket of its namespace.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::value::RawValue;

use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload::{Message, Packet};
use crate::engine::session::{FloodCheck, Session, SessionHandler};
use crate::namespace::{ALL_SOCKETS, Namespace, Namespaces, acknowledge, handle_inbox, run_then};
use crate::packet::{self, Body, Incoming, Malformed};
use crate::reply::{ConnectError, Refusal};
use crate::socket::{Socket, SocketOwner};

pub(crate) struct PacketRouter {
    namespaces: Arc<Namespaces>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sockets: Vec<Socket>,
    partial: Option<Box<Partial>>,
    unknown_namespaces: usize,
    /// Namespaces from which the server has disconnected the client, until it connects again. Packets
    /// to them may still arrive, and do not end the session.
    disconnected: Vec<Arc<Namespace>>,
    /// Set when the session has ended. A post in progress must not open a socket then, as nothing
    /// would end it.
    ended: Option<DisconnectReason>,
}

/// A packet whose attachments have not all arrived.
struct Partial {
    packet: Incoming,
    flood: FloodCheck,
    expected: usize,
    attachments: Vec<Bytes>,
}

impl PacketRouter {
    pub(crate) fn new(namespaces: Arc<Namespaces>) -> Arc<Self> {
        Arc::new(Self { namespaces, state: Mutex::default() })
    }

    /// Runs the connect timeout while no namespace is joined or a packet is incomplete.
    fn update_connect_timeout(&self, session: &Session, state: &State) {
        session.set_connect_timeout(state.partial.is_some() || !state.sockets.iter().any(Socket::is_connected));
    }

    fn text(self: &Arc<Self>, session: &Arc<Session>, text: &str, flood: FloodCheck) -> Result<(), DisconnectReason> {
        if self.state.lock().partial.is_some() {
            return Err(DisconnectReason::ParseError);
        }
        let parsed = Incoming::parse(text, session.config());
        let (packet, expected) = parsed.map_err(|Malformed| DisconnectReason::ParseError)?;
        if expected == 0 {
            return self.route(session, packet, flood);
        }
        let mut state = self.state.lock();
        state.partial = Some(Box::new(Partial { packet, flood, expected, attachments: Vec::new() }));
        self.update_connect_timeout(session, &state);
        Ok(())
    }

    fn binary(self: &Arc<Self>, session: &Arc<Session>, data: Bytes) -> Result<(), DisconnectReason> {
        let complete = {
            let mut state = self.state.lock();
            let partial = state.partial.as_mut().ok_or(DisconnectReason::ParseError)?;
            partial.attachments.push(data);
            if partial.attachments.len() < partial.expected {
                return Ok(());
            }
            let complete = state.partial.take();
            self.update_connect_timeout(session, &state);
            complete
        };
        let Some(complete) = complete else { return Ok(()) };
        let Partial { mut packet, flood, attachments, .. } = *complete;
        packet.attach(attachments);
        self.route(session, packet, flood)
    }

    fn route(
        self: &Arc<Self>,
        session: &Arc<Session>,
        packet: Incoming,
        flood: FloodCheck,
    ) -> Result<(), DisconnectReason> {
        if let Body::Connect(auth) = packet.body {
            return self.connect(session, &packet.namespace, auth);
        }
        let socket = {
            let state = self.state.lock();
            let is_of = |namespace: &Namespace| namespace.name() == packet.namespace;
            match state.sockets.iter().find(|socket| is_of(socket.namespace())) {
                Some(socket) => socket.clone(),
                None if state.disconnected.iter().any(|namespace| is_of(namespace)) => return Ok(()),
                None => return Err(DisconnectReason::ParseError),
            }
        };
        match packet.body {
            Body::Disconnect => {
                socket.end(DisconnectReason::ClientDisconnect);
            }
            _ if !socket.is_connected() => return Err(DisconnectReason::ParseError),
            Body::Event { id, .. } if flood == FloodCheck::Over => {
                acknowledge(&socket, id, socket.namespace().refuse(Refusal::RateLimited));
            }
            Body::Event { event, id } => socket.push_event(event, id),
            Body::Ack { id, args } => socket.acknowledged(id, args),
            Body::Connect(_) => {}
        }
        Ok(())
    }

    fn connect(
        self: &Arc<Self>,
        session: &Arc<Session>,
        name: &str,
        auth: Option<Box<RawValue>>,
    ) -> Result<(), DisconnectReason> {
        let Some(namespace) = self.namespaces.get(name) else {
            let mut state = self.state.lock();
            state.unknown_namespaces += 1;
            if state.unknown_namespaces > session.config().max_unknown_namespaces {
                return Err(DisconnectReason::ParseError);
            }
            session.send(&connect_error(name, &ConnectError::new("Invalid namespace")));
            return Ok(());
        };
        let owner = Arc::clone(self) as Arc<dyn SocketOwner>;
        let socket = Socket::new(Arc::clone(namespace), Arc::clone(session), owner);
        {
            let mut state = self.state.lock();
            if let Some(reason) = state.ended {
                return Err(reason);
            }
            if state.sockets.iter().any(|other| other.namespace().name() == name) {
                return Err(DisconnectReason::ParseError);
            }
            state.disconnected.retain(|other| other.name() != name);
            // Most clients are in one namespace; by default the vector would start at four.
            state.sockets.reserve_exact(1);
            state.sockets.push(socket.clone());
        }
        session.handler_started();
        tokio::spawn(admit(Arc::clone(self), socket, auth));
        Ok(())
    }

    /// Makes the socket a connected one.
    ///
    /// # Errors
    /// When its session has ended.
    fn connected(&self, socket: &Socket) -> Result<(), DisconnectReason> {
        // Before its client knows: from then on it must get every broadcast. Until then it gets none.
        socket.join(ALL_SOCKETS);
        socket.connected()?;
        self.update_connect_timeout(socket.session(), &self.state.lock());
        Ok(())
    }
}

impl SocketOwner for PacketRouter {
    fn remove(&self, socket: &Socket, by_server: bool) {
        let mut state = self.state.lock();
        state.sockets.retain(|other| other.id() != socket.id());
        if by_server && state.ended.is_none() {
            state.disconnected.push(Arc::clone(socket.namespace()));
        }
        self.update_connect_timeout(socket.session(), &state);
    }
}

fn connect_error(namespace: &str, error: &ConnectError) -> Packet {
    let error = serde_json::to_string(error).unwrap_or_else(|_| r#"{"message":"refused"}"#.into());
    packet::connect_error(namespace, &error)
}

/// Runs the connect middleware and answers the client; then handles the events that it sent meanwhile.
async fn admit(router: Arc<PacketRouter>, socket: Socket, auth: Option<Box<RawValue>>) {
    let namespace = Arc::clone(socket.namespace());
    let max_depth = socket.session().config().max_depth;
    let is_fine = |auth: &RawValue| auth.get().starts_with('{') && !packet::is_too_deep(auth.get(), max_depth);
    let is_valid = auth.as_deref().is_none_or(is_fine);
    let admitted = match is_valid {
        true => namespace.admit(socket.clone(), auth).await,
        false => Err(ConnectError::new("invalid payload")),
    };
    match admitted {
        Ok(admission) => match router.connected(&socket) {
            Ok(()) => {
                admission.then.into_iter().for_each(run_then);
                return handle_inbox(socket).await;
            }
            Err(reason) => {
                // The middleware may have joined rooms after the socket had left them all.
                namespace.rooms().leave_all(&socket);
                namespace.disconnected(&socket, reason).await;
            }
        },
        Err(error) => refuse(&socket, &error),
    }
    socket.session().handler_finished();
}

/// Refuses a socket, unless it has ended already. It ends before its client learns of it, as the
/// client may connect again at once and must not meet the old socket.
fn refuse(socket: &Socket, error: &ConnectError) {
    if socket.end(DisconnectReason::ServerDisconnect) {
        socket.session().send(&connect_error(socket.namespace().name(), error));
    }
}

/// The handler of a Socket.IO session.
pub(crate) struct SocketIoHandler(pub(crate) Arc<PacketRouter>);

impl SessionHandler for SocketIoHandler {
    fn message(&self, session: &Arc<Session>, message: Message, flood: FloodCheck) -> Result<(), DisconnectReason> {
        match message {
            Message::Text(text) => self.0.text(session, &text, flood),
            Message::Binary(data) => self.0.binary(session, data),
        }
    }

    fn closed(&self, reason: DisconnectReason) {
        let sockets = {
            let mut state = self.0.state.lock();
            state.partial = None;
            state.ended = Some(reason);
            std::mem::take(&mut state.sockets)
        };
        for socket in sockets {
            socket.end(reason);
        }
    }
}
