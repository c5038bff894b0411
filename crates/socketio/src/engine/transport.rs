//! The transport of a session, and the state of its polling requests and its upgrade.

use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use crate::engine::frame::Decoder;
use crate::engine::stream::WebSocketStream;

#[derive(Debug)]
pub(crate) enum Transport {
    /// Nothing can be written at any time: everything waits for a poll.
    Polling(Polling),
    WebSocket(Arc<WebSocketStream>),
    /// The session has ended. The stream is dropped, as an application may keep its sockets.
    Closed,
}

#[derive(Debug, Default)]
pub(crate) struct Polling {
    /// Wakes the poll that waits for packets.
    pub(crate) packets_ready: Arc<Notify>,
    /// Wakes the post that waits until the inboxes have room.
    pub(crate) inbox_ready: Arc<Notify>,
    pub(crate) is_polling: bool,
    pub(crate) is_posting: bool,
    pub(crate) upgrade: Upgrade,
    /// Boxed, as it is there during an upgrade only.
    pub(crate) looks: Option<Box<Looks>>,
}

/// Requests to an upgrade to take what its stream has received.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// Wakes the upgrade.
    pub(crate) requested: Arc<Notify>,
    /// Dropped, and thereby ready, after the look.
    pub(crate) waiting: Vec<oneshot::Sender<()>>,
}

/// The progress of a polling session's upgrade to WebSocket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upgrade {
    #[default]
    None,
    /// A WebSocket has connected; its probe has not arrived.
    Started,
    /// The probe is answered: polls get a noop, everything else waits for the new transport.
    Probed,
}

/// A stream that speaks WebSocket, with the state of its decoder.
#[derive(Debug)]
pub(crate) struct Upgraded {
    pub(crate) stream: Arc<WebSocketStream>,
    pub(crate) decoder: Decoder,
}
