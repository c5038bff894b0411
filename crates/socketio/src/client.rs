//! The Socket.IO side of a session: its sockets by namespace, and the packet that is still coming.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::value::RawValue;

use crate::inbox::{self, CatchUnwind, acknowledge};
use crate::namespace::{ConnectError, Namespace, Refusal};
use crate::packet::{self, Body, Incoming, Malformed};
use crate::payload::Message;
use crate::peer::{Pace, Peer, Reason};
use crate::server::Namespaces;
use crate::session::Session;
use crate::socket::{Phase, Socket};

pub(crate) struct Client {
    namespaces: Arc<Namespaces>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sockets: Vec<Socket>,
    partial: Option<Box<Partial>>,
    unknown_namespaces: usize,
    /// Namespaces the server has put the client out of, until it joins them again. Packets to them
    /// may be on their way still, and are no reason to end the session.
    put_out: Vec<Arc<Namespace>>,
    /// Set when the session has ended. A post that was under way then must not open a socket that
    /// nobody would ever end.
    ended: Option<Reason>,
}

/// A packet whose attachments have not all come.
struct Partial {
    packet: Incoming,
    pace: Pace,
    expected: usize,
    attachments: Vec<Bytes>,
}

impl Client {
    pub(crate) fn new(namespaces: Arc<Namespaces>) -> Arc<Self> {
        Arc::new(Self { namespaces, state: Mutex::default() })
    }

    /// A socket has ended. `is_put_out` says that its client cannot know yet.
    pub(crate) fn left(&self, socket: &Socket, is_put_out: bool) {
        let mut state = self.state.lock();
        state.sockets.retain(|other| other.id() != socket.id());
        if is_put_out && state.ended.is_none() {
            state.put_out.push(Arc::clone(socket.namespace()));
        }
        self.tell_wanting(socket.session(), &state);
    }

    /// A session must have a joined namespace and no unfinished packet, or it ends in time.
    fn tell_wanting(&self, session: &Session, state: &State) {
        session.set_wanting(state.partial.is_some() || !state.sockets.iter().any(Socket::is_connected));
    }

    fn text(self: &Arc<Self>, session: &Arc<Session>, text: &str, pace: Pace) -> Result<(), Reason> {
        if self.state.lock().partial.is_some() {
            return Err(Reason::ParseError);
        }
        let max = session.engine.config.max_attachments;
        let (packet, expected) = Incoming::parse(text, max).map_err(|Malformed| Reason::ParseError)?;
        if expected == 0 {
            return self.dispatch(session, packet, pace);
        }
        let mut state = self.state.lock();
        state.partial = Some(Box::new(Partial { packet, pace, expected, attachments: Vec::new() }));
        self.tell_wanting(session, &state);
        Ok(())
    }

    fn binary(self: &Arc<Self>, session: &Arc<Session>, data: Bytes) -> Result<(), Reason> {
        let whole = {
            let mut state = self.state.lock();
            let partial = state.partial.as_mut().ok_or(Reason::ParseError)?;
            partial.attachments.push(data);
            if partial.attachments.len() < partial.expected {
                return Ok(());
            }
            let whole = state.partial.take();
            self.tell_wanting(session, &state);
            whole
        };
        let Some(whole) = whole else { return Ok(()) };
        let Partial { mut packet, pace, attachments, .. } = *whole;
        packet.attach(attachments);
        self.dispatch(session, packet, pace)
    }

    fn dispatch(self: &Arc<Self>, session: &Arc<Session>, packet: Incoming, pace: Pace) -> Result<(), Reason> {
        if let Body::Connect(auth) = packet.body {
            return self.connect(session, &packet.namespace, auth);
        }
        let socket = {
            let state = self.state.lock();
            let is_of = |namespace: &Namespace| namespace.name() == packet.namespace;
            match state.sockets.iter().find(|socket| is_of(socket.namespace())) {
                Some(socket) => socket.clone(),
                None if state.put_out.iter().any(|namespace| is_of(namespace)) => return Ok(()),
                None => return Err(Reason::ParseError),
            }
        };
        match packet.body {
            Body::Disconnect => {
                socket.end(Reason::ClientDisconnect);
            }
            _ if !socket.is_connected() => return Err(Reason::ParseError),
            Body::Event { id, .. } if pace == Pace::Over => {
                acknowledge(&socket, id, socket.namespace().refuse(Refusal::RateLimited));
            }
            Body::Event { event, id } => socket.push(event, id),
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
    ) -> Result<(), Reason> {
        let Some(namespace) = self.namespaces.get(name) else {
            let mut state = self.state.lock();
            state.unknown_namespaces += 1;
            if state.unknown_namespaces > session.engine.config.max_unknown_namespaces {
                return Err(Reason::ParseError);
            }
            session.send(&connect_error(name, &ConnectError::new("Invalid namespace")));
            return Ok(());
        };
        let socket = Socket::new(Arc::clone(namespace), Arc::clone(session), Arc::clone(self));
        {
            let mut state = self.state.lock();
            if let Some(reason) = state.ended {
                return Err(reason);
            }
            if state.sockets.iter().any(|other| other.namespace().name() == name) {
                return Err(Reason::ParseError);
            }
            state.put_out.retain(|other| other.name() != name);
            // Nearly every client is in one namespace; a vector that grows by itself would start at four.
            state.sockets.reserve_exact(1);
            state.sockets.push(socket.clone());
        }
        session.begin_work();
        tokio::spawn(admit(Arc::clone(self), socket, auth));
        Ok(())
    }
}

fn connect_error(namespace: &str, error: &ConnectError) -> crate::Packet {
    let error = serde_json::to_string(error).unwrap_or_else(|_| r#"{"message":"refused"}"#.into());
    packet::connect_error(namespace, &error)
}

/// Asks the namespace's guard and tells the client; then works through what it sent meanwhile.
async fn admit(client: Arc<Client>, socket: Socket, auth: Option<Box<RawValue>>) {
    let namespace: Arc<Namespace> = Arc::clone(socket.namespace());
    let is_sound = auth.as_ref().is_none_or(|auth| auth.get().starts_with('{') && !packet::is_too_deep(auth.get()));
    let admitted = if is_sound {
        let asked = CatchUnwind(Box::pin(namespace.admit(socket.clone(), auth))).await;
        asked.unwrap_or_else(|_| {
            tracing::error!(namespace = namespace.name(), "a guard panicked");
            Err(ConnectError::new("internal error"))
        })
    } else {
        Err(ConnectError::new("invalid payload"))
    };
    match admitted {
        Ok(admission) => match welcome(&client, &socket) {
            Ok(()) => {
                admission.then.into_iter().for_each(inbox::run);
                return inbox::work(socket).await;
            }
            Err(reason) => {
                // The guard may have joined rooms after the socket had left them all.
                namespace.adapter().leave_all(&socket);
                inbox::tell_disconnected(&socket, reason).await;
            }
        },
        Err(error) => refuse(&socket, &error),
    }
    socket.session().end_work();
}

/// Refuses a socket, unless it has ended already. It ends before its client is told, who may come
/// again in the same moment and must not meet it.
fn refuse(socket: &Socket, error: &ConnectError) {
    if socket.end(Reason::ServerDisconnect) {
        socket.session().send(&connect_error(socket.namespace().name(), error));
    }
}

/// Makes the socket a connected one, unless its session has ended.
fn welcome(client: &Client, socket: &Socket) -> Result<(), Reason> {
    {
        let mut state = socket.0.state.lock();
        if let Phase::Ended(reason) = state.phase {
            return Err(reason);
        }
        // Told under the lock: nothing may be sent to a connected socket before this.
        let name = socket.namespace().name();
        socket.session().send(&packet::connect(name, &socket.id().to_string()));
        state.phase = Phase::Connected;
    }
    socket.namespace().remember(socket);
    if !socket.is_connected() {
        socket.namespace().forget(socket);
    }
    let state = client.state.lock();
    client.tell_wanting(socket.session(), &state);
    Ok(())
}

/// The client as the peer of its session.
pub(crate) struct ClientPeer(pub(crate) Arc<Client>);

impl Peer for ClientPeer {
    fn message(&self, session: &Arc<Session>, message: Message, pace: Pace) -> Result<(), Reason> {
        match message {
            Message::Text(text) => self.0.text(session, &text, pace),
            Message::Binary(data) => self.0.binary(session, data),
        }
    }

    fn closed(&self, reason: Reason) {
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
