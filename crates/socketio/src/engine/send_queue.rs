//! The send queue of a session. A packet is written to the stream by the task that sends it, and is
//! queued only for a write batch or when the kernel refuses it, bounded in bytes and in time.
//!
//! All of this happens under the session's lock, so that "write, else append" is one step: nothing
//! overtakes a queued packet, and nothing comes between the two halves of a partial write.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::payload::Packet;
use crate::engine::stream::WebSocketStream;
use crate::engine::transport::{Transport, Upgrade};

/// Frames handed to the kernel in one call.
const MAX_SLICES: usize = 32;
/// Bytes of a write batch at most.
const MAX_BATCH: usize = 16 * 1024;
/// Flow-controlled packets may take this many times the bytes that others may: a client that requests
/// long responses faster than it reads them has a limit as well.
const FLOW_CONTROLLED_SHARE: usize = 8;
/// Packets in the response to one poll: python-engineio treats a longer payload as an attack and ends
/// the session. The rest goes with the next poll, which comes at once.
const PACKETS_PER_POLL: usize = 16;

#[derive(Debug)]
pub(crate) struct SendQueue {
    pub(crate) transport: Transport,
    queue: VecDeque<Queued>,
    /// Bytes in the queue, without those of flow-controlled packets.
    bytes: usize,
    /// Bytes of flow-controlled packets in the queue.
    flow_controlled_bytes: usize,
    /// Bytes of the first packet that the kernel has accepted.
    written: usize,
    /// When the kernel or a poll last accepted a byte, or the queue began.
    progress_at: Instant,
    /// Whether the queue is a write batch, which the kernel was not offered yet.
    is_batch: bool,
}

#[derive(Debug)]
struct Queued {
    packet: Packet,
    since: Instant,
    /// Whether it may wait for long, as long as the client keeps reading.
    is_flow_controlled: bool,
    is_pong: bool,
}

/// The result of sending a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Written,
    /// It is the first in the queue: the owner must wait until the stream is writable, and a waiting
    /// poll must return.
    FirstQueued,
    Queued,
    /// It is the first of a write batch: the caller must see to it that [`SendQueue::flush_batch`] is
    /// called soon.
    FirstBatched,
    /// More is queued than allowed: the session must end.
    Overflow,
    /// The stream is broken: the session must end.
    Broken,
}

/// Writes as much of a packet as the kernel accepts now.
fn write(stream: &WebSocketStream, packet: &Packet) -> io::Result<usize> {
    if let Some(frames) = packet.frames() {
        return stream.write(frames);
    }
    let mut slices = [IoSlice::new(&[]); MAX_SLICES];
    let count = slices.iter_mut().zip(packet.pieces()).map(|(slice, piece)| *slice = IoSlice::new(piece)).count();
    stream.write_pieces(&slices[..count])
}

impl SendQueue {
    pub(crate) fn new(transport: Transport) -> Self {
        Self {
            transport,
            queue: VecDeque::new(),
            bytes: 0,
            flow_controlled_bytes: 0,
            written: 0,
            progress_at: Instant::now(),
            is_batch: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns whether packets wait for the client to read.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.queue.is_empty() && !self.is_batch
    }

    /// Adds a packet to the write batch, if it fits. Any later packet that is sent without a batch
    /// flushes it first.
    pub(crate) fn send_batched(&mut self, packet: &Packet, limit: usize) -> Sent {
        let is_first = self.queue.is_empty();
        let fits = self.bytes + packet.size() <= MAX_BATCH && self.queue.len() < MAX_SLICES;
        if !matches!(self.transport, Transport::WebSocket(_)) || !fits || !(is_first || self.is_batch) {
            return self.send(packet, false, limit);
        }
        self.append(packet, false);
        self.is_batch = true;
        if is_first { Sent::FirstBatched } else { Sent::Queued }
    }

    /// Writes the batch, if there is one.
    pub(crate) fn flush_batch(&mut self, limit: usize) -> Option<Sent> {
        if !std::mem::take(&mut self.is_batch) {
            return None;
        }
        Some(match self.write_queue(WebSocketStream::write_pieces) {
            Ok(()) if self.queue.is_empty() => Sent::Written,
            Ok(()) if self.bytes > limit => Sent::Overflow,
            Ok(()) => Sent::FirstQueued,
            Err(_) => Sent::Broken,
        })
    }

    pub(crate) fn send(&mut self, packet: &Packet, is_flow_controlled: bool, limit: usize) -> Sent {
        let mut written = 0;
        if let (Transport::WebSocket(stream), true) = (&self.transport, self.queue.is_empty()) {
            match write(stream, packet) {
                Ok(bytes) if bytes == packet.size() => return Sent::Written,
                Ok(bytes) => written = bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Sent::Broken,
            }
        }
        let is_first = self.queue.is_empty();
        // One response may be as long as it is; only further ones must not pile up.
        let has_piled_up = is_flow_controlled && self.flow_controlled_bytes / FLOW_CONTROLLED_SHARE > limit;
        self.append(packet, is_flow_controlled);
        if is_first {
            self.written = written;
        }
        if let Some(sent) = self.flush_batch(limit) {
            return sent;
        }
        if self.bytes > limit || has_piled_up {
            Sent::Overflow
        } else if is_first {
            Sent::FirstQueued
        } else {
            Sent::Queued
        }
    }

    /// Sends a pong right behind the packet that is being written. One that still waits is replaced:
    /// the newest suffices, and pings must not be a way to fill memory.
    pub(crate) fn send_pong(&mut self, packet: &Packet) -> Sent {
        if !self.has_waiting() {
            return self.send(packet, false, usize::MAX);
        }
        // As old as the packet before it, so that it cannot put off the slow client's end.
        let since = self.queue[0].since;
        self.bytes += packet.size();
        let pong = Queued { packet: packet.clone(), since, is_flow_controlled: false, is_pong: true };
        match self.queue.get_mut(1).filter(|second| second.is_pong) {
            Some(waiting) => self.bytes -= std::mem::replace(waiting, pong).packet.size(),
            None => self.queue.insert(1, pong),
        }
        Sent::Queued
    }

    fn append(&mut self, packet: &Packet, is_flow_controlled: bool) {
        let now = Instant::now();
        if self.queue.is_empty() {
            self.progress_at = now;
        }
        if is_flow_controlled {
            self.flow_controlled_bytes += packet.size();
        } else {
            self.bytes += packet.size();
        }
        self.queue.push_back(Queued { packet: packet.clone(), since: now, is_flow_controlled, is_pong: false });
    }

    /// Writes as much of the queue as the kernel accepts now.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.is_batch = false;
        self.write_queue(WebSocketStream::write_tracked)
    }

    fn write_queue(&mut self, write: impl Fn(&WebSocketStream, &[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<()> {
        let Transport::WebSocket(stream) = &self.transport else { return Ok(()) };
        let stream = Arc::clone(stream);
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let mut count = 0;
            let mut skip = self.written;
            let pieces = self.queue.iter().flat_map(|queued| queued.packet.pieces());
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
            match write(&stream, &slices[..count]) {
                Ok(bytes) => self.accepted(bytes),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes the bytes that the kernel has accepted.
    fn accepted(&mut self, mut bytes: usize) {
        let now = Instant::now();
        self.progress_at = now;
        while let Some(first) = self.queue.front() {
            let left = first.packet.size() - self.written;
            if bytes < left {
                self.written += bytes;
                return;
            }
            bytes -= left;
            self.written = 0;
            self.pop(now);
        }
        // An idle session owns no buffer.
        self.queue = VecDeque::new();
    }

    fn pop(&mut self, now: Instant) -> Option<Packet> {
        let first = self.queue.pop_front()?;
        if first.is_flow_controlled {
            // Packets behind a flow-controlled one did not wait because the client is slow.
            self.flow_controlled_bytes -= first.packet.size();
            self.queue.iter_mut().for_each(|queued| queued.since = now);
        } else {
            self.bytes -= first.packet.size();
        }
        Some(first.packet)
    }

    /// Takes the packets for one poll: as many as every client accepts at once, with a ping always
    /// alone.
    pub(crate) fn take_payload(&mut self) -> Option<String> {
        let now = Instant::now();
        let mut payload = String::new();
        let mut packets = 0;
        while let Some(first) = self.queue.front() {
            let is_ping = first.packet.is_ping();
            packets += first.packet.packet_count();
            if (is_ping || packets > PACKETS_PER_POLL) && !payload.is_empty() {
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

    /// Switches to WebSocket and sends the queue there, in order.
    pub(crate) fn switch(&mut self, stream: Arc<WebSocketStream>) -> io::Result<()> {
        let now = Instant::now();
        self.queue.iter_mut().for_each(|queued| queued.since = now);
        self.progress_at = now;
        self.transport = Transport::WebSocket(stream);
        self.flush()
    }

    /// Returns when the client counts as too slow, if it reads nothing until then.
    pub(crate) fn deadline(&self, slow_client_timeout: Duration) -> Option<Instant> {
        let first = self.queue.front().filter(|_| !self.is_batch)?;
        if matches!(&self.transport, Transport::Polling(polling) if polling.upgrade == Upgrade::Probed) {
            // The upgrade has a deadline of its own.
            return None;
        }
        let since = if first.is_flow_controlled { self.progress_at } else { first.since.min(self.progress_at) };
        Some(since + slow_client_timeout)
    }

    /// Writes the batch, then drops the queue and the stream. Returns whether the stream stands between
    /// two frames.
    pub(crate) fn close(&mut self) -> bool {
        let _ = self.flush_batch(usize::MAX);
        self.queue = VecDeque::new();
        self.bytes = 0;
        self.flow_controlled_bytes = 0;
        self.transport = Transport::Closed;
        std::mem::take(&mut self.written) == 0
    }
}
