//! WebSocket frames of Socket.IO packets, parsed no further than counting needs.

/// What a server's frame says to a client that counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Engine.IO has opened the session.
    Open,
    Ping,
    /// The namespace has accepted the client, which joins no room yet.
    Connected,
    /// The snapshot of the room: from here on its events arrive.
    Joined,
    /// The acknowledgement of the message with this id.
    Ack {
        id: u64,
        is_ok: bool,
    },
    /// A numbered message of the bench; `None` for any other message.
    Message(Option<u64>),
    Refused,
    Other,
}

/// Marks the bench's own messages; a number of [`DIGITS`] digits follows.
const MARK: &[u8] = b"\"text\":\"bench ";
const DIGITS: usize = 8;

/// Returns a message's text with its number, as [`parse`] finds it again.
pub(crate) fn numbered(number: u64, text: &str) -> String {
    format!("bench {number:0DIGITS$} {text}")
}

/// Returns the length and the payload of the first frame in `bytes`, if it is complete.
pub(crate) fn split(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (head, length) = match *bytes.get(1)? {
        126 => (4, u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]) as usize),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
        short => (2, short as usize),
    };
    bytes.get(head..head + length).map(|payload| (head + length, payload))
}

/// Parses a payload. `mark` is where the mark was last time: nearly always it is there again.
pub(crate) fn parse(payload: &[u8], mark: &mut usize) -> Event {
    if payload.starts_with(b"42/chat,[\"message\"") {
        return Event::Message(message_number(payload, mark));
    }
    if let Some(ack) = payload.strip_prefix(b"43/chat,") {
        return Event::Ack { id: digits(ack), is_ok: find(ack, b"\"ok\":true").is_some() };
    }
    match payload {
        b"2" => Event::Ping,
        [b'0', ..] => Event::Open,
        _ if payload.starts_with(b"42/chat,[\"joined\"") => Event::Joined,
        _ if payload.starts_with(b"40/chat,") => Event::Connected,
        _ if payload.starts_with(b"44/chat,") || payload.starts_with(b"41/chat,") => Event::Refused,
        _ => Event::Other,
    }
}

fn message_number(payload: &[u8], mark: &mut usize) -> Option<u64> {
    if !payload.get(*mark..).is_some_and(|rest| rest.starts_with(MARK)) {
        *mark = find(payload, MARK)?;
    }
    Some(digits(payload.get(*mark + MARK.len()..)?.get(..DIGITS)?))
}

/// Returns the rev of a `message` event, which follows the seq.
pub(crate) fn rev(payload: &[u8]) -> Option<i64> {
    const REV: &[u8] = b",\"rev\":";
    Some(digits(&payload[find(payload, REV)? + REV.len()..]) as i64)
}

/// Writes another number into a frame of a numbered message.
pub(crate) fn renumber(frame: &mut [u8], number: u64) -> Option<()> {
    let start = find(frame, MARK)? + MARK.len();
    frame[start..start + DIGITS].copy_from_slice(format!("{number:0DIGITS$}").as_bytes());
    Some(())
}

fn digits(bytes: &[u8]) -> u64 {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Returns a client's text frame. Its mask is zero, which leaves the payload as it is.
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
    fn messages_are_recognized_by_their_number() {
        let mut mark = 0;
        let first = br#"42/chat,["message",{"seq":1,"rev":2,"text":"bench 00000041 x"}]"#;
        let second = br#"42/chat,["message",{"seq":10,"rev":12,"text":"bench 00000042 ,\"rev\":3"}]"#;
        assert_eq!(parse(first, &mut mark), Event::Message(Some(41)));
        assert_eq!(parse(second, &mut mark), Event::Message(Some(42)));
        assert_eq!(parse(br#"42/chat,["message",{"text":"someone joined"}]"#, &mut mark), Event::Message(None));
        assert_eq!((rev(second), rev(br#"42/chat,["typing",{}]"#)), (Some(12), None));
    }

    #[test]
    fn acknowledgements_have_an_id_and_a_result() {
        let ack = |payload: &str| parse(payload.as_bytes(), &mut 0);
        assert_eq!(ack(r#"43/chat,17[{"ok":true}]"#), Event::Ack { id: 17, is_ok: true });
        assert_eq!(ack(r#"43/chat,8[{"ok":false}]"#), Event::Ack { id: 8, is_ok: false });
    }

    #[test]
    fn an_incomplete_frame_is_not_split_off() {
        let frame = [&[0x81, 126, 0, 200][..], &[b'x'; 200]].concat();
        assert_eq!(split(&frame[..203]), None);
        assert_eq!(split(&frame).map(|(length, payload)| (length, payload.len())), Some((204, 200)));
    }
}
