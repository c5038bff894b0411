//! Access to the parsers and to a session without a connection, for the fuzz drivers in `fuzz/`. Not
//! part of the API.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::config::Config;
use crate::disconnect_reason::DisconnectReason;
use crate::engine::frame::{Decoder, Incoming as Frame};
use crate::engine::payload::{self, Message, Packet};
use crate::engine::session::{PollResult, Session, SessionHandler};
use crate::engine::{Application, Engine};
use crate::namespace::{Namespace, Namespaces};
use crate::packet::{self, Body, Event};
use crate::packet_router::{PacketRouter, SocketIoHandler};
use crate::request_scanner::{RequestScanner, SmugglingGuard};

/// Decodes a client's WebSocket frames.
pub struct FrameDecoder(Decoder);

impl FrameDecoder {
    pub fn new(max_message: usize, max_fragments: usize) -> Self {
        Self(Decoder::new(max_message, max_fragments, b""))
    }

    /// Adds the messages that end in these bytes by kind; returns `false` after an error.
    pub fn feed(&mut self, bytes: &[u8], messages: &mut Vec<(&'static str, Vec<u8>)>) -> bool {
        let fed = self.0.feed(&mut bytes.to_vec(), |incoming| {
            messages.push(match incoming {
                Frame::Text(text) => ("text", text.into_bytes()),
                Frame::Binary(data) => ("binary", data),
                Frame::Ping(data) => ("ping", data),
                Frame::Pong => ("pong", Vec::new()),
                Frame::Close => ("close", Vec::new()),
            });
            true
        });
        fed.is_ok()
    }

    pub fn buffered_bytes(&self) -> usize {
        self.0.buffered_bytes()
    }
}

/// Scans the bytes of a connection; returns how many of its requests are allowed.
pub fn scan_requests<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> usize {
    let (mut scanner, guard) = (RequestScanner::default(), SmugglingGuard::default());
    pieces.for_each(|piece| scanner.scan(piece, &guard));
    std::iter::repeat_with(|| guard.begin_request()).take_while(|is_allowed| *is_allowed).count()
}

/// Returns the packets of a polling payload, or `None` for each that is no message.
pub fn decode_payload(text: &str) -> Vec<Option<Message>> {
    let message = |packet| match packet {
        Ok(payload::Incoming::Message(message)) => Some(message),
        _ => None,
    };
    payload::decode_payload(text).map(message).collect()
}

pub fn append_to_payload(packet: &Packet, payload: &mut String) {
    packet.append_to(payload);
}

/// Returns how many attachments follow a Socket.IO packet, or `None` if it is malformed.
pub fn count_attachments(text: &str) -> Option<usize> {
    let config = Config { max_attachments: usize::MAX, ..Config::default() };
    packet::Incoming::parse(text, &config).ok().map(|(_, attachments)| attachments)
}

/// A Socket.IO event of a client.
pub struct ParsedEvent {
    pub namespace: String,
    pub event: Event,
    pub id: Option<u64>,
    /// How many attachments the text declares.
    pub attachments: usize,
}

/// Parses an event and adds those of its attachments that `attachments` has.
pub fn parse_event(text: &str, max: usize, attachments: impl Iterator<Item = Bytes>) -> Option<ParsedEvent> {
    let (mut incoming, expected) =
        packet::Incoming::parse(text, &Config { max_attachments: max, ..Config::default() }).ok()?;
    incoming.attach(attachments.take(expected).collect());
    let Body::Event { event, id } = incoming.body else { return None };
    Some(ParsedEvent { namespace: incoming.namespace, event, id, attachments: expected })
}

pub fn encode_event(parsed: &ParsedEvent) -> Packet {
    packet::event(&parsed.namespace, &parsed.event.name, parsed.id, &parsed.event.args)
}

/// A Socket.IO session on polling, without HTTP requests and without an owner task.
pub struct TestSession {
    session: Arc<Session>,
    namespaces: Arc<Namespaces>,
}

/// Gives its one session the handler that was made for it.
struct OneSession(Mutex<Option<Box<dyn SessionHandler>>>);

impl Application for OneSession {
    fn open(&self, _: &Arc<Session>) -> Box<dyn SessionHandler> {
        self.0.lock().take().expect("one session")
    }
}

impl TestSession {
    pub fn new(config: Config, namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        let by_name = |namespace: Namespace| (namespace.name().to_owned(), Arc::new(namespace));
        let namespaces: Arc<Namespaces> = Arc::new(namespaces.into_iter().map(by_name).collect());
        let handler = Box::new(SocketIoHandler(PacketRouter::new(Arc::clone(&namespaces))));
        let engine = Engine::new(config, OneSession(Mutex::new(Some(handler))));
        Self { session: engine.polling_session(IpAddr::V4(Ipv4Addr::LOCALHOST)), namespaces }
    }

    /// Handles a packet of text; one that is not UTF-8 is `None`.
    pub fn receive_text(&self, text: Option<&str>) -> Result<(), DisconnectReason> {
        self.session.receive(text.ok_or(payload::Malformed).and_then(payload::decode))
    }

    pub fn receive_binary(&self, data: &[u8]) -> Result<(), DisconnectReason> {
        self.session.receive(Ok(payload::Incoming::Message(Message::Binary(Bytes::copy_from_slice(data)))))
    }

    pub fn is_paused(&self) -> bool {
        self.session.is_paused()
    }

    pub fn has_running_handlers(&self) -> bool {
        self.session.has_running_handlers()
    }

    /// Returns the payload of a poll, if packets are queued.
    pub fn poll(&self) -> Option<String> {
        match self.session.poll() {
            PollResult::Payload(payload) => Some(payload),
            PollResult::Ended | PollResult::Wait(_) => None,
        }
    }

    pub fn end(&self, reason: DisconnectReason) {
        self.session.end(reason);
    }

    /// Returns the number of sockets in all namespaces.
    pub fn socket_count(&self) -> usize {
        self.namespaces.values().map(|namespace| namespace.to_all().sockets().len()).sum()
    }
}
