//! Rate limits: a refused request gets the time to wait.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::ConnectOptions;
use crate::support::key;

#[tokio::test]
async fn sends_have_a_burst_and_then_a_rate_over_all_transports() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let ([minji, _, _], room, [hers, his, _]) = app.room_of_three().await;
    let pending: Vec<_> =
        (0..80).map(|_| hers.start("message", json!({ "room": room.id, "key": key(), "text": "x" }))).collect();
    let (mut sent, mut refused) = (0, Vec::new());
    for pending in pending {
        let answer = pending.ack().await.unwrap();
        match answer["ok"] == true {
            true => sent += 1,
            false => refused.push(answer["error"].clone()),
        }
    }
    assert!((30..80).contains(&sent), "{sent}");
    for error in &refused {
        assert_eq!(error["code"], "rate_limited");
        assert!((1..=1_000).contains(&error["retryAfterMs"].as_u64().unwrap()), "{error}");
    }
    let by_rest = app.call(&minji, "POST", &format!("/rooms/{}/messages", room.id), json!({ "text": "x" })).await;
    assert!(matches!(by_rest.status, 201 | 429), "{}", by_rest.text());
    // A refused message is not stored, and others are not delayed.
    his.say(&room, "mine").await;
    let stored = app.count("SELECT COUNT(*) FROM messages WHERE text = 'x'");
    assert!(stored == sent || stored == sent + 1, "{stored} stored, {sent} acknowledged");
    assert!(hers.all("close").is_empty());
}

#[tokio::test]
async fn a_retry_after_the_given_time_succeeds() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let client = app.enter(&minji, &room).await;
    let send = json!({ "room": room.id, "key": "once more", "text": "x" });
    loop {
        let answer = client.emit("message", json!({ "room": room.id, "key": key(), "text": "x" })).await;
        if answer["ok"] == false {
            break;
        }
    }
    // A retry with the same key after each given wait is stored once.
    let stored = loop {
        let answer = client.emit("message", send.clone()).await;
        if answer["ok"] == true {
            break answer;
        }
        let wait = answer["error"]["retryAfterMs"].as_u64().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    };
    assert_eq!(stored["dup"], Value::Null);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE key = 'once more'"), 1);
}

/// Abuse: S14
#[tokio::test]
async fn a_client_that_ignores_the_limit_is_disconnected() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let flood = app.connect(&jun).await;
    let mut pending = Vec::new();
    for _ in 0..3_500 {
        pending.push(flood.start("typing", json!({ "room": "nowhere" })));
    }
    flood.take("close").await;
    let mut codes: Vec<String> = Vec::new();
    for pending in pending {
        let Some(answer) = pending.ack().await else { continue };
        codes.push(answer["error"]["code"].as_str().unwrap().to_owned());
    }
    codes.dedup();
    assert_eq!(codes[0], "room_not_found");
    assert!(codes.contains(&"rate_limited".to_owned()), "{codes:?}");
    hers.say(&room, "undisturbed").await;
}

#[tokio::test]
async fn creating_rooms_is_rate_limited() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let mut made = 0;
    let error = loop {
        let answer = app.call(&minji, "POST", "/rooms", json!({ "title": "courtyard" })).await;
        if answer.status != 201 {
            break answer.refused(429, "rate_limited");
        }
        made += 1;
        assert!(made <= 40);
    };
    assert!(made >= 20 && error["retryAfterMs"].is_u64());
    assert_eq!(app.form(&minji, "/rooms", &[("title", "x")]).await.leads_to(), "/?refused=rate_limited");
}

#[tokio::test]
async fn without_rate_limits_size_limits_still_hold() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let client = app.enter(&minji, &room).await;
    let pending: Vec<_> =
        (0..300).map(|_| client.start("message", json!({ "room": room.id, "key": key(), "text": "x" }))).collect();
    for pending in pending {
        assert_eq!(pending.ack().await.unwrap()["ok"], true);
    }
    let long = json!({ "room": room.id, "key": key(), "text": "x".repeat(10_001) });
    client.refused("message", long, "too_long").await;
}

/// Abuse: E5
#[tokio::test]
async fn repeated_joins_are_rate_limited() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let client = app.enter(&minji, &room).await;
    let pending: Vec<_> = (0..300).map(|_| client.start("join", json!({ "room": room.id, "since": 0 }))).collect();
    let (mut joined, mut refused) = (0, 0);
    for pending in pending {
        let answer = pending.ack().await.unwrap();
        match answer["error"]["code"].as_str() {
            None => joined += 1,
            Some("rate_limited") => refused += 1,
            Some(other) => panic!("{other}"),
        }
    }
    assert!(joined >= 190 && refused > 0, "{joined} joined, {refused} refused");
    // A refused client stays where it was.
    client.say(&room, "here").await;
    client.receives("here").await;
}

/// Abuse: H9, H11
#[tokio::test]
async fn connections_are_limited_by_address_and_freed_when_closed() {
    let app = App::with(|config| config.connections_per_address = 8).await;
    let minji = app.guest("minji").await;
    let mut sockets = Vec::new();
    while sockets.len() < 8 {
        let client = app.open_socket(ConnectOptions::of(&minji)).await;
        // The request's own connection may still be closing.
        let is_in = tokio::select! {
            _ = client.take("connect") => true,
            _ = client.take("close") => false,
        };
        if is_in {
            sockets.push(client);
        }
    }
    let ninth = app.open_socket(ConnectOptions::of(&minji)).await;
    ninth.take("close").await;
    assert!(app.get("/healthz").try_send().await.is_err(), "whatever it asks for");
    sockets.pop().unwrap().disconnect().await;
    while app.get("/healthz").try_send().await.is_err() {}
    sockets[0].settle().await;
}
