//! Direct rooms: one for each pair, hidden from everyone else, and only a block ends them.

use serde_json::{Value, json};

use crate::support::key;
use crate::support::{App, Person, Room};

async fn open(app: &App, who: &Person, with: &Person) -> Room {
    let answer = app.call(who, "POST", "/direct", json!({ "userId": with.id })).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
    let made = answer.json();
    Room { id: made["id"].as_str().unwrap().to_owned(), made }
}

/// Abuse: Z11, Z12
#[tokio::test]
async fn a_direct_room_appears_at_once_for_its_two_users_only() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let (lobby, his) = (app.lobby().await, app.connect(&jun).await);
    let room = open(&app, &minji, &jun).await;
    assert_eq!((&room.made["kind"], &room.made["memberCount"]), (&json!("direct"), &json!(2)));
    assert_eq!(his.take("newRoom").await["id"], room.id);
    let joined = his.join(&room).await;
    assert_eq!((&joined["me"]["role"], joined["messages"].as_array().map(Vec::len)), (&json!("member"), Some(0)));
    app.say(&minji, &room, "hello").await;
    his.receives("hello").await;
    let rooms = app.call(&minji, "GET", "/me/rooms", Value::Null).await.is(200);
    assert_eq!(rooms["rooms"][0]["peer"], jun.user);
    // The lobby does not list it.
    let other = app.courtyard(&minji).await;
    lobby.take_where("newRoom", |made| made["id"] == other.id).await;
    assert_eq!(lobby.all("newRoom").len(), 1);
    his.refused("kick", json!({ "room": room.id, "userId": minji.id }), "forbidden").await;
    app.call(&jun, "PATCH", &format!("/rooms/{}", room.id), json!({ "title": "x" })).await.refused(403, "forbidden");
}

/// Abuse: Z9
#[tokio::test]
async fn concurrent_requests_create_one_direct_room() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let asks = (0..40).map(|n| {
        let (who, with) = if n % 2 == 0 { (&minji, &jun) } else { (&jun, &minji) };
        app.call(who, "POST", "/direct", json!({ "userId": with.id }))
    });
    let mut tasks = Vec::new();
    for ask in asks {
        tasks.push(ask);
    }
    let answers = join_all(tasks).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let first = answers[0].json()["id"].clone();
    assert!(made == 1 && answers.iter().all(|answer| answer.json()["id"] == first), "{made}");
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 1);
}

async fn join_all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut pinned: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in pinned.iter_mut().zip(&mut done).filter(|(_, slot)| slot.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(cx) {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// Abuse: Z9
#[tokio::test]
async fn a_direct_room_is_closed_to_others() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = open(&app, &minji, &jun).await;
    app.say(&minji, &room, "secret").await;
    let soras = app.connect(&sora).await;
    soras.refused("join", json!({ "room": room.id }), "room_not_found").await;
    soras.refused("message", json!({ "room": room.id, "key": key(), "text": "x" }), "room_not_found").await;
    for path in ["", "/messages", "/members", "/pins"] {
        let path = format!("/rooms/{}{path}", room.id);
        app.call(&sora, "GET", &path, Value::Null).await.refused(404, "room_not_found");
    }
    app.get(&format!("/api/rooms/{}", room.id)).send().await.refused(404, "room_not_found");
    assert_eq!(app.page(&sora, &format!("/room/{}", room.id)).await.leads_to(), "/?refused=room_not_found");
    let alone = open(&app, &sora, &sora).await;
    app.say(&sora, &alone, "a note").await;
    assert_eq!(open(&app, &sora, &sora).await.id, alone.id);
    app.call(&sora, "POST", "/direct", json!({ "userId": "nobody" })).await.refused(422, "invalid");
    let nobody = madang::ids::UserId::new(0);
    app.call(&sora, "POST", "/direct", json!({ "userId": nobody })).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_stranger_sees_nothing_of_who_has_not_accepted_their_room() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let hers = app.connect(&minji).await;
    let room = open(&app, &jun, &minji).await;
    let his = app.enter(&jun, &room).await;
    his.say(&room, "hello?").await;
    let seen = async || {
        let members = app.call(&jun, "GET", &format!("/rooms/{}/members", room.id), Value::Null).await.is(200);
        let members = members["members"].as_array().unwrap().clone();
        let hers = members.into_iter().find(|one| one["user"]["id"] == minji.id).unwrap();
        let mine = app.call(&jun, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"][0]["presence"].clone();
        let page = app.page(&jun, &format!("/room/{}", room.id)).await.text();
        (hers["online"] == true, hers["presence"].clone(), mine, page.contains("data-presence=\"online\"><i"))
    };
    let nothing = (false, json!("offline"), json!("offline"), false);
    assert_eq!(seen().await, nothing);
    // She looks at it, types and reads.
    hers.ok("join", json!({ "room": room.id })).await;
    hers.ok("typing", json!({ "room": room.id })).await;
    hers.ok("read", json!({ "room": room.id, "seq": 1 })).await;
    assert_eq!(seen().await, nothing);
    // She refuses, and looks again.
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    let later = app.enter(&minji, &room).await;
    assert_eq!(seen().await, nothing);
    let told = ["join", "typing", "read", "presence"].map(|event| {
        his.all(event).iter().filter(|one| one["user"]["id"] == minji.id || one["userId"] == minji.id).count()
    });
    assert_eq!(told, [0; 4]);
    // With her answer he sees her.
    later.say(&room, "well, hello").await;
    his.take_where("join", |join| join["user"]["id"] == minji.id).await;
    his.take_where("presence", |presence| presence["userId"] == minji.id && presence["state"] == "online").await;
    assert_eq!(seen().await, (true, json!("online"), json!("online"), true));
}

/// Abuse: B11
#[tokio::test]
async fn a_strangers_direct_room_waits_apart_until_it_is_accepted_or_refused() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&sora, &room).await;
    let mine = async |me: &Person| {
        let rooms = app.call(me, "GET", "/me/rooms", Value::Null).await.is(200);
        let rooms = rooms["rooms"].as_array().unwrap().iter().filter(|mine| mine["room"]["kind"] == "direct");
        rooms.map(|mine| (mine["peer"]["name"].clone(), mine["request"] == true)).collect::<Vec<_>>()
    };
    // Jun shares no room with Minji, Sora does.
    let hers = app.connect(&minji).await;
    let from_jun = open(&app, &jun, &minji).await;
    assert_eq!(hers.take("newRoom").await["request"], true);
    app.say(&jun, &from_jun, "buy!").await;
    assert_eq!(hers.take("unread").await["request"], true);
    assert_eq!(mine(&minji).await, [(json!("jun"), true)]);
    assert_eq!(mine(&jun).await, [(json!("minji"), false)]);
    let from_sora = open(&app, &sora, &minji).await;
    let made = hers.take_where("newRoom", |made| made["id"] == from_sora.id).await;
    assert_eq!(made["request"], false);
    assert_eq!(mine(&minji).await.len(), 2);
    assert!(mine(&minji).await.contains(&(json!("sora"), false)));
    let page = app.page(&minji, &format!("/room/{}", from_jun.id)).await.text();
    assert!(page.contains(&format!("action=\"/room/{}/accept\"", from_jun.id)));
    // Refused, it does not come back, whatever is sent there.
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/me", from_jun.id), Value::Null).await.is(204);
    app.say(&jun, &from_jun, "buy now!").await;
    assert_eq!(mine(&minji).await, [(json!("sora"), false)]);
    // She may still open it herself.
    open(&app, &minji, &jun).await;
    assert!(mine(&minji).await.contains(&(json!("jun"), false)));
    // An answer accepts it too, and so does saying so.
    let (answered, accepted) = (open(&app, &jun, &sora).await, app.guest("arin").await);
    assert!(mine(&sora).await.contains(&(json!("jun"), true)));
    app.say(&sora, &answered, "yes?").await;
    assert!(mine(&sora).await.contains(&(json!("jun"), false)));
    let from_arin = open(&app, &accepted, &sora).await;
    app.form(&sora, &format!("/room/{}/accept", from_arin.id), &[]).await;
    assert!(mine(&sora).await.contains(&(json!("arin"), false)));
    app.call(&jun, "POST", &format!("/rooms/{}/accept", from_arin.id), Value::Null)
        .await
        .refused(404, "room_not_found");
}
