//! Where packets leave a session: written straight to its stream by whoever sends, kept only for a
//! moment of company or when the kernel refuses them, bounded in bytes and in time.
//!
//! All of this happens under the session's lock, so that "write, else append" is one step: nothing
//! overtakes what waits, and after a partial write nothing goes first.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::payload::Packet;
use crate::stream::Wire;

/// Frames handed to the kernel in one call.
const MAX_SLICES: usize = 32;
/// Bytes that wait for company at most; with more there is enough of it.
const MAX_CORKED: usize = 16 * 1024;
/// Paced packets may wait with this many times the bytes that others may: a client that asks for
/// long answers faster than it takes them has its limit too.
const PACED_SHARE: usize = 8;
/// Packets in the answer to one poll: python-engineio takes a longer payload for an attack and ends
/// the session. What is left goes with the next poll, which comes at once.
const PARTS_OF_A_POLL: usize = 16;

#[derive(Debug)]
pub(crate) struct Outlet {
    pub(crate) transport: Transport,
    queue: VecDeque<Waiting>,
    /// Bytes in the queue, those of paced packets not counted.
    waiting: usize,
    /// Bytes of paced packets in the queue.
    waiting_paced: usize,
    /// Bytes of the first packet that the kernel has taken.
    sent: usize,
    /// When the peer last took a byte, or the queue began.
    progress_at: Instant,
    /// Whether what waits does so by our own choice: nobody has asked the kernel yet.
    is_corked: bool,
}

#[derive(Debug)]
pub(crate) enum Transport {
    /// Nothing can be written by itself: everything waits for a poll.
    Polling(Polling),
    WebSocket(Arc<Wire>),
    /// The session has ended. The stream is let go of, as sockets may be kept for longer.
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct Polling {
    /// Wakes the poll that hangs.
    pub(crate) ready: Arc<Notify>,
    /// Wakes the post that waits for room in an inbox.
    pub(crate) room: Arc<Notify>,
    pub(crate) is_hanging: bool,
    pub(crate) is_posting: bool,
    pub(crate) upgrade: Upgrade,
}

/// How far a polling session is on its way to WebSocket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upgrade {
    #[default]
    None,
    /// A WebSocket has come; its probe has not.
    Begun,
    /// The probe is answered: polls get a noop, everything else waits for the new transport.
    Probed,
}

#[derive(Debug)]
struct Waiting {
    packet: Packet,
    since: Instant,
    /// A long answer that its asker takes at its own pace, bound to go on, not to end in time.
    paced: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Written,
    /// It is the first that waits: the owner must learn to watch for room, and a hanging poll that
    /// there is something to take.
    FirstWaiting,
    Waiting,
    /// It is the first that waits for company: somebody must call [`Outlet::uncork`] before long.
    FirstCorked,
    /// More waits than is allowed, or the stream is broken: the session must end.
    Overflow,
    Broken,
}

/// Writes a packet as far as the kernel takes it now.
fn write(wire: &Wire, packet: &Packet) -> io::Result<usize> {
    if let Some(frames) = packet.frames() {
        return wire.try_write(frames);
    }
    let mut slices = [IoSlice::new(&[]); MAX_SLICES];
    let count = slices.iter_mut().zip(packet.pieces()).map(|(slice, piece)| *slice = IoSlice::new(piece)).count();
    wire.try_write_pieces(&slices[..count])
}

impl Outlet {
    pub(crate) fn new(transport: Transport) -> Self {
        Self {
            transport,
            queue: VecDeque::new(),
            waiting: 0,
            waiting_paced: 0,
            sent: 0,
            progress_at: Instant::now(),
            is_corked: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether something waits for the reader.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.queue.is_empty() && !self.is_corked
    }

    /// Sends a packet that may wait for company, so that several leave in one write. Whatever is sent
    /// after it takes it along.
    pub(crate) fn send_corked(&mut self, packet: &Packet, limit: usize) -> Sent {
        let is_first = self.queue.is_empty();
        let has_room = self.waiting + packet.size() <= MAX_CORKED && self.queue.len() < MAX_SLICES;
        if !matches!(self.transport, Transport::WebSocket(_)) || !has_room || !(is_first || self.is_corked) {
            return self.send(packet, false, limit);
        }
        self.append(packet, false);
        self.is_corked = true;
        if is_first { Sent::FirstCorked } else { Sent::Waiting }
    }

    /// Writes what waited for company, if anything did.
    pub(crate) fn uncork(&mut self, limit: usize) -> Option<Sent> {
        if !std::mem::take(&mut self.is_corked) {
            return None;
        }
        Some(match self.write_out(Wire::try_write_pieces) {
            Ok(()) if self.queue.is_empty() => Sent::Written,
            Ok(()) if self.waiting > limit => Sent::Overflow,
            Ok(()) => Sent::FirstWaiting,
            Err(_) => Sent::Broken,
        })
    }

    pub(crate) fn send(&mut self, packet: &Packet, paced: bool, limit: usize) -> Sent {
        let mut sent = 0;
        if let (Transport::WebSocket(wire), true) = (&self.transport, self.queue.is_empty()) {
            match write(wire, packet) {
                Ok(bytes) if bytes == packet.size() => return Sent::Written,
                Ok(bytes) => sent = bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Sent::Broken,
            }
        }
        let is_first = self.queue.is_empty();
        // One long answer may be as long as it is; it is the next ones that must not pile up.
        let has_piled_up = paced && self.waiting_paced / PACED_SHARE > limit;
        self.append(packet, paced);
        if is_first {
            self.sent = sent;
        }
        if let Some(sent) = self.uncork(limit) {
            return sent;
        }
        match &self.transport {
            _ if self.waiting > limit || has_piled_up => Sent::Overflow,
            _ if is_first => Sent::FirstWaiting,
            // The hanging poll was woken by the first.
            _ => Sent::Waiting,
        }
    }

    fn append(&mut self, packet: &Packet, paced: bool) {
        let now = Instant::now();
        if self.queue.is_empty() {
            self.progress_at = now;
        }
        if paced {
            self.waiting_paced += packet.size();
        } else {
            self.waiting += packet.size();
        }
        self.queue.push_back(Waiting { packet: packet.clone(), since: now, paced });
    }

    /// Writes what waits, as far as the kernel takes it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.is_corked = false;
        self.write_out(Wire::try_write_vectored)
    }

    fn write_out(&mut self, write: impl Fn(&Wire, &[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<()> {
        let Transport::WebSocket(wire) = &self.transport else { return Ok(()) };
        let wire = Arc::clone(wire);
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let mut count = 0;
            let mut skip = self.sent;
            let pieces = self.queue.iter().flat_map(|waiting| waiting.packet.pieces());
            for piece in pieces {
                let skipped = skip.min(piece.len());
                skip -= skipped;
                if skipped < piece.len() {
                    slices[count] = IoSlice::new(&piece[skipped..]);
                    count += 1;
                }
                if count == MAX_SLICES {
                    break;
                }
            }
            match write(&wire, &slices[..count]) {
                Ok(bytes) => self.took(bytes),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn took(&mut self, mut bytes: usize) {
        let now = Instant::now();
        self.progress_at = now;
        while let Some(first) = self.queue.front() {
            let left = first.packet.size() - self.sent;
            if bytes < left {
                self.sent += bytes;
                return;
            }
            bytes -= left;
            self.sent = 0;
            self.pop(now);
        }
        // An idle session owns no buffer.
        self.queue = VecDeque::new();
    }

    fn pop(&mut self, now: Instant) -> Option<Packet> {
        let first = self.queue.pop_front()?;
        if first.paced {
            // What waited behind a paced packet waited for no fault of the reader.
            self.waiting_paced -= first.packet.size();
            self.queue.iter_mut().for_each(|waiting| waiting.since = now);
        } else {
            self.waiting -= first.packet.size();
        }
        Some(first.packet)
    }

    /// The packets for one poll: those that wait, as many as every client takes at once, except
    /// that a ping travels alone.
    pub(crate) fn take_payload(&mut self) -> Option<String> {
        let now = Instant::now();
        let mut payload = String::new();
        let mut parts = 0;
        while let Some(first) = self.queue.front() {
            let is_ping = first.packet.is_ping();
            parts += first.packet.parts();
            if (is_ping || parts > PARTS_OF_A_POLL) && !payload.is_empty() {
                break;
            }
            if let Some(packet) = self.pop(now) {
                packet.append_to(&mut payload);
            }
            if is_ping {
                break;
            }
        }
        self.progress_at = now;
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
        (!payload.is_empty()).then_some(payload)
    }

    /// Goes over to WebSocket with all that waits, in order.
    pub(crate) fn switch(&mut self, wire: Arc<Wire>) -> io::Result<()> {
        let now = Instant::now();
        self.queue.iter_mut().for_each(|waiting| waiting.since = now);
        self.progress_at = now;
        self.transport = Transport::WebSocket(wire);
        self.flush()
    }

    /// When the reader counts as too slow, if nothing moves until then.
    pub(crate) fn deadline(&self, patience: Duration) -> Option<Instant> {
        let first = self.queue.front().filter(|_| !self.is_corked)?;
        if matches!(&self.transport, Transport::Polling(polling) if polling.upgrade == Upgrade::Probed) {
            // The upgrade has a deadline of its own.
            return None;
        }
        let begun = if first.paced { self.progress_at } else { first.since.min(self.progress_at) };
        Some(begun + patience)
    }

    /// Drops all that waits and lets go of the stream. Tells whether it stands between two frames.
    pub(crate) fn close(&mut self) -> bool {
        // What waited for company only is not lost by it.
        let _ = self.uncork(usize::MAX);
        self.queue = VecDeque::new();
        self.waiting = 0;
        self.waiting_paced = 0;
        self.transport = Transport::Closed;
        std::mem::take(&mut self.sent) == 0
    }
}
