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
        // Some clients add a name to an address that has it already; one of two different values may be
        // the one that a proxy in front has checked.
        let one = |name: &str| {
            let mut values = query.split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            let first = values.next();
            if values.all(|other| Some(other) == first) { Ok(first) } else { Err(()) }
        };
        let transport = match one("transport") {
            Ok(Some("polling")) => TransportName::Polling,
            Ok(Some("websocket")) => TransportName::WebSocket,
            _ => return Err(HandshakeError::UnknownTransport),
        };
        if one("EIO") != Ok(Some("4")) {
            return Err(HandshakeError::UnsupportedVersion);
        }
        let sid = one("sid").map_err(|()| HandshakeError::UnknownSid)?;
        Ok(Self { transport, sid: sid.filter(|sid| !sid.is_empty()).map(str::to_owned) })
    }
}
