//! The parsers that meet a stranger's bytes first, for the fuzzer: each takes anything and panics
//! when a promise is broken. Not part of the interface.

mod conversation;
#[cfg(test)]
mod tests;

use crate::frame::{Decoder, Incoming};
use crate::head::{HeadScan, HeadWatch};
use crate::packet::{self, Body};
use crate::payload::{self, Message, Packet};

pub use conversation::conversation;

/// The name of a target, and what is run for it.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 5] =
    [("conversation", conversation), ("frame", frames), ("head", head), ("packet", packet), ("payload", payload)];

const MAX_MESSAGE: usize = 4_096;
const MAX_FRAGMENTS: usize = 16;
/// The longest head of a client's frame: two bytes, the length in eight, the mask in four.
const MAX_HEAD: usize = 14;

/// WebSocket frames, the first byte telling how many bytes come at a time.
pub fn frames(data: &[u8]) {
    let Some((&cut, bytes)) = data.split_first() else { return };
    let in_pieces = decode(bytes.chunks(cut as usize + 1));
    let at_once = decode(std::iter::once(bytes));
    assert_eq!(in_pieces, at_once, "how the bytes are cut makes no difference");
}

fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Incoming>, bool) {
    let mut decoder = Decoder::new(MAX_MESSAGE, MAX_FRAGMENTS, b"");
    let mut all = Vec::new();
    for piece in pieces {
        let fed = decoder.feed(&mut piece.to_vec(), |incoming| {
            all.push(incoming);
            true
        });
        if fed.is_err() {
            return (all, false);
        }
        assert!(decoder.rest_length() < MAX_MESSAGE + MAX_HEAD, "a decoder hoards no more than a frame");
    }
    for incoming in &all {
        if let Incoming::Text(text) = incoming {
            assert!(text.len() <= MAX_MESSAGE);
        }
    }
    (all, true)
}

/// The body of a POST: what is understood is the same after another round.
pub fn payload(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut again = String::new();
    let mut messages = Vec::new();
    for packet in payload::decode_payload(text) {
        let Ok(payload::Incoming::Message(message)) = packet else { continue };
        match &message {
            Message::Text(text) => Packet::text(text).append_to(&mut again),
            Message::Binary(data) => Packet::binary(data).append_to(&mut again),
        }
        messages.push(Ok(payload::Incoming::Message(message)));
    }
    if !messages.is_empty() {
        assert_eq!(payload::decode_payload(&again).collect::<Vec<_>>(), messages);
    }
}

/// A Socket.IO packet, its attachments behind a NUL each: an event comes back as it was.
pub fn packet(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0);
    let Some(Ok(text)) = parts.next().map(std::str::from_utf8) else { return };
    let Ok((mut incoming, expected)) = packet::Incoming::parse(text, 4) else { return };
    assert!(expected <= 4);
    incoming.attach(parts.take(expected).map(<[u8]>::to_vec).map(Into::into).collect());
    let (namespace, Body::Event { event, id }) = (incoming.namespace, incoming.body) else { return };
    if event.args.attachments.len() < expected {
        return;
    }
    let mut encoded = String::new();
    packet::event(&namespace, &event.name, id, &event.args).append_to(&mut encoded);
    let text = encoded.split('\x1e').next().and_then(|first| first.strip_prefix('4')).expect("a message of text");
    let (again, attachments) = packet::Incoming::parse(text, 4).expect("what was encoded here");
    let Body::Event { event: back, id: same } = again.body else { panic!("an event") };
    assert_eq!((again.namespace, back.name, same, attachments), (namespace, event.name, id, expected));
    let values = |args: &crate::Args| args.values.iter().map(|value| value.get().to_owned()).collect::<Vec<_>>();
    assert_eq!(values(&back.args), values(&event.args));
}

/// The head of a request, the first byte telling how many bytes come at a time: let through only
/// where every line ends in two bytes and one at most says where the body ends.
pub fn head(data: &[u8]) {
    let Some((&cut, bytes)) = data.split_first() else { return };
    let in_pieces = scan(bytes.chunks(cut as usize + 1));
    let at_once = scan(std::iter::once(bytes));
    assert_eq!(in_pieces, at_once, "how the bytes are cut makes no difference");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    if let (Some(end), Some(true)) = (end, at_once) {
        let lines: Vec<&[u8]> = bytes[..end].split(|&byte| byte == b'\n').collect();
        let names = lines.iter().filter_map(|line| Some(&line[..line.iter().position(|&byte| byte == b':')?]));
        let lengths = [&b"content-length"[..], b"transfer-encoding"];
        let says = names.filter(|name| lengths.iter().any(|length| name.eq_ignore_ascii_case(length))).count();
        assert!(says <= 1, "the body of a request ends twice");
        assert!(lines.iter().rev().skip(1).all(|line| line.ends_with(b"\r")), "a line ends in one byte");
    }
}

/// Whether the first request is let through; nothing where a line ends wrongly.
fn scan<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Option<bool> {
    let (mut scan, watch) = (HeadScan::default(), HeadWatch::default());
    for piece in pieces {
        if watch.is_expecting_head() {
            scan.look(piece, &watch).ok()?;
        }
    }
    Some(watch.begin_request())
}
