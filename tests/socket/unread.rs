//! Unread counts: updated on every client, and cleared by reading.

use serde_json::{Value, json};

use crate::support::App;

#[tokio::test]
async fn users_in_other_rooms_get_unread_counts() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let kitchen = app.room(&jun, json!({ "title": "kitchen" })).await;
    his.ok("join", json!({ "room": kitchen.id })).await;
    let elsewhere = app.connect(&jun).await;
    hers.say(&room, "@jun where are you").await;
    let told = elsewhere.take_where("unread", |told| told["unread"] == 1).await;
    assert_eq!((&told["room"], &told["mentions"]), (&json!(room.id), &json!(1)));
    assert_eq!(told["last"]["text"], "@jun where are you");
    hers.say(&room, "and now").await;
    elsewhere.take_where("unread", |told| told["unread"] == 2 && told["last"]["text"] == "and now").await;
    // Reading on one client clears it on all.
    let seq = his.receives("and now").await["seq"].clone();
    his.ok("read", json!({ "room": room.id, "seq": seq })).await;
    elsewhere.take_where("unread", |told| told["unread"] == 0 && told["mentions"] == 0).await;
    // A user who has the room open on every client gets no unread event.
    soras.settle().await;
    assert!(soras.all("unread").is_empty());
}

#[tokio::test]
async fn own_rooms_are_listed_with_unread_counts() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let kitchen = app.room(&jun, json!({ "title": "kitchen" })).await;
    let courtyard = app.courtyard(&minji).await;
    for room in [&courtyard, &kitchen] {
        app.join(&sora, room).await;
    }
    app.say(&jun, &kitchen, "tea?").await;
    let spam = app.say(&minji, &courtyard, "one").await;
    app.say(&minji, &courtyard, "two").await;
    app.send(&minji, &courtyard, json!({ "text": "psst", "to": sora.id })).await;
    app.say(&sora, &courtyard, "mine").await;
    app.call(&minji, "DELETE", &format!("/messages/{}", spam["id"].as_str().unwrap()), Value::Null).await.is(200);
    let rooms = app.call(&sora, "GET", "/me/rooms", Value::Null).await.is(200);
    let list: Vec<_> =
        rooms["rooms"].as_array().unwrap().iter().map(|mine| (&mine["room"]["title"], &mine["unread"])).collect();
    assert_eq!(list, [(&json!("courtyard"), &json!(2)), (&json!("kitchen"), &json!(1))]);
    assert_eq!((&rooms["rooms"][0]["last"]["text"], &rooms["next"]), (&json!("mine"), &Value::Null));
    assert_eq!(rooms["rooms"][0]["me"]["role"], "member");
    let page = app.call(&sora, "GET", "/me/rooms?limit=1", Value::Null).await.is(200);
    let next = format!("/me/rooms?limit=1&after={}", page["next"].as_str().unwrap());
    let page = app.call(&sora, "GET", &next, Value::Null).await.is(200);
    assert_eq!((&page["rooms"][0]["room"]["title"], &page["next"]), (&json!("kitchen"), &Value::Null));
    for query in ["limit=0", "limit=201", "after=x", "after=1-x"] {
        app.call(&sora, "GET", &format!("/me/rooms?{query}"), Value::Null).await.refused(422, "invalid");
    }
}

#[tokio::test]
async fn more_than_a_hundred_is_a_hundred() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let hers = app.enter(&minji, &room).await;
    let sent: Vec<_> = (0..105)
        .map(|n| hers.start("message", json!({ "room": room.id, "key": n.to_string(), "text": "hi" })))
        .collect();
    for pending in sent {
        pending.ack().await.unwrap();
    }
    let rooms = app.call(&jun, "GET", "/me/rooms", Value::Null).await.is(200);
    assert_eq!(rooms["rooms"][0]["unread"], 100);
}

/// Abuse: Z11
#[tokio::test]
async fn a_former_member_gets_no_unread_counts() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let elsewhere = app.connect(&jun).await;
    his.ok("leave", json!({ "room": room.id })).await;
    hers.say(&room, "he is gone").await;
    soras.receives("he is gone").await;
    hers.ok("typing", json!({ "room": room.id })).await;
    soras.take("typing").await;
    elsewhere.settle().await;
    let heard = elsewhere.all("unread");
    assert!(heard.iter().all(|told| told["last"]["text"] != "he is gone"), "{heard:?}");
    assert_eq!(app.call(&jun, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"], json!([]));
}
