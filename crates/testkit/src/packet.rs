//! Socket.IO packets as the server sends them.

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    Connect(Value),
    ConnectError(Value),
    Disconnect(Value),
    Event(String, Value),
    Ack(u64, Value),
    /// The end of the Engine.IO session.
    Close,
}

impl Packet {
    /// Parses an Engine.IO packet. Returns `None` for one that only concerns the transport.
    ///
    /// # Panics
    ///
    /// If the server sent something else.
    pub fn parse(packet: &str) -> Option<Self> {
        match packet.as_bytes().first() {
            Some(b'4') => Some(Self::message(&packet[1..])),
            Some(b'1') => Some(Self::Close),
            Some(b'0' | b'2' | b'3' | b'6') => None,
            _ => panic!("not a packet: {packet}"),
        }
    }

    fn message(message: &str) -> Self {
        let (kind, rest) = message.split_at(1);
        let rest = rest.split_once(',').map_or("", |(_namespace, rest)| rest);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, body) = rest.split_at(digits);
        let mut body: Value = serde_json::from_str(body).unwrap_or_default();
        match kind {
            "0" => Self::Connect(body),
            "1" => Self::Disconnect(body),
            "2" => {
                assert_eq!(body.as_array().map(Vec::len), Some(2), "an event carries one argument: {body}");
                Self::Event(body[0].as_str().unwrap().to_owned(), body[1].take())
            }
            "3" => Self::Ack(id.parse().unwrap(), body[0].take()),
            "4" => Self::ConnectError(body),
            _ => panic!("not a message: {message}"),
        }
    }
}
