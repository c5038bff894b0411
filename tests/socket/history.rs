//! History from the time of joining, in events and in later reads.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::texts;
use crate::support::key;
use crate::support::{App, Client, Person, Room};

/// A room whose history begins with joining: minji has sent a message, then jun joined.
struct Evening {
    app: App,
    minji: Person,
    jun: Person,
    room: Room,
    hers: Client,
    his: Client,
    old: Value,
}

async fn evening() -> Evening {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "history": "joined" })).await;
    assert_eq!(room.made["history"], "joined");
    let hers = app.enter(&minji, &room).await;
    let old = hers.say(&room, "old").await;
    let his = app.enter(&jun, &room).await;
    Evening { app, minji, jun, room, hers, his, old }
}

/// Returns the messages that a client has received, once it is idle.
async fn heard(client: &Client) -> Vec<String> {
    client.settle().await;
    client.all("message").iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

/// Abuse: Z10
#[tokio::test]
async fn changes_of_messages_from_before_the_join_are_not_sent() {
    let Evening { app, room, hers, his, old, .. } = evening().await;
    let second = hers.say(&room, "second").await;
    his.receives("second").await;
    hers.ok("edit", json!({ "id": old["id"], "text": "old, edited" })).await;
    hers.ok("react", json!({ "id": old["id"], "emoji": "👍", "on": true })).await;
    hers.ok("pin", json!({ "id": old["id"], "on": true })).await;
    hers.ok("delete", json!({ "id": old["id"] })).await;
    hers.ok("edit", json!({ "id": second["id"], "text": "second, edited" })).await;
    his.receives("second, edited").await;
    let told = heard(&his).await;
    assert!(!told.iter().any(|text| text.contains("old")), "{told:?}");
    assert!(!his.all("message").iter().any(|message| message["seq"] == old["seq"]));
    // A member from the beginning gets all of them, in order.
    let revs: Vec<_> = hers.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect();
    assert!(revs.is_sorted() && hers.all("message").iter().filter(|message| message["seq"] == old["seq"]).count() >= 4);
    his.refused("react", json!({ "id": old["id"], "emoji": "👍", "on": true }), "forbidden").await;
    his.refused("edit", json!({ "id": old["id"], "text": "mine" }), "forbidden").await;
    drop(app);
}

/// Abuse: Z10
#[tokio::test]
async fn a_reply_to_a_hidden_message_quotes_nothing() {
    let Evening { app, minji, room, hers, his, old, .. } = evening().await;
    let page = app.open_socket(ConnectOptions::of(&minji).room(&room).auth("view", "html")).await;
    page.take("joined").await;
    let answer = json!({ "room": room.id, "key": key(), "text": "indeed", "replyTo": old["seq"] });
    hers.ok("message", answer).await;
    let to_him = his.receives("indeed").await;
    assert_eq!(to_him["replyTo"], json!({ "seq": old["seq"], "user": null, "excerpt": "" }));
    assert_eq!(hers.receives("indeed").await["replyTo"]["excerpt"], "old");
    assert!(page.receives("indeed").await["html"].as_str().unwrap().contains("old"));
    // Later reads by socket and REST give the same.
    let again = his.join(&room).await;
    let last = again["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["replyTo"]["excerpt"], &last["replyTo"]["user"]), (&json!(""), &Value::Null));
    let quote = json!({ "room": room.id, "key": key(), "text": "what?", "replyTo": old["seq"] });
    assert_eq!(his.refused("message", quote, "invalid").await["field"], "replyTo");
}

/// Abuse: Z2, Z10
#[tokio::test]
async fn neither_pages_nor_resumes_show_messages_from_before_the_join() {
    let Evening { app, minji, jun, room, hers, his, old } = evening().await;
    let path = |rest: &str| format!("/rooms/{}/messages{rest}", room.id);
    for rest in ["", "?before=999", "?after=0", "?since=0", "?around=2"] {
        let page = app.call(&jun, "GET", &path(rest), Value::Null).await.is(200);
        assert_eq!(texts(page["messages"].as_array().unwrap()), ["join"], "{rest}");
    }
    let joined = his.join(&room).await;
    assert_eq!(texts(joined["messages"].as_array().unwrap()), ["join"]);
    // Only changes that he may not see are missing: no message comes, and his rev becomes the
    // room's.
    hers.ok("edit", json!({ "id": old["id"], "text": "old, edited" })).await;
    let resumed = his.ok("join", json!({ "room": room.id, "since": joined["rev"] })).await;
    assert_eq!((texts(resumed["messages"].as_array().unwrap()).len(), resumed["gap"].is_null()), (0, true));
    assert_eq!(resumed["rev"].as_i64().unwrap(), joined["rev"].as_i64().unwrap() + 1);
    assert!(!app.page(&jun, &format!("/room/{}", room.id)).await.text().contains("old, edited"));
    let older = app.page(&jun, &format!("/room/{}/messages?before=3", room.id)).await;
    assert!(older.status == 200 && !older.text().contains("old, edited"));
    // After leaving, history begins with the next joining; the owner may open all of it.
    his.ok("leave", json!({ "room": room.id })).await;
    let back = his.join(&room).await;
    assert_eq!(texts(back["messages"].as_array().unwrap()), ["join"]);
    app.call(&jun, "PATCH", &format!("/rooms/{}", room.id), json!({ "history": "all" }))
        .await
        .refused(403, "forbidden");
    let opened = app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "history": "all" })).await.is(200);
    assert_eq!(opened["history"], "all");
    assert!(texts(&app.history(&jun, &room).await).contains(&"old, edited"));
    hers.ok("edit", json!({ "id": old["id"], "text": "old, for all" })).await;
    his.receives("old, for all").await;
}

#[tokio::test]
async fn a_heartbeat_counts_only_visible_changes() {
    let app = App::with(|config| config.rev_heartbeat = std::time::Duration::from_millis(20)).await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "history": "joined" })).await;
    let hers = app.enter(&minji, &room).await;
    let old = hers.say(&room, "old").await;
    let his = app.enter(&jun, &room).await;
    let edited = hers.ok("edit", json!({ "id": old["id"], "text": "old, edited" })).await;
    hers.take_where("rev", |revs| revs[&room.id] == edited["rev"]).await;
    his.settle().await;
    assert!(!his.all("rev").iter().any(|revs| revs[&room.id] == edited["rev"]), "{:?}", his.all("rev"));
    let new = hers.say(&room, "new").await;
    his.take_where("rev", |revs| revs[&room.id] == new["rev"]).await;
}
