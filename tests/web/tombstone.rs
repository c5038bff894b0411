//! The end of a room, for clients that still have its id.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::key;

/// Abuse: Z14
#[tokio::test]
async fn requests_to_a_removed_room_get_gone() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [_, his, _]) = app.room_of_three().await;
    let said = his.say(&room, "hello").await;
    let path = format!("/rooms/{}", room.id);
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    his.take("removeRoom").await;
    let in_room = json!({ "room": room.id });
    for (event, asked) in [
        ("message", json!({ "room": room.id, "key": key(), "text": "x" })),
        ("members", in_room.clone()),
        ("leave", in_room.clone()),
        ("typing", in_room.clone()),
        ("read", json!({ "room": room.id, "seq": 1 })),
        ("kick", json!({ "room": room.id, "userId": sora.id })),
        ("owner", json!({ "room": room.id, "userId": sora.id })),
        ("moderator", json!({ "room": room.id, "userId": sora.id, "on": true })),
    ] {
        his.refused(event, asked, "gone").await;
    }
    for (method, rest, body) in [
        ("GET", "/messages", Value::Null),
        ("GET", "/messages?since=0", Value::Null),
        ("POST", "/messages", json!({ "text": "x" })),
        ("GET", "/members", Value::Null),
        ("GET", "/invites", Value::Null),
        ("GET", "/bans", Value::Null),
        ("PATCH", "", json!({ "title": "x" })),
        ("DELETE", "", Value::Null),
        ("DELETE", "/members/me", Value::Null),
    ] {
        app.call(&jun, method, &format!("{path}{rest}"), body).await.refused(410, "gone");
    }
    his.refused("edit", json!({ "id": said["id"], "text": "x" }), "forbidden").await;
    // A join of the removed room gets the same answer as for a room that never existed.
    his.refused("join", in_room, "room_not_found").await;
    app.get(&format!("/api{path}")).send().await.refused(404, "room_not_found");
    assert_eq!(app.page(&jun, &format!("/room/{}", room.id)).await.leads_to(), "/?refused=room_not_found");
    let form = app.form(&jun, &format!("/room/{}/settings", room.id), &[("title", "x")]).await;
    assert_eq!(form.leads_to(), "/?refused=gone");
    assert!(his.all("close").is_empty());
}

#[tokio::test]
async fn the_rest_of_a_removed_room_is_swept_after_a_restart() {
    let mut app = App::start().await;
    let ([minji, ..], room, [hers, ..]) = app.room_of_three().await;
    let mut pending = Vec::new();
    for number in 0..900 {
        let asked = json!({ "room": room.id, "key": key(), "text": number.to_string() });
        pending.push(hers.start("message", asked));
    }
    for pending in pending {
        assert_eq!(pending.ack().await.unwrap()["ok"], true);
    }
    let other = app.courtyard(&minji).await;
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    // Restarted at once, most likely in the middle of the sweep.
    app.restart().await;
    while app.count("SELECT COUNT(*) FROM tombstones WHERE is_swept = 0") > 0 {
        app.show(&other).await;
    }
    let of_others = "SELECT COUNT(*) FROM messages WHERE room_id NOT IN (SELECT id FROM rooms)";
    assert_eq!(app.count(of_others), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages"), 1);
    let gone = app.call(&minji, "GET", &format!("/rooms/{}/messages", room.id), Value::Null).await;
    gone.refused(410, "gone");
}
