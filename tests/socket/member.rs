//! Joining and leaving persistent rooms: a user counts once, however many sockets they have.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::fixtures::texts;
use crate::support::{App, Client, Person, Room};

/// Starts a server whose grace period is too long to matter.
async fn patient() -> App {
    App::with(|config| config.exit_grace = Duration::from_secs(60)).await
}

#[tokio::test]
async fn joining_and_leaving_are_published_with_the_count() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    assert_eq!(hers.take("join").await, json!({ "room": room.id, "user": jun.user, "count": 2 }));
    let line = hers.take_where("message", |line| line["system"]["event"] == "join").await;
    assert_eq!(line["user"], jun.user);
    his.ok("leave", json!({ "room": room.id })).await;
    assert_eq!(hers.take("exit").await, json!({ "room": room.id, "user": jun.user, "count": 1 }));
    hers.take_where("message", |line| line["system"]["event"] == "exit").await;
    his.settle().await;
    assert!(his.all("join").is_empty() && his.all("exit").is_empty(), "{:?}", his.log());
    assert!(hers.all("join").len() == 1 && hers.all("exit").len() == 1);
    his.refused("message", json!({ "room": room.id, "key": "k", "text": "x" }), "not_a_member").await;
}

#[tokio::test]
async fn going_offline_ends_no_membership_of_a_persistent_room() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    hers.take("join").await;
    for how in ["a word", "a cut"] {
        let his = if how == "a word" { &his } else { &app.enter(&jun, &room).await };
        his.disconnect().await;
        assert_eq!(hers.take("exit").await["count"], 1, "{how}");
    }
    let shown = app.show(&room).await;
    assert_eq!((&shown["memberCount"], &shown["onlineCount"]), (&json!(2), &json!(1)));
    assert_eq!(texts(&app.history(&jun, &room).await), ["join", "join"]);
    // A message sent meanwhile is in the snapshot.
    hers.say(&room, "while away").await;
    let back = app.connect(&jun).await.join(&room).await;
    assert_eq!(texts(back["messages"].as_array().unwrap()).last(), Some(&"while away"));
}

#[tokio::test]
async fn a_reload_is_neither_exit_nor_join() {
    let app = patient().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let mut his = app.enter(&jun, &room).await;
    hers.take("join").await;
    for _ in 0..5 {
        his.disconnect().await;
        his = app.enter(&jun, &room).await;
    }
    his.cut();
    let his = app.enter(&jun, &room).await;
    his.say(&room, "reloaded").await;
    hers.receives("reloaded").await;
    assert_eq!((hers.all("join").len(), hers.all("exit").len()), (1, 0), "{:?}", hers.log());
    assert_eq!(app.show(&room).await["onlineCount"], 2);
}

/// Abuse: Z4
#[tokio::test]
async fn two_tabs_are_one_member() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "max": 2 })).await;
    let hers = app.enter(&minji, &room).await;
    let (first, second) = (app.enter(&jun, &room).await, app.enter(&jun, &room).await);
    let joined = second.ok("members", json!({ "room": room.id })).await;
    assert_eq!(joined["members"].as_array().unwrap().len(), 2);
    assert_eq!(app.show(&room).await["onlineCount"], 2);
    // The first tab is closed, and he is still here.
    first.disconnect().await;
    second.say(&room, "one tab left").await;
    hers.receives("one tab left").await;
    assert_eq!((hers.all("join").len(), hers.all("exit").len()), (1, 0));
    second.disconnect().await;
    assert_eq!(hers.take("exit").await["count"], 1);
}

#[tokio::test]
async fn leave_removes_all_sockets_of_the_user() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _soras]) = app.room_of_three().await;
    let (laptop, phone) = (app.enter(&jun, &room).await, app.enter(&jun, &room).await);
    his.ok("leave", json!({ "room": room.id })).await;
    hers.take("exit").await;
    hers.say(&room, "all gone").await;
    for client in [&his, &laptop, &phone] {
        client.refused("typing", json!({ "room": room.id }), "not_a_member").await;
        assert!(!texts(&client.all("message")).contains(&"all gone"));
        assert!(client.all("kicked").is_empty() && client.all("disconnect").is_empty());
    }
    assert_eq!(hers.all("exit").len(), 1);
}

#[tokio::test]
async fn leaving_and_coming_back_at_once_is_both() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    for round in 0..30 {
        // Sent back to back: the room may not have published the end when the beginning arrives.
        let leaving = his.start("leave", json!({ "room": room.id }));
        let joining = his.start("join", json!({ "room": room.id }));
        assert_eq!(leaving.ack().await.unwrap()["ok"], true);
        let joined = joining.ack().await.unwrap();
        assert_eq!((&joined["ok"], &joined["me"]["online"]), (&json!(true), &json!(true)), "round {round}");
        assert_eq!(joined["room"]["onlineCount"], 2, "round {round}");
        hers.say(&room, &format!("round {round}")).await;
        his.receives(&format!("round {round}")).await;
    }
    his.disconnect().await;
    // Every join and leave was published, including the last leave.
    for _ in 0..31 {
        hers.take("join").await;
        hers.take("exit").await;
    }
    assert_eq!(app.show(&room).await["onlineCount"], 1);
}

#[tokio::test]
async fn a_second_join_of_a_socket_only_returns_what_it_missed() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _soras]) = app.room_of_three().await;
    let rev = hers.say(&room, "first").await["rev"].as_i64().unwrap();
    hers.say(&room, "second").await;
    let again = his.ok("join", json!({ "room": room.id, "since": rev })).await;
    assert_eq!(texts(again["messages"].as_array().unwrap()), ["second"]);
    hers.say(&room, "third").await;
    his.receives("third").await;
    let joins = hers.all("join").iter().filter(|join| join["user"]["id"] == jun.id).count();
    assert_eq!((joins, app.show(&room).await["onlineCount"].clone()), (1, json!(3)));
    assert_eq!(texts(&his.all("message")).iter().filter(|text| **text == "third").count(), 1);
}

/// Abuse: E12
#[tokio::test]
async fn a_socket_has_a_limit_of_rooms() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let client = app.connect(&minji).await;
    let mut rooms: Vec<Room> = Vec::new();
    for _ in 0..129 {
        rooms.push(app.courtyard(&minji).await);
    }
    for room in &rooms[..128] {
        client.join(room).await;
    }
    client.refused("join", json!({ "room": rooms[128].id }), "too_many").await;
    client.join(&rooms[0]).await;
    client.ok("leave", json!({ "room": rooms[0].id })).await;
    // Her leaving takes effect at its place in the room's order, a moment after the answer.
    while client.emit("join", json!({ "room": rooms[128].id })).await["ok"] != true {}
    client.say(&rooms[128], "in").await;
}

/// Abuse: Z11
#[tokio::test]
async fn outsiders_get_no_events_of_a_room() {
    let app = App::start().await;
    let ([minji, _, _], room, [hers, his, soras]) = app.room_of_three().await;
    let stranger = app.guest("stranger").await;
    let other = app.courtyard(&stranger).await;
    let outside = app.enter(&stranger, &other).await;
    hers.say(&room, "inside").await;
    hers.ok("typing", json!({ "room": room.id })).await;
    app.call(&minji, "PATCH", "/me", json!({ "name": "Minji" })).await.is(200);
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "title": "garden" })).await.is(200);
    his.take("user").await;
    soras.take_where("changeRoom", |changed| changed["title"] == "garden").await;
    his.disconnect().await;
    soras.take("exit").await;
    outside.settle().await;
    let told: Vec<_> = outside.log().into_iter().filter(|event| event.body.to_string().contains(&room.id)).collect();
    assert!(told.is_empty(), "{told:?}");
    assert!(outside.all("user").is_empty());
}

#[tokio::test]
async fn a_new_name_is_on_the_next_message() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    app.call(&minji, "PATCH", "/me", json!({ "name": "Minji" })).await.is(200);
    his.take("user").await;
    hers.say(&room, "hello").await;
    assert_eq!(his.receives("hello").await["user"]["name"], "Minji");
    hers.ok("typing", json!({ "room": room.id })).await;
    assert_eq!(his.take("typing").await["user"]["name"], "Minji");
    let again: (Client, Person, Value) = (app.enter(&minji, &room).await, minji, Value::Null);
    let named = again.0.ok("members", json!({ "room": room.id })).await.to_string();
    assert!(named.contains("\"Minji\"") && !named.contains("\"minji\""), "{named}");
}
