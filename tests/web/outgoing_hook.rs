//! Outgoing webhooks: what is sent, how it is signed, and what happens when it is not taken.

use madang::config::Config;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::receiver::Receiver;
use crate::support::{App, Person, Room, TIMEOUT};

/// Hooks may lead to this machine, and failed deliveries are tried again at once.
fn hurried(config: &mut Config) {
    config.http_client.may_reach = |_, address| address.is_loopback();
    config.http_client.timeout = TIMEOUT;
    config.limits.jobs.hook.first_pause_ms = 0;
}

/// Creates a hook and returns its path in the API and its key.
async fn hook(app: &App, by: &Person, room: &Room, url: &str, more: Value) -> (String, String) {
    let mut body = json!({ "url": url, "events": ["message", "edit", "delete", "reaction", "join", "exit"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = app.call(by, "POST", &format!("/rooms/{}/outgoing-hooks", room.id), body).await.is(201);
    let path = format!("/rooms/{}/outgoing-hooks/{}", room.id, made["id"].as_str().unwrap());
    (path, made["key"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_happens_in_a_room_is_sent_in_order_and_signed() {
    let app = App::with(hurried).await;
    let ([minji, jun, sora], room, [hers, ..]) = app.room_of_three().await;
    let mut receiver = Receiver::open().await;
    let (path, key) = hook(&app, &minji, &room, &receiver.url("/in?a=b"), json!({})).await;
    let sent = hers.say(&room, "hello").await;
    let id = sent["id"].as_str().unwrap().to_owned();
    hers.ok("edit", json!({ "id": id, "text": "hello!" })).await;
    app.call(&jun, "PUT", &format!("/messages/{id}/reactions/%F0%9F%91%8D"), Value::Null).await.is(200);
    // A whisper is for its two alone.
    hers.ok("message", json!({ "room": room.id, "key": "w", "text": "hush", "to": sora.id })).await;
    hers.ok("delete", json!({ "id": id })).await;
    app.call(&sora, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    app.join(&sora, &room).await;
    let webhook = Webhook::new(&key).unwrap();
    let mut ids = Vec::new();
    for event in ["message", "edit", "reaction", "delete", "exit", "join"] {
        let request = receiver.next().await;
        assert_eq!((request.path.as_str(), request.header("content-type")), ("/in?a=b", "application/json"));
        webhook.verify(&request.body, &request.headers).unwrap();
        let body = request.json();
        assert_eq!((&body["type"], &body["data"]["room"]), (&json!(event), &json!(room.id)), "{body}");
        assert!(!body.to_string().contains("hush"), "{body}");
        let is_of_message = ["message", "edit", "reaction", "delete"].contains(&event);
        assert_eq!(body["data"]["message"]["id"] == id.as_str(), is_of_message, "{body}");
        ids.push(request.header("webhook-id").to_owned());
    }
    app.outbox_is_empty().await;
    assert!(receiver.is_empty());
    // The list says the same, the latest first; a replay has the same id, and the message as it is now.
    let listed = app.call(&minji, "GET", &format!("{path}/deliveries"), Value::Null).await.is(200);
    let listed: Vec<_> = listed["deliveries"].as_array().unwrap().iter().rev().map(|one| one["id"].clone()).collect();
    assert_eq!(listed, ids);
    let replay = format!("{path}/deliveries/{}/replay", ids[0]);
    app.call(&minji, "POST", &replay, Value::Null).await.is(204);
    let again = receiver.next().await;
    assert_eq!(again.header("webhook-id"), ids[0]);
    assert_eq!(again.json()["data"]["message"]["text"], "");
    // A new key signs from now on.
    let rotated = app.call(&minji, "POST", &format!("{path}/rotate"), Value::Null).await.is(200);
    hers.say(&room, "under the new key").await;
    let request = receiver.next().await;
    assert!(webhook.verify(&request.body, &request.headers).is_err());
    let webhook = Webhook::new(rotated["key"].as_str().unwrap()).unwrap();
    webhook.verify(&request.body, &request.headers).unwrap();
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    hers.say(&room, "to nobody").await;
    app.outbox_is_empty().await;
    assert!(receiver.is_empty());
}

/// Abuse: M12
#[tokio::test]
async fn programs_do_not_answer_each_other_unless_asked() {
    let app = App::with(hurried).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut receiver = Receiver::open().await;
    let incoming = app.call(&minji, "POST", &format!("/rooms/{}/hooks", room.id), json!({ "name": "builds" })).await;
    let incoming = incoming.is(201)["url"].as_str().unwrap().to_owned();
    hook(&app, &minji, &room, &receiver.url("/people"), json!({})).await;
    let posted = app.request("POST", &incoming).body("text/plain", "built").send().await;
    assert_eq!(posted.status, 200);
    app.outbox_is_empty().await;
    assert!(receiver.is_empty());
    hook(&app, &minji, &room, &receiver.url("/all"), json!({ "hearsBots": true })).await;
    app.request("POST", &incoming).body("text/plain", "built").send().await;
    assert_eq!(receiver.next().await.path, "/all");
}

/// Abuse: M12
#[tokio::test]
async fn a_failing_address_is_tried_again_then_paused_and_its_maker_is_told() {
    let app = App::with(|config| {
        hurried(config);
        config.limits.jobs.hook.tries = 3;
    })
    .await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let mut receiver = Receiver::open().await;
    let (path, _) = hook(&app, &minji, &room, &receiver.url("/in"), json!({})).await;
    // One failure, then a success, under one id.
    receiver.answer(["503 Service Unavailable", "200 OK"]);
    his.say(&room, "first").await;
    let (one, two) = (receiver.next().await, receiver.next().await);
    assert_eq!(one.header("webhook-id"), two.header("webhook-id"));
    app.outbox_is_empty().await;
    let deliveries = || async { app.call(&minji, "GET", &format!("{path}/deliveries"), Value::Null).await.is(200) };
    let list = deliveries().await;
    let first = &list["deliveries"][0];
    assert_eq!((&first["tries"], &first["status"], first["endedAt"].is_string()), (&json!(2), &json!(200), true));
    // A redirect is no success, and is not followed.
    receiver.answer(["302 Found\r\nlocation: /elsewhere", "500 No", "500 No"]);
    his.say(&room, "second").await;
    app.outbox_is_empty().await;
    let list = deliveries().await;
    let second = &list["deliveries"][0];
    assert_eq!((&second["tries"], &second["why"]), (&json!(3), &json!("the address answered 500")), "{list}");
    assert!(second["endedAt"].is_string());
    // Twenty failures in a row.
    receiver.answer(["500 No"; 17]);
    for text in ["3", "4", "5", "6", "7", "8"] {
        his.say(&room, text).await;
    }
    let word = hers.take_where("message", |message| message["kind"] == "whisper").await;
    assert!(word["text"].as_str().unwrap().contains("paused: the address answered 500"), "{word}");
    assert_eq!(word["to"]["id"], minji.user["id"]);
    app.outbox_is_empty().await;
    assert!(his.all("message").iter().all(|message| message["kind"] != "whisper"));
    his.say(&room, "while it is paused").await;
    // One that is sent again meanwhile waits with the rest, and goes once.
    let again = deliveries().await["deliveries"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    app.call(&minji, "POST", &format!("{path}/deliveries/{again}/replay"), Value::Null).await.is(204);
    app.outbox_is_empty().await;
    let resumed = app.call(&minji, "POST", &format!("{path}/resume"), Value::Null).await.is(200);
    assert_eq!(resumed["pausedAt"], Value::Null);
    app.outbox_is_empty().await;
    let list = deliveries().await;
    assert!(list["deliveries"].as_array().unwrap().iter().all(|one| one["endedAt"].is_string()), "{list}");
}

/// Abuse: M8
#[tokio::test]
async fn a_hook_reaches_no_address_inside_the_network_of_the_server() {
    let app = App::with(|config| config.limits.jobs.hook.tries = 1).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let receiver = Receiver::open().await;
    let hooks = format!("/rooms/{}/outgoing-hooks", room.id);
    for url in ["ftp://a.example/", "https://name:word@a.example/", "javascript:alert(1)", "a.example"] {
        let body = json!({ "url": url, "events": ["message"] });
        app.call(&minji, "POST", &hooks, body).await.refused(422, "invalid");
    }
    app.call(&minji, "POST", &hooks, json!({ "url": "https://a.example/", "events": [] }))
        .await
        .refused(422, "invalid");
    for url in [receiver.url("/in"), "http://[::1]/".to_owned(), "http://169.254.169.254/latest".to_owned()] {
        hook(&app, &minji, &room, &url, json!({})).await;
    }
    app.say(&minji, &room, "hello").await;
    app.outbox_is_empty().await;
    assert!(receiver.is_empty());
    assert_eq!(app.count("SELECT COUNT(*) FROM deliveries WHERE why LIKE 'the host is not public%'"), 3);
}
