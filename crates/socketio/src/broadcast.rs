//! A broadcast: whom it reaches and what each of them gets.

use std::collections::HashMap;
use std::ops::Deref;

use serde::Serialize;

use crate::namespace::Namespace;
use crate::payload::Packet;
use crate::socket::{Socket, SocketId};

/// A message on its way to many: build it from [`Namespace::to`].
pub struct Broadcast<'a> {
    pub(crate) namespace: &'a Namespace,
    pub(crate) rooms: Vec<&'a str>,
    except_rooms: Vec<&'a str>,
    except_sockets: Vec<SocketId>,
    pub(crate) position: Option<u64>,
    pub(crate) content: Content<'a>,
}

/// What a broadcast carries.
pub enum Content<'a> {
    /// Not yet known: what a broadcast is before it is sent.
    Nothing,
    /// The same bytes for everybody.
    Same(Packet),
    /// A choice for each socket.
    PerSocket(&'a (dyn Fn(&Recipient<'_>) -> Option<Packet> + Send + Sync)),
}

/// A socket that a broadcast has come to.
///
/// Its label lies in the room, next to that of the next one; whatever is asked of the socket itself
/// lies elsewhere in memory, which in a room of thousands costs as much as all else together.
pub struct Recipient<'a> {
    pub(crate) socket: &'a Socket,
    /// What [`Socket::set_label`] said when the socket joined the room.
    pub label: u64,
}

impl Deref for Recipient<'_> {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        self.socket
    }
}

impl<'a> Broadcast<'a> {
    pub(crate) fn new(namespace: &'a Namespace, rooms: Vec<&'a str>) -> Self {
        let (except_rooms, except_sockets) = (Vec::new(), Vec::new());
        Self { namespace, rooms, except_rooms, except_sockets, position: None, content: Content::Nothing }
    }

    /// To the members of this room too; who is in both gets it once.
    pub fn to(mut self, room: &'a str) -> Self {
        self.rooms.push(room);
        self
    }

    /// Not to the members of this room.
    pub fn except(mut self, room: &'a str) -> Self {
        self.except_rooms.push(room);
        self
    }

    /// Not to this socket.
    pub fn except_socket(mut self, id: SocketId) -> Self {
        self.except_sockets.push(id);
        self
    }

    /// Numbers the broadcast in its room, from 1 upwards, for sockets that joined with their events
    /// held.
    pub fn at(mut self, position: u64) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) fn includes(&self, socket: &Socket) -> bool {
        (self.except_sockets.is_empty() || !self.except_sockets.contains(&socket.id()))
            && !self.except_rooms.iter().any(|room| socket.is_in(room))
    }

    pub(crate) fn packet_for(&self, recipient: &Recipient<'_>) -> Option<Packet> {
        if !self.includes(recipient) {
            return None;
        }
        match &self.content {
            Content::Nothing => None,
            Content::Same(packet) => Some(packet.clone()),
            Content::PerSocket(pick) => pick(recipient),
        }
    }
}

impl Broadcast<'_> {
    /// Sends an event, encoded once, to each socket it reaches.
    ///
    /// # Errors
    /// When the argument does not serialize to JSON.
    pub async fn emit(self, event: &str, argument: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        let packet = self.namespace.packet(event, argument)?;
        self.send(packet).await;
        Ok(())
    }

    /// Sends a packet that [`Namespace::packet`] encoded.
    pub async fn send(mut self, packet: Packet) {
        self.content = Content::Same(packet);
        self.namespace.adapter().broadcast(&self).await;
    }

    /// Lets `pick` choose for each socket which of a few encoded packets it gets, if any.
    ///
    /// It runs under the room's lock: it must be quick, must not enter nor leave rooms, and must not
    /// end sockets.
    pub async fn each(self, pick: impl Fn(&Recipient<'_>) -> Option<Packet> + Send + Sync) {
        let broadcast = Broadcast { content: Content::PerSocket(&pick), ..self };
        broadcast.namespace.adapter().broadcast(&broadcast).await;
    }

    /// Ends each socket it reaches, for good.
    pub fn disconnect(self) {
        for socket in self.reached() {
            socket.disconnect();
        }
    }

    /// The sockets it reaches.
    pub fn reached(&self) -> Vec<Socket> {
        let mut reached: HashMap<SocketId, Socket> = HashMap::new();
        for room in &self.rooms {
            for socket in self.namespace.adapter().sockets(room) {
                reached.insert(socket.id(), socket);
            }
        }
        reached.into_values().filter(|socket| self.includes(socket)).collect()
    }
}
