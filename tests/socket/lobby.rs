//! The lobby namespace: events when rooms are created, changed and removed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{App, Client, Room};

/// Waits for a matching event of this room in the lobby.
async fn until(lobby: &Client, room: &Room, is_it: impl Fn(&Value) -> bool) -> Value {
    lobby.take_where("changeRoom", |changed| changed["id"] == room.id && is_it(changed)).await
}

#[tokio::test]
async fn the_lobby_gets_events_of_a_room_from_its_creation_to_its_end() {
    let app = App::start().await;
    let lobby = app.lobby().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    assert_eq!(lobby.take("newRoom").await, room.made);
    let hers = app.enter(&minji, &room).await;
    until(&lobby, &room, |room| room["onlineCount"] == 1).await;
    let his = app.enter(&jun, &room).await;
    let changed = until(&lobby, &room, |room| room["onlineCount"] == 2).await;
    assert_eq!((&changed["memberCount"], &changed["owner"]), (&json!(2), &minji.user));
    assert_eq!(changed, app.show(&room).await);
    let path = format!("/rooms/{}", room.id);
    app.call(&minji, "PATCH", &path, json!({ "title": "garden", "password": "sesame" })).await.is(200);
    let changed = until(&lobby, &room, |room| room["title"] == "garden").await;
    assert_eq!(changed["locked"], true);
    his.ok("leave", json!({ "room": room.id })).await;
    until(&lobby, &room, |room| room["memberCount"] == 1 && room["onlineCount"] == 1).await;
    hers.disconnect().await;
    until(&lobby, &room, |room| room["onlineCount"] == 0).await;
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    assert_eq!(lobby.take("removeRoom").await, json!(room.id));
}

#[tokio::test]
async fn the_lobby_gets_no_messages() {
    let app = App::start().await;
    let lobby = app.lobby().await;
    let ([..], room, [hers, ..]) = app.room_of_three().await;
    hers.say(&room, "inside").await;
    hers.ok("typing", json!({ "room": room.id })).await;
    until(&lobby, &room, |room| room["onlineCount"] == 3).await;
    let names: Vec<_> = lobby.log().into_iter().map(|event| event.name).collect();
    assert!(names.iter().all(|name| ["connect", "newRoom", "changeRoom"].contains(&name.as_str())), "{names:?}");
    // The lobby does not know the events of a room.
    let answer = lobby.emit("join", json!({ "room": room.id })).await;
    assert_eq!(answer["error"]["code"], "unknown_event");
}

#[tokio::test]
async fn changes_of_a_second_are_one_event() {
    let app = App::with(|config| config.second = Duration::from_millis(400)).await;
    let lobby = app.lobby().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let path = format!("/rooms/{}", room.id);
    for number in 0..40 {
        app.call(&minji, "PATCH", &path, json!({ "title": format!("title {number}") })).await.is(200);
    }
    until(&lobby, &room, |room| room["title"] == "title 39").await;
    hers.take_where("changeRoom", |room| room["title"] == "title 39").await;
    let (in_lobby, inside) = (lobby.all("changeRoom").len(), hers.all("changeRoom").len());
    assert!(in_lobby < 20 && inside < 20, "40 changes were told as {in_lobby} and {inside}");
    // The history is complete.
    assert_eq!(app.show(&room).await["rev"], 41);
}

#[tokio::test]
async fn a_second_has_room_for_twenty_the_busiest_first() {
    let app = App::with(|config| config.second = Duration::from_secs(3)).await;
    let minji = app.guest("minji").await;
    let mut rooms = Vec::new();
    for _ in 0..30 {
        rooms.push(app.courtyard(&minji).await);
    }
    let jun = app.guest("jun").await;
    let _busy = (app.enter(&jun, &rooms[29]).await, app.enter(&minji, &rooms[29]).await);
    let lobby = app.lobby().await;
    // Events so far come before that of a change made now.
    app.call(&minji, "PATCH", &format!("/rooms/{}", rooms[29].id), json!({ "title": "settled" })).await.is(200);
    until(&lobby, &rooms[29], |room| room["title"] == "settled").await;
    for room in &rooms {
        app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "title": "changed" })).await.is(200);
    }
    for room in &rooms {
        until(&lobby, room, |room| room["title"] == "changed").await;
    }
    let changed: Vec<_> = lobby.all("changeRoom").into_iter().filter(|room| room["title"] == "changed").collect();
    assert_eq!(changed.len(), 30, "each room once");
    let place = changed.iter().position(|room| room["id"] == rooms[29].id).unwrap();
    assert!(place < 20, "the busiest is among the first twenty: {place}");
}

/// Abuse: Z12
#[tokio::test]
async fn the_lobby_gets_events_of_a_room_only_while_it_is_listed() {
    let app = App::start().await;
    let lobby = app.lobby().await;
    let minji = app.guest("minji").await;
    let hidden = app.room(&minji, json!({ "title": "hidden", "listed": false })).await;
    assert_eq!(hidden.made["listed"], false);
    let room = app.courtyard(&minji).await;
    assert_eq!(lobby.take("newRoom").await["id"], room.id);
    let change = async |room: &Room, listed: bool| {
        let path = format!("/rooms/{}", room.id);
        app.call(&minji, "PATCH", &path, json!({ "listed": listed })).await.is(200)
    };
    let titles = async || {
        let page = app.get("/api/rooms").send().await.is(200);
        page["rooms"].as_array().unwrap().iter().map(|room| room["title"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(titles().await, ["courtyard"]);
    change(&room, false).await;
    assert_eq!(lobby.take("removeRoom").await, json!(room.id));
    assert_eq!(titles().await, [] as [&str; 0]);
    // Setting the same values sends no event, and neither does what happens inside.
    change(&room, false).await;
    let _hers = (app.enter(&minji, &room).await, app.enter(&minji, &hidden).await);
    change(&hidden, true).await;
    assert_eq!(lobby.take("newRoom").await["id"], hidden.id);
    assert_eq!(titles().await, ["hidden"]);
    change(&hidden, false).await;
    assert_eq!(lobby.take("removeRoom").await, json!(hidden.id));
    let told: Vec<_> = lobby.log().into_iter().filter(|event| event.name == "newRoom").collect();
    assert_eq!(told.len(), 2, "{told:?}");
    // By its id it is a room like any other.
    let jun = app.guest("jun").await;
    app.join(&jun, &hidden).await;
    let path = format!("/rooms/{}", hidden.id);
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    lobby.settle().await;
    assert!(lobby.all("removeRoom").iter().filter(|id| **id == json!(hidden.id)).count() == 1);
}
