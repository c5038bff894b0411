//! Web Push: who is pushed what, and how push services are answered.

use madang::clock::now_ms;
use madang::config::Config;
use serde_json::{Value, json};

use crate::support::push::{Browser, verify_vapid};
use crate::support::receiver::Receiver;
use crate::support::{App, Person, Room, TIMEOUT};

/// Push services may be on this machine, and nothing waits.
fn hurried(config: &mut Config) {
    config.http_client.may_reach = |_, address| address.is_loopback();
    config.http_client.timeout = TIMEOUT;
    config.limits.notify_after_ms = 0;
    config.limits.notify_pause_ms = 0;
    config.limits.jobs.push.first_pause_ms = 0;
}

async fn listed(app: &App, who: &Person) -> Vec<Value> {
    let list = app.call(who, "GET", "/me/push-subscriptions", Value::Null).await.is(200);
    list["subscriptions"].as_array().unwrap().clone()
}

async fn level(app: &App, who: &Person, room: &Room, level: &str) {
    let path = format!("/rooms/{}/notifications", room.id);
    app.call(who, "PUT", &path, json!({ "level": level })).await.is(204);
}

#[tokio::test]
async fn a_push_is_encrypted_for_its_browser_and_signed_by_the_server() {
    let app = App::with(hurried).await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let mut service = Receiver::open().await;
    let endpoint = service.url("/push/1");
    let (browser, id) = Browser::subscribe(&app, &minji, &endpoint).await;
    app.say(&jun, &room, "점심 먹자").await;
    let push = service.next().await;
    let list = app.call(&minji, "GET", "/me/push-subscriptions", Value::Null).await.is(200);
    let claims = verify_vapid(&push, list["key"].as_str().unwrap(), endpoint.strip_suffix("/push/1").unwrap());
    assert!(claims["sub"].as_str().unwrap().starts_with("http"), "{claims}");
    assert_eq!((push.path.as_str(), push.header("ttl"), push.header("urgency")), ("/push/1", "43200", "normal"));
    assert!(!push.header("topic").contains(&room.id) && push.header("topic").len() <= 32);
    let message = browser.decrypt(&push);
    let shown = &message["notification"];
    assert_eq!((&message["web_push"], &message["app_badge"]), (&json!(8030), &json!(1)), "{message}");
    assert_eq!((&shown["title"], &shown["body"]), (&json!("courtyard"), &json!("jun: 점심 먹자")), "{message}");
    assert!(shown["navigate"].as_str().unwrap().ends_with(&format!("/room/{}", room.id)), "{message}");
    app.outbox_is_empty().await;
    let stored = listed(&app, &minji).await.remove(0);
    assert_eq!((&stored["id"], &stored["lastError"], &stored["current"]), (&json!(id), &Value::Null, &json!(true)));
    assert!(stored["pushedAt"].is_string() && !stored.to_string().contains("/push/1"), "{stored}");

    // With hidden text not even the room is named.
    let (browser, same) = Browser::subscribe(&app, &minji, &endpoint).await;
    assert_eq!(same, id, "it was subscribed already");
    let path = format!("/me/push-subscriptions/{id}");
    app.call(&minji, "PATCH", &path, json!({ "hidesText": true })).await.is(200);
    app.say(&jun, &room, "@minji 비밀이야").await;
    let push = service.next().await;
    assert_eq!(push.header("urgency"), "high", "a mention");
    let hidden = browser.decrypt(&push);
    assert_eq!(hidden["notification"]["body"], "새 메시지가 있어요.");
    assert!(!hidden.to_string().contains("비밀") && !hidden.to_string().contains("courtyard"), "{hidden}");
}

#[tokio::test]
async fn only_what_deserves_it_is_pushed() {
    let app = App::with(hurried).await;
    let ([minji, jun, sora], room, [hers, his, _]) = app.room_of_three().await;
    // What was unread before is no news.
    app.say(&jun, &room, "before").await;
    let mut service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/push")).await;
    let quiet = async || app.outbox_is_empty().await;
    quiet().await;
    app.say(&minji, &room, "my own words").await;
    level(&app, &minji, &room, "mentions").await;
    app.say(&jun, &room, "for everybody").await;
    quiet().await;
    assert!(service.is_empty(), "the level is mentions");
    let mine = app.say(&minji, &room, "a question").await;
    let answer = json!({ "text": "an answer", "replyTo": mine["seq"] });
    app.send(&jun, &room, answer).await;
    service.next().await;
    his.ok("message", json!({ "room": room.id, "key": "w", "text": "hush", "to": minji.id })).await;
    service.next().await;
    his.ok("message", json!({ "room": room.id, "key": "v", "text": "not for her", "to": sora.id })).await;
    quiet().await;
    level(&app, &minji, &room, "none").await;
    app.say(&jun, &room, "@minji").await;
    quiet().await;
    level(&app, &minji, &room, "all").await;
    // Nobody blocked or muted, and nothing in quiet hours.
    let block = format!("/me/blocks/{}", jun.id);
    app.call(&minji, "PUT", &block, Value::Null).await.is(204);
    app.say(&jun, &room, "from somebody blocked").await;
    quiet().await;
    app.call(&minji, "DELETE", &block, Value::Null).await.is(204);
    let mute = format!("/me/notifications/muted/{}", jun.id);
    app.call(&minji, "PUT", &mute, Value::Null).await.is(204);
    app.say(&jun, &room, "@minji from somebody muted").await;
    quiet().await;
    app.call(&minji, "DELETE", &mute, Value::Null).await.is(204);
    // Around the present minute: no such hours last the whole day.
    let minute = now_ms() / 60_000 % 1_440;
    let around = json!({ "from": (minute + 1_380) % 1_440, "until": (minute + 60) % 1_440, "minutesEast": 0 });
    app.call(&minji, "PUT", "/me/notifications", around).await.is(204);
    app.say(&sora, &room, "@minji in quiet hours").await;
    quiet().await;
    app.call(&minji, "DELETE", "/me/notifications", Value::Null).await.is(204);
    assert!(service.is_empty());
    // A direct message is pushed, a request of a stranger is not.
    let opened = app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await;
    let direct = Room { id: opened.is(201)["id"].as_str().unwrap().to_owned(), made: Value::Null };
    app.say(&jun, &direct, "just us").await;
    service.next().await;
    quiet().await;
    assert!(service.is_empty());
    drop(hers);
}

#[tokio::test]
async fn what_was_read_or_deleted_before_the_push_is_not_pushed() {
    let app = App::with(|config| {
        hurried(config);
        config.limits.jobs.push.first_pause_ms = 86_400_000;
        config.limits.jobs.push.pause_max_ms = 86_400_000;
        config.limits.jobs.push.age_ms = i64::MAX;
    })
    .await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let mut service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/push")).await;
    service.answer(["503 Service Unavailable"]);
    let sent = app.say(&jun, &room, "read soon").await;
    service.next().await;
    let again = async || {
        app.counts("SELECT COUNT(*) FROM outbox WHERE kind = 'push' AND tries > 0 AND claimed_by IS NULL", 1).await;
        app.alter("UPDATE outbox SET due_at = 0 WHERE kind = 'push'");
        app.say(&minji, &room, "wakes the worker").await;
        app.outbox_is_empty().await;
    };
    hers.ok("read", json!({ "room": room.id, "seq": sent["seq"] })).await;
    app.has_read(&minji, &sent).await;
    again().await;
    assert!(service.is_empty(), "it was read");
    service.answer(["503 Service Unavailable"]);
    let sent = his.say(&room, "taken back").await;
    service.next().await;
    his.ok("delete", json!({ "id": sent["id"] })).await;
    again().await;
    assert!(service.is_empty(), "it was deleted");
}

/// Abuse: M13
#[tokio::test]
async fn push_services_are_obeyed_and_a_browser_that_is_gone_is_forgotten() {
    let app = App::with(hurried).await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let mut service = Receiver::open().await;
    let (_, id) = Browser::subscribe(&app, &minji, &service.url("/push")).await;
    // A failure is tried again; what is refused for good is not, and the list says why.
    service.answer(["500 Oh no", "403 Forbidden"]);
    app.say(&jun, &room, "one").await;
    service.next().await;
    service.next().await;
    app.outbox_is_empty().await;
    assert_eq!(listed(&app, &minji).await[0]["lastError"], "the push service answered 403");
    let test = format!("/me/push-subscriptions/{id}/test");
    service.answer(["413 Too large", "201 Created"]);
    let tested = app.call(&minji, "POST", &test, Value::Null).await.is(200);
    assert_eq!(tested["error"], "the push service answered 413");
    assert_eq!(app.call(&minji, "POST", &test, Value::Null).await.is(200)["error"], Value::Null);
    service.next().await;
    service.next().await;
    // The push service says when to come again.
    service.answer(["429 Slow down\r\nretry-after: 3600"]);
    app.say(&jun, &room, "two").await;
    service.next().await;
    let delayed =
        "SELECT COUNT(*) FROM outbox WHERE kind = 'push' AND claimed_by IS NULL AND due_at > 3500000 + created_at";
    app.counts(delayed, 1).await;
    assert!(service.is_empty());
    app.alter("DELETE FROM outbox");
    service.answer(["410 Gone"]);
    app.say(&jun, &room, "three").await;
    service.next().await;
    app.outbox_is_empty().await;
    assert!(listed(&app, &minji).await.is_empty());
    app.call(&minji, "POST", &test, Value::Null).await.refused(404, "not_found");
}

/// Abuse: M13
#[tokio::test]
async fn a_subscription_belongs_to_one_session_and_reaches_no_private_address() {
    let app = App::start().await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    let subscribe = |who: &Person, endpoint: &str| {
        let body = Browser::new().json(endpoint);
        let (app, who) = (&app, who.clone());
        async move { app.call(&who, "POST", "/me/push-subscriptions", body).await }
    };
    let private = ["https://10.0.0.1/push", "https://2130706433/push", "https://[::ffff:7f00:1]/push"];
    let wrong = ["http://push.example.org/1", "ftp://push.example.org/1", "nowhere", "https://a:b@push.example.org/"];
    for endpoint in private.into_iter().chain(wrong) {
        let refused = subscribe(&minji, endpoint).await.refused(422, "invalid");
        assert_eq!(refused["field"], "endpoint");
    }
    let mut body = Browser::new().json("https://push.example.org/1");
    body["keys"]["p256dh"] = json!("BAAA");
    let refused = app.call(&minji, "POST", "/me/push-subscriptions", body).await.refused(422, "invalid");
    assert_eq!(refused["field"], "keys");
    // The guard looks at the address when it connects. Whether a name exists inside is not told.
    let private = subscribe(&minji, "https://nowhere.invalid/push").await.is(201);
    let test = format!("/me/push-subscriptions/{}/test", private["id"].as_str().unwrap());
    let tested = app.call(&minji, "POST", &test, Value::Null).await.is(200);
    assert_eq!(tested["error"], "the host is not public, or its name does not resolve");
    app.call(&jun, "POST", &test, Value::Null).await.refused(404, "not_found");
    // The next user of a browser takes its subscription over.
    subscribe(&jun, "https://nowhere.invalid/push").await.is(201);
    assert!(listed(&app, &minji).await.is_empty());
    // A browser has one address at a time, and keeps whether its pushes hide their text.
    app.alter("UPDATE push_subscriptions SET hides_text = 1");
    subscribe(&jun, "https://nowhere.invalid/again").await.is(201);
    let all = listed(&app, &jun).await;
    assert_eq!((all.len(), &all[0]["hidesText"]), (1, &json!(true)));
    let again = app.log_in("minji").await;
    subscribe(&again, "https://elsewhere.invalid/push").await.is(201);
    assert_eq!(listed(&app, &minji).await[0]["current"], false);
    app.call(&again, "DELETE", "/session", Value::Null).await.is(204);
    assert!(listed(&app, &minji).await.is_empty(), "it ended with the session");
}

#[tokio::test]
async fn a_busy_room_rings_once_a_minute_and_a_mention_at_once() {
    let app = App::with(|config| {
        hurried(config);
        config.limits.notify_pause_ms = 60_000;
    })
    .await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let mut service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/push")).await;
    app.say(&jun, &room, "first").await;
    service.next().await;
    for number in 0..5 {
        app.say(&jun, &room, &format!("more {number}")).await;
        app.counts("SELECT COUNT(*) FROM outbox WHERE kind = 'notify'", 0).await;
    }
    // One more push waits, for no longer than a minute.
    let soon = madang::clock::now_ms() + 61_000;
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM outbox WHERE kind = 'push' AND due_at < {soon}")), 1);
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM members WHERE notified_at > {soon}")), 0);
    assert!(service.is_empty());
    app.say(&jun, &room, "@minji now").await;
    assert_eq!(service.next().await.header("urgency"), "high");
    app.outbox_is_empty().await;
}

/// Lets guests join a room, each with a browser at an endpoint.
async fn browsers(app: &App, room: &Room, endpoints: impl IntoIterator<Item = String>) {
    for (number, endpoint) in endpoints.into_iter().enumerate() {
        let guest = app.guest(&format!("guest {number}")).await;
        app.join(&guest, room).await;
        Browser::subscribe(app, &guest, &endpoint).await;
    }
}

/// Abuse: M13
#[tokio::test]
async fn of_many_pushes_those_reach_their_browsers_that_can() {
    let app = App::with(|config| {
        hurried(config);
        config.http_client.timeout = std::time::Duration::from_millis(500);
        config.limits.jobs.push.tries = 2;
    })
    .await;
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "max": 100 })).await;
    let mut service = Receiver::answering(|path| match path {
        "/7" => Some("410 Gone"),
        "/17" => None,
        _ => Some("201 Created"),
    })
    .await;
    browsers(&app, &room, (0..40).map(|number| service.url(&format!("/{number}")))).await;
    service.answer(["429 Slow down\r\nretry-after: 0"]);
    app.say(&minji, &room, "hello").await;
    app.outbox_is_empty().await;
    let mut reached = std::collections::BTreeMap::<String, usize>::new();
    while !service.is_empty() {
        *reached.entry(service.next().await.path).or_default() += 1;
    }
    // The one that was refused and the one that got no answer came twice.
    assert_eq!((reached.len(), reached.values().sum::<usize>(), reached["/17"]), (40, 42, 2), "{reached:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM push_subscriptions"), 39);
}

#[tokio::test]
async fn a_push_service_that_does_not_answer_delays_no_other() {
    let app = App::with(hurried).await;
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "max": 100 })).await;
    let mut silent = Receiver::answering(|_| None).await;
    let mut other = Receiver::open().await;
    // More than run at a time, all before the last one.
    let endpoints = (0..70).map(|number| silent.url(&format!("/{number}"))).chain([other.url("/last")]);
    browsers(&app, &room, endpoints).await;
    app.say(&minji, &room, "hello").await;
    assert_eq!(other.next().await.path, "/last");
    silent.next().await;
}

#[tokio::test]
async fn a_connection_to_a_push_service_is_used_again() {
    let app = App::with(hurried).await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let mut service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/push")).await;
    for number in 0..6 {
        app.say(&jun, &room, &format!("message {number}")).await;
        service.next().await;
        app.outbox_is_empty().await;
    }
    // One for each node.
    assert!(service.connections() <= 3, "{} connections", service.connections());
}

#[tokio::test]
async fn a_silent_message_is_stored_and_delivered_and_notifies_nobody() {
    let app = App::with(hurried).await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/push")).await;
    let mentions = async || {
        let mine = app.call(&minji, "GET", "/me/rooms", Value::Null).await.is(200);
        mine["rooms"][0]["mentions"].clone()
    };
    let sent = app.send(&jun, &room, json!({ "text": "@minji quietly", "silent": true })).await;
    assert_eq!(hers.receives("@minji quietly").await["silent"], true);
    his.ok("message", json!({ "room": room.id, "key": "s", "text": "hush", "to": minji.id, "silent": true })).await;
    app.call(&jun, "POST", &format!("/rooms/{}/commands", room.id), json!({ "text": "/silent @minji by command" }))
        .await
        .is(200);
    assert_eq!(hers.receives("@minji by command").await["silent"], true);
    // Neither an edit nor a moderator makes it loud.
    his.ok("edit", json!({ "id": sent["id"], "text": "@minji still quietly" })).await;
    let hidden = format!("/messages/{}/hidden", sent["id"].as_str().unwrap());
    app.call(&minji, "PUT", &hidden, Value::Null).await.is(200);
    app.call(&minji, "DELETE", &hidden, Value::Null).await.is(200);
    // Programs say so in their own way.
    let made =
        app.call(&minji, "POST", &format!("/rooms/{}/hooks", room.id), json!({ "name": "builds" })).await.is(201);
    let url = made["url"].as_str().unwrap().to_owned();
    let path = &url[url.find("/hooks/").unwrap()..];
    for body in [json!({ "text": "@minji built", "silent": true }), json!({ "content": "@minji built", "flags": 4096 })]
    {
        assert_eq!(app.request("POST", path).json(&body).send().await.status, 200);
    }
    app.outbox_is_empty().await;
    assert!(service.is_empty());
    assert_eq!(mentions().await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM mentions"), 0);
    app.say(&jun, &room, "@minji aloud").await;
    assert_eq!(mentions().await, 1);
}

/// What the word filter held is news to those it concerns when a moderator shows it, however much was said meanwhile.
#[tokio::test]
async fn a_held_message_notifies_when_it_is_shown() {
    let app = App::with(hurried).await;
    let admin = app.signed_up("haewon").await;
    app.alter("UPDATE users SET is_admin = 1 WHERE kind = 'account'");
    let ([minji, jun, sora], room, [hers, ..]) = app.room_of_three().await;
    let mut service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/minji")).await;
    Browser::subscribe(&app, &sora, &service.url("/sora")).await;
    let words = json!([{ "word": "광고", "action": "hold" }]);
    app.call(&admin, "PATCH", "/admin/settings", json!({ "words": words })).await.is(200);
    let held = app.say(&jun, &room, "@minji 광고").await;
    app.outbox_is_empty().await;
    assert!(service.is_empty(), "it is held");
    let later = app.say(&jun, &room, "later").await;
    for _ in 0..2 {
        service.next().await;
    }
    hers.ok("read", json!({ "room": room.id, "seq": later["seq"] })).await;
    app.has_read(&minji, &later).await;
    app.outbox_is_empty().await;
    let shown = format!("/messages/{}/hidden", held["id"].as_str().unwrap());
    app.call(&minji, "DELETE", &shown, Value::Null).await.is(200);
    assert_eq!(service.next().await.path, "/minji");
    app.outbox_is_empty().await;
    assert!(service.is_empty(), "it is not addressed to sora");
}
