//! An Engine.IO session: one connection to one client, over whichever transport it has now.
//!
//! Each session has one owner, the task that drives its transport. Others send into it, and may
//! doom it; only the owner ends it, so that a broadcast never runs the code of a disconnect.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::address::Permit;
use crate::config::Config;
use crate::engine::Engine;
use crate::gate::Visitor;
use crate::outlet::{Outlet, Transport};
use crate::payload::{Incoming, Malformed, Packet};
use crate::peer::{Pace, Peer, Reason};
use crate::rate::{Meter, Verdict};
use crate::websocket::Upgraded;

mod polls;
mod send;

pub(crate) use polls::{BadRequest, Poll};

/// The id of a session, 120 random bits in base 64. Known to its client alone: never logged, never
/// shown to others.
pub(crate) type Sid = [u8; 20];

/// An Engine.IO session.
pub struct Session {
    pub(crate) sid: Sid,
    pub(crate) engine: Arc<Engine>,
    pub(crate) fingerprint: u64,
    visitor: Visitor,
    address: IpAddr,
    peer: OnceLock<Box<dyn Peer>>,
    state: Mutex<State>,
    /// How many inboxes behind this session are full; while there is one, nothing is read.
    full_inboxes: AtomicU32,
}

struct State {
    outlet: Outlet,
    /// Of the owner, once it has looked.
    waker: Option<Waker>,
    meter: Meter,
    /// When the next ping is due or, after one, when its pong is.
    beat_at: Instant,
    awaits_pong: bool,
    /// When the peer loses patience: no namespace joined, a packet unfinished.
    patience_at: Option<Instant>,
    /// How many tasks work on what has come: guards that were asked, inboxes that are not empty.
    at_work: u32,
    /// To be finished once nobody is at work.
    is_retiring: bool,
    /// To be closed once all that waits has left.
    is_finishing: bool,
    doom: Option<Reason>,
    /// Boxed, as it is there for a moment only.
    upgraded: Option<Box<Upgraded>>,
    /// Given back when the session ends, however long an application keeps its sockets.
    permit: Option<Permit>,
}

/// What the owner has to do next.
pub(crate) enum Tick {
    /// Look again at that time at the latest.
    At(Instant),
    /// Go on as the owner of a WebSocket.
    Upgraded(Box<Upgraded>),
    End(Reason),
}

impl Session {
    pub(crate) fn new(
        engine: Arc<Engine>,
        sid: Sid,
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
            visitor,
            address,
            peer: OnceLock::new(),
            state: Mutex::new(State {
                outlet: Outlet::new(transport),
                waker: None,
                meter: Meter::new(now),
                beat_at: now + engine.config.ping_interval,
                awaits_pong: false,
                patience_at: None,
                at_work: 0,
                is_retiring: false,
                is_finishing: false,
                doom: None,
                upgraded: None,
                permit: Some(permit),
            }),
            full_inboxes: AtomicU32::new(0),
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

    /// Ends the session at once; what waits is dropped.
    pub fn close(&self, reason: Reason) {
        self.doom(reason);
    }

    pub(crate) fn doom(&self, reason: Reason) {
        let mut state = self.state.lock();
        state.doom.get_or_insert(reason);
        state.wake_all();
    }

    /// Ends the session when all that waits has left, or has waited too long.
    pub fn finish(&self) {
        let mut state = self.state.lock();
        state.begin_to_finish();
        state.wake_all();
    }

    /// Reads no more, and finishes once what has come is answered.
    pub(crate) fn retire(&self) {
        self.pause();
        let mut state = self.state.lock();
        state.is_retiring = true;
        state.wake_all();
    }

    /// A task begins to work on what has come.
    pub(crate) fn begin_work(&self) {
        self.state.lock().at_work += 1;
    }

    pub(crate) fn end_work(&self) {
        let mut state = self.state.lock();
        state.at_work -= 1;
        if state.is_retiring && state.at_work == 0 {
            state.wake_all();
        }
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn is_at_work(&self) -> bool {
        self.state.lock().at_work > 0
    }

    /// Says whether a joined namespace or the rest of a packet is wanting. If so, the session ends
    /// in time; saying so again does not lengthen it.
    pub(crate) fn set_wanting(&self, is_wanting: bool) {
        let mut state = self.state.lock();
        if is_wanting == state.patience_at.is_some() {
            return;
        }
        state.patience_at = is_wanting.then(|| Instant::now() + self.config().connect_timeout);
        state.wake();
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
            state.wake_all();
        }
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
            state.wake();
        }
    }

    /// What the owner has to do, with the ping sent when one is due. It is woken when there is more.
    pub(crate) fn tick(&self, owner: &Waker) -> Tick {
        let now = Instant::now();
        let is_paused = self.is_paused();
        let mut state = self.state.lock();
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(owner)) {
            state.waker = Some(owner.clone());
        }
        if state.is_retiring && state.at_work == 0 && !state.is_finishing {
            state.begin_to_finish();
            state.wake_all();
        }
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
                let sent = state.outlet.send(&Packet::ping(), false, usize::MAX);
                self.note(&mut state, sent);
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
        self.state.lock().outlet.has_waiting()
    }

    pub(crate) fn flush(&self) -> Result<(), Reason> {
        self.state.lock().outlet.flush().map_err(|_| Reason::TransportClose)
    }

    /// Ends the session; called once, by its owner. Tells whether its stream stands between two
    /// frames: behind half a frame nothing more may be written.
    pub(crate) fn end(&self, reason: Reason) -> bool {
        let is_between_frames = {
            let mut state = self.state.lock();
            state.doom.get_or_insert(reason);
            state.wake_all();
            // It keeps the owner's task in memory.
            state.waker = None;
            state.permit = None;
            state.upgraded = None;
            state.outlet.close()
        };
        self.engine.forget(&self.sid);
        if let Some(peer) = self.peer.get() {
            peer.closed(reason);
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
        if let Transport::Polling(polling) = &self.outlet.transport {
            polling.ready.notify_one();
            polling.room.notify_one();
        }
    }

    fn begin_to_finish(&mut self) {
        if self.doom.is_none() && !self.is_finishing {
            if matches!(self.outlet.transport, Transport::Polling(_)) {
                self.outlet.send(&Packet::close(), false, usize::MAX);
            }
            // Its end waits for all of it anyway, and notes where it stands.
            let _ = self.outlet.uncork(usize::MAX);
            self.is_finishing = true;
        }
    }
}

/// Ends a session whose owner panics, which no other would do. In an application of Engine.IO
/// alone the code of its [`Peer`] runs in the owner.
pub(crate) struct EndOnPanic<'a>(pub(crate) &'a Session);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a session's owner panicked");
            self.0.end(Reason::ServerClose);
        }
    }
}
