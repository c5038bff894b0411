//! Ephemeral rooms: members are those who are connected, and the room ends with the last one.

use std::time::Duration;

use serde_json::json;

use crate::support::fixtures::texts;
use crate::support::{App, Person, Room};

async fn campfire(app: &App, maker: &Person) -> Room {
    app.room(maker, json!({ "title": "campfire", "ephemeral": true })).await
}

#[tokio::test]
async fn a_user_who_is_away_longer_than_a_reload_has_left() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = campfire(&app, &minji).await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    hers.take("join").await;
    his.disconnect().await;
    assert_eq!(hers.take("exit").await["count"], 1);
    hers.take_where("message", |line| line["system"]["event"] == "exit").await;
    assert_eq!(app.show(&room).await["memberCount"], 1);
    // A rejoin differs from a reload: there is a new join line.
    let his = app.enter(&jun, &room).await;
    hers.take("join").await;
    drop(his);
    assert_eq!(texts(&app.history(&minji, &room).await)[..4], ["join", "join", "exit", "join"]);
}

#[tokio::test]
async fn an_owner_who_left_hands_over_and_the_last_member_ends_the_room() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = campfire(&app, &minji).await;
    let lobby = app.lobby().await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    let soras = app.enter(&sora, &room).await;
    hers.disconnect().await;
    let line = soras.take_where("message", |line| line["system"]["event"] == "owner").await;
    assert_eq!(line["system"]["user"]["id"], jun.id);
    his.ok("leave", json!({ "room": room.id })).await;
    let line = soras.take_where("message", |line| line["system"]["event"] == "owner").await;
    assert_eq!(line["system"]["user"]["id"], sora.id);
    assert!(lobby.all("removeRoom").is_empty());
    soras.ok("leave", json!({ "room": room.id })).await;
    assert_eq!(lobby.take("removeRoom").await, json!(room.id));
    app.get(&format!("/api/rooms/{}", room.id)).send().await.refused(404, "room_not_found");
    soras.refused("join", json!({ "room": room.id }), "room_not_found").await;
}

#[tokio::test]
async fn a_reload_in_time_keeps_the_room_of_one() {
    let app = App::with(|config| config.exit_grace = Duration::from_secs(60)).await;
    let minji = app.guest("minji").await;
    let room = campfire(&app, &minji).await;
    app.enter(&minji, &room).await.disconnect().await;
    let back = app.connect(&minji).await.join(&room).await;
    assert_eq!((&back["room"]["memberCount"], &back["me"]["role"]), (&json!(1), &json!("owner")));
    assert_eq!(texts(back["messages"].as_array().unwrap()), ["join"]);
}

#[tokio::test]
async fn a_reservation_waits_for_the_first_connection_and_no_longer() {
    let app = App::with(|config| config.reservation = Duration::from_millis(60)).await;
    let [minji, jun, _] = app.three_guests().await;
    let lobby = app.lobby().await;
    // Nobody connects: the room is removed.
    let room = campfire(&app, &minji).await;
    assert_eq!(lobby.take("removeRoom").await, json!(room.id));
    app.get(&format!("/api/rooms/{}", room.id)).send().await.refused(404, "room_not_found");
    // The creator connects; the user who joined by REST does not.
    let room = campfire(&app, &minji).await;
    let hers = app.enter(&minji, &room).await;
    app.join(&jun, &room).await;
    let line = hers.take_where("message", |line| line["system"]["event"] == "exit").await;
    assert_eq!(line["user"]["id"], jun.id);
    assert!(hers.all("join").is_empty() && hers.all("exit").is_empty(), "he was never online");
    assert_eq!(app.show(&room).await["memberCount"], 1);
}

#[tokio::test]
async fn after_a_restart_all_memberships_are_reserved() {
    let mut app = App::with(|config| config.reservation = Duration::from_secs(60)).await;
    let [minji, jun, _] = app.three_guests().await;
    let room = campfire(&app, &minji).await;
    let hers = app.enter(&minji, &room).await;
    let _his = app.enter(&jun, &room).await;
    hers.say(&room, "before").await;
    app.restart().await;
    let shown = app.show(&room).await;
    assert_eq!((&shown["memberCount"], &shown["onlineCount"]), (&json!(2), &json!(0)));
    let hers = app.connect(&minji).await;
    let back = hers.join(&room).await;
    assert_eq!(texts(back["messages"].as_array().unwrap()), ["join", "join", "before"]);
    // A user who does not reconnect in time has left.
    app.restart_with(|config| config.reservation = Duration::from_millis(80)).await;
    let hers = app.enter(&minji, &room).await;
    let line = hers.take_where("message", |line| line["system"]["event"] == "exit").await;
    assert_eq!(line["user"]["id"], jun.id);
    assert_eq!(app.show(&room).await["owner"]["id"], minji.id);
}

#[tokio::test]
async fn a_lasting_room_outlives_everybody() {
    let mut app = App::with(|config| config.reservation = Duration::from_millis(20)).await;
    let minji = app.guest("minji").await;
    let (lasting, fleeting) = (app.courtyard(&minji).await, campfire(&app, &minji).await);
    let lobby = app.lobby().await;
    app.enter(&minji, &lasting).await.ok("leave", json!({ "room": lasting.id })).await;
    assert_eq!(lobby.take("removeRoom").await, json!(fleeting.id));
    app.restart().await;
    assert_eq!(app.show(&lasting).await["memberCount"], 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 1);
}
