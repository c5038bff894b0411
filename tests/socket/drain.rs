//! Shutdown: sockets get an event, requests in progress are answered, then connections close.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::key;
use crate::support::{App, websocket};

/// Delivery: D12, I15
#[tokio::test]
async fn sockets_are_notified_and_sends_in_progress_are_answered() {
    let mut app = App::start().await;
    let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let by_polling = app.open_socket(ConnectOptions::of(&jun).room(&room).polling()).await;
    by_polling.take("joined").await;
    let lobby = app.lobby().await;
    let mut sends = Vec::new();
    for number in 0..100 {
        let client = [&hers, &his, &soras][number % 3];
        let key = key();
        let payload = json!({ "room": room.id, "key": key, "text": number.to_string() });
        sends.push((key, client.start("message", payload)));
    }
    // Some sends are done, some in progress, some not sent.
    let mut sends = sends.into_iter();
    let mut answered = Vec::new();
    for (key, pending) in sends.by_ref().take(10) {
        answered.push((key, pending.ack().await.unwrap()));
    }
    app.begin_stop();
    for client in [&hers, &his, &soras, &lobby, &by_polling] {
        let told = client.take("draining").await;
        assert!(told["reconnectInMs"].as_u64().is_some_and(|wait| wait > 0), "{told}");
    }
    let mut unanswered = Vec::new();
    for (key, pending) in sends {
        // Acknowledged, or no answer at all: never an error.
        match pending.ack().await {
            Some(answer) => {
                assert_eq!(answer["ok"], true, "{answer}");
                answered.push((key, answer));
            }
            None => unanswered.push(key),
        }
    }
    for client in [&hers, &his, &soras, &lobby, &by_polling] {
        client.take("close").await;
        assert!(client.all("disconnect").is_empty(), "stock clients do not come back from a disconnect");
    }
    app.ended().await;
    // Every acknowledged message is stored, and the rest may be sent again.
    app = App::reopen(app).await;
    let stored = app.count("SELECT COUNT(*) FROM messages WHERE key IS NOT NULL");
    assert_eq!(stored as usize, answered.len(), "{} were not answered", unanswered.len());
    for (key, answer) in &answered {
        assert_eq!(app.count(&format!("SELECT seq FROM messages WHERE key = '{key}'")), answer["seq"], "{key}");
    }
    let hers = app.enter(&minji, &room).await;
    for key in unanswered {
        hers.ok("message", json!({ "room": room.id, "key": key, "text": "again" })).await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE key IS NOT NULL"), 100);
}

/// Delivery: D12
#[tokio::test]
async fn the_server_ends_in_time_whatever_clients_do() {
    let mut app = App::with(|config| config.shutdown = Duration::from_millis(600)).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    // A client that never reads, one whose request never ends, one that stays idle.
    let stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let (_reader, mut writer) = websocket::open(stream, "/socket.io/?EIO=4&transport=websocket", &[]).await.unwrap();
    let auth = json!({ "token": minji.token, "room": room.id });
    writer.text(&format!("40/chat,{auth}")).await.unwrap();
    let mut half = tokio::net::TcpStream::connect(app.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut half, b"POST /api/guests HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let _idle = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let client = app.enter(&minji, &room).await;
    app.begin_stop();
    client.take("close").await;
    app.ended().await;
}

/// Delivery: D12
#[tokio::test]
async fn a_draining_server_is_alive_but_not_ready_and_accepts_no_socket() {
    let mut app = App::with(|config| config.shutdown = Duration::from_secs(4)).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    // A client that does not read delays the shutdown.
    let stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let (_reader, mut writer) = websocket::open(stream, "/socket.io/?EIO=4&transport=websocket", &[]).await.unwrap();
    writer.text(&format!("40/chat,{}", json!({ "token": minji.token, "room": room.id }))).await.unwrap();
    let client = app.enter(&minji, &room).await;
    let address = app.address;
    let ask = |path: &str| crate::support::Request::new(address, "GET", path).try_send();
    app.begin_stop();
    client.take("draining").await;
    // The shutdown may end at any moment from here on; until then this is the answer.
    if let Ok(ready) = ask("/readyz").await {
        assert_eq!((ready.status, ready.text().as_str()), (503, "draining\n"));
    }
    if let Ok(alive) = ask("/healthz").await {
        assert_eq!(alive.status, 200);
    }
    if let Ok(socket) = ask("/socket.io/?EIO=4&transport=polling").await {
        assert_eq!(socket.status, 503);
        assert!(socket.header("retry-after").is_some());
    }
    client.take("close").await;
    app.ended().await;
    assert!(ask("/healthz").await.is_err(), "nobody listens any more");
    let _: Value = Value::Null;
}
