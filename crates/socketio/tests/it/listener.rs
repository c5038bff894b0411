//! The accept loop: what happens before any session.

use std::sync::Arc;
use std::time::Instant;

use socketio::{Limits, Server};
use tokio::io::AsyncWriteExt;

use crate::support::{House, Http, Polling, Ws, config, echoes, ms, soon};

const OPEN: &str = "GET /socket.io/?EIO=4&transport=polling";

async fn house(limits: Limits) -> House {
    House::of(Server::new(config(), echoes()), limits).await
}

/// Abuse: H9
#[tokio::test]
async fn a_head_must_come_in_time() {
    let house = house(Limits { head_timeout: ms(80), ..Limits::default() }).await;
    let begun = Instant::now();
    let mut silent = Http::connect(house.at).await;
    let mut half = Http::connect(house.at).await;
    half.send(format!("{OPEN} HTTP/1.1\r\nhost: a\r\nx-slow: ")).await;
    let mut dripping = Http::connect(house.at).await;
    let drip = async {
        // One byte after the other does not buy time.
        while dripping.stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    };
    soon(async { tokio::join!(silent.closed(), half.closed(), drip) }).await;
    assert!(begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
}

/// Abuse: H9
#[tokio::test]
async fn many_who_never_finish_a_head_are_gone_in_time_and_nobody_waits_for_them() {
    let house = house(Limits { head_timeout: ms(400), connections_per_address: 100, ..Limits::default() }).await;
    let mut session = Ws::join(house.at, "/").await;
    let mut slow = Vec::new();
    for _ in 1..100 {
        let mut http = Http::connect(house.at).await;
        http.send(b"G").await;
        slow.push(http);
    }
    // Their address has no more places, and who had one is served.
    assert!(Http::connect(house.at).await.answer().await.is_none());
    session.send(r#"42["echo"]"#).await;
    assert_eq!(session.text().await, r#"42["echo"]"#);
    for http in &mut slow {
        http.closed().await;
    }
    assert_eq!(Http::connect(house.at).await.ask(OPEN, "", "").await.status, 200, "the places are free again");
}

/// Abuse: H9
#[tokio::test]
async fn an_idle_connection_ends_in_time_and_an_active_one_does_not() {
    let house = house(Limits { head_timeout: ms(150), ..Limits::default() }).await;
    let mut idle = Http::connect(house.at).await;
    assert_eq!(idle.ask(OPEN, "", "").await.status, 200);
    let session = Polling::open(house.at).await;
    session.join("/").await;
    let mut hanging = session.hang().await;
    let begun = Instant::now();
    idle.closed().await;
    assert!(begun.elapsed() >= ms(100) && begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
    assert_eq!(session.post(r#"42["echo"]"#).await.body, "ok", "the poll still hangs: its head has come");
    assert_eq!(hanging.answer().await.unwrap().body, r#"42["echo"]"#);
}

/// Abuse: H10
#[tokio::test]
async fn heads_are_limited_in_headers_and_bytes() {
    let house = house(Limits::default()).await;
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(64 * 1024));
    let cookie = format!("cookie: {}\r\n", "x".repeat(8 * 1024));
    for headers in [&many, &large] {
        let mut http = Http::connect(house.at).await;
        http.send(Http::request(OPEN, headers, "")).await;
        assert_eq!(http.answer().await.map(|response| response.status), Some(431));
        http.closed().await;
    }
    let mut http = Http::connect(house.at).await;
    http.send(Http::request(&format!("{OPEN}&x={}", "x".repeat(64 * 1024)), "", "")).await;
    let status = http.answer().await.map(|response| response.status);
    assert!(matches!(status, Some(414 | 431)), "{status:?}");
    http.closed().await;
    assert_eq!(Http::connect(house.at).await.ask(OPEN, &cookie, "").await.status, 200, "8 KiB is within 16");
    assert_eq!(house.engine.session_count(), 1);
}

/// Abuse: H13
#[tokio::test]
async fn two_opinions_on_a_bodys_length_are_refused() {
    let house = house(Limits::default()).await;
    let session = Polling::open(house.at).await;
    for headers in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ncontent-length: 30\r\n",
        "content-length: 3, 30\r\n",
        "content-length: +3\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
    ] {
        let mut http = Http::connect(house.at).await;
        let body = "3\r\n40\r\n\r\n0\r\n\r\n";
        http.send(format!("POST {} HTTP/1.1\r\nhost: a\r\n{headers}\r\n{body}", session.target())).await;
        assert_eq!(http.answer().await.map(|response| response.status), Some(400), "{headers}");
        http.closed().await;
        assert_eq!(house.engine.session_count(), 1, "the post was not looked at: {headers}");
    }
    session.join("/").await;
}

/// Abuse: H13
#[tokio::test]
async fn a_bare_line_feed_is_refused_in_any_head_of_a_connection() {
    let house = house(Limits::default()).await;
    let sound = Http::request(OPEN, "", "");
    for bare in [sound.replace("\r\n", "\n"), sound.replacen("\r\n", "\n", 1), sound.replace("\r\n\r\n", "\r\n\n")] {
        let mut http = Http::connect(house.at).await;
        http.send(&bare).await;
        assert_eq!(http.answer().await.map(|response| response.status), Some(400), "{bare:?}");
        http.closed().await;
        let mut later = Http::connect(house.at).await;
        assert_eq!(later.ask(OPEN, "", "").await.status, 200);
        later.send(&bare).await;
        let status = later.answer().await.map(|response| response.status);
        assert!(matches!(status, None | Some(400)), "{status:?}");
        later.closed().await;
    }
}

/// Abuse: H13
#[tokio::test]
async fn a_request_that_hides_behind_another_is_refused() {
    let house = house(Limits::default()).await;
    let session = Polling::open(house.at).await;
    let hidden = Http::request(OPEN, "", "").replace("\r\n", "\n");
    for first in [
        Http::request(&format!("POST {}", session.target()), "", "40"),
        Http::request("GET /socket.io/?EIO=3&transport=polling", "", ""),
    ] {
        let mut http = Http::connect(house.at).await;
        http.send(format!("{first}{hidden}")).await;
        assert!(http.answer().await.is_some());
        let second = http.answer().await.map(|response| response.status);
        assert!(matches!(second, None | Some(400)), "{second:?}");
        http.closed().await;
    }
    assert_eq!(house.engine.session_count(), 1);
}

#[tokio::test]
async fn a_body_may_hold_line_feeds_and_its_connection_goes_on() {
    let house = house(Limits::default()).await;
    let session = Polling::open(house.at).await;
    session.join("/").await;
    let mut http = Http::connect(house.at).await;
    for text in ["a\nb", "\n\n", "c\r\n\r\nd\ne"] {
        let event = format!("42[\"echo\",{}]", serde_json::to_string(text).unwrap());
        // JSON escapes line feeds, white space between values does not.
        let body = event.replace(',', ",\n");
        assert_eq!(http.ask(&format!("POST {}", session.target()), "", &body).await.body, "ok");
        assert_eq!(session.poll().await.body, event);
    }
}

/// Abuse: H14
#[tokio::test]
async fn http2_is_not_spoken() {
    let house = house(Limits::default()).await;
    let mut http = Http::connect(house.at).await;
    http.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let status = http.answer().await.map(|response| response.status);
    assert!(matches!(status, None | Some(400 | 505)), "{status:?}");
    http.closed().await;
    let upgrade = "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
    let mut http = Http::connect(house.at).await;
    assert_eq!(http.ask(OPEN, upgrade, "").await.status, 200, "the offer of HTTP/2 is not taken up");
}

/// Abuse: H9, H11
#[tokio::test]
async fn an_address_has_so_many_connections_and_gets_them_back() {
    let house = house(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let first = Ws::open(house.at).await;
    let mut second = Http::connect(house.at).await;
    assert_eq!(second.ask(OPEN, "", "").await.status, 200);
    let mut third = Http::connect(house.at).await;
    assert!(third.answer().await.is_none(), "closed without a word");
    // An upgraded connection counts until it ends, however long its HTTP is over.
    first.cut();
    soon(async {
        let refused = || async {
            let mut http = Http::connect(house.at).await;
            let _ = http.stream.write_all(Http::request(OPEN, "", "").as_bytes()).await;
            http.answer().await.is_none()
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
    let house = house(Limits { connections_per_address: 1, is_unlimited, ..Limits::default() }).await;
    let (_first, _second) = (Ws::open(house.at).await, Ws::open(house.at).await);
}

#[tokio::test]
async fn the_end_waits_for_requests_under_way_and_not_for_idle_connections() {
    let house = house(Limits { grace: ms(3_000), ..Limits::default() }).await;
    let mut idle = Http::connect(house.at).await;
    assert_eq!(idle.ask(OPEN, "", "").await.status, 200);
    let session = Polling::open(house.at).await;
    session.join("/").await;
    let mut hanging = session.hang().await;
    // Until the poll hangs, the request might be refused with its connection.
    tokio::time::sleep(ms(50)).await;
    let engine = std::sync::Arc::clone(&house.engine);
    let begun = Instant::now();
    let stopped = tokio::spawn(house.stop());
    idle.closed().await;
    assert!(!stopped.is_finished());
    engine.drain(100, ms(1), ms(1_000)).await;
    assert_eq!(hanging.answer().await.unwrap().body, "1");
    soon(stopped).await.unwrap();
    assert!(begun.elapsed() < ms(2_500), "{:?}", begun.elapsed());
}
