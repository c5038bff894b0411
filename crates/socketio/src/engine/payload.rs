//! Engine.IO packets (protocol version 4) and the payloads that carry them over polling.
//!
//! A packet is a type character and its data; a payload is packets joined by `\x1e`, binary ones as
//! `b` and base 64.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine};
use bytes::{BufMut, Bytes, BytesMut};

use crate::engine::frame::{self, Opcode};

const SEPARATOR: char = '\x1e';
/// Decodes with or without padding, as clients send both; trailing bits must be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

/// A message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// In Socket.IO: a packet.
    Text(String),
    /// In Socket.IO: an attachment of the previous packet.
    Binary(Bytes),
}

/// A packet of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Close,
    Ping,
    /// The `2probe` of an upgrade.
    Probe,
    Pong,
    Message(Message),
    Upgrade,
    Noop,
}

/// The text is not an Engine.IO packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Decodes one packet of text. An empty one is malformed, and so is one that only a server sends.
pub(crate) fn decode(packet: &str) -> Result<Incoming, Malformed> {
    let mut characters = packet.chars();
    let kind = characters.next().ok_or(Malformed)?;
    let data = characters.as_str();
    match (kind, data) {
        ('1', "") => Ok(Incoming::Close),
        ('2', "") => Ok(Incoming::Ping),
        ('2', "probe") => Ok(Incoming::Probe),
        ('3', "") => Ok(Incoming::Pong),
        ('4', _) => Ok(Incoming::Message(Message::Text(data.to_owned()))),
        ('5', "") => Ok(Incoming::Upgrade),
        ('6', "") => Ok(Incoming::Noop),
        ('b', _) if !data.is_empty() => {
            let data = BASE64.decode(data).map_err(|_| Malformed)?;
            Ok(Incoming::Message(Message::Binary(data.into())))
        }
        _ => Err(Malformed),
    }
}

/// Decodes the packets of a polling payload, in order.
pub(crate) fn decode_payload(payload: &str) -> impl Iterator<Item = Result<Incoming, Malformed>> {
    payload.split(SEPARATOR).map(decode)
}

/// One or more Engine.IO packets, encoded once as whole WebSocket frames and shared by all receivers.
/// Cloning costs an atomic increment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    frames: Bytes,
    /// The rest of the one frame that `frames` begins: pieces that other packets may share.
    pieces: Option<Arc<[Bytes]>>,
}

impl Packet {
    /// Creates a text message: type `4`.
    pub fn text(data: &str) -> Self {
        Self::of_kind(b'4', data.as_bytes())
    }

    /// Creates a binary message.
    pub fn binary(data: &[u8]) -> Self {
        let mut frames = BytesMut::new();
        frame::encode(&mut frames, Opcode::Binary, &[data]);
        frames.freeze().into()
    }

    /// Creates a text message of pieces, which together must be UTF-8. They are not copied: a piece that
    /// many long messages share is in memory once, however long each waits.
    pub(crate) fn text_in_pieces(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces: Arc<[Bytes]> = pieces.into_iter().collect();
        let mut frames = BytesMut::new();
        frame::encode_head(&mut frames, Opcode::Text, 1 + pieces.iter().map(Bytes::len).sum::<usize>());
        frames.put_u8(b'4');
        Self { frames: frames.freeze(), pieces: Some(pieces) }
    }

    /// Creates a text message and its binary attachments, which stay together.
    pub(crate) fn with_attachments(data: &str, attachments: &[Bytes]) -> Self {
        let mut frames = BytesMut::new();
        frame::encode(&mut frames, Opcode::Text, &[b"4", data.as_bytes()]);
        for attachment in attachments {
            frame::encode(&mut frames, Opcode::Binary, &[attachment]);
        }
        frames.freeze().into()
    }

    pub(crate) fn open(handshake: &str) -> Self {
        Self::of_kind(b'0', handshake.as_bytes())
    }

    /// Creates a close: some clients stay away after it.
    pub(crate) fn close() -> Self {
        Self::of_kind(b'1', b"")
    }

    pub(crate) fn ping() -> Self {
        Self::of_kind(b'2', b"")
    }

    pub(crate) fn probe_answer() -> Self {
        Self::of_kind(b'3', b"probe")
    }

    /// Creates a WebSocket pong, which is no Engine.IO packet but is sent in order with them.
    pub(crate) fn pong_frame(data: &[u8]) -> Self {
        let mut frames = BytesMut::new();
        frame::encode(&mut frames, Opcode::Pong, &[data]);
        frames.freeze().into()
    }

    fn of_kind(kind: u8, data: &[u8]) -> Self {
        let mut frames = BytesMut::new();
        frame::encode(&mut frames, Opcode::Text, &[&[kind], data]);
        frames.freeze().into()
    }

    /// Returns the WebSocket frames, unless they are in pieces.
    pub(crate) fn frames(&self) -> Option<&Bytes> {
        self.pieces.is_none().then_some(&self.frames)
    }

    /// Returns the WebSocket frames, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.frames).chain(self.pieces.iter().flat_map(|pieces| pieces.iter()))
    }

    /// Returns the bytes of the WebSocket frames, which count towards the send queue's limit.
    pub(crate) fn size(&self) -> usize {
        self.pieces().map(Bytes::len).sum()
    }

    pub(crate) fn is_ping(&self) -> bool {
        self.frames[..] == [0x81, 1, b'2']
    }

    /// Returns the number of packets in a polling payload: one, and one for each attachment.
    pub(crate) fn packet_count(&self) -> usize {
        match self.frames() {
            Some(frames) => std::iter::successors(frame::split(frames), |(.., behind)| frame::split(behind)).count(),
            None => 1,
        }
    }

    /// Returns the WebSocket frames in one piece, copied if necessary.
    pub(crate) fn in_one(&self) -> Bytes {
        self.frames().cloned().unwrap_or_else(|| self.pieces().flatten().copied().collect())
    }

    /// Appends the packets to a polling payload.
    pub(crate) fn append_to(&self, payload: &mut String) {
        let mut rest = self.in_one();
        while let Some((is_binary, data, behind)) = frame::split(&rest) {
            if !payload.is_empty() {
                payload.push(SEPARATOR);
            }
            if is_binary {
                payload.push('b');
                BASE64.encode_string(&data, payload);
            } else {
                // Text frames are made of `&str` and type characters only.
                payload.push_str(std::str::from_utf8(&data).unwrap_or_default());
            }
            rest = behind;
        }
    }
}

impl From<Bytes> for Packet {
    fn from(frames: Bytes) -> Self {
        Self { frames, pieces: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(data: &str) -> Incoming {
        Incoming::Message(Message::Text(data.into()))
    }

    #[test]
    fn a_payload_holds_packets_in_order() {
        let packets: Result<Vec<_>, _> = decode_payload("4hello\x1ebAQIDBA==\x1e3").collect();
        let binary = Incoming::Message(Message::Binary(Bytes::from_static(&[1, 2, 3, 4])));
        assert_eq!(packets, Ok(vec![text("hello"), binary, Incoming::Pong]));
    }

    /// Abuse: P1, P4, P5, P6
    #[test]
    fn other_text_is_malformed() {
        for packet in ["", "abc", "b", "b!!!!", "bA", "bAQIDBA=A", "éabcd", "9", "0{}", "2prob", "11", "💥"] {
            assert_eq!(decode(packet), Err(Malformed), "{packet:?}");
        }
        assert!(decode_payload("\x1e\x1e").all(|packet| packet == Err(Malformed)));
    }

    #[test]
    fn a_shared_packet_becomes_a_payload() {
        let mut payload = String::new();
        Packet::with_attachments("51-[\"x\"]", &[Bytes::from_static(&[1, 2, 3, 4])]).append_to(&mut payload);
        Packet::text("다음").append_to(&mut payload);
        assert_eq!(payload, "451-[\"x\"]\x1ebAQIDBA==\x1e4다음");
    }

    #[test]
    fn a_packet_in_pieces_equals_the_whole_packet() {
        let pieces =
            ["2[\"x\",", "\"다음\"", &"y".repeat(200), "]"].map(|piece| Bytes::copy_from_slice(piece.as_bytes()));
        let (mut payload, text) = (String::new(), std::str::from_utf8(&pieces.concat()).unwrap().to_owned());
        let packet = Packet::text_in_pieces(pieces);
        packet.append_to(&mut payload);
        assert_eq!(payload, format!("4{text}"));
        assert_eq!((packet.packet_count(), packet.size()), (1, Packet::text(&text).size()));
        assert_eq!(packet.in_one(), Packet::text(&text).in_one());
    }

    proptest! {
        #[test]
        fn any_text_is_decoded_or_refused_without_a_panic(payload in "\\PC{0,200}") {
            let _ = decode_payload(&payload).count();
        }

        #[test]
        fn messages_survive_a_payload(texts in proptest::collection::vec("[^\x1e]{0,50}", 1..8)) {
            let mut payload = String::new();
            texts.iter().for_each(|data| Packet::text(data).append_to(&mut payload));
            let back: Result<Vec<_>, _> = decode_payload(&payload).collect();
            prop_assert_eq!(back, Ok(texts.iter().map(|data| text(data)).collect()));
        }
    }
}
