//! The part of a session that whoever has something for its client touches.

use std::sync::Arc;

use super::{Session, State};
use crate::outlet::Sent;
use crate::payload::Packet;
use crate::peer::Reason;

impl Session {
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

    /// Sends a packet behind all that was sent before, and waits a moment for what else goes to this
    /// client now: it leaves with the next packet, or when the tasks that are due have had their turn.
    pub(crate) fn send_corked(self: &Arc<Self>, packet: &Packet) {
        let mut state = self.state.lock();
        if state.doom.is_some() || state.is_finishing {
            return;
        }
        match state.outlet.send_corked(packet, self.config().outbox) {
            Sent::FirstCorked => {
                drop(state);
                self.engine.corks.add(Arc::clone(self));
            }
            sent => self.note(&mut state, sent),
        }
    }

    pub(crate) fn uncork(&self) {
        let mut state = self.state.lock();
        if state.doom.is_none()
            && let Some(sent) = state.outlet.uncork(self.config().outbox)
        {
            self.note(&mut state, sent);
        }
    }

    fn send_as(&self, packet: &Packet, paced: bool) {
        let mut state = self.state.lock();
        if state.doom.is_none() && !state.is_finishing {
            let sent = state.outlet.send(packet, paced, self.config().outbox);
            self.note(&mut state, sent);
        }
    }

    /// Answers a WebSocket ping, unless something waits: a pong is a courtesy, and pings must not
    /// be a way to fill memory.
    pub(crate) fn answer_ping(&self, data: &[u8]) {
        let mut state = self.state.lock();
        if state.doom.is_none() && !state.outlet.has_waiting() {
            let sent = state.outlet.send(&Packet::pong_frame(data), false, usize::MAX);
            self.note(&mut state, sent);
        }
    }

    pub(super) fn note(&self, state: &mut State, sent: Sent) {
        match sent {
            Sent::Written | Sent::Waiting | Sent::FirstCorked => return,
            Sent::FirstWaiting => {}
            Sent::Overflow => state.doom = Some(Reason::SlowReader),
            Sent::Broken => state.doom = Some(Reason::TransportClose),
        }
        state.wake_all();
    }
}
