//! A socket: one client in one namespace.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::adapter::Seat;
use crate::client::Client;
use crate::inbox::Inbox;
use crate::namespace::Namespace;
use crate::packet::{self, Args};
use crate::payload::Packet;
use crate::peer::Reason;
use crate::session::Session;

/// The id of a socket, as the client learns it. It is not the session's id and opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketId([u8; 15]);

impl SocketId {
    fn new() -> Self {
        let mut chance = [0; 15];
        // The operating system's random source does not fail after boot.
        getrandom::fill(&mut chance).expect("the system's random source");
        Self(chance)
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A client in a namespace. Cloning shares it.
#[derive(Clone)]
pub struct Socket(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    id: SocketId,
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) session: Arc<Session>,
    client: Arc<Client>,
    data: OnceLock<Box<dyn Any + Send + Sync>>,
    label: AtomicU64,
    pub(crate) state: Mutex<State>,
    /// Where the socket sits in the adapter's rooms.
    pub(crate) seats: Mutex<Vec<Seat>>,
}

pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) inbox: Inbox,
    /// Boxed, as hardly any socket ever asks its client for an acknowledgement.
    pending: Option<Box<Pending>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The namespace's guard has not answered.
    Connecting,
    Connected,
    Ended(Reason),
}

#[derive(Default)]
struct Pending {
    last_id: u64,
    answers: HashMap<u64, oneshot::Sender<Args>>,
}

/// Why an acknowledgement did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckError {
    /// Not within the time given.
    Timeout,
    /// The socket ended.
    Disconnected,
    /// The argument does not serialize to JSON.
    Unserializable,
}

impl Socket {
    pub(crate) fn new(namespace: Arc<Namespace>, session: Arc<Session>, client: Arc<Client>) -> Self {
        let state = State { phase: Phase::Connecting, inbox: Inbox::new(), pending: None };
        Self(Arc::new(Inner {
            id: SocketId::new(),
            namespace,
            session,
            client,
            data: OnceLock::new(),
            label: AtomicU64::new(0),
            state: Mutex::new(state),
            seats: Mutex::default(),
        }))
    }

    /// Its id, the one its client knows too.
    pub fn id(&self) -> SocketId {
        self.0.id
    }

    /// The namespace it is in.
    pub fn namespace(&self) -> &Arc<Namespace> {
        &self.0.namespace
    }

    /// The session under the socket, which other namespaces of the same client share.
    pub fn session(&self) -> &Arc<Session> {
        &self.0.session
    }

    /// Keeps the application's own data with the socket, once; `false` when some was kept before.
    pub fn set_data<T: Send + Sync + 'static>(&self, data: T) -> bool {
        self.0.data.set(Box::new(data)).is_ok()
    }

    /// What was kept by [`Socket::set_data`], if it is a `T`.
    pub fn data<T: 'static>(&self) -> Option<&T> {
        self.0.data.get()?.downcast_ref()
    }

    /// Gives the socket a number of the application's own. Rooms that it joins after that know it, so
    /// that a broadcast to many need not look into the data of each: see [`Recipient`](crate::Recipient).
    pub fn set_label(&self, label: u64) {
        self.0.label.store(label, Ordering::Relaxed);
    }

    /// The number that was given by [`Socket::set_label`], else 0.
    pub fn label(&self) -> u64 {
        self.0.label.load(Ordering::Relaxed)
    }

    /// Whether its client has been let in and neither has left.
    pub fn is_connected(&self) -> bool {
        self.0.state.lock().phase == Phase::Connected
    }

    /// Sends an event to this socket alone. One that is not connected gets nothing.
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

    /// Like [`Socket::send`], for a long answer that the client may take at its own pace.
    pub fn send_paced(&self, packet: &Packet) {
        if self.is_connected() {
            self.0.session.send_paced(packet);
        }
    }

    /// Sends an event and waits for the client's acknowledgement.
    ///
    /// In the handler of an event of the same client beware: once [`Config::inbox`](crate::Config::inbox)
    /// events wait behind it, the client is not read, and its answer is not seen before the timeout.
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
        let (answer, answered) = oneshot::channel();
        let asked = Asked { socket: self, id: self.expect_answer(answer)? };
        self.0.session.send(&packet::event(self.0.namespace.name(), event, Some(asked.id), &args));
        let answered = tokio::time::timeout(timeout, answered).await.map_err(|_| AckError::Timeout)?;
        answered.map_err(|_| AckError::Disconnected)
    }

    fn expect_answer(&self, answer: oneshot::Sender<Args>) -> Result<u64, AckError> {
        let mut state = self.0.state.lock();
        if state.phase != Phase::Connected {
            return Err(AckError::Disconnected);
        }
        let pending = state.pending.get_or_insert_default();
        pending.last_id += 1;
        let id = pending.last_id;
        pending.answers.insert(id, answer);
        Ok(id)
    }

    /// How many answers of its client are waited for.
    pub fn pending_count(&self) -> usize {
        self.0.state.lock().pending.as_ref().map_or(0, |pending| pending.answers.len())
    }

    fn take_pending(&self, id: u64) -> Option<oneshot::Sender<Args>> {
        self.0.state.lock().pending.as_mut()?.answers.remove(&id)
    }

    /// An acknowledgement has come; one that nobody asked for is ignored.
    pub(crate) fn acknowledged(&self, id: u64, args: Args) {
        if let Some(answer) = self.take_pending(id) {
            // Who asked may have stopped waiting in this very moment.
            let _ = answer.send(args);
        }
    }

    /// Enters a room. One that has ended enters none.
    pub fn join(&self, room: &str) {
        self.0.namespace.adapter().join(self, room, false);
    }

    /// Enters a room with its numbered broadcasts held back until [`Socket::release`], so that a
    /// snapshot can be taken that meets them without a gap. Broadcasts without a number pass.
    pub fn join_held(&self, room: &str) {
        self.0.namespace.adapter().join(self, room, true);
    }

    /// Ends the hold: held broadcasts numbered above `after` are sent in order, the rest dropped,
    /// and so is what begins later and is numbered up to it.
    pub fn release(&self, room: &str, after: u64) {
        self.0.namespace.adapter().release(self, room, after);
    }

    /// Leaves a room; of one it is not in, nothing.
    pub fn leave(&self, room: &str) {
        self.0.namespace.adapter().leave(self, room);
    }

    /// Whether it is in a room.
    pub fn is_in(&self, room: &str) -> bool {
        self.0.seats.lock().iter().any(|seat| seat.is_in(room))
    }

    /// How many rooms the socket is in, the one of its whole namespace counted.
    pub fn room_count(&self) -> usize {
        self.0.seats.lock().len()
    }

    /// Ends the socket for good: stock clients do not come back from it by themselves. Its events
    /// that have come are still handled, but no longer answered.
    pub fn disconnect(&self) {
        // It ends before its client is told, who may come again in the same moment.
        if self.end(Reason::ServerDisconnect) {
            self.0.session.send(&packet::disconnect(self.0.namespace.name()));
        }
    }

    /// Ends the socket for good and closes its connection once that has been told.
    pub fn disconnect_and_close(&self) {
        self.disconnect();
        self.0.session.finish();
    }

    /// Ends the socket: it leaves its rooms at once, and its namespace hears of it behind the
    /// events that came before. Only the first call counts; it gives `true`.
    pub(crate) fn end(&self, reason: Reason) -> bool {
        let (was, pending) = {
            let mut state = self.0.state.lock();
            let was = state.phase;
            if matches!(was, Phase::Ended(_)) {
                return false;
            }
            state.phase = Phase::Ended(reason);
            (was, state.pending.take())
        };
        // Whoever waits for an answer wakes here, not under the lock.
        drop(pending);
        self.0.namespace.adapter().leave_all(self);
        self.0.namespace.forget(self);
        self.0.client.left(self, was == Phase::Connected && reason == Reason::ServerDisconnect);
        if was == Phase::Connected {
            self.push_end(reason);
        }
        true
    }
}

/// A question to the client; forgotten when nobody waits for its answer any more, also when the
/// future that asked was dropped.
struct Asked<'a> {
    socket: &'a Socket,
    id: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        drop(self.socket.take_pending(self.id));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("id", &self.0.id).field("namespace", &self.0.namespace.name()).finish()
    }
}
