//! A socket: one client in one namespace.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload::Packet;
use crate::engine::session::{Closing, Session};
use crate::inbox::{Inbox, Item};
use crate::members::Member;
use crate::namespace::{self, Namespace};
use crate::packet::{self, Args, Event};
use crate::rooms::{RoomMember, RoomSlot};
use crate::socket_id::SocketId;

/// The session's list of sockets, which learns when one of them ends.
pub(crate) trait SocketOwner: Send + Sync {
    /// Removes a socket that has ended. `by_server` says that its client does not know it yet.
    fn remove(&self, socket: &Socket, by_server: bool);
}

/// A client in a namespace. Cloning shares it.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    id: SocketId,
    namespace: Arc<Namespace>,
    session: Arc<Session>,
    owner: Arc<dyn SocketOwner>,
    data: OnceLock<Box<dyn Any + Send + Sync>>,
    label: AtomicU64,
    state: Mutex<State>,
    room_slots: Mutex<Vec<RoomSlot<Socket>>>,
}

struct State {
    phase: Phase,
    inbox: Inbox,
    /// Boxed, as few sockets ever request an acknowledgement of their client.
    pending: Option<Box<PendingAcks>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The connect middleware has not answered.
    Connecting,
    Connected,
    Ended(DisconnectReason),
}

#[derive(Default)]
struct PendingAcks {
    last_id: u64,
    senders: HashMap<u64, oneshot::Sender<Args>>,
}

/// Why an acknowledgement did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckError {
    /// It did not come in time.
    Timeout,
    /// The socket has ended.
    Disconnected,
    /// The argument does not serialize to JSON.
    Unserializable,
}

impl Socket {
    pub(crate) fn new(namespace: Arc<Namespace>, session: Arc<Session>, owner: Arc<dyn SocketOwner>) -> Self {
        let state = State { phase: Phase::Connecting, inbox: Inbox::new(), pending: None };
        Self(Arc::new(Inner {
            id: SocketId::new(),
            namespace,
            session,
            owner,
            data: OnceLock::new(),
            label: AtomicU64::new(0),
            state: Mutex::new(state),
            room_slots: Mutex::default(),
        }))
    }

    /// Returns its id, which its client knows as well.
    pub fn id(&self) -> SocketId {
        self.0.id
    }

    /// Returns its namespace.
    pub fn namespace(&self) -> &Arc<Namespace> {
        &self.0.namespace
    }

    /// Returns its session, which the same client's sockets in other namespaces share.
    pub fn session(&self) -> &Arc<Session> {
        &self.0.session
    }

    /// Stores the application's own data with the socket, once; returns `false` if there was some.
    pub fn set_data<T: Send + Sync + 'static>(&self, data: T) -> bool {
        self.0.data.set(Box::new(data)).is_ok()
    }

    /// Returns the data of [`Socket::set_data`], if it is a `T`.
    pub fn data<T: 'static>(&self) -> Option<&T> {
        self.0.data.get()?.downcast_ref()
    }

    /// Sets a number of the application's own. Rooms that the socket joins afterwards store it, so that
    /// a broadcast to many need not read the data of each: see [`Recipient`](crate::Recipient).
    pub fn set_label(&self, label: u64) {
        self.0.label.store(label, Ordering::Relaxed);
    }

    /// Returns the number of [`Socket::set_label`], or 0.
    pub fn label(&self) -> u64 {
        self.0.label.load(Ordering::Relaxed)
    }

    /// Returns whether its client is connected to the namespace.
    pub fn is_connected(&self) -> bool {
        self.0.state.lock().phase == Phase::Connected
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.0.state.lock().phase, Phase::Ended(_))
    }

    /// Sends an event to this socket. One that is not connected gets nothing.
    ///
    /// # Errors
    /// When the argument does not serialize to JSON.
    pub fn emit(&self, event: &str, argument: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        self.send(&self.0.namespace.packet(event, argument)?);
        Ok(())
    }

    /// Sends an event with any number of arguments and attachments.
    pub fn emit_args(&self, event: &str, args: &Args) {
        self.send(&packet::event(self.0.namespace.name(), event, None, args));
    }

    /// Sends a packet that [`Namespace::packet`] encoded.
    pub fn send(&self, packet: &Packet) {
        if self.is_connected() {
            self.0.session.send(packet);
        }
    }

    /// Sends a long packet that the client may read slowly; see [`Session::send_flow_controlled`].
    pub fn send_flow_controlled(&self, packet: &Packet) {
        if self.is_connected() {
            self.0.session.send_flow_controlled(packet);
        }
    }

    /// Sends an event and waits for the client's acknowledgement.
    ///
    /// In the handler of an event of the same client it may time out: once
    /// [`Config::max_inbox`](crate::Config::max_inbox) events wait behind that event, the client is not
    /// read, and neither is its acknowledgement.
    ///
    /// # Errors
    /// See [`AckError`].
    pub async fn emit_with_ack(
        &self,
        event: &str,
        argument: &(impl Serialize + ?Sized),
        timeout: Duration,
    ) -> Result<Args, AckError> {
        let args = Args::one(argument).map_err(|_| AckError::Unserializable)?;
        self.emit_args_with_ack(event, &args, timeout).await
    }

    /// Sends an event with any number of arguments and attachments, and waits for the client's
    /// acknowledgement as [`Socket::emit_with_ack`] does.
    ///
    /// # Errors
    /// See [`AckError`].
    pub async fn emit_args_with_ack(&self, event: &str, args: &Args, timeout: Duration) -> Result<Args, AckError> {
        let (sender, receiver) = oneshot::channel();
        let pending = PendingAck { socket: self, id: self.expect_ack(sender)? };
        self.0.session.send(&packet::event(self.0.namespace.name(), event, Some(pending.id), args));
        let received = tokio::time::timeout(timeout, receiver).await.map_err(|_| AckError::Timeout)?;
        received.map_err(|_| AckError::Disconnected)
    }

    fn expect_ack(&self, sender: oneshot::Sender<Args>) -> Result<u64, AckError> {
        let mut state = self.0.state.lock();
        if state.phase != Phase::Connected {
            return Err(AckError::Disconnected);
        }
        let pending = state.pending.get_or_insert_default();
        pending.last_id += 1;
        let id = pending.last_id;
        pending.senders.insert(id, sender);
        Ok(id)
    }

    fn take_pending(&self, id: u64) -> Option<oneshot::Sender<Args>> {
        self.0.state.lock().pending.as_mut()?.senders.remove(&id)
    }

    /// Handles an acknowledgement; one that was not requested is ignored.
    pub(crate) fn acknowledged(&self, id: u64, args: Args) {
        if let Some(sender) = self.take_pending(id) {
            // The receiver may have been dropped at this moment.
            let _ = sender.send(args);
        }
    }

    /// Joins a room. A socket that has ended joins none.
    pub fn join(&self, room: &str) {
        self.0.namespace.rooms().join(self, room, false);
    }

    /// Joins a room with its numbered broadcasts held back until [`Socket::release`], so that a
    /// snapshot and the broadcasts after it leave no gap. Broadcasts without a position are sent.
    pub fn join_held(&self, room: &str) {
        self.0.namespace.rooms().join(self, room, true);
    }

    /// Ends the hold: sends the held broadcasts after the position `after` in order, and drops the
    /// others, also later ones up to that position.
    pub fn release(&self, room: &str, after: u64) {
        self.0.namespace.rooms().release(self, room, after);
    }

    /// Leaves a room, if it is in it.
    pub fn leave(&self, room: &str) {
        self.0.namespace.rooms().leave(self, room);
    }

    /// Returns whether it is in a room.
    pub fn is_in(&self, room: &str) -> bool {
        self.0.room_slots.lock().iter().any(|slot| slot.room() == room)
    }

    /// Returns the rooms that it is in.
    pub fn rooms(&self) -> Vec<String> {
        let slots = self.0.room_slots.lock();
        slots.iter().map(|slot| slot.room().to_owned()).filter(|room| room != namespace::ALL_SOCKETS).collect()
    }

    /// Disconnects the socket: stock clients do not reconnect after this by themselves. Its events that
    /// have arrived are still handled, but not acknowledged.
    pub fn disconnect(&self) {
        // It ends before its client learns of it, as the client may connect again at once.
        if self.end(DisconnectReason::ServerDisconnect) {
            self.0.session.send(&packet::disconnect(self.0.namespace.name()));
        }
    }

    /// Disconnects the socket, and closes its connection for good once that packet was sent.
    pub fn disconnect_and_close(&self) {
        self.disconnect();
        self.0.session.close(Closing::AfterFlush(DisconnectReason::ServerDisconnect));
    }

    /// Marks the socket as connected by sending its client the response to CONNECT.
    ///
    /// # Errors
    /// When the socket has ended meanwhile.
    pub(crate) fn connected(&self) -> Result<(), DisconnectReason> {
        let mut state = self.0.state.lock();
        if let Phase::Ended(reason) = state.phase {
            return Err(reason);
        }
        // Sent under the lock: nothing may be sent to a connected socket before this.
        self.0.session.send(&packet::connect(self.0.namespace.name(), &self.0.id.to_string()));
        state.phase = Phase::Connected;
        Ok(())
    }

    /// Ends the socket: it leaves its rooms at once, and its disconnect handler runs after the events
    /// that arrived before. Only the first call counts; it returns `true`.
    pub(crate) fn end(&self, reason: DisconnectReason) -> bool {
        let (phase, pending) = {
            let mut state = self.0.state.lock();
            let phase = state.phase;
            if matches!(phase, Phase::Ended(_)) {
                return false;
            }
            state.phase = Phase::Ended(reason);
            (phase, state.pending.take())
        };
        // Dropped here and not under the lock, as it wakes the tasks that wait for acknowledgements.
        drop(pending);
        let was_connected = phase == Phase::Connected;
        if was_connected {
            self.0.namespace.disconnecting(self, reason);
        }
        self.0.namespace.rooms().leave_all(self);
        self.0.owner.remove(self, was_connected && reason == DisconnectReason::ServerDisconnect);
        if was_connected {
            self.push(Item::Disconnect(reason));
        }
        true
    }

    pub(crate) fn push_event(&self, event: Event, id: Option<u64>) {
        self.push(Item::Event { event, id });
    }

    /// Adds an item to the inbox. When the inbox becomes full, the session is not read until it has
    /// room: back-pressure instead of refusal.
    fn push(&self, item: Item) {
        let mut state = self.0.state.lock();
        let pushed = state.inbox.push(item, self.0.session.config().max_inbox);
        if pushed.became_full {
            self.0.session.pause_reading();
        }
        drop(state);
        if pushed.must_start {
            self.0.session.handler_started();
            tokio::spawn(namespace::handle_inbox(self.clone()));
        }
    }

    /// Takes the next item of the inbox. The task that handles it must end when there is none.
    pub(crate) fn pop(&self) -> Option<Item> {
        let popped = self.0.state.lock().inbox.pop(self.0.session.config().max_inbox);
        if popped.has_room_again {
            self.0.session.resume_reading();
        }
        popped.item
    }
}

impl Member for Socket {
    fn id(&self) -> SocketId {
        self.0.id
    }

    fn label(&self) -> u64 {
        self.label()
    }

    fn session(&self) -> &Arc<Session> {
        &self.0.session
    }

    fn is_connected(&self) -> bool {
        self.is_connected()
    }
}

impl RoomMember for Socket {
    fn has_ended(&self) -> bool {
        self.has_ended()
    }

    fn room_slots(&self) -> &Mutex<Vec<RoomSlot<Self>>> {
        &self.0.room_slots
    }
}

/// A requested acknowledgement. Dropping it forgets the request, also when the future that waits for
/// it is dropped.
struct PendingAck<'a> {
    socket: &'a Socket,
    id: u64,
}

impl Drop for PendingAck<'_> {
    fn drop(&mut self) {
        drop(self.socket.take_pending(self.id));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("id", &self.0.id).field("namespace", &self.0.namespace.name()).finish()
    }
}

#[cfg(test)]
mod tests;
