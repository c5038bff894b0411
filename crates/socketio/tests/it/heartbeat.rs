//! Pings, pongs and the other deadlines of a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use socketio::{Config, DisconnectReason, Namespace};

use crate::support::{Frame, Polling, TestServer, Ws, config, echoes, ms};

fn short_heartbeat() -> Config {
    Config { ping_interval: ms(100), ping_timeout: ms(60), ..config() }
}

/// Timers round up to a millisecond and the machine is shared.
fn assert_about(elapsed: Duration, expected: Duration) {
    assert!(elapsed >= expected - ms(5) && elapsed < expected + ms(250), "{elapsed:?} instead of {expected:?}");
}

#[tokio::test]
async fn pings_come_one_interval_after_the_opening_and_after_each_pong() {
    let server = TestServer::open(short_heartbeat(), echoes()).await;
    let begun = Instant::now();
    let mut ws = Ws::join(server.at, "/").await;
    assert_eq!(ws.text().await, "2");
    assert_about(begun.elapsed(), ms(100));
    tokio::time::sleep(ms(30)).await;
    ws.send("3").await;
    let pong = Instant::now();
    assert_eq!(ws.text().await, "2");
    assert_about(pong.elapsed(), ms(100));
}

/// Abuse: P18
#[tokio::test]
async fn no_pong_ends_the_session_at_interval_and_timeout_with_one_disconnect() {
    let ends = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ends);
    let namespace = Namespace::new("/").on_disconnect(move |_, reason| {
        assert_eq!(reason, DisconnectReason::PingTimeout);
        counted.fetch_add(1, Ordering::SeqCst);
        async {}
    });
    let server = TestServer::open(short_heartbeat(), [namespace]).await;
    let begun = Instant::now();
    let mut ws = Ws::join(server.at, "/").await;
    assert_eq!(ws.text().await, "2");
    // Other packets do not count as pongs.
    ws.send("2").await;
    ws.send_frame(0x8a, b"").await;
    assert_eq!(ws.close_code().await, 1001);
    assert_about(begun.elapsed(), ms(160));
    server.wait_until_empty().await;
    tokio::time::sleep(ms(50)).await;
    assert_eq!(ends.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_ping_is_alone_in_its_payload_and_a_polling_client_without_pong_times_out() {
    let server = TestServer::open(short_heartbeat(), echoes()).await;
    let begun = Instant::now();
    let session = Polling::open(server.at).await;
    session.join("/").await;
    tokio::time::sleep(ms(110)).await;
    session.post("42[\"echo\"]").await;
    assert_eq!(session.poll().await.body, "2");
    assert_eq!(session.poll().await.body, "42[\"echo\"]");
    assert_eq!(session.poll().await.code(), (400, 1), "a close packet would keep some clients away");
    assert_about(begun.elapsed(), ms(160));
    assert!(session.is_gone().await);
    server.wait_until_empty().await;
}

#[tokio::test]
async fn a_polling_client_that_answers_pings_stays_connected() {
    let server = TestServer::open(short_heartbeat(), echoes()).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    for _ in 0..4 {
        assert_eq!(session.poll().await.body, "2");
        assert_eq!(session.post("3").await.body, "ok");
    }
}

/// Abuse: P18
#[tokio::test]
async fn the_heartbeat_continues_across_an_upgrade() {
    let server = TestServer::open(short_heartbeat(), echoes()).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let mut ws = crate::support::Upgrade::of(&session).connect(server.at).await.unwrap();
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    ws.send("5").await;
    for _ in 0..2 {
        assert_eq!(ws.text().await, "2");
        ws.send("3").await;
    }
    assert_eq!(ws.text().await, "2");
    assert_eq!(ws.close_code().await, 1001);
}

/// Abuse: S8
#[tokio::test]
async fn a_packet_without_its_attachments_ends_the_session() {
    let server = TestServer::open(Config { connect_timeout: ms(150), ..config() }, echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.silence(ms(200)).await;
    let begun = Instant::now();
    ws.send(r#"452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#).await;
    tokio::time::sleep(ms(40)).await;
    // Neither one of two attachments nor a pong extends the timeout.
    ws.send_frame(0x82, b"one").await;
    ws.send("3").await;
    assert_eq!(ws.close_code().await, 1001);
    assert_about(begun.elapsed(), ms(150));
}

#[tokio::test]
async fn a_complete_binary_packet_stops_the_timeout() {
    let server = TestServer::open(Config { connect_timeout: ms(150), ..config() }, echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send(r#"451-["echo",{"_placeholder":true,"num":0}]"#).await;
    ws.send_frame(0x82, b"one").await;
    assert_eq!(ws.text().await, r#"451-["echo",{"_placeholder":true,"num":0}]"#);
    assert_eq!(ws.next().await, Frame::Binary(b"one".to_vec()));
    ws.silence(ms(200)).await;
}
