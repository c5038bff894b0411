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
    hook(&app, &minji, &room, &receiver.url("/all"), json!({ "includesBots": true })).await;
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
    assert_eq!((&resumed["pausedAt"], &resumed["leftOut"]), (&Value::Null, &json!(1)));
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
        let refused = app.call(&minji, "POST", &hooks, json!({ "url": url, "events": ["message"] })).await;
        assert_eq!(refused.refused(422, "invalid")["field"], "url", "{url}");
    }
    // A name is looked at when it is resolved. The answer is the same for one that does not exist.
    for url in ["http://localhost/in", "http://nowhere.invalid/in"] {
        hook(&app, &minji, &room, url, json!({})).await;
    }
    app.say(&minji, &room, "hello").await;
    app.outbox_is_empty().await;
    assert!(receiver.is_empty());
    let why = "why = 'the host is not public, or its name does not resolve'";
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM deliveries WHERE {why} AND tries = 1")), 2);
}

/// The network of a program inside may be allowed.
#[tokio::test]
async fn a_hook_reaches_a_program_inside_where_the_operator_allows_its_network() {
    let app = App::with(|config| config.outgoing_networks = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut receiver = Receiver::open().await;
    hook(&app, &minji, &room, &receiver.url("/in"), json!({})).await;
    let other = json!({ "url": "http://127.0.0.2/", "events": ["message"] });
    app.call(&minji, "POST", &format!("/rooms/{}/outgoing-hooks", room.id), other).await.refused(422, "invalid");
    app.say(&minji, &room, "hello").await;
    assert_eq!(receiver.next().await.path, "/in");
}

/// Takes the next request of an event.
async fn next(receiver: &mut Receiver, event: &str) -> Value {
    let body = receiver.next().await.json();
    assert_eq!(body["type"], event, "{body}");
    body["data"].clone()
}

/// A program that keeps a copy of what was sent learns what to delete.
#[tokio::test]
async fn what_is_hidden_erased_or_not_kept_any_longer_is_sent_as_deleted() {
    let app = App::with(|config| {
        hurried(config);
        config.retention = std::time::Duration::from_millis(20);
        config.housekeeping = std::time::Duration::from_millis(20);
    })
    .await;
    let minji = app.signed_up("minji").await;
    let jun = app.signed_up("jun").await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let mut receiver = Receiver::open().await;
    hook(&app, &minji, &room, &receiver.url("/in"), json!({ "events": ["message", "delete"] })).await;
    let first = app.say(&minji, &room, "first").await;
    let second = app.say(&jun, &room, "second").await;
    for _ in 0..2 {
        next(&mut receiver, "message").await;
    }
    // Hidden, and shown again.
    let hidden = format!("/messages/{}/hidden", first["id"].as_str().unwrap());
    app.call(&minji, "PUT", &hidden, Value::Null).await.is(200);
    let gone = next(&mut receiver, "delete").await;
    assert_eq!((&gone["message"]["id"], &gone["message"]["text"]), (&first["id"], &json!("")));
    app.call(&minji, "DELETE", &hidden, Value::Null).await.is(200);
    assert_eq!(next(&mut receiver, "message").await["message"]["text"], "first");
    // With the account of its author.
    let leave = json!({ "password": crate::support::fixtures::PASSWORD, "messages": "remove" });
    app.call(&jun, "DELETE", "/me", leave).await.is(204);
    assert_eq!(next(&mut receiver, "delete").await["message"]["id"], second["id"]);
    // Older than its room keeps it: the message is gone with its row, and the event says which it was.
    let blob = crate::support::fixtures::blob(&room.id);
    app.alter(&format!("UPDATE messages SET created_at = created_at - 864000000 WHERE room_id = {blob}"));
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "keepMessagesDays": 5 })).await.is(200);
    let gone = next(&mut receiver, "delete").await;
    let message = &gone["message"];
    assert_eq!((&gone["room"], &message["id"], &message["seq"]), (&json!(room.id), &first["id"], &first["seq"]));
    assert!(message["deletedAt"].is_string() && message["text"] == "", "{gone}");
    app.outbox_is_empty().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM deliveries WHERE ended_at IS NULL"), 0);
}

#[tokio::test]
async fn reports_and_changed_settings_are_sent_without_what_somebody_wrote() {
    let app = App::with(hurried).await;
    let ([minji, jun, sora], room, _) = app.room_of_three().await;
    let mut receiver = Receiver::open().await;
    hook(&app, &minji, &room, &receiver.url("/in"), json!({ "events": ["room", "report"] })).await;
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "title": "느티나무" })).await.is(200);
    assert_eq!(next(&mut receiver, "room").await["message"]["system"]["title"], "느티나무");
    let sent = app.say(&jun, &room, "unkind").await;
    let report = format!("/messages/{}/reports", sent["id"].as_str().unwrap());
    app.call(&sora, "POST", &report, json!({ "reason": "abuse", "note": "he is unkind" })).await;
    let reported = next(&mut receiver, "report").await;
    let found = &reported["report"];
    assert_eq!((&found["messageId"], &found["userId"]), (&sent["id"], &json!(jun.id)), "{reported}");
    assert_eq!((&found["reason"], &reported["room"]), (&json!("abuse"), &json!(room.id)));
    assert!(!reported.to_string().contains("unkind") && !reported.to_string().contains(&sora.id), "{reported}");
}

/// Abuse: M12
#[tokio::test]
async fn hooks_of_the_server_are_for_admins_and_hear_of_every_open_room_but_nothing_private() {
    let app = App::with(hurried).await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    app.alter("UPDATE users SET is_admin = 1 WHERE kind = 'account'");
    let mut receiver = Receiver::open().await;
    let all = json!({ "url": receiver.url("/in"), "events": ["message", "report", "roomCreated", "roomRemoved"] });
    app.call(&jun, "POST", "/admin/outgoing-hooks", all.clone()).await.refused(403, "forbidden");
    let made = app.call(&minji, "POST", "/admin/outgoing-hooks", all).await.is(201);
    let room = app.courtyard(&jun).await;
    assert_eq!(next(&mut receiver, "roomCreated").await, json!({ "room": room.id, "title": "courtyard" }));
    // Events of the server are for hooks of the server.
    let hooks = format!("/rooms/{}/outgoing-hooks", room.id);
    let wrong = json!({ "url": receiver.url("/room"), "events": ["roomCreated"] });
    assert_eq!(app.call(&jun, "POST", &hooks, wrong).await.refused(422, "invalid")["field"], "events");
    app.join(&minji, &room).await;
    app.send(&jun, &room, json!({ "text": "hush", "to": minji.id })).await;
    let direct = app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(201);
    let direct = Room { id: direct["id"].as_str().unwrap().to_owned(), made: Value::Null };
    app.say(&jun, &direct, "just us").await;
    app.say(&jun, &room, "for everybody").await;
    assert_eq!(next(&mut receiver, "message").await["message"]["text"], "for everybody");
    // A report from the direct room names no room.
    let private = app.say(&jun, &direct, "unkind").await;
    let report = format!("/messages/{}/reports", private["id"].as_str().unwrap());
    app.call(&minji, "POST", &report, json!({ "reason": "abuse" })).await;
    assert_eq!(next(&mut receiver, "report").await["room"], Value::Null);
    app.call(&jun, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    assert_eq!(next(&mut receiver, "roomRemoved").await, json!({ "room": room.id, "title": null }));
    // An address that is gone pauses the hook, and its maker is written to.
    let hers = app.connect(&minji).await;
    receiver.answer(["410 Gone"]);
    app.courtyard(&jun).await;
    receiver.next().await;
    hers.take_where("unread", |unread| unread["last"]["text"].as_str().is_some_and(|text| text.contains("paused")))
        .await;
    // It ends with the rights of its maker.
    app.outbox_is_empty().await;
    let path = format!("/admin/outgoing-hooks/{}", made["id"].as_str().unwrap());
    app.call(&minji, "POST", &format!("{path}/resume"), Value::Null).await.is(200);
    next(&mut receiver, "roomCreated").await;
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    let acts = "SELECT COUNT(*) FROM audit WHERE action IN ('hook.created', 'hook.revoked') AND room_id IS NULL";
    assert_eq!(app.count(acts), 2);
    app.courtyard(&jun).await;
    app.outbox_is_empty().await;
    assert!(receiver.is_empty());
}

/// Abuse: M12
#[tokio::test]
async fn a_hook_that_lags_behind_keeps_a_thousand_events_and_counts_the_others() {
    let app = App::with(hurried).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut receiver = Receiver::answering(|_| None).await;
    let (path, _) = hook(&app, &minji, &room, &receiver.url("/in"), json!({ "events": ["message"] })).await;
    app.say(&minji, &room, "first").await;
    receiver.next().await;
    let id = path.rsplit('/').next().unwrap();
    let waiting = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
         INSERT INTO outbox (kind, target, payload, tries, created_at)
         SELECT 'hook', {}, 'x', 0, 0 FROM n",
        crate::support::fixtures::blob(id)
    );
    app.alter(&waiting);
    for text in ["left out", "too"] {
        app.say(&minji, &room, text).await;
    }
    let listed = app.call(&minji, "GET", &format!("/rooms/{}/outgoing-hooks", room.id), Value::Null).await.is(200);
    assert_eq!(listed["hooks"][0]["leftOut"], 2, "{listed}");
}
