//! The frames between client and server, read no further than counting needs.

/// What a server's frame says, as far as a listener that counts must know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Engine.IO has opened the session.
    Open,
    Ping,
    /// The snapshot of the room: from here on it is heard.
    Joined,
    /// The answer to the send with this id, good or bad.
    Ack {
        id: u64,
        is_ok: bool,
    },
    /// One of the bench's messages, by its number.
    Message(u64),
    /// The namespace has let us in, which joins no room yet.
    Connected,
    Refused,
    Other,
}

/// Marks the bench's own messages; the number follows, of [`DIGITS`] digits.
pub(crate) const MARK: &[u8] = b"\"text\":\"bench ";
pub(crate) const DIGITS: usize = 8;

/// The first whole frame in `bytes`: its length and its payload.
pub(crate) fn split(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (head, length) = match *bytes.get(1)? {
        126 => (4, u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]) as usize),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
        short => (2, short as usize),
    };
    bytes.get(head..head + length).map(|payload| (head + length, payload))
}

/// Reads a payload. `place` is where the mark was found last: nearly always it is there again.
pub(crate) fn hear(payload: &[u8], place: &mut usize) -> Heard {
    if payload.starts_with(b"42/chat,[\"message\"") {
        return message_number(payload, place).map_or(Heard::Other, Heard::Message);
    }
    if let Some(ack) = payload.strip_prefix(b"43/chat,") {
        let id = ack.iter().take_while(|byte| byte.is_ascii_digit());
        let id = id.fold(0, |id, digit| id * 10 + u64::from(digit - b'0'));
        return Heard::Ack { id, is_ok: find(ack, b"\"ok\":true").is_some() };
    }
    match payload {
        b"2" => Heard::Ping,
        [b'0', ..] => Heard::Open,
        _ if payload.starts_with(b"42/chat,[\"joined\"") => Heard::Joined,
        _ if payload.starts_with(b"40/chat,") => Heard::Connected,
        _ if payload.starts_with(b"44/chat,") || payload.starts_with(b"41/chat,") => Heard::Refused,
        _ => Heard::Other,
    }
}

fn message_number(payload: &[u8], place: &mut usize) -> Option<u64> {
    if !payload.get(*place..).is_some_and(|rest| rest.starts_with(MARK)) {
        *place = find(payload, MARK)?;
    }
    let digits = payload.get(*place + MARK.len()..)?.get(..DIGITS)?;
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit.wrapping_sub(b'0'))))
}

/// The bytes of a server's frame with such a payload.
pub(crate) fn length(payload: usize) -> usize {
    payload
        + match payload {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        }
}

/// The rev of a `message` event, which stands right behind the seq.
pub(crate) fn rev(payload: &[u8]) -> Option<i64> {
    const REV: &[u8] = b",\"rev\":";
    let place = find(payload, REV)? + REV.len();
    let digits = payload[place..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A client's text frame. Its mask is zero, which is a mask and leaves the payload as it is.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_number_wherever_its_text_stands() {
        let mut place = 0;
        let first = br#"42/chat,["message",{"seq":1,"text":"bench 00000041 x"}]"#;
        let second = br#"42/chat,["message",{"seq":10,"text":"bench 00000042 x"}]"#;
        assert_eq!(hear(first, &mut place), Heard::Message(41));
        assert_eq!(hear(second, &mut place), Heard::Message(42));
        assert_eq!(hear(br#"42/chat,["message",{"text":"someone joined"}]"#, &mut place), Heard::Other);
    }

    #[test]
    fn a_message_tells_its_rev() {
        let message = br#"42/chat,["message",{"id":"a","roomId":"b","seq":7,"rev":12,"text":",\"rev\":3"}]"#;
        assert_eq!(rev(message), Some(12));
        assert_eq!(rev(br#"42/chat,["typing",{}]"#), None);
    }

    #[test]
    fn an_answer_tells_its_id_and_whether_it_is_good() {
        let mut place = 0;
        assert_eq!(hear(br#"43/chat,17[{"ok":true}]"#, &mut place), Heard::Ack { id: 17, is_ok: true });
        assert_eq!(hear(br#"43/chat,8[{"ok":false}]"#, &mut place), Heard::Ack { id: 8, is_ok: false });
    }

    #[test]
    fn a_frame_is_split_off_only_when_it_is_whole() {
        let frame = [&[0x81, 126, 0, 200][..], &[b'x'; 200]].concat();
        assert_eq!(split(&frame[..203]), None);
        assert_eq!(split(&frame).map(|(length, payload)| (length, payload.len())), Some((204, 200)));
    }
}
