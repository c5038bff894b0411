//! The loss of some of the messages that Redis pushes to its subscribers, each as a whole.

/// How a message of a channel begins; its channel and its text follow (RESP2).
const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n";
/// Messages lost of every ten.
const LOST_OF_TEN: u8 = 3;

/// Removes some of the messages from what was read. One that is not there as a whole is kept.
pub(crate) fn lose_some(read: &[u8]) -> Vec<u8> {
    let (mut kept, mut rest) = (Vec::with_capacity(read.len()), read);
    while !rest.is_empty() {
        let message = message(rest);
        let (piece, others) = rest.split_at(message.unwrap_or(rest.len()));
        if message.is_none() || fastrand::u8(0..10) >= LOST_OF_TEN {
            kept.extend(piece);
        }
        rest = others;
    }
    kept
}

/// Returns the length of the message that the bytes begin with.
fn message(bytes: &[u8]) -> Option<usize> {
    let channel = MESSAGE.len() + string(bytes.strip_prefix(MESSAGE)?)?;
    Some(channel + string(&bytes[channel..])?)
}

/// Returns the length of the string that the bytes begin with: `$5\r\nhello\r\n`.
fn string(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.strip_prefix(b"$")?.split(|byte| *byte == b'\r').next()?;
    let length: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let end = 1 + digits.len() + 2 + length + 2;
    (bytes.len() >= end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_messages_are_lost() {
        let hint = [MESSAGE, b"$2\r\nch\r\n$5\r\nhello\r\n"].concat();
        assert_eq!(message(&hint), Some(hint.len()));
        assert_eq!(message(&hint[..hint.len() - 1]), None);
        let many = [hint.repeat(400), hint[..20].to_vec()].concat();
        let kept = lose_some(&many);
        assert!(kept.ends_with(&hint[..20]));
        let left = (kept.len() - 20) / hint.len();
        assert_eq!(kept[..left * hint.len()], hint.repeat(left));
        assert!((200..360).contains(&left), "{left}");
        assert_eq!(lose_some(b"+OK\r\n"), b"+OK\r\n");
    }
}
