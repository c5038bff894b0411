//! The sending side of a session, which any task may use.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Closing, Session, State};
use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload::Packet;
use crate::engine::send_queue::Sent;
use crate::engine::write_batch::FlushBatch;

impl Session {
    /// Sends a packet after all earlier ones. On a session that has ended, or ends by this packet
    /// because too much is queued, it is lost with the connection.
    pub fn send(&self, packet: &Packet) {
        self.send_as(packet, false);
    }

    /// Sends a long packet that the client may read slowly: it counts neither towards the bytes of the
    /// send queue nor towards the age of its oldest packet, but the client must keep reading.
    pub fn send_flow_controlled(&self, packet: &Packet) {
        self.send_as(packet, true);
    }

    /// Sends a packet in a write batch: it leaves with the next packet to this client, or when the
    /// tasks that are due now have run.
    pub(crate) fn send_batched(self: &Arc<Self>, packet: &Packet) {
        let mut state = self.state.lock();
        if !state.closing.accepts_packets() {
            return;
        }
        match state.send_queue.send_batched(packet, self.config().max_send_queue) {
            Sent::FirstBatched => {
                drop(state);
                self.shared.write_batches.add(Arc::clone(self) as Arc<dyn FlushBatch>);
            }
            sent => state.after_send(sent),
        }
    }

    fn send_as(&self, packet: &Packet, is_flow_controlled: bool) {
        let mut state = self.state.lock();
        if state.closing.accepts_packets() {
            let sent = state.send_queue.send(packet, is_flow_controlled, self.config().max_send_queue);
            state.after_send(sent);
        }
    }

    /// Gives the client the whole timeout from when a ping has left: a server that runs late must not take
    /// it from the client's time.
    pub(super) fn ping_left(&self, state: &mut State) {
        if state.awaits_pong {
            state.heartbeat_at = Instant::now() + self.config().ping_timeout;
        }
    }

    /// Answers a WebSocket ping.
    pub(crate) fn answer_ping(&self, data: &[u8]) {
        let mut state = self.state.lock();
        if state.closing.now().is_none() {
            let sent = state.send_queue.send_pong(&Packet::pong_frame(data));
            state.after_send(sent);
        }
    }
}

impl FlushBatch for Session {
    fn flush_batch(&self) {
        let mut state = self.state.lock();
        if state.closing.now().is_none()
            && let Some(sent) = state.send_queue.flush_batch(self.config().max_send_queue)
        {
            state.after_send(sent);
        }
    }
}

impl State {
    /// Wakes or closes the session as the result of a send requires.
    pub(super) fn after_send(&mut self, sent: Sent) {
        match sent {
            Sent::Written | Sent::Queued | Sent::FirstBatched => return,
            Sent::FirstQueued => {}
            Sent::Overflow => _ = self.close(Closing::Now(DisconnectReason::SlowClient)),
            Sent::Broken => _ = self.close(Closing::Now(DisconnectReason::TransportClose)),
        }
        self.wake_all();
    }
}
