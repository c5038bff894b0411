//! Retention: what is older than it is kept goes for good, for everybody and from everywhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::fixtures::{blob, texts};
use crate::support::{App, ConnectOptions, Person, Room, TIMEOUT, picture};

const DAY: i64 = 24 * 3_600_000;

async fn app() -> App {
    App::with(|config| config.retention = Duration::from_millis(20)).await
}

impl App {
    async fn send_picture(&self, who: &Person, room: &Room, text: &str) -> Value {
        let call = self.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&who.token);
        call.multipart(Some(("sky.png", &picture::png(800, 600))), &[("text", text)]).send().await.is(201)
    }

    /// Makes everything that is stored of a room ten days older.
    fn age(&self, room: &Room) {
        for table in ["messages", "files"] {
            let (days, id) = (10 * DAY, blob(&room.id));
            self.alter(&format!("UPDATE {table} SET created_at = created_at - {days} WHERE room_id = {id}"));
        }
    }
}

/// What a client shows: the newest state of each message, by seq.
fn shown(messages: &[Value]) -> BTreeMap<i64, String> {
    let mut newest: BTreeMap<i64, Value> = BTreeMap::new();
    for message in messages {
        let held = newest.entry(message["seq"].as_i64().unwrap()).or_insert(Value::Null);
        if held["rev"].as_i64().unwrap_or(0) < message["rev"].as_i64().unwrap() {
            held.clone_from(message);
        }
    }
    newest.retain(|_, message| message["deletedAt"].is_null() && message["kind"] == "text");
    newest.into_iter().map(|(seq, message)| (seq, message["text"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn old_messages_go_from_everywhere_and_clients_agree_on_what_is_left() {
    let app = app().await;
    let ([minji, jun, sora], room, [hers, his, away]) = app.room_of_three().await;
    let at = |rest: &str| format!("/rooms/{}{rest}", room.id);
    // More than one step takes.
    for number in 0..70 {
        hers.say(&room, &format!("lantern {number}")).await;
    }
    let pictured = app.send_picture(&minji, &room, "lantern in the sky").await;
    let pinned = app.say(&minji, &room, "lantern pinned").await;
    let of = |message: &Value, rest: &str| format!("/messages/{}{rest}", message["id"].as_str().unwrap());
    app.call(&minji, "PUT", &of(&pinned, "/pin"), Value::Null).await.is(200);
    app.call(&jun, "PUT", &of(&pinned, "/reactions/%F0%9F%91%8D"), Value::Null).await.is(200);
    app.send(&minji, &room, json!({ "text": "lantern for jun", "to": jun.id })).await;
    let hidden = app.say(&jun, &room, "lantern to hide").await;
    app.call(&minji, "PUT", &of(&hidden, "/hidden"), Value::Null).await.is(200);
    let last_old = app.say(&minji, &room, "lantern at the end @minji").await;
    his.receives("lantern at the end @minji").await;
    // Sora goes away with all of that on her screen.
    away.receives("lantern at the end @minji").await;
    let her_rev = last_old["rev"].clone();
    away.disconnect().await;
    assert_eq!(app.stored_files().len(), 2, "the picture and its smaller copy");
    app.age(&room);
    let answer = app.send(&jun, &room, json!({ "text": "yes", "replyTo": last_old["seq"] })).await;
    app.say(&minji, &room, "lantern of today").await;
    let active = app.count("SELECT MAX(active_at) FROM rooms");

    app.call(&minji, "PATCH", &at(""), json!({ "keepMessagesDays": 7 })).await.is(200);
    his.take_where("changeRoom", |room| room["keepMessagesDays"] == 7).await;
    let old = format!("SELECT COUNT(*) FROM messages WHERE room_id = {} AND text <> ''", blob(&room.id));
    app.counts(&old, 2).await;

    // Nothing is left of them: rows, index, files, reactions, mentions, pins, what was hidden.
    assert_eq!(texts(&app.history(&minji, &room).await), ["yes", "lantern of today"]);
    assert_eq!(app.call(&minji, "GET", &at("/pins"), Value::Null).await.is(200)["messages"], json!([]));
    let found = app.call(&minji, "GET", "/search?q=lantern", Value::Null).await.is(200);
    assert_eq!(texts(found["messages"].as_array().unwrap()), ["lantern of today"]);
    for table in ["files", "reactions", "mentions", "hidden_messages"] {
        app.counts(&format!("SELECT COUNT(*) FROM {table}"), 0).await;
    }
    let gone = async {
        while !app.stored_files().is_empty() {
            app.get("/healthz").send().await;
        }
    };
    tokio::time::timeout(TIMEOUT, gone).await.expect("the bytes stay");
    assert_eq!(app.page(&jun, pictured["files"][0]["url"].as_str().unwrap()).await.status, 404);
    app.call(&jun, "PATCH", &of(&pinned, ""), json!({ "text": "x" })).await.is(403);
    // The reply has no quote any more.
    let seen = app.history(&minji, &room).await;
    assert_eq!(
        (&seen[0]["id"], &seen[0]["replyTo"]),
        (&answer["id"], &json!({ "seq": 0, "user": null, "excerpt": "" }))
    );
    let page = app.get(&format!("/room/{}", room.id)).cookie(&minji.token).header("accept-language", "en").send().await;
    assert!(page.text().contains("The original is gone."));
    // Nobody was active.
    assert_eq!(app.count("SELECT MAX(active_at) FROM rooms"), active);

    // Who was there saw it in order, without a hole.
    let last = app.say(&minji, &room, "and on").await;
    let live = his.receives("and on").await;
    assert_eq!(live["rev"], last["rev"]);
    let whole = shown(&his.all("message"));
    let left: BTreeMap<i64, String> = shown(&app.history(&jun, &room).await);
    assert_eq!(whole, left, "a live client");
    let mut revs: Vec<i64> = his.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect();
    assert!(revs.is_sorted(), "{revs:?}");
    revs.dedup();
    // A whisper of jun's is among them, so he sees every rev.
    assert!(revs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{revs:?}");

    // Who comes back starts again, once, and is then up to date.
    let back = app.open_socket(ConnectOptions::of(&sora).room(&room).auth("since", her_rev)).await;
    let joined = back.take("joined").await;
    assert_eq!(joined["gap"], true);
    assert_eq!(shown(joined["messages"].as_array().unwrap()), left);
    let again = back.ok("join", json!({ "room": room.id, "since": joined["rev"] })).await;
    assert_eq!((&again["gap"], &again["messages"]), (&Value::Null, &json!([])));
    let by_rest = app.call(&sora, "GET", &at("/messages?since=3"), Value::Null).await.is(200);
    assert_eq!(by_rest["gap"], true);
}

#[tokio::test]
async fn files_may_go_before_their_messages() {
    let app = app().await;
    let ([minji, jun, _], room, [_, his, _]) = app.room_of_three().await;
    app.send_picture(&minji, &room, "a kite").await;
    let alone = app.send_picture(&minji, &room, "").await;
    his.take_where("message", |message| message["seq"] == alone["seq"]).await;
    app.age(&room);
    app.send_picture(&minji, &room, "a new kite").await;
    let admin = app.admin("warden").await;
    let settings = |body: Value| app.call(&admin, "PATCH", "/admin/settings", body);
    settings(json!({ "keepFilesDays": 7, "keepMessagesDays": 30 })).await.is(200);
    app.counts("SELECT COUNT(*) FROM files", 1).await;
    // A picture without a text goes whole.
    let history = app.history(&jun, &room).await;
    let texts: Vec<_> = history
        .iter()
        .filter(|one| one["kind"] == "text")
        .map(|one| (&one["text"], one["files"].as_array().unwrap().len()))
        .collect();
    assert_eq!(texts, [(&json!("a kite"), 0), (&json!("a new kite"), 1)]);
    let changed =
        his.take_where("message", |message| message["text"] == "a kite" && message["files"] == json!([])).await;
    assert_eq!(changed["editedAt"], Value::Null);
    his.take_where("message", |message| message["seq"] == alone["seq"] && message["deletedAt"].is_string()).await;
    // A room keeps nothing longer than the server does.
    let path = format!("/rooms/{}", room.id);
    let refused = app.call(&minji, "PATCH", &path, json!({ "keepMessagesDays": 31 })).await.is(422);
    assert_eq!(refused["field"], "keepMessagesDays");
    app.call(&jun, "PATCH", &path, json!({ "keepMessagesDays": 1 })).await.is(403);
    let form = [("title", "courtyard"), ("max", "50"), ("keepMessagesDays", "30"), ("keepFilesDays", "3")];
    app.form(&minji, &format!("/room/{}/settings", room.id), &form).await;
    let now = app.call(&minji, "GET", &path, Value::Null).await.is(200);
    assert_eq!((&now["keepMessagesDays"], &now["keepFilesDays"]), (&json!(30), &json!(3)));
    assert_eq!(settings(json!({ "keepMessagesDays": 3_651 })).await.is(422)["field"], "keepMessagesDays");
}

#[tokio::test]
async fn rooms_that_nobody_uses_go_and_guests_who_do_not_come_back() {
    let app = App::with(|config| {
        (config.retention, config.housekeeping, config.guest_sweep) =
            (Duration::from_millis(20), Duration::from_millis(20), Duration::from_millis(20));
    })
    .await;
    let (admin, jun) = (app.admin("warden").await, app.guest("jun").await);
    let (quiet, busy, read) = (app.courtyard(&admin).await, app.courtyard(&admin).await, app.courtyard(&admin).await);
    app.join(&jun, &busy).await;
    // Who reads keeps a room, also where nobody sees them.
    app.call(&admin, "PATCH", "/me", json!({ "hidesPresence": true })).await.is(200);
    let _reader = app.enter(&admin, &read).await;
    for room in [&quiet, &read] {
        app.alter(&format!("UPDATE rooms SET active_at = active_at - {} WHERE id = {}", 10 * DAY, blob(&room.id)));
    }
    app.alter(&format!("UPDATE sessions SET seen_at = seen_at - {} WHERE user_id = {}", 10 * DAY, blob(&jun.id)));
    let settings = json!({ "keepIdleRoomsDays": 7, "keepIdleGuestsDays": 7 });
    app.call(&admin, "PATCH", "/admin/settings", settings).await.is(200);
    app.counts("SELECT COUNT(*) FROM rooms", 2).await;
    app.counts(&format!("SELECT COUNT(*) FROM members WHERE user_id = {}", blob(&jun.id)), 0).await;
    app.get(&format!("/api/rooms/{}", quiet.id)).send().await.is(404);
    for room in [&busy, &read] {
        app.show(room).await;
    }
    assert_eq!(app.audited(&admin).await, ["settings.changed", "room.removed"]);
}
