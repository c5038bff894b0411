//! The end of a server.

use std::sync::Arc;
use std::time::Instant;

use socketio::{Namespace, Reply};
use tokio::sync::Semaphore;

use crate::support::{Frame, House, Polling, Upgrade, Ws, config, echoes, get, ms, soon};

/// Delivery: D12
#[tokio::test]
async fn a_drain_refuses_new_sessions_and_lets_the_open_ones_go() {
    let house = House::open(config(), echoes()).await;
    let mut ws = Ws::join(house.at, "/").await;
    let polling = Polling::open(house.at).await;
    polling.join("/").await;
    let mut hanging = polling.hang().await;
    tokio::time::sleep(ms(20)).await;
    house.of_name("/").to_all().emit("draining", &ms(5).as_millis()).await.unwrap();
    assert_eq!(hanging.answer().await.unwrap().body, "42[\"draining\",5]");
    let mut hanging = polling.hang().await;
    tokio::time::sleep(ms(20)).await;
    let begun = Instant::now();
    house.engine.drain(10, ms(1), ms(5_000)).await;
    assert!(begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
    assert_eq!(house.engine.session_count(), 0);
    assert_eq!(ws.text().await, "42[\"draining\",5]");
    assert_eq!(ws.close_code().await, 1000, "no `41`, after which stock clients would stay away");
    assert_eq!(hanging.answer().await.unwrap().body, "1");
    let refused = get(house.at, "/socket.io/?EIO=4&transport=polling", "").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(Upgrade::default().ask(house.at).await.err().unwrap().status, 503);
}

/// Delivery: D12
#[tokio::test]
async fn what_has_come_is_answered_before_the_end() {
    let leave = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&leave);
    let namespace = Namespace::new("/").on("work", move |_, number: u32| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Reply::json(&number).unwrap()
        }
    });
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::join(house.at, "/").await;
    let polling = Polling::open(house.at).await;
    polling.join("/").await;
    for number in 0..3 {
        ws.send(&format!("42{number}[\"work\",{number}]")).await;
        polling.post(&format!("42{number}[\"work\",{number}]")).await;
    }
    tokio::time::sleep(ms(30)).await;
    let engine = Arc::clone(&house.engine);
    let drained = tokio::spawn(async move { engine.drain(10, ms(1), ms(5_000)).await });
    tokio::time::sleep(ms(50)).await;
    assert!(!drained.is_finished(), "handlers are at work");
    ws.send("429[\"work\",9]").await;
    leave.add_permits(6);
    for number in 0..3 {
        assert_eq!(ws.text().await, format!("43{number}[{number}]"));
    }
    assert_eq!(ws.close_code().await, 1000, "what came later is not begun");
    let mut packets = Vec::new();
    while packets.last().is_none_or(|packet| packet != "1") {
        packets.extend(polling.poll().await.body.split('\x1e').map(str::to_owned));
    }
    assert_eq!(packets, ["430[0]", "431[1]", "432[2]", "1"]);
    soon(drained).await.unwrap();
}

/// Delivery: D12
#[tokio::test]
async fn a_drain_ends_at_its_deadline_whatever_clients_do() {
    let stuck = Namespace::new("/").on("stuck", |_, (): ()| std::future::pending::<Reply>());
    let house = House::open(config(), [stuck]).await;
    let mut working = Ws::join(house.at, "/").await;
    working.send("421[\"stuck\",null]").await;
    let upgrade = Upgrade { receive_buffer: Some(4 * 1024), ..Upgrade::default() };
    let mut stalled = Ws::open_with(house.at, &upgrade).await;
    stalled.enter("/", "").await;
    let text = "x".repeat(10_000);
    for _ in 0..90 {
        house.of_name("/").to_all().emit("n", &text).await.unwrap();
    }
    let _never_polls = Polling::open(house.at).await;
    tokio::time::sleep(ms(20)).await;
    let begun = Instant::now();
    house.engine.drain(1, ms(1), ms(200)).await;
    assert!(begun.elapsed() >= ms(195) && begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    house.is_empty().await;
    while !matches!(working.next().await, Frame::Close(_) | Frame::End) {}
}

/// Delivery: D12
#[tokio::test]
async fn batches_do_not_outlast_the_deadline() {
    let house = House::open(config(), echoes()).await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(Ws::open(house.at).await);
    }
    let begun = Instant::now();
    house.engine.drain(1, ms(100), ms(250)).await;
    assert!(begun.elapsed() < ms(1_500), "{:?}", begun.elapsed());
    house.is_empty().await;
}

/// Delivery: D12
#[tokio::test]
async fn an_empty_server_drains_at_once() {
    let house = House::open(config(), echoes()).await;
    soon(house.engine.drain(10, ms(60_000), ms(60_000))).await;
    soon(house.stop()).await;
}
