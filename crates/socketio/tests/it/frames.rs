//! The WebSocket transport.

use socketio::{Config, Rate};

use crate::support::{Frame, TestServer, Upgrade, Ws, config, echoes, frame, ms};

/// Returns the close code that these bytes of a connected client lead to.
async fn code_after(bytes: &[u8]) -> u16 {
    let server = TestServer::open(Config { max_payload: 1_000, max_fragments: 50, ..config() }, echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send_bytes(bytes).await;
    let code = ws.last_code().await;
    server.wait_until_empty().await;
    code
}

fn fragments(count: usize, size: usize) -> Vec<u8> {
    let mut bytes = frame(0x01, &vec![b'x'; size]);
    (1..count).for_each(|_| bytes.extend(frame(0x00, &vec![b'x'; size])));
    bytes
}

/// Abuse: P7
#[tokio::test]
async fn text_that_is_not_utf8_is_1007() {
    assert_eq!(code_after(&frame(0x81, b"42[\"echo\",\"\xff\xfe\"]")).await, 1007);
}

/// Abuse: P8
#[tokio::test]
async fn forbidden_frames_are_1002() {
    let mut unmasked = vec![0x81, 2];
    unmasked.extend(b"40");
    let continuation = frame(0x80, b"x");
    let mut interrupted = frame(0x01, b"4");
    interrupted.extend(frame(0x81, b"4"));
    for bytes in [
        unmasked,
        frame(0xc1, b"3"),
        frame(0xa1, b"3"),
        frame(0x91, b"3"),
        frame(0x83, b"3"),
        frame(0x8b, b"3"),
        frame(0x09, b"3"),
        frame(0x08, b""),
        frame(0x89, &[0; 126]),
        continuation,
        interrupted,
    ] {
        assert_eq!(code_after(&bytes).await, 1002, "{bytes:?}");
    }
}

/// Abuse: P9
#[tokio::test]
async fn a_huge_length_is_1009_before_its_payload() {
    for length in [1u64 << 40, 1 << 63, u64::MAX, 1_001] {
        let mut head = vec![0x82, 0xff];
        head.extend(length.to_be_bytes());
        head.extend([1, 2, 3, 4]);
        assert_eq!(code_after(&head).await, 1009, "{length}");
    }
}

/// Abuse: P10
#[tokio::test]
async fn one_byte_over_the_limit_is_1009_in_one_frame_and_in_many() {
    assert_eq!(code_after(&frame(0x82, &[0; 1_001])).await, 1009);
    assert_eq!(code_after(&fragments(41, 25)).await, 1009);
}

/// Abuse: P10
#[tokio::test]
async fn a_message_of_exactly_the_limit_arrives() {
    let server = TestServer::open(Config { max_payload: 1_000, ..config() }, echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    let event = format!("42[\"echo\",\"{}\"]", "x".repeat(1_000 - 13));
    ws.send(&event).await;
    assert_eq!(ws.text().await, event);
    let (first, second) = event.as_bytes().split_at(300);
    ws.send_frame(0x01, first).await;
    ws.send_frame(0x89, b"between").await;
    ws.send_frame(0x80, second).await;
    assert_eq!(ws.next().await, Frame::Pong(b"between".to_vec()));
    assert_eq!(ws.text().await, event);
}

/// Abuse: P11
#[tokio::test]
async fn too_many_fragments_are_1008() {
    assert_eq!(code_after(&fragments(10_000, 0)).await, 1008);
    assert_eq!(code_after(&fragments(51, 1)).await, 1008);
}

/// Abuse: P12
#[tokio::test]
async fn pings_pongs_and_noops_count_towards_the_rate() {
    let packets = Some(Rate::per_second(10).burst(20));
    for flood in [frame(0x89, b"x"), frame(0x8a, b""), frame(0x81, b"3"), frame(0x81, b"2"), frame(0x81, b"6")] {
        let server = TestServer::open(Config { packets, ..config() }, echoes()).await;
        let mut ws = Ws::join(server.at, "/").await;
        ws.send_bytes(&flood.repeat(100)).await;
        assert_eq!(ws.last_code().await, 1008, "{flood:?}");
        server.wait_until_empty().await;
    }
}

/// Abuse: P13
#[tokio::test]
async fn handshake_packets_at_another_time_close() {
    for packet in ["0{}", "0", "2probe", "3probe", "7", "", "4"] {
        assert_eq!(code_after(&frame(0x81, packet.as_bytes())).await, 1000, "{packet:?}");
    }
}

/// Abuse: P16
#[tokio::test]
async fn compression_is_neither_negotiated_nor_accepted() {
    let server = TestServer::open(config(), echoes()).await;
    let plain = Upgrade::default();
    let headers = format!("{}sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n", plain.headers);
    // The test client asserts that the response has no extension.
    let mut ws = Ws::open_with(server.at, &Upgrade { headers, ..plain }).await;
    ws.send_frame(0xc1, b"\x32\x31\x00\x00").await;
    assert_eq!(ws.close_code().await, 1002, "a compressed frame has a reserved bit");
}

fn close_frame(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes()[..], reason].concat())
}

/// Abuse: P19
#[tokio::test]
async fn any_close_of_the_client_is_a_close() {
    for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] {
        assert_eq!(code_after(&close_frame(code, "잘 가요".as_bytes())).await, 1000, "{code}");
    }
    assert_eq!(code_after(&frame(0x88, b"")).await, 1000);
}

/// Abuse: P19
#[tokio::test]
async fn the_content_of_a_close_is_checked() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, u16::MAX] {
        assert_eq!(code_after(&close_frame(code, b"")).await, 1002, "{code}");
    }
    assert_eq!(code_after(&frame(0x88, &[3])).await, 1002, "half a code");
    assert_eq!(code_after(&close_frame(1000, &[0xff; 123])).await, 1007);
    assert_eq!(code_after(&close_frame(1000, "말".as_bytes().split_at(2).0)).await, 1007);
}

#[tokio::test]
async fn frames_sent_together_with_the_handshake_are_not_lost() {
    let server = TestServer::open(config(), echoes()).await;
    let mut behind = frame(0x81, b"40");
    behind.extend(frame(0x81, b"40/chat,"));
    let whole = behind.clone();
    for cut in [0, 1, 7, behind.len() - 1, behind.len()] {
        let upgrade = Upgrade { behind: whole[..cut].to_vec(), ..Upgrade::default() };
        let mut ws = Ws::open_with(server.at, &upgrade).await;
        ws.send_bytes(&whole[cut..]).await;
        let mut joined = [ws.text().await, ws.text().await];
        joined.sort();
        assert!(joined[0].starts_with("40/chat,{") && joined[1].starts_with("40{"), "{joined:?}");
    }
}

#[tokio::test]
async fn a_message_in_single_bytes_arrives_whole() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    for byte in frame(0x81, "42[\"echo\",\"마당\"]".as_bytes()) {
        ws.send_bytes(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(ws.text().await, "42[\"echo\",\"마당\"]");
    ws.silence(ms(20)).await;
}

#[tokio::test]
async fn the_end_of_the_stream_ends_the_session() {
    let server = TestServer::open(config(), echoes()).await;
    let half_sent = Ws::join(server.at, "/").await;
    let mut cut_in_a_frame = Ws::join(server.at, "/").await;
    cut_in_a_frame.send_bytes(&frame(0x81, b"42[\"echo\"]")[..9]).await;
    drop(half_sent);
    cut_in_a_frame.cut();
    server.wait_until_empty().await;
}
