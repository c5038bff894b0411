//! Sockets end with their sessions, for every reason.

use std::time::Duration;

use madang::chat::admin::Act;
use madang::ops::admin::Admin;
use serde_json::{Value, json};

use crate::support::fixtures::PASSWORD;
use crate::support::{App, Client};
use crate::support::{ConnectOptions, Person};

/// Abuse: A8
#[tokio::test]
async fn a_session_that_ends_by_age_ends_its_open_sockets() {
    let app = App::with(|config| config.session_check = Duration::from_millis(30)).await;
    let ([minji, _, _], room, [hers, his, _]) = app.room_of_three().await;
    let polling = Client::open(app.address, ConnectOptions::of(&minji).polling()).await;
    polling.take("connect").await;
    app.alter(&format!(
        "UPDATE sessions SET seen_at = 0 WHERE user_id = (SELECT id FROM users WHERE name = '{}')",
        "minji"
    ));
    hers.take("close").await;
    polling.take("close").await;
    his.say(&room, "still here").await;
}

#[tokio::test]
async fn an_open_socket_is_a_use_of_its_session() {
    let app = App::with(|config| config.session_check = Duration::from_millis(30)).await;
    let minji = app.guest("minji").await;
    let socket = app.connect(&minji).await;
    app.alter("UPDATE sessions SET seen_at = seen_at - 7200000");
    let fresh = "SELECT COUNT(*) FROM sessions WHERE seen_at > created_at - 3600000";
    while app.count(fresh) == 0 {
        socket.settle().await;
    }
    assert!(socket.all("close").is_empty());
}

/// They stayed open until the next check of all sessions, a minute later.
///
/// Abuse: A8
#[tokio::test]
async fn sockets_end_at_once_with_a_suspension_a_revoked_key_or_a_newer_session() {
    let app = App::start().await;
    let minji = app.connect(&app.signed_up("minji").await).await;
    let desk = Admin::open(&app.config(), 1).unwrap();
    let (key, secret) = desk.create_key("shop".into()).await.unwrap();
    let brought = async || {
        let call = app.request("POST", "/api/tokens").bearer(&secret);
        let made = call.json(&json!({ "externalId": "42", "name": "jun" })).send().await.is(201);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person { id: text(&made["user"]["id"]), token: text(&made["token"]), user: made["user"].clone() }
    };
    let oldest = app.connect(&brought().await).await;
    for _ in 1..50 {
        brought().await;
    }
    oldest.settle().await;
    assert!(oldest.all("close").is_empty());
    let jun = app.connect(&brought().await).await;
    oldest.take("close").await;

    desk.act_on_user("minji@example.org", Act::Suspend { hours: None, reason: None }).await.unwrap();
    minji.take("close").await;
    jun.settle().await;
    assert!(jun.all("close").is_empty());
    desk.revoke_key(&key.id.to_string()).await.unwrap();
    jun.take("close").await;
    desk.close().await;
}

/// Abuse: Z8
#[tokio::test]
async fn a_socket_that_connects_during_log_out_is_closed() {
    let app = App::start().await;
    let room = app.courtyard(&app.guest("minji").await).await;
    for round in 0..30 {
        let jun = app.guest("jun").await;
        let opening = ConnectOptions::of(&jun).room(&room);
        let out = app.request("DELETE", "/api/session").bearer(&jun.token);
        let (client, gone) = tokio::join!(app.open_socket(opening), out.send());
        gone.is(204);
        // Accepted or not, the connection ends.
        let refused = || client.log().iter().any(|event| matches!(event.name.as_str(), "connect_error" | "close"));
        while !refused() {
            tokio::task::yield_now().await;
        }
        let late = app.open_socket(ConnectOptions::of(&jun)).await.take("connect_error").await;
        assert_eq!(late["data"]["code"], "unauthenticated", "round {round}");
    }
}

/// Abuse: A8
#[tokio::test]
async fn requests_of_an_ended_session_have_no_effect() {
    let app = App::start().await;
    let ([minji, _, _], room, [hers, his, _]) = app.room_of_three().await;
    let out = app.request("DELETE", "/api/session").bearer(&minji.token);
    let says = (0..50)
        .map(|number| hers.start("message", json!({ "room": room.id, "key": format!("k{number}"), "text": "late" })));
    let says: Vec<_> = says.collect();
    out.send().await.is(204);
    let after = hers.start("message", json!({ "room": room.id, "key": "after", "text": "after the end" }));
    for say in says {
        say.ack().await;
    }
    let answer = after.ack().await;
    assert!(answer.is_none_or(|answer| answer["ok"] == false), "an ended session was heard");
    his.say(&room, "the end").await;
    assert!(his.all("message").iter().all(|message| message["text"] != "after the end"));
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.status, 401);
}

/// Abuse: A7
#[tokio::test]
async fn every_end_of_a_session_closes_its_sockets() {
    let app = App::start().await;
    for (name, method, path, body) in [
        ("minji", "DELETE", "/session", Value::Null),
        ("jun", "DELETE", "/me/sessions?all=true", Value::Null),
        ("sora", "DELETE", "/me", json!({ "password": PASSWORD, "messages": "keep" })),
    ] {
        let person = app.signed_up(name).await;
        let room = app.courtyard(&person).await;
        let socket = app.enter(&person, &room).await;
        let polling = app.open_socket(ConnectOptions::of(&person).room(&room).polling()).await;
        polling.take("joined").await;
        // Two namespaces of one connection: the lobby needs no identity, and is disconnected as
        // well.
        let both = app.lobby().await;
        both.raw(&format!("40/chat,{}", json!({ "token": person.token })));
        both.take("connect").await;
        assert_eq!(app.call(&person, method, path, body).await.status, 204, "{path}");
        for client in [&socket, &polling, &both] {
            client.take("close").await;
        }
        assert_eq!(app.turned_away(ConnectOptions::of(&person)).await["code"], "unauthenticated", "{path}");
    }
}
