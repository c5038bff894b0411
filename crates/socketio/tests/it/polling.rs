//! The polling transport.

use std::time::Instant;

use socketio::Config;
use tokio::io::AsyncWriteExt;

use crate::support::{Http, Polling, TestServer, config, echoes, ms, soon};

async fn joined(config: Config) -> (TestServer, Polling) {
    let server = TestServer::open(config, echoes()).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    (server, session)
}

/// Returns the response to a waiting poll after a bad post.
async fn waiting_poll_receives(session: &Polling, post: impl AsRef<[u8]>, status: u16) -> String {
    let mut waiting = session.start_poll().await;
    tokio::time::sleep(ms(20)).await;
    let mut http = Http::connect(session.at).await;
    let body = post.as_ref();
    http.send(format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", session.target(), body.len())).await;
    let _ = http.stream.write_all(body).await;
    assert_eq!(http.response().await.map(|response| response.status), Some(status));
    waiting.response().await.unwrap().body
}

#[tokio::test]
async fn messages_travel_both_ways_in_order() {
    let (_server, session) = joined(config()).await;
    let sent: Vec<_> = (0..50).map(|number| format!("42[\"echo\",{number}]")).collect();
    assert_eq!(session.post(&sent.join("\x1e")).await.body, "ok");
    let mut received = Vec::new();
    while received.len() < sent.len() {
        received.extend(session.poll().await.body.split('\x1e').map(str::to_owned));
    }
    assert_eq!(received, sent);
}

/// python-socketio ends a session when a poll returns more than 16 packets.
#[tokio::test]
async fn a_poll_returns_no_more_packets_than_every_client_accepts() {
    let (_server, session) = joined(config()).await;
    let sent: Vec<_> = (0..40).map(|number| format!("42[\"echo\",{number}]")).collect();
    session.post(&sent.join("\x1e")).await;
    let mut received = Vec::new();
    while received.len() < sent.len() {
        let body = session.poll().await.body;
        let packets: Vec<_> = body.split('\x1e').map(str::to_owned).collect();
        assert!(packets.len() <= 16, "{} packets in one poll", packets.len());
        received.extend(packets);
    }
    assert_eq!(received, sent);
}

#[tokio::test]
async fn a_poll_waits_for_packets() {
    let (_server, session) = joined(config()).await;
    let mut waiting = session.start_poll().await;
    tokio::time::sleep(ms(30)).await;
    session.post("42[\"echo\",\"마당\"]").await;
    let response = waiting.response().await.unwrap();
    assert_eq!(response.body, "42[\"echo\",\"마당\"]");
    assert_eq!(response.header("content-type"), Some("text/plain; charset=UTF-8"));
}

#[tokio::test]
async fn attachments_travel_both_ways_as_base64() {
    let (_server, session) = joined(config()).await;
    let event = "451-[\"echo\",{\"_placeholder\":true,\"num\":0}]\x1ebAQIDBA==";
    assert_eq!(session.post(event).await.body, "ok");
    assert_eq!(session.poll().await.body, event);
    let unpadded = event.trim_end_matches('=');
    assert_eq!(session.post(unpadded).await.body, "ok", "some clients send no padding");
    assert_eq!(session.poll().await.body, event);
}

/// Abuse: P1, P4, P5, P6
#[tokio::test]
async fn malformed_packets_close_the_session() {
    let separators = "\x1e".repeat(60_000);
    for body in ["abc", "", &separators, "4\x1e", "b", "b!!!!", "bA", "bAQID=", "éabcd", "9", "2probe", "0{}"] {
        let (server, session) = joined(config()).await;
        assert_eq!(waiting_poll_receives(&session, body, 400).await, "1", "{body:?}");
        assert!(session.is_gone().await);
        server.wait_until_empty().await;
    }
}

/// Abuse: P4
#[tokio::test]
async fn a_million_empty_packets_are_not_even_read() {
    let (server, session) = joined(config()).await;
    let mut other = crate::support::Ws::join(server.at, "/").await;
    assert_eq!(waiting_poll_receives(&session, "\x1e".repeat(1_000_000), 413).await, "1");
    assert!(session.is_gone().await);
    other.send("42[\"echo\"]").await;
    assert_eq!(other.text().await, "42[\"echo\"]");
}

/// Abuse: P12
#[tokio::test]
async fn packets_of_a_post_count_towards_the_rate() {
    let packets = Some(socketio::Rate::per_second(10).burst(20));
    for flood in ["3", "2", "6", "42[\"echo\"]"] {
        let (server, session) = joined(Config { packets, ..config() }).await;
        let body = [flood; 100].join("\x1e");
        assert_eq!(waiting_poll_receives(&session, body, 400).await.split('\x1e').next_back(), Some("1"), "{flood}");
        server.wait_until_empty().await;
    }
}

/// Abuse: P2
#[tokio::test]
async fn a_second_poll_ends_both() {
    let (server, session) = joined(config()).await;
    let mut first = session.start_poll().await;
    tokio::time::sleep(ms(30)).await;
    assert_eq!(session.poll().await.code(), (400, 3));
    assert_eq!(first.response().await.unwrap().body, "1");
    assert!(session.is_gone().await);
    server.wait_until_empty().await;
}

/// Abuse: P2
#[tokio::test]
async fn an_aborted_poll_ends_the_session() {
    let (server, session) = joined(config()).await;
    let waiting = session.start_poll().await;
    tokio::time::sleep(ms(30)).await;
    drop(waiting);
    server.wait_until_empty().await;
    assert!(session.is_gone().await);
}

#[tokio::test]
async fn a_second_post_ends_the_session() {
    let (server, session) = joined(config()).await;
    let mut slow = Http::connect(server.at).await;
    slow.send(format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n3", session.target())).await;
    tokio::time::sleep(ms(30)).await;
    assert_eq!(session.post("3").await.code(), (400, 3));
    server.wait_until_empty().await;
}

/// Abuse: P3
#[tokio::test]
async fn bodies_are_limited_in_size() {
    let limited = || Config { max_payload: 1_000, ..config() };
    let whole = format!("42[\"echo\",\"{}\"]", "x".repeat(1_000 - 13));
    let (_server, session) = joined(limited()).await;
    assert_eq!(whole.len(), 1_000);
    assert_eq!(session.post(&whole).await.body, "ok");

    let (server, session) = joined(limited()).await;
    assert_eq!(waiting_poll_receives(&session, format!("{whole} "), 413).await, "1");
    server.wait_until_empty().await;

    let (server, session) = joined(limited()).await;
    let mut chunked = Http::connect(server.at).await;
    chunked.send(format!("POST {} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n", session.target())).await;
    // Without a declared length the server must count the bytes.
    for _ in 0..20 {
        let _ = chunked.stream.write_all(format!("64\r\n{}\r\n", "x".repeat(100)).as_bytes()).await;
    }
    assert_eq!(chunked.response().await.map(|response| response.status), Some(413));
    chunked.closed().await;
    server.wait_until_empty().await;
}

/// Abuse: P3
#[tokio::test]
async fn bodies_must_come_in_time() {
    let (server, session) = joined(Config { body_timeout: ms(60), ..config() }).await;
    let mut slow = Http::connect(server.at).await;
    slow.send(format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 900\r\n\r\n", session.target())).await;
    let begun = Instant::now();
    let drip = async {
        while slow.stream.write_all(b"4").await.is_ok() {
            tokio::time::sleep(ms(5)).await;
        }
    };
    soon(drip).await;
    assert!(begun.elapsed() < ms(2_000), "{:?}", begun.elapsed());
    server.wait_until_empty().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_the_session() {
    let (server, session) = joined(config()).await;
    let mut broken = Http::connect(server.at).await;
    broken.send(format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n42[", session.target())).await;
    drop(broken);
    server.wait_until_empty().await;
}

/// Abuse: P7
#[tokio::test]
async fn a_body_that_is_not_utf8_is_refused() {
    let (server, session) = joined(config()).await;
    assert_eq!(waiting_poll_receives(&session, b"42[\"echo\",\"\xff\xfe\"]", 400).await, "1");
    server.wait_until_empty().await;
}

#[tokio::test]
async fn a_close_of_the_client_ends_its_waiting_poll() {
    let (server, session) = joined(config()).await;
    assert_eq!(waiting_poll_receives(&session, "1", 200).await, "6");
    server.wait_until_empty().await;
    assert!(session.is_gone().await);
}

/// The reference answers both in the order they were sent in, as its one thread reads them.
#[tokio::test]
async fn a_poll_overtaken_by_the_close_of_its_client_ends_as_if_it_had_waited() {
    let (server, session) = joined(config()).await;
    assert_eq!(session.post("1").await.body, "ok");
    assert_eq!(session.poll().await.body, "6");
    assert_eq!(session.poll().await.code(), (400, 1), "one poll was on its way, not two");
    assert!(session.is_gone().await);
    server.wait_until_empty().await;
}

/// The server reads the two connections on two threads, in either order. `ROUNDS=3000` is the long run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_sent_just_before_the_close_of_its_client_always_ends_as_if_it_had_waited() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(50);
    let server = TestServer::open(config(), echoes()).await;
    for round in 0..rounds {
        let session = Polling::open(server.at).await;
        let (mut poll, mut post) = (Http::connect(server.at).await, Http::connect(server.at).await);
        let close = Http::encode_request(&format!("POST {}", session.target()), "", "1");
        poll.send(Http::encode_request(&format!("GET {}", session.target()), "", "")).await;
        post.send(close).await;
        assert_eq!(post.response().await.unwrap().body, "ok", "round {round}");
        assert_eq!(poll.response().await.unwrap().body, "6", "round {round}");
        assert!(session.is_gone().await, "round {round}");
    }
    server.wait_until_empty().await;
}

#[tokio::test]
async fn a_session_opened_by_websocket_takes_no_polls_and_is_not_disturbed_by_them() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = crate::support::Upgrade::default().connect(server.at).await.unwrap();
    let open: serde_json::Value = serde_json::from_str(&ws.text().await[1..]).unwrap();
    let stranger = Polling { at: server.at, sid: open["sid"].as_str().unwrap().into(), headers: String::new() };
    assert_eq!(stranger.poll().await.code(), (400, 3));
    assert_eq!(stranger.post("1").await.code(), (400, 3));
    ws.enter("/", "").await;
}
