//! Blocked users.

use serde_json::{Value, json};

use crate::support::{App, Person, Response};

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

async fn opens_direct(app: &App, from: &Person, to: &Person) -> Response {
    app.call(from, "POST", "/direct", json!({ "userId": to.id })).await
}

/// Abuse: Z9
#[tokio::test]
async fn one_chooses_who_may_open_a_direct_room() {
    let app = App::start().await;
    let (guest, neighbour, stranger) = (app.guest("guest").await, app.guest("neighbour").await, app.account("a").await);
    let minji = app.signed_up("minji").await;
    let room = app.courtyard(&minji).await;
    app.join(&neighbour, &room).await;
    for (setting, may) in [
        ("nobody", [false, false, false]),
        ("known", [false, true, false]),
        ("accounts", [false, false, true]),
        ("everybody", [true, true, true]),
    ] {
        app.call(&minji, "PATCH", "/me", json!({ "directFrom": setting })).await.is(200);
        for (from, may) in [&guest, &neighbour, &stranger].into_iter().zip(may) {
            let answer = opens_direct(&app, from, &minji).await;
            // A room that exists stays open.
            app.alter("DELETE FROM members WHERE room_id IN (SELECT id FROM rooms WHERE kind = 'direct')");
            app.alter("DELETE FROM rooms WHERE kind = 'direct'");
            match may {
                true => drop(answer.is(201)),
                false => drop(answer.refused(403, "forbidden")),
            }
        }
    }
    let direct = opens_direct(&app, &guest, &minji).await.is(201);
    app.call(&minji, "PATCH", "/me", json!({ "directFrom": "nobody" })).await.is(200);
    assert_eq!(opens_direct(&app, &guest, &minji).await.is(200)["id"], direct["id"]);
    // Notes to oneself are not asked for.
    opens_direct(&app, &minji, &minji).await.is(201);
    let wrong = json!({ "directFrom": "friends" });
    assert_eq!(app.call(&minji, "PATCH", "/me", wrong).await.refused(422, "invalid")["field"], "directFrom");
    let page = app.page(&minji, "/me").await.text();
    assert!(page.contains("<option value=\"nobody\" selected>"));
    let form = [("directFrom", "known"), ("listed", "on")];
    assert_eq!(app.form(&minji, "/me/contact", &form).await.leads_to(), "/me?done=saved");
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.is(200)["directFrom"], "known");
}

#[tokio::test]
async fn the_directory_lists_only_those_who_want_it() {
    let app = App::start().await;
    let (guest, minji, jun) = (app.guest("guest").await, app.signed_up("minji").await, app.signed_up("jun").await);
    let names = || async {
        let listed = app.call(&guest, "GET", "/users", Value::Null).await.is(200);
        let names = listed["users"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["jun", "minji"]);
    app.call(&jun, "PATCH", "/me", json!({ "listed": false })).await.is(200);
    assert_eq!(names().await, ["minji"]);
    assert_eq!(app.form(&minji, "/me/contact", &[("directFrom", "everybody")]).await.leads_to(), "/me?done=saved");
    assert!(names().await.is_empty());
}

/// Abuse: Z9
#[tokio::test]
async fn a_direct_room_is_hidden_until_something_new_comes() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let direct = opens_direct(&app, &jun, &minji).await.is(201);
    let id = direct["id"].as_str().unwrap();
    let path = format!("/rooms/{id}/messages");
    let first = app.call(&jun, "POST", &path, json!({ "text": "hello" })).await.is(201);
    app.call(&minji, "POST", &format!("/rooms/{id}/accept"), Value::Null).await.is(204);
    let count = || async {
        let rooms = app.call(&minji, "GET", "/me/rooms", Value::Null).await.is(200);
        rooms["rooms"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    let page = app.page(&minji, &format!("/room/{id}")).await.text();
    assert!(page.contains(&format!("action=\"/room/{id}/leave\"")));
    assert_eq!(app.form(&minji, &format!("/room/{id}/leave"), &[]).await.leads_to(), "/");
    assert_eq!(count().await, 0);
    // A change of an old message is nothing new.
    let message = format!("/messages/{}", first["id"].as_str().unwrap());
    app.call(&jun, "PATCH", &message, json!({ "text": "edited" })).await.is(200);
    assert_eq!(count().await, 0);
    app.call(&jun, "POST", &path, json!({ "text": "still there?" })).await.is(201);
    assert_eq!(count().await, 1);
    app.call(&minji, "DELETE", &format!("/rooms/{id}/members/me"), Value::Null).await.is(204);
    assert_eq!(count().await, 0);
    // So is a whisper.
    app.call(&jun, "POST", &path, json!({ "text": "psst", "to": minji.id })).await.is(201);
    assert_eq!(count().await, 1);
    app.call(&minji, "DELETE", &format!("/rooms/{id}/members/me"), Value::Null).await.is(204);
    assert_eq!(count().await, 0);
    assert_eq!(opens_direct(&app, &minji, &jun).await.is(200)["id"], id);
    assert_eq!(count().await, 1);
}
