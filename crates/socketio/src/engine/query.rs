//! The query of an Engine.IO request.

use crate::engine::response::HandshakeError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransportName {
    Polling,
    WebSocket,
}

pub(super) struct Query {
    pub(super) transport: TransportName,
    pub(super) sid: Option<String>,
}

impl Query {
    pub(super) fn parse(query: &str) -> Result<Self, HandshakeError> {
        let one = |name: &str| {
            let mut values = query.split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            (values.next(), values.next().is_some())
        };
        let transport = match one("transport") {
            (Some("polling"), false) => TransportName::Polling,
            (Some("websocket"), false) => TransportName::WebSocket,
            _ => return Err(HandshakeError::UnknownTransport),
        };
        if one("EIO") != (Some("4"), false) {
            return Err(HandshakeError::UnsupportedVersion);
        }
        match one("sid") {
            (sid, false) => Ok(Self { transport, sid: sid.map(str::to_owned) }),
            (_, true) => Err(HandshakeError::UnknownSid),
        }
    }
}
