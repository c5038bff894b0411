//! Large rooms: above the limit of online users, events carry counts instead of names, one line a
//! second.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{App, Client, Person, Room};

struct Crowd {
    app: App,
    room: Room,
    minji: Client,
    people: Vec<(Person, Client)>,
}

/// Six users are online in a room that is large from five on.
async fn crowd(second: fn(&mut madang::config::Config)) -> Crowd {
    let app = App::with(second).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let mut people = Vec::new();
    for number in 0..5 {
        let person = app.guest(&format!("guest {number}")).await;
        let client = app.enter(&person, &room).await;
        people.push((person, client));
    }
    hers.take_where("changeRoom", |room| room["onlineCount"] == 6).await;
    Crowd { app, room, minji: hers, people }
}

fn system<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["system"]["event"] == event).collect()
}

#[tokio::test]
async fn below_the_limit_everybody_is_named() {
    let crowd = crowd(|config| config.large_room = 5).await;
    let joins = crowd.minji.all("join");
    assert_eq!(joins.len(), 4, "the sixth made it a crowd: {joins:?}");
    assert_eq!(joins.last().unwrap()["count"], 5);
    assert_eq!(system(&crowd.minji.all("message"), "join").len(), 5, "the lines are all there");
}

#[tokio::test]
async fn a_large_room_gets_counts_and_one_line_a_second() {
    let crowd = crowd(|config| {
        config.large_room = 5;
        config.second = Duration::from_millis(700);
    })
    .await;
    let (app, room, hers) = (&crowd.app, &crowd.room, &crowd.minji);
    let mut newcomers = Vec::new();
    for number in 0..12 {
        let person = app.guest(&format!("newcomer {number}")).await;
        newcomers.push(app.enter(&person, room).await);
    }
    hers.take_where("changeRoom", |room| room["onlineCount"] == 18 && room["memberCount"] == 18).await;
    let told = || -> u64 {
        let lines = hers.all("message");
        let joins = system(&lines, "join");
        joins.iter().map(|line| 1 + line["system"]["others"].as_u64().unwrap_or(0)).sum()
    };
    while told() < 17 {
        hers.take_where("message", |line| line["system"]["others"].is_u64()).await;
    }
    assert_eq!(told(), 17, "everybody is counted once");
    let lines = hers.all("message");
    let crowded: Vec<_> = system(&lines, "join").into_iter().filter(|line| line["system"]["others"].is_u64()).collect();
    assert!(crowded.len() < 6, "{crowded:?}");
    let line = crowded.last().unwrap();
    assert!(line["user"]["name"].as_str().unwrap().starts_with("newcomer"));
    let others = line["system"]["others"].as_u64().unwrap();
    assert!(line["text"].as_str().unwrap().contains(&others.to_string()), "{line}");
    assert_eq!(hers.all("join").len(), 4, "nobody is named any more");
    // Messages still reach everyone.
    newcomers[3].say(room, "hello, all").await;
    for (_, client) in &crowd.people {
        client.receives("hello, all").await;
    }
    assert_eq!(app.show(room).await["rev"], app.count("SELECT COUNT(*) FROM messages"));
}

#[tokio::test]
async fn leaving_a_large_room_is_one_line_too() {
    let crowd = crowd(|config| {
        config.large_room = 3;
        config.second = Duration::from_millis(300);
    })
    .await;
    let (hers, room) = (&crowd.minji, &crowd.room);
    // Two of six leave: the room is large until they have left.
    for (_, client) in &crowd.people[..2] {
        client.ok("leave", json!({ "room": room.id })).await;
    }
    let told = |line: &Value| line["system"]["event"] == "exit";
    let mut gone = 0;
    while gone < 2 {
        let line = hers.take_where("message", told).await;
        gone += 1 + line["system"]["others"].as_u64().unwrap_or(0);
    }
    assert_eq!(gone, 2);
    hers.take_where("changeRoom", |room| room["onlineCount"] == 4).await;
    assert!(hers.all("exit").is_empty(), "{:?}", hers.all("exit"));
    // After the third has left, events carry names again.
    let (third, client) = &crowd.people[2];
    client.ok("leave", json!({ "room": room.id })).await;
    assert_eq!(hers.take("exit").await, json!({ "room": room.id, "user": third.user, "count": 3 }));
}

#[tokio::test]
async fn a_large_room_gets_no_typing_events() {
    let crowd = crowd(|config| config.large_room = 5).await;
    let (_, client) = &crowd.people[0];
    client.ok("typing", json!({ "room": crowd.room.id })).await;
    client.say(&crowd.room, "typed").await;
    crowd.minji.receives("typed").await;
    assert!(crowd.minji.all("typing").is_empty());
}

/// Delivery: D10
#[tokio::test]
async fn a_user_who_leaves_a_large_room_receives_nothing_more() {
    let crowd = crowd(|config| {
        config.large_room = 5;
        config.second = Duration::from_millis(700);
    })
    .await;
    let sora = crowd.app.guest("sora").await;
    let client = crowd.app.enter(&sora, &crowd.room).await;
    client.emit("leave", json!({ "room": crowd.room.id })).await;
    crowd.minji.say(&crowd.room, "is she gone?").await;
    crowd.people[0].1.receives("is she gone?").await;
    client.settle().await;
    assert!(client.all("message").iter().all(|message| message["text"] != "is she gone?"));
}
