//! The upgrade of a polling session to WebSocket: `2probe`, `3probe`, then `5`. Until the `5` the
//! session stays on polling, and an upgrade that fails leaves it there. Some clients leave the probe out.

use std::io;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming as Body;
use tokio::io::Interest;
use tokio::time::timeout;

use crate::disconnect_reason::DisconnectReason;
use crate::engine::buffer::READ_BUFFER;
use crate::engine::frame::{CloseCode, Decoder, Incoming};
use crate::engine::payload::{self, Packet};
use crate::engine::session::Session;
use crate::engine::stream::WebSocketStream;
use crate::engine::transport::Upgraded;
use crate::engine::websocket_handshake::switch_protocol;

/// Upgrades a session, within [`Config::upgrade_timeout`](crate::Config::upgrade_timeout).
pub(crate) async fn upgrade(request: Request<Body>, session: Arc<Session>) {
    let probed = timeout(session.config().upgrade_timeout, probe(request, &session)).await;
    let is_complete = match probed {
        Ok(Ok((stream, upgraded))) => session.complete_upgrade(stream, upgraded).is_ok(),
        _ => false,
    };
    if !is_complete {
        session.abandon_upgrade();
    }
}

/// Switches protocols only to close again: stock clients treat an HTTP error to a late upgrade as a
/// fault of the server.
pub(crate) async fn reject(request: Request<Body>) {
    if let Some((stream, _)) = switch_protocol(request).await {
        stream.close(CloseCode::Policy).await;
    }
}

async fn probe(
    request: Request<Body>,
    session: &Arc<Session>,
) -> Result<(Arc<WebSocketStream>, Upgraded), DisconnectReason> {
    let (stream, first_bytes) = switch_protocol(request).await.ok_or(DisconnectReason::TransportClose)?;
    let config = session.config();
    let decoder = Decoder::new(config.max_payload, config.max_fragments, &first_bytes);
    let mut upgraded = Upgraded { stream: Arc::clone(&stream), decoder };
    let mut is_upgraded = false;
    let mut input = Vec::new();
    loop {
        let mut result = Ok(());
        let fed = upgraded.decoder.feed(&mut input, |incoming| {
            result = session.count_packet().and_then(|_| step(session, &stream, incoming, &mut is_upgraded));
            // Packets after the `5` belong to the session and wait for its owner.
            result.is_ok() && !is_upgraded
        });
        fed.map_err(|_| DisconnectReason::ParseError)?;
        result?;
        if is_upgraded {
            return Ok((stream, upgraded));
        }
        stream.ready(Interest::READABLE).await.map_err(|_| DisconnectReason::TransportClose)?;
        input.resize(READ_BUFFER, 0);
        match stream.try_read(&mut input) {
            Ok(0) => return Err(DisconnectReason::TransportClose),
            Ok(count) => input.truncate(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => input.clear(),
            Err(_) => return Err(DisconnectReason::TransportClose),
        }
    }
}

/// Writes a packet while nothing else is written to the stream.
///
/// # Errors
/// When not all of it fits into the kernel's buffer: the client sends without reading.
fn send(stream: &WebSocketStream, packet: &Packet) -> Result<(), DisconnectReason> {
    let bytes = packet.in_one();
    match stream.write(&bytes) {
        Ok(count) if count == bytes.len() => Ok(()),
        _ => Err(DisconnectReason::TransportClose),
    }
}

/// Takes one message of an upgrading client: probes, then the `5`, pings at any time.
fn step(
    session: &Session,
    stream: &WebSocketStream,
    incoming: Incoming,
    is_upgraded: &mut bool,
) -> Result<(), DisconnectReason> {
    let packet = match incoming {
        Incoming::Ping(data) => return send(stream, &Packet::pong_frame(&data)),
        Incoming::Pong => return Ok(()),
        Incoming::Text(text) => payload::decode(&text),
        Incoming::Binary(_) | Incoming::Close => return Err(DisconnectReason::ParseError),
    };
    match packet {
        Ok(payload::Incoming::Probe) => {
            send(stream, &Packet::probe_answer())?;
            session.upgrade_probed().map_err(|_| DisconnectReason::TransportClose)
        }
        Ok(payload::Incoming::Upgrade) => {
            *is_upgraded = true;
            Ok(())
        }
        _ => Err(DisconnectReason::ParseError),
    }
}
