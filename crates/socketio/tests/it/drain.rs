//! The end of a server.

use std::sync::Arc;
use std::time::Instant;

use socketio::{Namespace, Reply};
use tokio::sync::Semaphore;

use crate::support::{Frame, Polling, TestServer, Upgrade, Ws, config, echoes, get, ms, soon};

/// Delivery: D12
#[tokio::test]
async fn a_drain_refuses_new_sessions_and_closes_the_open_ones() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    let polling = Polling::open(server.at).await;
    polling.join("/").await;
    let mut waiting = polling.start_poll().await;
    tokio::time::sleep(ms(20)).await;
    server.of_name("/").to_all().emit("draining", &ms(5).as_millis()).await.unwrap();
    assert_eq!(waiting.response().await.unwrap().body, "42[\"draining\",5]");
    let mut waiting = polling.start_poll().await;
    tokio::time::sleep(ms(20)).await;
    let begun = Instant::now();
    server.engine.drain(10, ms(1), ms(5_000)).await;
    assert!(begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
    assert_eq!(server.engine.session_count(), 0);
    assert_eq!(ws.text().await, "42[\"draining\",5]");
    assert_eq!(ws.close_code().await, 1001, "no `41`, after which stock clients do not reconnect");
    assert_eq!(waiting.response().await.unwrap().code(), (400, 1), "no close packet, which some clients take for good");
    let refused = get(server.at, "/socket.io/?EIO=4&transport=polling", "").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(Upgrade::default().connect(server.at).await.err().unwrap().status, 503);
}

/// Delivery: D12
#[tokio::test]
async fn received_events_are_answered_before_the_end() {
    let leave = Arc::new(Semaphore::new(0));
    let permits = Arc::clone(&leave);
    let namespace = Namespace::new("/").on("work", move |_, number: u32| {
        let permits = Arc::clone(&permits);
        async move {
            permits.acquire().await.unwrap().forget();
            Reply::json(&number).unwrap()
        }
    });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    let polling = Polling::open(server.at).await;
    polling.join("/").await;
    for number in 0..3 {
        ws.send(&format!("42{number}[\"work\",{number}]")).await;
        polling.post(&format!("42{number}[\"work\",{number}]")).await;
    }
    tokio::time::sleep(ms(30)).await;
    let engine = Arc::clone(&server.engine);
    let drained = tokio::spawn(async move { engine.drain(10, ms(1), ms(5_000)).await });
    tokio::time::sleep(ms(50)).await;
    assert!(!drained.is_finished(), "handlers are running");
    ws.send("429[\"work\",9]").await;
    leave.add_permits(6);
    for number in 0..3 {
        assert_eq!(ws.text().await, format!("43{number}[{number}]"));
    }
    assert_eq!(ws.close_code().await, 1001, "later events are not handled");
    let mut packets = Vec::new();
    let end = loop {
        let response = polling.poll().await;
        if response.status != 200 {
            break response;
        }
        packets.extend(response.body.split('\x1e').map(str::to_owned));
    };
    assert_eq!(packets, ["430[0]", "431[1]", "432[2]"]);
    assert_eq!(end.code(), (400, 1));
    soon(drained).await.unwrap();
}

/// Delivery: D12
#[tokio::test]
async fn a_drain_ends_at_its_deadline_whatever_clients_do() {
    let stuck = Namespace::new("/").on("stuck", |_, (): ()| std::future::pending::<Reply>());
    let server = TestServer::open(config(), [stuck]).await;
    let mut working = Ws::join(server.at, "/").await;
    working.send("421[\"stuck\",null]").await;
    let upgrade = Upgrade { receive_buffer: Some(4 * 1024), ..Upgrade::default() };
    let mut stalled = Ws::open_with(server.at, &upgrade).await;
    stalled.enter("/", "").await;
    let text = "x".repeat(10_000);
    for _ in 0..90 {
        server.of_name("/").to_all().emit("n", &text).await.unwrap();
    }
    let _never_polls = Polling::open(server.at).await;
    tokio::time::sleep(ms(20)).await;
    let begun = Instant::now();
    server.engine.drain(1, ms(1), ms(200)).await;
    assert!(begun.elapsed() >= ms(195) && begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    server.wait_until_empty().await;
    while !matches!(working.next().await, Frame::Close(_) | Frame::End) {}
}

/// Delivery: D12
#[tokio::test]
async fn batches_do_not_outlast_the_deadline() {
    let server = TestServer::open(config(), echoes()).await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(Ws::open(server.at).await);
    }
    let begun = Instant::now();
    server.engine.drain(1, ms(100), ms(250)).await;
    assert!(begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    server.wait_until_empty().await;
}

/// Delivery: D12
#[tokio::test]
async fn an_empty_server_drains_at_once() {
    let server = TestServer::open(config(), echoes()).await;
    soon(server.engine.drain(10, ms(60_000), ms(60_000))).await;
    soon(server.stop()).await;
}
