//! The drivers of the parsers that read a client's bytes. `tests/it/fuzz_corpus.rs` includes them, and
//! replays the seeds and the corpus without a fuzzer.

mod conversation;

use bytes::Bytes;
use socketio::internals::{self, FrameDecoder};
use socketio::{Args, Message, Packet};

pub use conversation::conversation;

/// The name of a target, and its driver.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 5] =
    [("conversation", conversation), ("frame", frame), ("head", head), ("packet", packet), ("payload", payload)];

const MAX_MESSAGE: usize = 4_096;
const MAX_FRAGMENTS: usize = 16;
/// The longest head of a client's frame: two bytes, a length of eight, a mask of four.
const MAX_HEAD: usize = 14;

/// WebSocket frames; the first byte is the number of bytes that arrive at a time.
pub fn frame(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let in_pieces = decode(bytes.chunks(size as usize + 1));
    let at_once = decode(std::iter::once(bytes));
    assert_eq!(in_pieces, at_once, "the result does not depend on how the bytes are split");
}

fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<(&'static str, Vec<u8>)>, bool) {
    let mut decoder = FrameDecoder::new(MAX_MESSAGE, MAX_FRAGMENTS);
    let mut messages = Vec::new();
    for piece in pieces {
        if !decoder.feed(piece, &mut messages) {
            return (messages, false);
        }
        assert!(decoder.buffered_bytes() < MAX_MESSAGE + MAX_HEAD, "at most one frame is buffered");
    }
    assert!(messages.iter().all(|(_, data)| data.len() <= MAX_MESSAGE));
    (messages, true)
}

/// The body of a POST: its messages are the same after encoding them again.
pub fn payload(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut again = String::new();
    let mut messages = Vec::new();
    for message in internals::decode_payload(text).into_iter().flatten() {
        let packet = match &message {
            Message::Text(text) => Packet::text(text),
            Message::Binary(data) => Packet::binary(data),
        };
        internals::append_to_payload(&packet, &mut again);
        messages.push(Some(message));
    }
    if !messages.is_empty() {
        assert_eq!(internals::decode_payload(&again), messages);
    }
}

/// A Socket.IO packet, with a NUL before each attachment: an event is the same after encoding it again.
pub fn packet(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0);
    let Some(Ok(text)) = parts.next().map(std::str::from_utf8) else { return };
    let Some(parsed) = internals::parse_event(text, 4, parts.map(Bytes::copy_from_slice)) else { return };
    assert!(parsed.attachments <= 4);
    if parsed.event.args.attachments.len() < parsed.attachments {
        return;
    }
    let mut encoded = String::new();
    internals::append_to_payload(&internals::encode_event(&parsed), &mut encoded);
    let text = encoded.split('\x1e').next().and_then(|first| first.strip_prefix('4')).expect("a text message");
    let again = internals::parse_event(text, 4, std::iter::empty()).expect("an encoded event");
    assert_eq!(
        (again.namespace, again.event.name, again.id, again.attachments),
        (parsed.namespace, parsed.event.name, parsed.id, parsed.attachments)
    );
    let values = |args: &Args| args.values.iter().map(|value| value.get().to_owned()).collect::<Vec<_>>();
    assert_eq!(values(&again.event.args), values(&parsed.event.args));
}

/// Requests; the first byte is the number of bytes that arrive at a time. The first one is allowed only
/// if every line of its head ends in two bytes and at most one header declares where the body ends.
pub fn head(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let in_pieces = internals::scan_requests(bytes.chunks(size as usize + 1));
    let at_once = internals::scan_requests(std::iter::once(bytes));
    assert_eq!(in_pieces, at_once, "the result does not depend on how the bytes are split");
    let empty_lines = bytes.chunks(2).take_while(|pair| pair == b"\r\n").count();
    let bytes = &bytes[2 * empty_lines..];
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    assert!(end.is_some() || at_once == 0, "a request without the end of its head");
    if let (Some(end), true) = (end, at_once > 0) {
        let lines: Vec<&[u8]> = bytes[..end].split(|&byte| byte == b'\n').collect();
        let names = lines.iter().filter_map(|line| Some(&line[..line.iter().position(|&byte| byte == b':')?]));
        let lengths = [&b"content-length"[..], b"transfer-encoding"];
        let declared = names.filter(|name| lengths.iter().any(|length| name.eq_ignore_ascii_case(length))).count();
        assert!(declared <= 1, "the end of the body is declared twice");
        assert!(lines.iter().rev().skip(1).all(|line| line.ends_with(b"\r")), "a line ends in one byte");
    }
}
