//! An Engine.IO session: one connection to one client, over its current transport.
//!
//! Each session has one owner, the task that drives its transport. Other tasks send into it and may
//! close it; only the owner ends it, so that a broadcast never runs the code of a disconnect.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::address::Permit;
use crate::config::Config;
use crate::disconnect_reason::DisconnectReason;
use crate::engine::last_polls::LastPolls;
use crate::engine::payload::{Incoming, Malformed, Message, Packet};
use crate::engine::registry::{Registry, Sid};
use crate::engine::send_queue::{SendQueue, Sent};
use crate::engine::transport::{Transport, Upgraded};
use crate::engine::write_batch::WriteBatches;
use crate::handshake::HandshakeData;
use crate::rate::{Meter, Verdict};

mod closing;
mod requests;
mod send;

pub use closing::Closing;
pub(crate) use requests::{BadRequest, PollResult};

/// The protocol above Engine.IO: Socket.IO, or an application of Engine.IO alone.
///
/// A session keeps its handler until it is freed itself. A handler that keeps its session must keep a
/// [`Weak`](std::sync::Weak), or neither is ever freed. Its code runs in the task that owns the session
/// and must not block; a panic ends the session.
pub trait SessionHandler: Send + Sync + 'static {
    /// Handles a message. An error ends the session.
    fn message(&self, session: &Arc<Session>, message: Message, flood: FloodCheck) -> Result<(), DisconnectReason>;

    /// Handles the end of the session; called once.
    fn closed(&self, reason: DisconnectReason);
}

/// Whether a message came within the session's packet rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloodCheck {
    /// Within the rate.
    Within,
    /// Over the rate: the message may be refused, but must be answered.
    Over,
}

/// What all sessions of a server share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) write_batches: WriteBatches,
    pub(crate) sessions: Registry<Session>,
    pub(crate) last_polls: LastPolls,
}

/// An Engine.IO session.
pub struct Session {
    pub(crate) sid: Sid,
    pub(crate) fingerprint: u64,
    shared: Arc<Shared>,
    handshake_data: HandshakeData,
    address: IpAddr,
    handler: OnceLock<Box<dyn SessionHandler>>,
    state: Mutex<State>,
    /// How many callers have paused reading; while there is one, nothing is read.
    read_pauses: AtomicU32,
}

struct State {
    send_queue: SendQueue,
    /// The owner's, after it has polled once.
    waker: Option<Waker>,
    packet_rate: Meter,
    /// When the next ping is due or, after one, when its pong is.
    heartbeat_at: Instant,
    awaits_pong: bool,
    /// When the session ends because no namespace is joined or a packet is incomplete.
    connect_deadline: Option<Instant>,
    /// How many tasks handle what was read: connect middleware, and inboxes that are not empty.
    running_handlers: u32,
    closing: Closing,
    /// Whether two polls, or two posts, came at once.
    has_overlap: bool,
    /// Boxed, as it is there for a moment only.
    upgraded: Option<Box<Upgraded>>,
    /// Returned when the session ends, however long an application keeps its sockets.
    permit: Option<Permit>,
}

/// What the owner has to do next.
pub(crate) enum Tick {
    /// Call again at that time at the latest.
    At(Instant),
    /// Continue as the owner of a WebSocket.
    Upgraded(Box<Upgraded>),
    End(DisconnectReason),
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        sid: Sid,
        transport: Transport,
        handshake_data: HandshakeData,
        fingerprint: u64,
        address: IpAddr,
        permit: Permit,
    ) -> Self {
        let now = Instant::now();
        Self {
            sid,
            fingerprint,
            handshake_data,
            address,
            handler: OnceLock::new(),
            state: Mutex::new(State {
                send_queue: SendQueue::new(transport),
                waker: None,
                packet_rate: Meter::new(now),
                heartbeat_at: now + shared.config.ping_interval,
                awaits_pong: false,
                connect_deadline: None,
                running_handlers: 0,
                closing: Closing::Open,
                has_overlap: false,
                upgraded: None,
                permit: Some(permit),
            }),
            read_pauses: AtomicU32::new(0),
            shared,
        }
    }

    pub(crate) fn set_handler(&self, handler: Box<dyn SessionHandler>) {
        // Set once, after the session is created and before anything can arrive.
        let _ = self.handler.set(handler);
    }

    pub(crate) fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Returns what [`HandshakeHooks::data`](crate::HandshakeHooks::data) kept of the opening request.
    pub fn handshake_data(&self) -> &HandshakeData {
        &self.handshake_data
    }

    /// Returns the client's address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Closes the session in the given way. A session that is closing already only moves forward.
    pub fn close(&self, closing: Closing) {
        let mut state = self.state.lock();
        if state.close(closing) && closing == Closing::AfterHandlers {
            self.pause_reading();
        }
        state.wake_all();
    }

    /// Notes that a task begins to handle what was read.
    pub(crate) fn handler_started(&self) {
        self.state.lock().running_handlers += 1;
    }

    pub(crate) fn handler_finished(&self) {
        let mut state = self.state.lock();
        state.running_handlers -= 1;
        if state.closing == Closing::AfterHandlers && state.running_handlers == 0 {
            state.wake_all();
        }
    }

    #[cfg(feature = "fuzzing")]
    pub(crate) fn has_running_handlers(&self) -> bool {
        self.state.lock().running_handlers > 0
    }

    /// Starts or stops the connect timeout, which ends the session. Starting it again does not
    /// lengthen it.
    pub(crate) fn set_connect_timeout(&self, is_running: bool) {
        let mut state = self.state.lock();
        if is_running == state.connect_deadline.is_some() {
            return;
        }
        state.connect_deadline = is_running.then(|| Instant::now() + self.config().connect_timeout);
        state.wake();
    }

    /// Stops reading from the client until [`Session::resume_reading`] was called as often.
    pub(crate) fn pause_reading(&self) {
        self.read_pauses.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn resume_reading(&self) {
        if self.read_pauses.fetch_sub(1, Ordering::SeqCst) == 1 {
            let mut state = self.state.lock();
            if state.awaits_pong {
                // The pong may have arrived during the pause: its timeout starts again.
                state.heartbeat_at = Instant::now() + self.config().ping_timeout;
            }
            state.wake_all();
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.read_pauses.load(Ordering::SeqCst) > 0
    }

    /// Handles one packet of the client.
    pub(crate) fn receive(self: &Arc<Self>, packet: Result<Incoming, Malformed>) -> Result<(), DisconnectReason> {
        let flood = self.count_packet()?;
        match packet {
            Ok(Incoming::Message(message)) => match self.handler.get() {
                Some(handler) => handler.message(self, message, flood),
                None => Ok(()),
            },
            Ok(Incoming::Pong) => {
                self.pong();
                Ok(())
            }
            Ok(Incoming::Close) => Err(DisconnectReason::TransportClose),
            // A client of this protocol version has no need to ping, nor to upgrade what is a WebSocket;
            // it only uses up its rate.
            Ok(Incoming::Ping | Incoming::Noop | Incoming::Upgrade) => Ok(()),
            Ok(Incoming::Probe) | Err(Malformed) => Err(DisconnectReason::ParseError),
        }
    }

    /// Counts a packet, or a control frame, towards the session's rate.
    pub(crate) fn count_packet(&self) -> Result<FloodCheck, DisconnectReason> {
        let Some(rate) = self.config().packets else { return Ok(FloodCheck::Within) };
        match self.state.lock().packet_rate.count(Instant::now(), rate) {
            Verdict::Within => Ok(FloodCheck::Within),
            Verdict::Over => Ok(FloodCheck::Over),
            Verdict::FarOver => Err(DisconnectReason::RateLimited),
        }
    }

    fn pong(&self) {
        let mut state = self.state.lock();
        if state.awaits_pong {
            state.awaits_pong = false;
            state.heartbeat_at = Instant::now() + self.config().ping_interval;
            // The owner sleeps until the pong's deadline, which may be later than the next ping.
            state.wake();
        }
    }

    /// Sends a ping when one is due, and returns what the owner has to do. The owner is woken when
    /// there is more.
    pub(crate) fn tick(&self, owner: &Waker) -> Tick {
        let now = Instant::now();
        let is_paused = self.is_paused();
        let mut state = self.state.lock();
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(owner)) {
            state.waker = Some(owner.clone());
        }
        if state.closing == Closing::AfterHandlers && state.running_handlers == 0 {
            state.close(Closing::AfterFlush(DisconnectReason::ServerClose));
            state.wake_all();
        }
        if let Some(reason) = self.end_reason(&state, now, is_paused) {
            state.close(Closing::Now(reason));
            return Tick::End(reason);
        }
        if let Some(upgraded) = state.upgraded.take() {
            return Tick::Upgraded(upgraded);
        }
        if now >= state.heartbeat_at {
            if !state.awaits_pong {
                state.awaits_pong = true;
                // A ping that waits in the queue has to leave, and its pong to come, by interval + timeout.
                state.heartbeat_at += self.config().ping_timeout;
                let sent = state.send_queue.send(&Packet::ping(), false, usize::MAX);
                if sent == Sent::Written {
                    self.ping_left(&mut state);
                }
                state.after_send(sent);
            } else {
                state.heartbeat_at = now + self.config().ping_timeout;
            }
        }
        let slow_client_deadline = state.send_queue.deadline(self.config().slow_client_timeout);
        let mut next = state.heartbeat_at;
        for deadline in [state.connect_deadline, slow_client_deadline].into_iter().flatten() {
            next = next.min(deadline);
        }
        Tick::At(next)
    }

    /// Returns why the session has to end now, if it has to.
    fn end_reason(&self, state: &State, now: Instant, is_paused: bool) -> Option<DisconnectReason> {
        match state.closing {
            Closing::Now(reason) => return Some(reason),
            Closing::AfterFlush(reason) if state.send_queue.is_empty() => return Some(reason),
            Closing::Open | Closing::AfterHandlers | Closing::AfterFlush(_) => {}
        }
        if state.awaits_pong && now >= state.heartbeat_at && !is_paused {
            return Some(DisconnectReason::PingTimeout);
        }
        if state.connect_deadline.is_some_and(|deadline| now >= deadline) {
            return Some(DisconnectReason::ConnectTimeout);
        }
        let slow_client_deadline = state.send_queue.deadline(self.config().slow_client_timeout);
        slow_client_deadline.is_some_and(|deadline| now >= deadline).then_some(DisconnectReason::SlowClient)
    }

    /// Returns whether requests may still use the session. Checked for each, so that a request at the
    /// moment of a deadline does not find a session that is about to end.
    pub(crate) fn is_open(&self) -> bool {
        self.end_reason(&self.state.lock(), Instant::now(), self.is_paused()).is_none()
    }

    pub(crate) fn has_waiting(&self) -> bool {
        self.state.lock().send_queue.has_waiting()
    }

    pub(crate) fn flush(&self) -> Result<(), DisconnectReason> {
        self.state.lock().send_queue.flush().map_err(|_| DisconnectReason::TransportClose)
    }

    /// Ends the session; called once, by its owner. Returns whether its stream stands between two
    /// frames: after half a frame nothing more may be written.
    pub(crate) fn end(&self, reason: DisconnectReason) -> bool {
        let is_between_frames = {
            let mut state = self.state.lock();
            state.close(Closing::Now(reason));
            state.wake_all();
            // It keeps the owner's task in memory.
            state.waker = None;
            state.permit = None;
            state.upgraded = None;
            state.send_queue.close()
        };
        self.shared.sessions.remove(&self.sid);
        if let Some(handler) = self.handler.get() {
            handler.closed(reason);
        }
        is_between_frames
    }
}

impl State {
    /// Wakes the owner.
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// Wakes the owner and the requests that wait for the session.
    fn wake_all(&self) {
        self.wake();
        if let Transport::Polling(polling) = &self.send_queue.transport {
            polling.packets_ready.notify_one();
            polling.inbox_ready.notify_one();
        }
    }

    /// Moves the closing forward; returns whether it moved.
    fn close(&mut self, closing: Closing) -> bool {
        let has_moved = self.closing.advance(closing);
        if let (true, Closing::AfterFlush(reason)) = (has_moved, closing) {
            if reason.is_final() && matches!(self.send_queue.transport, Transport::Polling(_)) {
                self.send_queue.send(&Packet::close(), false, usize::MAX);
            }
            // The owner waits for an empty queue in any case, and sees an error itself.
            let _ = self.send_queue.flush_batch(usize::MAX);
        }
        has_moved
    }
}

/// Ends a session whose owner panics, which nothing else would do. In an application of Engine.IO
/// alone the code of its [`SessionHandler`] runs in the owner.
pub(crate) struct EndOnPanic<'a>(pub(crate) &'a Session);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the owner task of a session panicked");
            self.0.end(DisconnectReason::ServerClose);
        }
    }
}

#[cfg(test)]
mod tests;
