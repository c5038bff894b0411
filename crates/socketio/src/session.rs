//! An Engine.IO session: one connection to one client, over whichever transport it has now.
//!
//! Each session has one owner, the task that drives its transport. Others send into it, and may
//! doom it; only the owner ends it, so that a broadcast never runs the code of a disconnect.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::address::Permit;
use crate::config::Config;
use crate::engine::Engine;
use crate::gate::Visitor;
use crate::outlet::{Outlet, Polling, Sent, Transport, Upgrade};
use crate::payload::{Incoming, Malformed, Message, Packet};
use crate::rate::{Meter, Verdict};
use crate::stream::Wire;
use crate::websocket::Upgraded;

/// Why a session or a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The connection was closed or lost.
    TransportClose,
    /// The connection broke, or its polls overlapped or were aborted.
    TransportError,
    /// No pong came in time.
    PingTimeout,
    /// The client sent what no client sends.
    ParseError,
    /// No namespace was joined, or a binary packet was not finished, in time.
    ConnectTimeout,
    /// The client took too little of what was sent to it.
    SlowReader,
    /// The client sent too much for too long.
    RateLimited,
    /// The client left the namespace.
    ClientDisconnect,
    /// The server took the socket out of the namespace.
    ServerDisconnect,
    /// The server closed the connection.
    ServerClose,
}

impl Reason {
    /// Socket.IO's words where it has them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ConnectTimeout => "connect timeout",
            Self::SlowReader => "slow reader",
            Self::RateLimited => "rate limited",
            Self::ClientDisconnect => "client namespace disconnect",
            Self::ServerDisconnect => "server namespace disconnect",
            Self::ServerClose => "forced server close",
        }
    }
}

/// What speaks through a session: Socket.IO, or an application of Engine.IO alone.
pub trait Peer: Send + Sync + 'static {
    /// A message has come. An error ends the session.
    fn message(&self, session: &Arc<Session>, message: Message, verdict: Pace) -> Result<(), Reason>;

    /// The session has ended; called once.
    fn closed(&self, reason: Reason);

    /// Whether something that has come is still to be answered.
    fn is_busy(&self) -> bool {
        false
    }
}

/// Whether a message came within the session's packet rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Within,
    /// Over it: the message may be refused, but must be answered.
    Over,
}

/// An Engine.IO session.
pub struct Session {
    /// 120 random bits. Known to its client alone: never logged, never shown to others.
    pub(crate) sid: String,
    pub(crate) engine: Arc<Engine>,
    pub(crate) fingerprint: u64,
    pub(crate) wake: Notify,
    visitor: Visitor,
    address: IpAddr,
    peer: std::sync::OnceLock<Box<dyn Peer>>,
    state: Mutex<State>,
    /// How many inboxes behind this session are full; while there is one, nothing is read.
    full_inboxes: AtomicUsize,
    _permit: Permit,
}

struct State {
    outlet: Outlet,
    meter: Meter,
    /// When the next ping is due or, after one, when its pong is.
    beat_at: Instant,
    awaits_pong: bool,
    /// When the peer loses patience: no namespace joined, a packet unfinished.
    patience_at: Option<Instant>,
    /// To be closed once all that waits has left.
    is_finishing: bool,
    doom: Option<Reason>,
    upgraded: Option<Upgraded>,
}

/// What the owner has to do next.
pub(crate) enum Tick {
    /// Look again at that time at the latest.
    At(Instant),
    /// Go on as the owner of a WebSocket.
    Upgraded(Upgraded),
    End(Reason),
}

/// What the answer to a poll is.
#[derive(Debug)]
pub(crate) enum Poll {
    Payload(String),
    Wait(Arc<Notify>),
}

/// The request does not fit the session's transport or another request that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BadRequest;

impl Session {
    pub(crate) fn new(
        engine: Arc<Engine>,
        sid: String,
        transport: Transport,
        visitor: Visitor,
        fingerprint: u64,
        address: IpAddr,
        permit: Permit,
    ) -> Self {
        let now = Instant::now();
        Self {
            sid,
            fingerprint,
            wake: Notify::new(),
            visitor,
            address,
            peer: std::sync::OnceLock::new(),
            state: Mutex::new(State {
                outlet: Outlet::new(transport),
                meter: Meter::new(now),
                beat_at: now + engine.config.ping_interval,
                awaits_pong: false,
                patience_at: None,
                is_finishing: false,
                doom: None,
                upgraded: None,
            }),
            full_inboxes: AtomicUsize::new(0),
            _permit: permit,
            engine,
        }
    }

    pub(crate) fn set_peer(&self, peer: Box<dyn Peer>) {
        // Set once, right after the session was made and before anything can arrive.
        let _ = self.peer.set(peer);
    }

    fn config(&self) -> &Config {
        &self.engine.config
    }

    /// What [`Gate::admit`](crate::Gate::admit) kept of the opening request.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// The client's address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Sends a packet after all that was sent before. On a session that has ended, or ends by
    /// this packet because too much waits, it is lost with the connection.
    pub fn send(&self, packet: &Packet) {
        self.send_as(packet, false);
    }

    /// Sends a long answer that its asker may take at its own pace: it counts neither towards the
    /// bytes that may wait nor towards the age of the oldest, but some of it must leave in time.
    pub fn send_paced(&self, packet: &Packet) {
        self.send_as(packet, true);
    }

    fn send_as(&self, packet: &Packet, paced: bool) {
        let mut state = self.state.lock();
        if state.doom.is_some() || state.is_finishing {
            return;
        }
        match state.outlet.send(packet, paced, self.config().outbox) {
            Sent::Written | Sent::Waiting => return,
            Sent::FirstWaiting => {}
            Sent::Overflow => state.doom = Some(Reason::SlowReader),
            Sent::Broken => state.doom = Some(Reason::TransportClose),
        }
        self.wake.notify_one();
    }

    /// Ends the session at once; what waits is dropped.
    pub fn close(&self, reason: Reason) {
        self.doom(reason);
    }

    pub(crate) fn doom(&self, reason: Reason) {
        let mut state = self.state.lock();
        state.doom.get_or_insert(reason);
        self.wake_all(&state);
    }

    /// Ends the session when all that waits has left, or its time is over.
    pub fn finish(&self) {
        let mut state = self.state.lock();
        if state.doom.is_none() && !state.is_finishing {
            if matches!(state.outlet.transport, Transport::Polling(_)) {
                state.outlet.send(&Packet::close(), false, usize::MAX);
            }
            state.is_finishing = true;
        }
        self.wake_all(&state);
    }

    fn wake_all(&self, state: &State) {
        self.wake.notify_one();
        if let Transport::Polling(polling) = &state.outlet.transport {
            polling.ready.notify_one();
        }
    }

    /// Sets when the session ends for want of a joined namespace or of the rest of a packet.
    pub(crate) fn set_patience(&self, at: Option<Instant>) {
        self.state.lock().patience_at = at;
        self.wake.notify_one();
    }

    /// Stops reading from this client until as many calls of [`Session::resume`] have come.
    pub(crate) fn pause(&self) {
        self.full_inboxes.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn resume(&self) {
        if self.full_inboxes.fetch_sub(1, Ordering::SeqCst) == 1 {
            let mut state = self.state.lock();
            if state.awaits_pong {
                // The pong may have come while nobody read: its clock starts anew.
                state.beat_at = Instant::now() + self.config().ping_timeout;
            }
            self.wake_all(&state);
        }
    }

    /// Whether something that has come is still to be answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.peer.get().is_some_and(|peer| peer.is_busy())
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.full_inboxes.load(Ordering::SeqCst) > 0
    }

    /// Handles one packet of the client.
    pub(crate) fn receive(self: &Arc<Self>, packet: Result<Incoming, Malformed>) -> Result<(), Reason> {
        let pace = self.count()?;
        match packet {
            Ok(Incoming::Message(message)) => match self.peer.get() {
                Some(peer) => peer.message(self, message, pace),
                None => Ok(()),
            },
            Ok(Incoming::Pong) => {
                self.pong();
                Ok(())
            }
            Ok(Incoming::Close) => Err(Reason::TransportClose),
            // In this version of the protocol a client has no need to ping; it costs it its rate.
            Ok(Incoming::Ping | Incoming::Noop) => Ok(()),
            Ok(Incoming::Probe | Incoming::Upgrade) | Err(Malformed) => Err(Reason::ParseError),
        }
    }

    /// Counts a packet, or a control frame, towards the session's rate.
    pub(crate) fn count(&self) -> Result<Pace, Reason> {
        let Some(rate) = self.config().packets else { return Ok(Pace::Within) };
        match self.state.lock().meter.count(Instant::now(), rate) {
            Verdict::Within => Ok(Pace::Within),
            Verdict::Over => Ok(Pace::Over),
            Verdict::FarOver => Err(Reason::RateLimited),
        }
    }

    fn pong(&self) {
        let mut state = self.state.lock();
        if state.awaits_pong {
            state.awaits_pong = false;
            state.beat_at = Instant::now() + self.config().ping_interval;
            // The owner sleeps until the pong's deadline, which may be sooner than the next ping.
            self.wake.notify_one();
        }
    }

    /// What the owner has to do, with the ping sent when one is due.
    pub(crate) fn tick(&self) -> Tick {
        let now = Instant::now();
        let is_paused = self.is_paused();
        let mut state = self.state.lock();
        if let Some(reason) = self.verdict(&state, now, is_paused) {
            state.doom = Some(reason);
            return Tick::End(reason);
        }
        if let Some(upgraded) = state.upgraded.take() {
            return Tick::Upgraded(upgraded);
        }
        if now >= state.beat_at {
            if !state.awaits_pong {
                state.awaits_pong = true;
                // From when it was due, not from now: the session ends at interval + timeout.
                state.beat_at += self.config().ping_timeout;
                if state.outlet.send(&Packet::ping(), false, usize::MAX) == Sent::Broken {
                    state.doom = Some(Reason::TransportClose);
                    return Tick::End(Reason::TransportClose);
                }
            } else {
                state.beat_at = now + self.config().ping_timeout;
            }
        }
        let mut next = state.beat_at;
        for deadline in [state.patience_at, state.outlet.deadline(self.config().patience)].into_iter().flatten() {
            next = next.min(deadline);
        }
        Tick::At(next)
    }

    fn verdict(&self, state: &State, now: Instant, is_paused: bool) -> Option<Reason> {
        if state.doom.is_some() {
            return state.doom;
        }
        if state.is_finishing && state.outlet.is_empty() {
            return Some(Reason::ServerClose);
        }
        if state.awaits_pong && now >= state.beat_at && !is_paused {
            return Some(Reason::PingTimeout);
        }
        if state.patience_at.is_some_and(|at| now >= at) {
            return Some(Reason::ConnectTimeout);
        }
        state.outlet.deadline(self.config().patience).is_some_and(|at| now >= at).then_some(Reason::SlowReader)
    }

    /// Whether requests may still use the session. Asked before each, so that one which comes in
    /// the very moment of a deadline does not find a session that is about to end.
    pub(crate) fn is_open(&self) -> bool {
        self.verdict(&self.state.lock(), Instant::now(), self.is_paused()).is_none()
    }

    pub(crate) fn has_waiting(&self) -> bool {
        !self.state.lock().outlet.is_empty()
    }

    pub(crate) fn flush(&self) -> Result<(), Reason> {
        self.state.lock().outlet.flush().map_err(|_| Reason::TransportClose)
    }

    /// Ends the session; called once, by its owner.
    pub(crate) fn end(&self, reason: Reason) {
        {
            let mut state = self.state.lock();
            state.doom.get_or_insert(reason);
            state.outlet.clear();
            self.wake_all(&state);
        }
        self.engine.forget(&self.sid);
        if let Some(peer) = self.peer.get() {
            peer.closed(reason);
        }
    }

    // Polling.

    fn with_polling<T>(&self, act: impl FnOnce(&mut Polling) -> Result<T, BadRequest>) -> Result<T, BadRequest> {
        match &mut self.state.lock().outlet.transport {
            Transport::Polling(polling) => act(polling),
            Transport::WebSocket(_) => Err(BadRequest),
        }
    }

    /// A poll has come.
    pub(crate) fn begin_poll(&self) -> Result<(), BadRequest> {
        self.with_polling(|polling| {
            if std::mem::replace(&mut polling.is_hanging, true) {
                return Err(BadRequest);
            }
            Ok(())
        })
    }

    pub(crate) fn end_poll(&self) {
        let _ = self.with_polling(|polling| {
            polling.is_hanging = false;
            Ok(())
        });
    }

    /// What the hanging poll is to be answered with.
    pub(crate) fn poll(&self) -> Poll {
        let mut state = self.state.lock();
        let doom = state.doom;
        let ready = match &state.outlet.transport {
            Transport::Polling(polling) if polling.upgrade != Upgrade::Probed => Arc::clone(&polling.ready),
            // The noop lets the poll end; what waits goes over the new transport.
            _ if doom.is_none() => return Poll::Payload("6".into()),
            _ => Arc::default(),
        };
        match doom {
            Some(Reason::TransportClose) => return Poll::Payload("6".into()),
            Some(_) => return Poll::Payload("1".into()),
            None => {}
        }
        let payload = state.outlet.take_payload();
        if state.outlet.is_empty() && state.is_finishing {
            self.wake.notify_one();
        }
        payload.map_or(Poll::Wait(ready), Poll::Payload)
    }

    pub(crate) fn begin_post(&self) -> Result<(), BadRequest> {
        self.with_polling(|polling| {
            if std::mem::replace(&mut polling.is_posting, true) {
                return Err(BadRequest);
            }
            Ok(())
        })
    }

    pub(crate) fn end_post(&self) {
        let _ = self.with_polling(|polling| {
            polling.is_posting = false;
            Ok(())
        });
    }

    /// Waits until the inboxes behind the session have room, or the session has ended.
    pub(crate) async fn room(&self) {
        // Polls are rare and inboxes empty in milliseconds: looking again is simpler than one
        // more list of waiters, and nothing is lost by it.
        while self.is_paused() && self.is_open() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    // Upgrade.

    pub(crate) fn begin_upgrade(&self) -> Result<(), BadRequest> {
        self.with_polling(|polling| {
            if polling.upgrade != Upgrade::None {
                return Err(BadRequest);
            }
            polling.upgrade = Upgrade::Begun;
            Ok(())
        })
    }

    pub(crate) fn probed(&self) -> Result<(), BadRequest> {
        self.with_polling(|polling| {
            polling.upgrade = Upgrade::Probed;
            polling.ready.notify_one();
            Ok(())
        })
    }

    pub(crate) fn abandon_upgrade(&self) {
        let _ = self.with_polling(|polling| {
            polling.upgrade = Upgrade::None;
            polling.ready.notify_one();
            Ok(())
        });
    }

    /// Goes over to the new transport with all that waits, and hands it to the owner.
    pub(crate) fn complete_upgrade(&self, wire: Arc<Wire>, upgraded: Upgraded) {
        let mut state = self.state.lock();
        if let Transport::Polling(polling) = &state.outlet.transport {
            // A poll that still hangs gets its noop.
            polling.ready.notify_one();
        }
        if state.outlet.switch(wire).is_err() {
            state.doom.get_or_insert(Reason::TransportClose);
        }
        state.upgraded = Some(upgraded);
        self.wake.notify_one();
    }
}
