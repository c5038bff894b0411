//! Clients that read too little.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use socketio::{Closing, Config, DisconnectReason, Namespace, Reply};
use tokio::io::AsyncReadExt;

use crate::support::{Frame, Polling, TestServer, Upgrade, Ws, config, frame, ms, soon, until};

fn short_timeout() -> Config {
    Config { slow_client_timeout: ms(200), max_send_queue: 64 * 1024, ..config() }
}

/// Creates a namespace that records why its sockets ended.
fn recording(ends: &Arc<Mutex<Vec<DisconnectReason>>>) -> Namespace {
    let ends = Arc::clone(ends);
    Namespace::new("/")
        .on("echo", |_, text: String| async move { Reply::json(&text).unwrap() })
        .on("pieces", |socket, bytes: usize| async move {
            let part = Bytes::from("x".repeat(bytes / 2));
            let pieces = [Bytes::from_static(b"\""), part.clone(), part, Bytes::from_static(b"\"")];
            socket.send_flow_controlled(&socket.namespace().packet_in_pieces("whole", pieces));
            Reply::json(&true).unwrap()
        })
        .on("long", |_, bytes: usize| async move { Reply::json(&"x".repeat(bytes)).unwrap().flow_controlled() })
        .on_disconnect(move |_, reason| {
            ends.lock().push(reason);
            async {}
        })
}

/// Connects a client with the smallest receive buffer.
async fn slow_reader(server: &TestServer) -> Ws {
    let upgrade = Upgrade { receive_buffer: Some(4 * 1024), ..Upgrade::default() };
    let mut ws = Ws::open_with(server.at, &upgrade).await;
    ws.enter("/", "").await;
    ws
}

/// Broadcasts until a client is disconnected, while another one receives everything.
async fn broadcast_until_gone(server: &TestServer, ends: &Mutex<Vec<DisconnectReason>>, good: &mut Ws) -> u32 {
    let namespace = server.of_name("/");
    let text = "x".repeat(1_000);
    let begun = Instant::now();
    let mut number = 0;
    while ends.lock().is_empty() {
        namespace.to_all().emit("n", &(number, &text)).await.unwrap();
        let received = good.text().await;
        assert!(received.starts_with(&format!("42[\"n\",[{number},")), "{}", &received[..40]);
        number += 1;
        assert!(begun.elapsed() < ms(4_000), "no client was disconnected");
        // Fills the kernel's buffers of 100 KB at once, then continues at the rate of a busy room.
        tokio::time::sleep(ms(if number < 200 { 0 } else { 5 })).await;
    }
    number
}

/// Abuse: P17
#[tokio::test]
async fn a_stalled_client_is_disconnected_after_the_timeout_and_others_are_not_delayed() {
    let ends = Arc::default();
    let server = TestServer::open(Config { max_send_queue: 1024 * 1024, ..short_timeout() }, [recording(&ends)]).await;
    let mut good = Ws::join(server.at, "/").await;
    let stalled = slow_reader(&server).await;
    let begun = Instant::now();
    broadcast_until_gone(&server, &ends, &mut good).await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
    assert!(begun.elapsed() >= ms(195), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    assert_eq!((server.engine.session_count(), server.of_name("/").to_all().sockets().len()), (1, 1));
    drop(stalled);
}

/// Abuse: P17
#[tokio::test]
async fn a_client_with_too_many_queued_bytes_is_disconnected_at_once() {
    let ends = Arc::default();
    let server =
        TestServer::open(Config { slow_client_timeout: ms(60_000), ..short_timeout() }, [recording(&ends)]).await;
    let mut good = Ws::join(server.at, "/").await;
    let _stalled = slow_reader(&server).await;
    let sent = broadcast_until_gone(&server, &ends, &mut good).await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
    assert!(sent > 64, "64 KiB hold as many messages");
}

/// Abuse: P17
#[tokio::test]
async fn the_queue_limit_also_holds_behind_a_write_batch() {
    let ends = Arc::default();
    let server =
        TestServer::open(Config { slow_client_timeout: ms(60_000), ..short_timeout() }, [recording(&ends)]).await;
    let _narrow = slow_reader(&server).await;
    let namespace = server.of_name("/");
    let socket = namespace.to_all().sockets().remove(0);
    namespace.to_all().emit("short", &()).await.unwrap();
    socket.emit("long", &"x".repeat(1024 * 1024)).unwrap();
    until(|| *ends.lock() == [DisconnectReason::SlowClient]).await;
}

/// Abuse: P17
#[tokio::test]
async fn reading_single_bytes_does_not_prevent_the_timeout() {
    let ends = Arc::default();
    let server = TestServer::open(Config { max_send_queue: 1024 * 1024, ..short_timeout() }, [recording(&ends)]).await;
    let mut good = Ws::join(server.at, "/").await;
    let Ws { mut stream, .. } = slow_reader(&server).await;
    let dripping = tokio::spawn(async move {
        let mut byte = [0];
        while stream.read_exact(&mut byte).await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    broadcast_until_gone(&server, &ends, &mut good).await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
    dripping.abort();
}

/// Abuse: P17
#[tokio::test]
async fn pongs_do_not_prevent_the_timeout() {
    let ends = Arc::default();
    let short_heartbeat = Config { ping_interval: ms(50), ping_timeout: ms(5_000), ..short_timeout() };
    let server = TestServer::open(Config { max_send_queue: 1024 * 1024, ..short_heartbeat }, [recording(&ends)]).await;
    let stalled = slow_reader(&server).await;
    let (_reader, mut writer) = stalled.stream.into_split();
    let ponging = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, &frame(0x81, b"3")).await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    let namespace = server.of_name("/");
    let text = "x".repeat(1_000);
    soon(async {
        while ends.lock().is_empty() {
            namespace.to_all().emit("n", &text).await.unwrap();
            tokio::time::sleep(ms(1)).await;
        }
    })
    .await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
    server.wait_until_empty().await;
    soon(ponging).await.unwrap();
}

/// Abuse: P17
#[tokio::test]
async fn a_polling_client_that_does_not_poll_is_disconnected_after_the_timeout() {
    let ends = Arc::default();
    let server = TestServer::open(short_timeout(), [recording(&ends)]).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let begun = Instant::now();
    server.of_name("/").to_all().emit("n", &1).await.unwrap();
    until(|| !ends.lock().is_empty()).await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
    assert!(begun.elapsed() >= ms(195) && begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    assert!(session.is_gone().await);

    let session = Polling::open(server.at).await;
    session.join("/").await;
    let text = "x".repeat(1_000);
    for _ in 0..70 {
        server.of_name("/").to_all().emit("n", &text).await.unwrap();
    }
    server.wait_until_empty().await;
}

#[tokio::test]
async fn a_client_that_pauses_within_the_timeout_gets_everything_in_order() {
    let ends = Arc::default();
    let patient = Config { slow_client_timeout: ms(5_000), max_send_queue: 4 * 1024 * 1024, ..config() };
    let server = TestServer::open(patient, [recording(&ends)]).await;
    let mut ws = slow_reader(&server).await;
    let namespace = server.of_name("/");
    let text = "x".repeat(700);
    for number in 0..2_000 {
        namespace.to_all().emit("n", &(number, &text)).await.unwrap();
    }
    // Events of the client are handled meanwhile, though nothing can be written to it.
    ws.send("4277[\"echo\",\"received\"]").await;
    tokio::time::sleep(ms(50)).await;
    for number in 0..2_000 {
        let received = ws.text().await;
        assert!(received.starts_with(&format!("42[\"n\",[{number},")), "{}", &received[..40]);
    }
    assert_eq!(ws.text().await, "4377[\"received\"]");
    assert!(ends.lock().is_empty());
}

#[tokio::test]
async fn a_flow_controlled_reply_may_exceed_the_queue_limit_and_the_timeout() {
    let ends = Arc::default();
    let server = TestServer::open(Config { slow_client_timeout: ms(300), ..short_timeout() }, [recording(&ends)]).await;
    let mut ws = slow_reader(&server).await;
    ws.send("421[\"long\",600000]").await;
    let begun = Instant::now();
    // Reads all the time, but takes longer than the timeout.
    let mut taken = Vec::new();
    let mut part = [0; 16 * 1024];
    let mut live = false;
    while taken.len() < 600_000 {
        let count = soon(ws.stream.read(&mut part)).await.unwrap();
        assert_ne!(count, 0, "disconnected after {} bytes and {:?}", taken.len(), begun.elapsed());
        taken.extend(&part[..count]);
        tokio::time::sleep(ms(5)).await;
        if !live && taken.len() > 300_000 {
            live = true;
            server.of_name("/").to_all().emit("n", &"behind it").await.unwrap();
        }
    }
    assert!(begun.elapsed() > ms(300), "{:?}", begun.elapsed());
    let end = b"42[\"n\",\"behind it\"]";
    while !taken.ends_with(end) {
        let count = soon(ws.stream.read(&mut part)).await.unwrap();
        assert_ne!(count, 0);
        taken.extend(&part[..count]);
    }
    assert!(ends.lock().is_empty());
}

#[tokio::test]
async fn packets_in_pieces_arrive_whole_at_fast_and_slow_clients() {
    let server = TestServer::open(config(), [recording(&Arc::default())]).await;
    let whole = format!("42[\"whole\",\"{}\"]", "x".repeat(300_000));
    let (mut quick, mut slow) = (Ws::join(server.at, "/").await, slow_reader(&server).await);
    for ws in [&mut quick, &mut slow] {
        ws.send("421[\"pieces\",300000]").await;
        assert!(ws.text().await == whole);
        assert_eq!(ws.text().await, "431[true]");
    }
    let polling = Polling::open(server.at).await;
    polling.join("/").await;
    polling.post("421[\"pieces\",300000]").await;
    let mut received = polling.poll().await.body;
    if received == whole {
        // The acknowledgement may be in the next poll.
        received = format!("{received}\x1e{}", polling.poll().await.body);
    }
    assert!(received == format!("{whole}\x1e431[true]"), "{} bytes", received.len());
}

#[tokio::test]
async fn a_close_never_splits_a_frame() {
    let ends = Arc::default();
    let server =
        TestServer::open(Config { max_send_queue: 8 * 1024 * 1024, ..short_timeout() }, [recording(&ends)]).await;
    let mut ws = slow_reader(&server).await;
    let namespace = server.of_name("/");
    let text = "x".repeat(3_000);
    for _ in 0..500 {
        namespace.to_all().emit("n", &text).await.unwrap();
    }
    namespace.to_all().sockets()[0].session().close(Closing::Now(DisconnectReason::ServerClose));
    server.wait_until_empty().await;
    let whole = format!("42[\"n\",\"{text}\"]");
    loop {
        match ws.next().await {
            Frame::Text(received) => assert_eq!(received, whole),
            Frame::Close(_) | Frame::End => break,
            other => panic!("{other:?}"),
        }
    }
}

/// RFC 6455, 5.5.2: a ping gets its pong as soon as is practical, also behind waiting data.
#[tokio::test]
async fn the_newest_ping_is_answered_between_packets_that_wait() {
    let patient = Config { slow_client_timeout: ms(60_000), max_send_queue: 4 * 1024 * 1024, ..config() };
    let server = TestServer::open(patient, [recording(&Arc::default())]).await;
    let mut ws = slow_reader(&server).await;
    let text = "x".repeat(50_000);
    for number in 0..20 {
        server.of_name("/").to_all().emit("n", &(number, &text)).await.unwrap();
    }
    for number in 0..100u8 {
        ws.send_frame(0x89, &[number]).await;
    }
    ws.send("421[\"echo\",\"read\"]").await;
    let mut received = Vec::new();
    loop {
        match ws.next().await {
            Frame::Text(text) if text == "431[\"read\"]" => break,
            frame => received.push(frame),
        }
    }
    let pongs: Vec<_> = received.iter().enumerate().filter(|(_, frame)| matches!(frame, Frame::Pong(_))).collect();
    assert_eq!(received.len() - pongs.len(), 20);
    assert!(pongs.len() <= 3, "pings do not fill the queue: {}", pongs.len());
    let (place, newest) = pongs.last().unwrap();
    assert_eq!(**newest, Frame::Pong(vec![99]));
    assert!(*place < received.len() - 1, "it does not wait for all of them");
}

/// Abuse: P17
#[tokio::test]
async fn pings_do_not_prevent_the_timeout() {
    let ends = Arc::default();
    let server = TestServer::open(Config { max_send_queue: 1024 * 1024, ..short_timeout() }, [recording(&ends)]).await;
    let stalled = slow_reader(&server).await;
    let (_reader, mut writer) = stalled.stream.into_split();
    let pinging = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, &frame(0x89, b"!")).await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    let namespace = server.of_name("/");
    let text = "x".repeat(1_000);
    soon(async {
        while ends.lock().is_empty() {
            namespace.to_all().emit("n", &text).await.unwrap();
            tokio::time::sleep(ms(1)).await;
        }
    })
    .await;
    assert_eq!(*ends.lock(), [DisconnectReason::SlowClient]);
    soon(pinging).await.unwrap();
}
