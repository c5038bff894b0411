//! The accept loop, before any session.

use std::sync::Arc;
use std::time::Instant;

use socketio::{Limits, Server};
use tokio::io::AsyncWriteExt;

use crate::support::{Http, Polling, TestServer, Ws, config, echoes, ms, soon};

const OPEN: &str = "GET /socket.io/?EIO=4&transport=polling";

async fn server(limits: Limits) -> TestServer {
    TestServer::of(Server::new(config(), echoes()), limits).await
}

/// Abuse: H9
#[tokio::test]
async fn a_head_must_arrive_in_time() {
    let server = server(Limits { head_timeout: ms(80), ..Limits::default() }).await;
    let begun = Instant::now();
    let mut silent = Http::connect(server.at).await;
    let mut half = Http::connect(server.at).await;
    half.send(format!("{OPEN} HTTP/1.1\r\nhost: a\r\nx-slow: ")).await;
    let mut dripping = Http::connect(server.at).await;
    let drip = async {
        // Single bytes do not extend the timeout.
        while dripping.stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    };
    soon(async { tokio::join!(silent.closed(), half.closed(), drip) }).await;
    assert!(begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
}

/// Abuse: H9
#[tokio::test]
async fn many_unfinished_heads_time_out_and_delay_no_other_client() {
    let server = server(Limits { head_timeout: ms(400), connections_per_address: 100, ..Limits::default() }).await;
    let mut session = Ws::join(server.at, "/").await;
    let mut slow = Vec::new();
    for _ in 1..100 {
        let mut http = Http::connect(server.at).await;
        http.send(b"G").await;
        slow.push(http);
    }
    // Their address may open no more connections, and its open session still works.
    assert!(Http::connect(server.at).await.response().await.is_none());
    session.send(r#"42["echo"]"#).await;
    assert_eq!(session.text().await, r#"42["echo"]"#);
    for http in &mut slow {
        http.closed().await;
    }
    assert_eq!(
        Http::connect(server.at).await.request(OPEN, "", "").await.status,
        200,
        "the connections are counted down again"
    );
}

/// Abuse: H9
#[tokio::test]
async fn an_idle_connection_ends_in_time_and_an_active_one_does_not() {
    let server = server(Limits { head_timeout: ms(150), ..Limits::default() }).await;
    let mut idle = Http::connect(server.at).await;
    assert_eq!(idle.request(OPEN, "", "").await.status, 200);
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let mut waiting = session.start_poll().await;
    let begun = Instant::now();
    idle.closed().await;
    assert!(begun.elapsed() >= ms(100) && begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
    assert_eq!(session.post(r#"42["echo"]"#).await.body, "ok", "the poll still waits: its head is complete");
    assert_eq!(waiting.response().await.unwrap().body, r#"42["echo"]"#);
}

/// Abuse: H10
#[tokio::test]
async fn heads_are_limited_in_headers_and_bytes() {
    let server = server(Limits::default()).await;
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(64 * 1024));
    let cookie = format!("cookie: {}\r\n", "x".repeat(8 * 1024));
    for headers in [&many, &large] {
        let mut http = Http::connect(server.at).await;
        http.send(Http::encode_request(OPEN, headers, "")).await;
        assert_eq!(http.response().await.map(|response| response.status), Some(431));
        http.closed().await;
    }
    let mut http = Http::connect(server.at).await;
    http.send(Http::encode_request(&format!("{OPEN}&x={}", "x".repeat(64 * 1024)), "", "")).await;
    let status = http.response().await.map(|response| response.status);
    assert!(matches!(status, Some(414 | 431)), "{status:?}");
    http.closed().await;
    assert_eq!(Http::connect(server.at).await.request(OPEN, &cookie, "").await.status, 200, "8 KiB is within 16");
    assert_eq!(server.engine.session_count(), 1);
}

/// Abuse: H13
#[tokio::test]
async fn a_contradictory_body_length_is_refused() {
    let server = server(Limits::default()).await;
    let session = Polling::open(server.at).await;
    for headers in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ncontent-length: 30\r\n",
        "content-length: 3, 30\r\n",
        "content-length: +3\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
    ] {
        let mut http = Http::connect(server.at).await;
        let body = "3\r\n40\r\n\r\n0\r\n\r\n";
        http.send(format!("POST {} HTTP/1.1\r\nhost: a\r\n{headers}\r\n{body}", session.target())).await;
        assert_eq!(http.response().await.map(|response| response.status), Some(400), "{headers}");
        http.closed().await;
        assert_eq!(server.engine.session_count(), 1, "the post was not handled: {headers}");
    }
    session.join("/").await;
}

/// Abuse: H13
#[tokio::test]
async fn a_bare_line_feed_is_refused_in_any_head_of_a_connection() {
    let server = server(Limits::default()).await;
    let valid = Http::encode_request(OPEN, "", "");
    for bare in [valid.replace("\r\n", "\n"), valid.replacen("\r\n", "\n", 1), valid.replace("\r\n\r\n", "\r\n\n")] {
        let mut http = Http::connect(server.at).await;
        http.send(&bare).await;
        assert_eq!(http.response().await.map(|response| response.status), Some(400), "{bare:?}");
        http.closed().await;
        let mut later = Http::connect(server.at).await;
        assert_eq!(later.request(OPEN, "", "").await.status, 200);
        later.send(&bare).await;
        let status = later.response().await.map(|response| response.status);
        assert!(matches!(status, None | Some(400)), "{status:?}");
        later.closed().await;
    }
}

/// Abuse: H13
#[tokio::test]
async fn a_request_hidden_behind_another_is_refused() {
    let server = server(Limits::default()).await;
    let session = Polling::open(server.at).await;
    let hidden = Http::encode_request(OPEN, "", "").replace("\r\n", "\n");
    for first in [
        Http::encode_request(&format!("POST {}", session.target()), "", "40"),
        Http::encode_request("GET /socket.io/?EIO=3&transport=polling", "", ""),
    ] {
        let mut http = Http::connect(server.at).await;
        http.send(format!("{first}{hidden}")).await;
        assert!(http.response().await.is_some());
        let second = http.response().await.map(|response| response.status);
        assert!(matches!(second, None | Some(400)), "{second:?}");
        http.closed().await;
    }
    assert_eq!(server.engine.session_count(), 1);
}

/// Abuse: H13
#[tokio::test]
async fn empty_lines_before_a_request_hide_nothing_in_it() {
    let server = server(Limits::default()).await;
    let valid = Http::encode_request(OPEN, "", "");
    let twice = Http::encode_request(OPEN, "content-length: 2\r\ntransfer-encoding: chunked\r\n", "");
    for empty_lines in 1..5 {
        let before = "\r\n".repeat(empty_lines);
        for hidden in [&twice, &valid.replace("\r\n", "\n")] {
            let mut http = Http::connect(server.at).await;
            http.send(format!("{before}{hidden}")).await;
            assert_eq!(http.response().await.map(|response| response.status), Some(400), "{before:?}{hidden:?}");
            let mut later = Http::connect(server.at).await;
            assert_eq!(later.request(OPEN, "", "").await.status, 200);
            later.send(format!("{before}{hidden}")).await;
            assert_eq!(later.response().await.map(|response| response.status), Some(400), "{before:?}{hidden:?}");
        }
    }
    let mut http = Http::connect(server.at).await;
    http.send(format!("\r\n{valid}")).await;
    assert_eq!(http.response().await.map(|response| response.status), Some(200), "one is no harm");
}

/// Abuse: H13
#[tokio::test]
async fn a_head_that_arrives_during_another_request_is_scanned_whole() {
    let server = server(Limits::default()).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let mut http = session.start_poll().await;
    // hyper reads it while the poll waits.
    http.send(format!("{OPEN} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n")).await;
    tokio::time::sleep(ms(20)).await;
    assert_eq!(session.post("42[\"echo\"]").await.body, "ok");
    assert_eq!(http.response().await.unwrap().body, "42[\"echo\"]");
    http.send("content-length: 0\r\n\r\n").await;
    assert_eq!(http.response().await.map(|response| response.status), Some(400));
    http.closed().await;
    assert_eq!(server.engine.session_count(), 1);
}

/// Abuse: H13
#[tokio::test]
async fn an_answer_before_the_body_is_the_only_one_and_ends_the_connection() {
    let server = server(Limits::default()).await;
    // Each line would be the end of a head.
    let body = "line\n\r\n\r\n".repeat(4_000);
    let unknown = format!("{OPEN}&sid=unknown").replace("GET", "POST");
    for request in [unknown.as_str(), OPEN, "DELETE /socket.io/?EIO=4&transport=polling"] {
        let mut http = Http::connect(server.at).await;
        http.send(format!("{request} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", body.len())).await;
        let response = http.response().await.unwrap();
        assert_eq!(response.header("connection"), Some("close"), "{request}");
        let _ = http.stream.write_all(body.as_bytes()).await;
        let _ = http.stream.write_all(Http::encode_request(OPEN, "", "").as_bytes()).await;
        assert!(http.response().await.is_none(), "{request}");
    }
}

/// Abuse: H13
#[tokio::test]
async fn a_request_names_its_host_once() {
    let server = server(Limits::default()).await;
    for (version, hosts, status) in [
        ("1.1", "host: a\r\n", 200),
        ("1.1", "", 400),
        ("1.1", "host: a\r\nhost: b\r\n", 400),
        ("1.1", "host: a\r\nHost: a\r\n", 400),
        ("1.0", "", 200),
        ("1.0", "host: a\r\nhost: b\r\n", 400),
    ] {
        let mut http = Http::connect(server.at).await;
        http.send(format!("{OPEN} HTTP/{version}\r\n{hosts}\r\n")).await;
        assert_eq!(http.response().await.map(|response| response.status), Some(status), "{version} {hosts:?}");
    }
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_order() {
    let server = server(Limits::default()).await;
    let session = Polling::open(server.at).await;
    let post = Http::encode_request(&format!("POST {}", session.target()), "", "40");
    let poll = Http::encode_request(&format!("GET {}", session.target()), "", "");
    let mut http = Http::connect(server.at).await;
    http.send(format!("{post}{poll}")).await;
    assert_eq!(http.response().await.unwrap().body, "ok");
    assert!(http.response().await.unwrap().body.starts_with("40{"));
}

#[tokio::test]
async fn a_body_may_contain_line_feeds_and_its_connection_stays_open() {
    let server = server(Limits::default()).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let mut http = Http::connect(server.at).await;
    for text in ["a\nb", "\n\n", "c\r\n\r\nd\ne"] {
        let event = format!("42[\"echo\",{}]", serde_json::to_string(text).unwrap());
        // JSON escapes line feeds, white space between values does not.
        let body = event.replace(',', ",\n");
        assert_eq!(http.request(&format!("POST {}", session.target()), "", &body).await.body, "ok");
        assert_eq!(session.poll().await.body, event);
    }
}

/// Abuse: H14
#[tokio::test]
async fn http2_is_not_supported() {
    let server = server(Limits::default()).await;
    let mut http = Http::connect(server.at).await;
    http.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let status = http.response().await.map(|response| response.status);
    assert!(matches!(status, None | Some(400 | 505)), "{status:?}");
    http.closed().await;
    let upgrade = "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
    let mut http = Http::connect(server.at).await;
    assert_eq!(http.request(OPEN, upgrade, "").await.status, 200, "the offer of HTTP/2 is ignored");
}

/// Abuse: H9, H11
#[tokio::test]
async fn connections_are_limited_by_address_and_freed_when_closed() {
    let server = server(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let first = Ws::open(server.at).await;
    let mut second = Http::connect(server.at).await;
    assert_eq!(second.request(OPEN, "", "").await.status, 200);
    let mut third = Http::connect(server.at).await;
    assert!(third.response().await.is_none(), "closed without a response");
    // An upgraded connection counts until it ends.
    first.cut();
    soon(async {
        let refused = || async {
            let mut http = Http::connect(server.at).await;
            let _ = http.stream.write_all(Http::encode_request(OPEN, "", "").as_bytes()).await;
            http.response().await.is_none()
        };
        while refused().await {
            tokio::time::sleep(ms(2)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn unlimited_addresses_may_have_more() {
    let is_unlimited = Arc::new(|address: std::net::IpAddr| address.is_loopback());
    let server = server(Limits { connections_per_address: 1, is_unlimited, ..Limits::default() }).await;
    let (_first, _second) = (Ws::open(server.at).await, Ws::open(server.at).await);
}

#[tokio::test]
async fn shutdown_waits_for_requests_in_progress_and_not_for_idle_connections() {
    let server = server(Limits { grace: ms(3_000), ..Limits::default() }).await;
    let mut idle = Http::connect(server.at).await;
    assert_eq!(idle.request(OPEN, "", "").await.status, 200);
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let mut waiting = session.start_poll().await;
    // Before the poll waits, the request might be refused with its connection.
    tokio::time::sleep(ms(50)).await;
    let engine = std::sync::Arc::clone(&server.engine);
    let begun = Instant::now();
    let stopped = tokio::spawn(server.stop());
    idle.closed().await;
    assert!(!stopped.is_finished());
    engine.drain(100, ms(1), ms(1_000)).await;
    assert_eq!(waiting.response().await.unwrap().code(), (400, 1));
    soon(stopped).await.unwrap();
    assert!(begun.elapsed() < ms(2_500), "{:?}", begun.elapsed());
}
