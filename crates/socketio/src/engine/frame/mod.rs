//! WebSocket frames (RFC 6455 section 5), both ways, without extensions.
//!
//! A server's frames are unmasked and never fragmented, so a frame to many receivers is encoded once
//! and its bytes are shared. A client's frames are decoded incrementally; a declared length is never
//! allocated before its bytes have arrived.

use bytes::{BufMut, Bytes, BytesMut};

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// A control frame's payload is at most 125 bytes (section 5.5).
const CONTROL_MAX: usize = 125;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// The status codes of section 7.4.1 that this server closes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum CloseCode {
    Normal = 1000,
    GoingAway = 1001,
    Protocol = 1002,
    InvalidText = 1007,
    Policy = 1008,
    TooBig = 1009,
}

/// Appends one unmasked, final frame made of `parts` in a row.
pub(crate) fn encode(to: &mut BytesMut, opcode: Opcode, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    to.reserve(length + 10);
    encode_head(to, opcode, length);
    for part in parts {
        to.put_slice(part);
    }
}

/// Appends the head of an unmasked, final frame with a payload of `length` bytes.
pub(crate) fn encode_head(to: &mut BytesMut, opcode: Opcode, length: usize) {
    to.put_u8(FIN | opcode as u8);
    match length {
        0..=125 => to.put_u8(length as u8),
        126..=0xffff => {
            to.put_u8(126);
            to.put_u16(length as u16);
        }
        _ => {
            to.put_u8(127);
            to.put_u64(length as u64);
        }
    }
}

/// Returns a Close frame with a status code.
pub(crate) fn close(code: CloseCode) -> Bytes {
    let mut frame = BytesMut::new();
    encode(&mut frame, Opcode::Close, &[&(code as u16).to_be_bytes()]);
    frame.freeze()
}

/// Splits the first frame off bytes that [`encode`] wrote: (whether it is binary, its payload, the rest).
pub(crate) fn split(frames: &Bytes) -> Option<(bool, Bytes, Bytes)> {
    let (head, length) = match *frames.get(1)? {
        126 => (4, u16::from_be_bytes([*frames.get(2)?, *frames.get(3)?]) as usize),
        127 => (10, u64::from_be_bytes(frames.get(2..10)?.try_into().ok()?) as usize),
        short => (2, short as usize),
    };
    let end = head + length;
    (end <= frames.len())
        .then(|| (frames[0] & 0x0f == Opcode::Binary as u8, frames.slice(head..end), frames.slice(end..)))
}

/// A message or control frame of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close,
}

/// Decodes a client's frames into messages, within limits.
///
/// Between calls it owns only incomplete frames and messages: an idle connection owns nothing.
#[derive(Debug)]
pub(crate) struct Decoder {
    max_message: usize,
    max_fragments: usize,
    /// Bytes that were read but not decoded yet.
    buffered: Vec<u8>,
    /// Boxed, as clients rarely fragment a message that fits into a frame.
    message: Option<Box<Fragments>>,
}

#[derive(Debug)]
struct Fragments {
    opcode: Opcode,
    data: Vec<u8>,
    count: usize,
}

impl Decoder {
    /// Creates a decoder with the bytes that arrived together with the handshake. They are copied,
    /// because keeping hyper's would keep its whole buffer.
    pub(crate) fn new(max_message: usize, max_fragments: usize, first_bytes: &[u8]) -> Self {
        Self { max_message, max_fragments, buffered: first_bytes.to_vec(), message: None }
    }

    /// Returns whether bytes wait to be decoded: an incomplete frame, or messages after a pause.
    pub(crate) fn has_buffered(&self) -> bool {
        !self.buffered.is_empty()
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.buffered.len()
    }

    /// Decodes the bytes just read and passes each whole message to `take`, which returns whether to
    /// continue. If not, the bytes after that message are kept for a later call, also one without bytes.
    pub(crate) fn feed(&mut self, input: &mut [u8], mut take: impl FnMut(Incoming) -> bool) -> Result<(), CloseCode> {
        if self.buffered.is_empty() {
            let used = self.drain(input, &mut take)?;
            self.buffered.extend_from_slice(&input[used..]);
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.buffered);
        bytes.extend_from_slice(input);
        let used = self.drain(&mut bytes, &mut take)?;
        if used < bytes.len() {
            bytes.drain(..used);
            self.buffered = bytes;
        }
        Ok(())
    }

    fn drain(&mut self, bytes: &mut [u8], take: &mut impl FnMut(Incoming) -> bool) -> Result<usize, CloseCode> {
        let mut used = 0;
        while let Some(frame) = self.parse(&mut bytes[used..])? {
            let (length, incoming) = frame;
            used += length;
            if incoming.is_some_and(|incoming| !take(incoming)) {
                break;
            }
        }
        Ok(used)
    }

    /// Decodes the frame at the start of `bytes`: returns its length and the message it completes, or
    /// `None` while bytes are missing.
    fn parse(&mut self, bytes: &mut [u8]) -> Result<Option<(usize, Option<Incoming>)>, CloseCode> {
        let Some(head) = Head::parse(bytes)? else { return Ok(None) };
        if head.length > self.room_left(head.opcode) as u64 {
            return Err(CloseCode::TooBig);
        }
        let end = head.size + head.length as usize;
        if bytes.len() < end {
            return Ok(None);
        }
        let payload = &mut bytes[head.size..end];
        for (place, byte) in payload.iter_mut().enumerate() {
            *byte ^= head.mask[place & 3];
        }
        Ok(Some((end, self.accept(&head, payload)?)))
    }

    fn room_left(&self, opcode: Opcode) -> usize {
        match &self.message {
            _ if opcode.is_control() => CONTROL_MAX,
            Some(message) if opcode == Opcode::Continuation => self.max_message - message.data.len(),
            _ => self.max_message,
        }
    }

    fn accept(&mut self, head: &Head, payload: &[u8]) -> Result<Option<Incoming>, CloseCode> {
        match (head.opcode, &mut self.message) {
            (Opcode::Ping, _) => Ok(Some(Incoming::Ping(payload.to_vec()))),
            (Opcode::Pong, _) => Ok(Some(Incoming::Pong)),
            (Opcode::Close, _) => check_close(payload).map(|()| Some(Incoming::Close)),
            (Opcode::Continuation, None) => Err(CloseCode::Protocol),
            (Opcode::Continuation, Some(message)) => {
                message.count += 1;
                if message.count > self.max_fragments {
                    return Err(CloseCode::Policy);
                }
                message.data.extend_from_slice(payload);
                if !head.fin {
                    return Ok(None);
                }
                let whole = self.message.take().ok_or(CloseCode::Protocol)?;
                to_message(whole.opcode, whole.data).map(Some)
            }
            (_, Some(_)) => Err(CloseCode::Protocol),
            (opcode, None) if head.fin => to_message(opcode, payload.to_vec()).map(Some),
            (opcode, None) => {
                self.message = Some(Box::new(Fragments { opcode, data: payload.to_vec(), count: 1 }));
                Ok(None)
            }
        }
    }
}

/// Checks the content of a Close frame: nothing, or a status code and a text (sections 5.5.1 and 7.4).
fn check_close(payload: &[u8]) -> Result<(), CloseCode> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(()) } else { Err(CloseCode::Protocol) };
    };
    // 1004 to 1006 and 1015 are never sent, and 1016 to 2999 have no meaning yet.
    if !matches!(u16::from_be_bytes(*code), 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(CloseCode::Protocol);
    }
    std::str::from_utf8(reason).map(|_| ()).map_err(|_| CloseCode::InvalidText)
}

fn to_message(opcode: Opcode, data: Vec<u8>) -> Result<Incoming, CloseCode> {
    match opcode {
        Opcode::Text => String::from_utf8(data).map(Incoming::Text).map_err(|_| CloseCode::InvalidText),
        _ => Ok(Incoming::Binary(data)),
    }
}

struct Head {
    fin: bool,
    opcode: Opcode,
    length: u64,
    mask: [u8; 4],
    /// Bytes of the head itself.
    size: usize,
}

impl Head {
    /// Reports an error as early as the bytes show it, not after the payload.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, CloseCode> {
        let [first, second, ..] = *bytes else { return Ok(None) };
        if first & 0x70 != 0 || second & MASKED == 0 {
            return Err(CloseCode::Protocol);
        }
        let opcode = Opcode::from_bits(first & 0x0f).ok_or(CloseCode::Protocol)?;
        let fin = first & FIN != 0;
        let short = second & 0x7f;
        if opcode.is_control() && (!fin || short as usize > CONTROL_MAX) {
            return Err(CloseCode::Protocol);
        }
        let extended = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(length) = bytes.get(2..2 + extended) else { return Ok(None) };
        let length = match extended {
            0 => short as u64,
            _ => length.iter().fold(0u64, |length, &byte| (length << 8) | byte as u64),
        };
        let size = 2 + extended + 4;
        let mask = match bytes.get(2 + extended..size) {
            Some(mask) => [mask[0], mask[1], mask[2], mask[3]],
            // A length over every limit is refused before the mask arrives.
            None if length > u32::MAX as u64 => return Err(CloseCode::TooBig),
            None => return Ok(None),
        };
        Ok(Some(Self { fin, opcode, length, mask, size }))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Returns a client's frame, masked.
    pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x11, 0x22, 0x33, 0x44];
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..=125 => frame.push(MASKED | length as u8),
            length @ 126..=0xffff => {
                frame.push(MASKED | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(MASKED | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(mask);
        frame.extend(payload.iter().enumerate().map(|(place, byte)| byte ^ mask[place & 3]));
        frame
    }

    pub(crate) fn decode_all(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Incoming>, CloseCode> {
        let mut all = Vec::new();
        decoder.feed(&mut bytes.to_vec(), |incoming| {
            all.push(incoming);
            true
        })?;
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
