//! The member limit: never more than `max`, over all transports, and the rows agree with the count.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::ConnectOptions;
use crate::support::{App, Client, Person, Room};

/// How a user tries to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Rest,
    Event,
    Handshake,
}

async fn run(app: &'static App, way: Way, who: Person, room: Room) -> (Value, Option<Client>) {
    match way {
        Way::Rest => {
            let answer = app.call(&who, "POST", &format!("/rooms/{}/members", room.id), json!({})).await;
            (answer.json()["code"].clone(), None)
        }
        Way::Event => {
            let client = app.connect(&who).await;
            let answer = client.emit("join", json!({ "room": room.id })).await;
            (answer["error"]["code"].clone(), Some(client))
        }
        Way::Handshake => {
            let client = app.open_socket(ConnectOptions::of(&who).room(&room)).await;
            // A refused handshake never gets `joined`.
            let code = tokio::select! {
                error = client.take("connect_error") => error["data"]["code"].clone(),
                _ = client.take("joined") => Value::Null,
            };
            (code, Some(client))
        }
    }
}

/// Abuse: Z4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_slot_goes_to_exactly_one_of_fifty() {
    // The tasks outlive the scope; the server is small and ends with the process.
    let app: &'static App = Box::leak(Box::new(App::start().await));
    let minji = app.guest("minji").await;
    let mut guests = Vec::new();
    for number in 0..50 {
        guests.push(app.guest(&format!("guest {number}")).await);
    }
    for ways in [[Way::Rest; 3], [Way::Event; 3], [Way::Handshake; 3], [Way::Rest, Way::Event, Way::Handshake]] {
        let room = app.room(&minji, json!({ "title": "courtyard", "max": 2 })).await;
        let mut runners = JoinSet::new();
        for (place, guest) in guests.iter().enumerate() {
            runners.spawn(run(app, ways[place % 3], guest.clone(), room.clone()));
        }
        let done = runners.join_all().await;
        let in_now = done.iter().filter(|(code, _)| code.is_null()).count();
        let full = done.iter().filter(|(code, _)| code == "room_full").count();
        assert_eq!((in_now, full), (1, 49), "{ways:?}");
        assert_eq!(app.show(&room).await["memberCount"], 2);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM members"), 8);
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms WHERE member_count <> 2 OR rev <> 2"), 0);
}

/// Delivery: I12
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_joins_and_leaves_keep_the_member_count_correct() {
    let app: &'static App = Box::leak(Box::new(App::start().await));
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "max": 8 })).await;
    let hers = app.enter(&minji, &room).await;
    let mut runners = JoinSet::new();
    for number in 0..16 {
        let (guest, room) = (app.guest(&format!("guest {number}")).await, room.clone());
        runners.spawn(async move {
            let client = app.connect(&guest).await;
            for round in 0..8 {
                let by_rest = (number + round) % 3 == 0;
                let joined = match by_rest {
                    true => {
                        app.call(&guest, "POST", &format!("/rooms/{}/members", room.id), json!({})).await.status == 200
                    }
                    false => client.emit("join", json!({ "room": room.id })).await["ok"] == true,
                };
                if joined && round < 7 {
                    match (number + round) % 2 {
                        0 => drop(client.ok("leave", json!({ "room": room.id })).await),
                        _ => {
                            let path = format!("/rooms/{}/members/me", room.id);
                            app.call(&guest, "DELETE", &path, Value::Null).await.is(204);
                        }
                    }
                }
            }
        });
    }
    runners.join_all().await;
    let shown = app.show(&room).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM members"), shown["memberCount"].as_i64().unwrap());
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms WHERE member_count <= max"), 1);
    // Each join and each leave is a line, and there were never more members than the limit.
    let rev = shown["rev"].as_i64().unwrap();
    hers.take_where("message", |message| message["rev"] == rev).await;
    let mut inside = 1;
    for line in hers.all("message") {
        match line["system"]["event"].as_str() {
            Some("join") => inside += 1,
            Some("exit") => inside -= 1,
            other => panic!("{other:?}"),
        }
        assert!((1..=8).contains(&inside), "{inside} at {line}");
    }
    assert_eq!(inside, shown["memberCount"].as_i64().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_leaves_while_handing_over_leaves_one_owner() {
    let app = App::start().await;
    for round in 0..20 {
        let ([minji, _, sora], room, [hers, his, soras]) = app.room_of_three().await;
        let phone = app.enter(&minji, &room).await;
        let acts = [
            hers.start("leave", json!({ "room": room.id })),
            phone.start("owner", json!({ "room": room.id, "userId": sora.id })),
            his.start("leave", json!({ "room": room.id })),
        ];
        for act in acts {
            act.ack().await.unwrap();
        }
        let shown = app.show(&room).await;
        assert_eq!((&shown["owner"]["id"], &shown["memberCount"]), (&json!(sora.id), &json!(1)), "round {round}");
        let named = soras.ok("members", json!({ "room": room.id })).await;
        assert_eq!(named["members"][0]["role"], "owner", "round {round}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM members"), 20);
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE role = 'owner'"), 20);
    let owners = "SELECT COUNT(*) FROM rooms r JOIN members m ON m.room_id = r.id AND m.user_id = r.owner_id";
    assert_eq!(app.count(owners), 20);
}

/// Abuse: Z4
#[tokio::test]
async fn a_full_room_keeps_the_slots_of_reconnecting_members() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "max": 2 })).await;
    let mut his = app.enter(&jun, &room).await;
    for _ in 0..30 {
        let next = app.enter(&jun, &room).await;
        std::mem::replace(&mut his, next).cut();
    }
    assert_eq!(app.show(&room).await["memberCount"], 2);
}
