use super::testing::{decode_all, masked};
use super::*;
use proptest::prelude::*;

fn decoder() -> Decoder {
    Decoder::new(1_000, 64, b"")
}

#[test]
fn a_text_split_at_every_byte_arrives_once_and_whole() {
    let frame = masked(0x81, "마당".as_bytes());
    for cut in 0..frame.len() {
        let mut decoder = decoder();
        let mut all = decode_all(&mut decoder, &frame[..cut]).unwrap();
        all.extend(decode_all(&mut decoder, &frame[cut..]).unwrap());
        assert_eq!(all, [Incoming::Text("마당".into())], "cut at {cut}");
        assert!(!decoder.has_buffered());
    }
}

/// Abuse: P8
#[test]
fn forbidden_heads_are_protocol_errors() {
    let unmasked = [0x81, 0x01, b'a'];
    let rsv = masked(0xc1, b"a");
    let reserved = masked(0x83, b"a");
    let fragmented_ping = masked(0x09, b"a");
    let long_ping = masked(0x89, &[0; 126]);
    for frame in [&unmasked[..], &rsv, &reserved, &fragmented_ping, &long_ping] {
        assert_eq!(decode_all(&mut decoder(), frame), Err(CloseCode::Protocol), "{frame:?}");
    }
}

/// Abuse: P9
#[test]
fn a_huge_declared_length_is_refused_from_its_head() {
    for length in [1u64 << 40, 1 << 63] {
        let mut frame = vec![0x82, 0xff];
        frame.extend(length.to_be_bytes());
        assert_eq!(decode_all(&mut decoder(), &frame), Err(CloseCode::TooBig));
    }
}

/// Abuse: P10
#[test]
fn one_byte_over_the_limit_is_too_big_in_one_frame_and_in_many() {
    assert_eq!(decode_all(&mut decoder(), &masked(0x82, &[0; 1_001])), Err(CloseCode::TooBig));
    let mut fragments = masked(0x02, &[0; 500]);
    fragments.extend(masked(0x00, &[0; 500]));
    fragments.extend(masked(0x80, &[0; 1]));
    assert_eq!(decode_all(&mut decoder(), &fragments), Err(CloseCode::TooBig));
}

/// Abuse: P11
#[test]
fn too_many_fragments_violate_the_policy() {
    let mut fragments = masked(0x01, b"");
    for _ in 0..64 {
        fragments.extend(masked(0x00, b""));
    }
    assert_eq!(decode_all(&mut decoder(), &fragments), Err(CloseCode::Policy));
}

/// Abuse: P7
#[test]
fn text_that_is_not_utf8_is_refused() {
    assert_eq!(decode_all(&mut decoder(), &masked(0x81, &[0xff, 0xfe])), Err(CloseCode::InvalidText));
}

#[test]
fn a_ping_between_fragments_is_decoded_and_the_message_stays_whole() {
    let mut bytes = masked(0x01, b"mad");
    bytes.extend(masked(0x89, b"?"));
    bytes.extend(masked(0x80, b"ang"));
    let all = decode_all(&mut decoder(), &bytes).unwrap();
    assert_eq!(all, [Incoming::Ping(b"?".to_vec()), Incoming::Text("madang".into())]);
}

#[test]
fn a_pause_keeps_later_messages_buffered() {
    let mut bytes = masked(0x81, b"one");
    bytes.extend(masked(0x81, b"two"));
    let mut decoder = decoder();
    let mut first = Vec::new();
    decoder
        .feed(&mut bytes, |incoming| {
            first.push(incoming);
            false
        })
        .unwrap();
    assert_eq!(first, [Incoming::Text("one".into())]);
    assert_eq!(decode_all(&mut decoder, b"").unwrap(), [Incoming::Text("two".into())]);
}

proptest! {
    #[test]
    fn any_bytes_in_any_slices_do_not_panic_and_stay_within_the_limit(bytes in proptest::collection::vec(any::<u8>(), 0..4_096), cut in 1usize..64) {
        let mut decoder = decoder();
        for slice in bytes.chunks(cut) {
            if decode_all(&mut decoder, slice).is_err() {
                return Ok(());
            }
            prop_assert!(decoder.buffered_bytes() <= 1_000 + 14);
        }
    }

    #[test]
    fn encoded_frames_are_split_again(payload in proptest::collection::vec(any::<u8>(), 0..70_000), binary: bool) {
        let mut frames = BytesMut::new();
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        encode(&mut frames, opcode, &[&payload]);
        encode(&mut frames, Opcode::Text, &[b"next"]);
        let (is_binary, first, rest) = split(&frames.freeze()).unwrap();
        prop_assert_eq!(is_binary, binary);
        prop_assert_eq!(&first[..], &payload[..]);
        prop_assert_eq!(&split(&rest).unwrap().1[..], b"next");
    }
}
