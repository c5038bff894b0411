//! A broadcast: which sockets it reaches, and which packet each of them gets.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use serde::Serialize;

use crate::engine::payload::Packet;
use crate::namespace::{ALL_SOCKETS, Namespace};
use crate::packet::Args;
use crate::socket::{AckError, Socket};
use crate::socket_id::SocketId;

/// Members up to which packets are sent in write batches. In a larger room a second visit to each
/// session would cost more than the writes it saves.
const SMALL_ROOM: usize = 16;

/// A message to many sockets: create it by [`Namespace::to`].
pub struct Broadcast<'a> {
    namespace: &'a Namespace,
    rooms: Vec<&'a str>,
    excluded: Excluded,
    position: Option<u64>,
}

/// The sockets that a broadcast does not reach.
#[derive(Default)]
struct Excluded {
    rooms: Vec<String>,
    sockets: Vec<SocketId>,
}

impl Excluded {
    fn has(&self, socket: &Socket) -> bool {
        self.sockets.contains(&socket.id()) || self.rooms.iter().any(|room| socket.is_in(room))
    }
}

/// A socket that a broadcast reaches.
///
/// Its label is stored in the room, next to that of the next member; everything that is read from the
/// socket itself is elsewhere in memory, which in a room of thousands costs as much as all the rest.
pub struct Recipient<'a> {
    socket: &'a Socket,
    /// The socket's label when it joined the room; see [`Socket::set_label`].
    pub label: u64,
}

impl Deref for Recipient<'_> {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        self.socket
    }
}

impl Namespace {
    /// Begins a broadcast to a room.
    pub fn to<'a>(&'a self, room: &'a str) -> Broadcast<'a> {
        Broadcast { namespace: self, rooms: vec![room], excluded: Excluded::default(), position: None }
    }

    /// Begins a broadcast to all sockets of the namespace.
    pub fn to_all(&self) -> Broadcast<'_> {
        self.to(ALL_SOCKETS)
    }
}

impl<'a> Broadcast<'a> {
    /// Adds the members of a room; a member of several rooms gets the broadcast once.
    pub fn to(mut self, room: &'a str) -> Self {
        self.rooms.push(room);
        self
    }

    /// Excludes the members of a room.
    pub fn except(mut self, room: &str) -> Self {
        self.excluded.rooms.push(room.to_owned());
        self
    }

    /// Excludes a socket.
    pub fn except_socket(mut self, id: SocketId) -> Self {
        self.excluded.sockets.push(id);
        self
    }

    /// Sets the broadcast's position in its room, from 1 upwards, for sockets that joined with their
    /// events held.
    pub fn at(mut self, position: u64) -> Self {
        self.position = Some(position);
        self
    }

    /// Sends an event, encoded once, to each socket.
    ///
    /// # Errors
    /// When the argument does not serialize to JSON.
    pub async fn emit(self, event: &str, argument: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        let packet = self.namespace.packet(event, argument)?;
        self.send(packet).await;
        Ok(())
    }

    /// Sends an event with any number of arguments and attachments, encoded once, to each socket.
    pub async fn emit_args(self, event: &str, args: &Args) {
        let packet = self.namespace.packet_of_args(event, args);
        self.send(packet).await;
    }

    /// Sends an event to each connected socket and waits until all have acknowledged it, or ended, or the
    /// timeout is over; see [`Socket::emit_args_with_ack`]. Each gets a packet of its own, with its own
    /// number, so this is not for large rooms.
    pub async fn emit_args_with_ack(
        self,
        event: &str,
        args: &Args,
        timeout: Duration,
    ) -> Vec<(Socket, Result<Args, AckError>)> {
        let sockets = self.sockets().into_iter().filter(Socket::is_connected);
        let asked = sockets.map(|socket| async move {
            let answer = socket.emit_args_with_ack(event, args, timeout).await;
            (socket, answer)
        });
        join_all(asked).await
    }

    /// Sends a packet that [`Namespace::packet`] encoded.
    pub async fn send(self, packet: Packet) {
        self.each(move |_| Some(packet.clone())).await;
    }

    /// Sends each socket the packet that `pick` returns for it, if any.
    ///
    /// `pick` runs under a lock of the room: it must be quick, must not join or leave rooms, and must not
    /// disconnect sockets. In a room of hundreds several tasks call it at the same time. Where it panics, some members have got
    /// nothing.
    pub async fn each(self, pick: impl Fn(&Recipient<'_>) -> Option<Packet> + Send + Sync + 'static) {
        let Self { namespace, rooms, excluded, position } = self;
        let seen = (rooms.len() > 1).then(Mutex::<HashSet<SocketId>>::default);
        let pick = Arc::new(move |socket: &Socket, label: u64| {
            let is_first = seen.as_ref().is_none_or(|seen| seen.lock().insert(socket.id()));
            if is_first && !excluded.has(socket) { pick(&Recipient { socket, label }) } else { None }
        });
        for name in rooms {
            let Some(room) = namespace.rooms().get(name) else { continue };
            if room.len() <= SMALL_ROOM {
                room.send_to_members(position, &pick, |session, packet| session.send_batched(packet)).await;
            } else {
                // A batched acknowledgement must not wait until all members are written to.
                namespace.write_batches().flush();
                room.send_to_members(position, &pick, |session, packet| session.send(packet)).await;
            }
        }
    }

    /// Disconnects each socket.
    pub fn disconnect(self) {
        for socket in self.sockets() {
            socket.disconnect();
        }
    }

    /// Returns the sockets that the broadcast reaches.
    pub fn sockets(&self) -> Vec<Socket> {
        let mut sockets: HashMap<SocketId, Socket> = HashMap::new();
        for room in &self.rooms {
            for socket in self.namespace.sockets_in(room) {
                sockets.insert(socket.id(), socket);
            }
        }
        sockets.into_values().filter(|socket| !self.excluded.has(socket)).collect()
    }
}
