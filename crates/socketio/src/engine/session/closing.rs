//! How a session ends: at once, or after its handlers and its send queue are done.

use crate::disconnect_reason::DisconnectReason;

/// The progress of a session towards its end. It only moves forward, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The session is open.
    Open,
    /// It reads no more, and continues with [`Closing::AfterFlush`] when the handlers of what it has
    /// read have answered.
    AfterHandlers,
    /// It accepts no more packets to send, and ends when those in its send queue have left, or have
    /// waited too long.
    AfterFlush(DisconnectReason),
    /// It ends at once; the send queue is dropped.
    Now(DisconnectReason),
}

impl Closing {
    fn order(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::AfterHandlers => 1,
            Self::AfterFlush(_) => 2,
            Self::Now(_) => 3,
        }
    }

    /// Moves forward to `next`; returns whether it did.
    pub(super) fn advance(&mut self, next: Self) -> bool {
        let is_forward = next.order() > self.order();
        if is_forward {
            *self = next;
        }
        is_forward
    }

    pub(super) fn accepts_packets(self) -> bool {
        self.order() < Self::AfterFlush(DisconnectReason::ServerClose).order()
    }

    /// Returns the reason of a session that ends at once.
    pub(super) fn now(self) -> Option<DisconnectReason> {
        match self {
            Self::Now(reason) => Some(reason),
            Self::Open | Self::AfterHandlers | Self::AfterFlush(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DisconnectReason::*;

    #[test]
    fn it_only_moves_forward_and_the_first_reason_counts() {
        let mut closing = Closing::Open;
        assert!(closing.advance(Closing::AfterHandlers) && closing.accepts_packets());
        assert!(!closing.advance(Closing::AfterHandlers));
        assert!(closing.advance(Closing::AfterFlush(ServerClose)) && !closing.accepts_packets());
        assert!(!closing.advance(Closing::AfterHandlers) && !closing.advance(Closing::AfterFlush(PingTimeout)));
        assert!(closing.advance(Closing::Now(SlowClient)));
        assert!(!closing.advance(Closing::Now(PingTimeout)));
        assert_eq!(closing.now(), Some(SlowClient));
    }
}
