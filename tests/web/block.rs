//! Blocked users.

use serde_json::{Value, json};

use crate::support::App;

/// Abuse: Z9
#[tokio::test]
async fn a_blocked_user_cannot_whisper_or_message_directly_and_nobody_else_notices() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, his, _]) = app.room_of_three().await;
    let whisper = |text: &str| json!({ "room": room.id, "key": text, "text": text, "to": minji.id });
    his.ok("message", whisper("before")).await;
    let direct = app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(201);
    let block = format!("/me/blocks/{}", jun.id);
    app.call(&minji, "PUT", &block, Value::Null).await.is(204);
    app.call(&minji, "PUT", &block, Value::Null).await.is(204);
    let refused = his.refused("message", whisper("after"), "forbidden").await;
    assert_eq!(refused["field"], "to");
    let say = json!({ "text": "hello" });
    let path = format!("/rooms/{}/messages", direct["id"].as_str().unwrap());
    app.call(&jun, "POST", &path, say.clone()).await.refused(403, "forbidden");
    // In the room both can talk as before, and the blocker can still write.
    his.say(&room, "to all").await;
    hers.receives("to all").await;
    hers.ok("message", json!({ "room": room.id, "key": "back", "text": "back", "to": jun.id })).await;
    let listed = app.call(&minji, "GET", "/me/blocks", Value::Null).await.is(200);
    assert_eq!(listed["users"], json!([jun.user]));
    assert_eq!(app.call(&sora, "GET", "/me/blocks", Value::Null).await.is(200)["users"], json!([]));
    app.call(&minji, "DELETE", &block, Value::Null).await.is(204);
    app.call(&minji, "DELETE", &block, Value::Null).await.is(204);
    his.ok("message", whisper("again")).await;
    app.call(&jun, "POST", &path, say).await.is(201);
}

/// Abuse: Z9
#[tokio::test]
async fn a_blocked_user_reaches_the_blocker_by_no_edit_reaction_pin_or_typing() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let direct = app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(201);
    let direct = direct["id"].as_str().unwrap();
    let path = format!("/rooms/{direct}/messages");
    let his_direct = app.call(&jun, "POST", &path, json!({ "text": "hello" })).await.is(201);
    let her_direct = app.call(&minji, "POST", &path, json!({ "text": "leave me alone" })).await.is(201);
    let hers_in_room = hers.say(&room, "to all").await;
    let whisper = json!({ "room": room.id, "key": "psst", "text": "psst", "to": minji.id });
    let his_whisper = his.ok("message", whisper).await;
    for socket in [&hers, &his] {
        socket.ok("join", json!({ "room": direct })).await;
    }
    app.call(&minji, "PUT", &format!("/me/blocks/{}", jun.id), Value::Null).await.is(204);
    let id = |message: &Value| message["id"].as_str().unwrap().to_owned();
    let edit = json!({ "text": "you cannot get rid of me" });
    for message in [&his_direct, &his_whisper] {
        app.call(&jun, "PATCH", &format!("/messages/{}", id(message)), edit.clone()).await.refused(403, "forbidden");
    }
    for message in [&her_direct, &hers_in_room] {
        let reaction = format!("/messages/{}/reactions/%F0%9F%92%A9", id(message));
        app.call(&jun, "PUT", &reaction, Value::Null).await.refused(403, "forbidden");
    }
    let pin = format!("/messages/{}/pin", id(&his_direct));
    app.call(&jun, "PUT", &pin, Value::Null).await.refused(403, "forbidden");
    // It is acknowledged, and sent to nobody: the next event that she receives is her own message.
    his.ok("typing", json!({ "room": direct })).await;
    app.call(&minji, "POST", &path, json!({ "text": "still mine" })).await.is(201);
    hers.receives("still mine").await;
    assert!(hers.all("typing").is_empty());
    // She can still change what she wrote.
    app.call(&minji, "PATCH", &format!("/messages/{}", id(&her_direct)), json!({ "text": "quiet" })).await.is(200);
}

#[tokio::test]
async fn nobody_blocks_themselves_or_nobody() {
    let app = App::with(|config| config.limits.blocks_max = 1).await;
    let [minji, jun, sora] = app.three_guests().await;
    let block = |id: &str| {
        let path = format!("/me/blocks/{id}");
        let (app, minji) = (&app, &minji);
        async move { app.call(minji, "PUT", &path, Value::Null).await }
    };
    block(&minji.id).await.refused(422, "invalid");
    block("00000000000000000000000000").await.refused(404, "not_found");
    block("nobody").await.refused(404, "not_found");
    block(&jun.id).await.is(204);
    block(&sora.id).await.refused(409, "too_many");
    block(&jun.id).await.is(204);
}
