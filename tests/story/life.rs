//! The life of an account: from a guest without a name to an owner who hands the room over and
//! deletes her account. Over REST and sockets; `e2e/account_life.test.mjs` follows the same steps in two
//! browsers.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::{PASSWORD, texts};
use crate::support::key;
use crate::support::{App, Client, Person, Room, picture};

const NEW_PASSWORD: &str = "a gate by the tree";

fn person(entered: &Value) -> Person {
    let (user, token) = (&entered["user"], entered["token"].as_str().unwrap().to_owned());
    Person { id: user["id"].as_str().unwrap().to_owned(), token, user: user.clone() }
}

/// Returns one of a user's rooms as it is in their own list.
async fn mine(app: &App, who: &Person, room: &Room) -> Value {
    let rooms = app.call(who, "GET", "/me/rooms", Value::Null).await.is(200);
    let found = rooms["rooms"].as_array().unwrap().iter().find(|mine| mine["room"]["id"] == room.id);
    found.unwrap_or_else(|| panic!("it is none of theirs: {rooms}")).clone()
}

#[tokio::test]
async fn a_life_from_guest_to_owner_to_leaving() {
    let app = App::start().await;
    let lobby = app.lobby().await;
    let (room, [(minji, laptop), (elsewhere, phone), (jun, his), (sora, soras)]) = settles_down(&app).await;
    assert_eq!(lobby.take("newRoom").await["id"], room.id);
    talks(&app, [&minji, &jun], &room, [&laptop, &phone, &his, &soras]).await;
    keeps_house(&app, [&minji, &jun, &sora], &room, [&laptop, &his, &soras]).await;
    keeps_to_herself(&app, [&minji, &sora], [&laptop, &soras]).await;
    looks_back(&app, &minji, &room, &his).await;

    // A new password ends the session of the phone: its events have no effect any more.
    let asked = json!({ "current": PASSWORD, "password": NEW_PASSWORD });
    app.call(&minji, "PUT", "/me/password", asked).await.is(204);
    phone.take("close").await;
    app.call(&elsewhere, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    laptop.settle().await;
    assert!(laptop.all("close").is_empty());

    leaves(&app, [&minji, &jun, &sora], &room, [&laptop, &his]).await;
}

/// A guest creates a room, chooses a name and signs up; on a laptop and a phone.
async fn settles_down(app: &App) -> (Room, [(Person, Client); 4]) {
    let guest = person(&app.request("POST", "/api/guests").json(&json!({})).send().await.is(201));
    let friendly = guest.user["name"].as_str().unwrap();
    assert!(!friendly.is_empty() && guest.user["kind"] == "guest", "{}", guest.user);
    let named = app.call(&guest, "PATCH", "/me", json!({ "name": "민지" })).await.is(200);
    let room = app.room(&guest, json!({ "title": "느티나무 아래" })).await;
    let (jun, sora) = (app.guest("jun").await, app.guest("sora").await);
    let (his, soras) = (app.enter(&jun, &room).await, app.enter(&sora, &room).await);
    let first = app.enter(&guest, &room).await;
    first.say(&room, "아직 손님이에요").await;
    his.receives("아직 손님이에요").await;

    // She keeps her rooms and messages, and the guest's token is invalid.
    let asked = json!({ "email": "minji@example.org", "password": PASSWORD });
    let made = app.call(&guest, "POST", "/users", asked).await.is(201);
    for field in ["id", "name", "color"] {
        assert_eq!(made[field], named[field], "{field}");
    }
    let minji = Person { id: guest.id, token: made["token"].as_str().unwrap().to_owned(), user: made };
    first.take("close").await;
    assert_eq!(his.take_where("user", |user| user["kind"] == "account").await["id"], minji.id);
    let hers = mine(app, &minji, &room).await;
    assert_eq!((&hers["me"]["role"], &hers["last"]["user"]["kind"]), (&json!("owner"), &json!("account")));

    let put = app.request("PUT", "/api/me/picture").bearer(&minji.token);
    let shown = put.multipart(Some(("me.png", &picture::png(40, 30))), &[]).send().await.is(200);
    assert_eq!(his.take_where("user", |user| user["picture"].is_string()).await, shown);
    app.call(&minji, "PATCH", "/me", json!({ "bio": "귤과 바다" })).await.is(200);
    let profile = app.call(&sora, "GET", &format!("/users/{}", minji.id), Value::Null).await.is(200);
    assert_eq!((&profile["bio"], &profile["picture"]), (&json!("귤과 바다"), &shown["picture"]));

    let laptop = app.enter(&minji, &room).await;
    let elsewhere = app.log_in("minji").await;
    assert_eq!((&elsewhere.id, &elsewhere.user["picture"]), (&minji.id, &shown["picture"]));
    let phone = app.open_socket(ConnectOptions::of(&elsewhere).room(&room).polling()).await;
    assert_eq!(phone.take("joined").await["room"]["memberCount"], 3);
    (room, [(minji, laptop), (elsewhere, phone), (jun, his), (sora, soras)])
}

/// Messages are sent, edited, deleted, replied to, reacted to and mention users; they are unread
/// until they are read.
async fn talks(app: &App, [minji, jun]: [&Person; 2], room: &Room, screens: [&Client; 4]) {
    let [laptop, phone, his, soras] = screens;
    let typo = laptop.say(room, "내일 산에 가요").await;
    phone.receives("내일 산에 가요").await;
    laptop.ok("edit", json!({ "id": typo["id"], "text": "모레 산에 가요" })).await;
    for client in [phone, his, soras] {
        let edited = client.receives("모레 산에 가요").await;
        assert!(edited["editedAt"].is_string() && edited["seq"] == typo["seq"], "{edited}");
    }
    let slip = laptop.say(room, "이건 다른 방에 쓸 말").await;
    laptop.ok("delete", json!({ "id": slip["id"] })).await;
    his.take_where("message", |message| message["id"] == slip["id"] && message["deletedAt"].is_string()).await;

    let asked = his.say(room, "김밥은 누가 싸요?").await;
    let answer = json!({ "room": room.id, "key": key(), "text": "제가요", "replyTo": asked["seq"] });
    phone.ok("message", answer).await;
    let answered = laptop.receives("제가요").await;
    assert_eq!(answered["replyTo"]["excerpt"], "김밥은 누가 싸요?");
    assert_eq!(answered["replyTo"]["user"]["id"], jun.id);

    // A screen that shows another room gets her unread counts, and reading clears them everywhere.
    let away = app.connect(minji).await;
    laptop.ok("read", json!({ "room": room.id, "seq": asked["seq"] })).await;
    his.take_where("read", |read| read["userId"] == minji.id && read["seq"] == asked["seq"]).await;
    let called = his.say(room, "@민지 최고예요").await;
    let told = away.take_where("unread", |told| told["mentions"] == 1).await;
    assert_eq!((&told["room"], &told["unread"], &told["last"]["id"]), (&json!(room.id), &json!(1), &called["id"]));
    let waiting = mine(app, minji, room).await;
    assert_eq!((&waiting["unread"], &waiting["mentions"]), (&json!(1), &json!(1)));
    laptop.ok("react", json!({ "id": called["id"], "emoji": "🍙", "on": true })).await;
    let liked = his.take_where("message", |message| message["reactions"][0]["emoji"] == "🍙").await;
    assert_eq!(liked["reactions"][0]["userIds"], json!([minji.id]));
    laptop.ok("read", json!({ "room": room.id, "seq": called["seq"] })).await;
    away.take_where("unread", |told| told["unread"] == 0 && told["last"]["id"] == called["id"]).await;
    assert_eq!(mine(app, minji, room).await["me"]["readSeq"], called["seq"]);
}

/// The room gets a password, an invite, a moderator, slow mode and a pin.
async fn keeps_house(app: &App, [minji, jun, sora]: [&Person; 3], room: &Room, screens: [&Client; 3]) {
    let [laptop, his, soras] = screens;
    let path = format!("/rooms/{}", room.id);
    app.call(minji, "PATCH", &path, json!({ "password": "느티나무" })).await.is(200);
    let invite = app.call(minji, "POST", &format!("{path}/invites"), json!({ "uses": 1 })).await.is(201);
    let haneul = app.guest("haneul").await;
    assert_eq!(app.turned_away(ConnectOptions::of(&haneul).room(room)).await["code"], "wrong_password");
    let invited = ConnectOptions::of(&haneul).room(room).auth("invite", invite["code"].clone());
    let guests = app.open_socket(invited).await;
    guests.take("joined").await;
    guests.say(room, "여기 싸요 싸요").await;

    laptop.ok("moderator", json!({ "room": room.id, "userId": jun.id, "on": true })).await;
    soras.take_where("message", |line| line["system"]["event"] == "moderator").await;
    his.refused("kick", json!({ "room": room.id, "userId": minji.id }), "forbidden").await;
    his.ok("kick", json!({ "room": room.id, "userId": haneul.id, "reason": "광고는 안 돼요" })).await;
    assert_eq!(guests.take("kicked").await["reason"], "광고는 안 돼요");
    // The invite is used up, and the password is needed.
    let again = ConnectOptions::of(&haneul).room(room).auth("invite", invite["code"].clone());
    assert_eq!(app.turned_away(again).await["code"], "gone");
    assert_eq!(app.turned_away(ConnectOptions::of(&haneul).room(room)).await["code"], "wrong_password");

    app.call(minji, "PATCH", &path, json!({ "slowSeconds": 60 })).await.is(200);
    soras.take_where("changeRoom", |changed| changed["slowSeconds"] == 60).await;
    let says = |text: &str| json!({ "room": room.id, "key": key(), "text": text });
    soras.ok("message", says("천천히")).await;
    let refused = soras.refused("message", says("말하기"), "rate_limited").await;
    assert!(refused["retryAfterMs"].as_u64().is_some_and(|wait| wait > 0), "{refused}");
    app.call(minji, "PATCH", &path, json!({ "slowSeconds": 0 })).await.is(200);
    let meeting = soras.say(room, "6시, 느티나무 앞").await;
    his.ok("pin", json!({ "id": meeting["id"], "on": true })).await;
    laptop.take_where("message", |message| message["pinnedAt"].is_string()).await;
    let pins = app.call(sora, "GET", &format!("{path}/pins"), Value::Null).await.is(200);
    assert_eq!(texts(pins["messages"].as_array().unwrap()), ["6시, 느티나무 앞"]);
}

/// A direct room, and its end.
async fn keeps_to_herself(app: &App, [minji, sora]: [&Person; 2], [laptop, soras]: [&Client; 2]) {
    let made = app.call(minji, "POST", "/direct", json!({ "userId": sora.id })).await.is(201);
    let direct = Room { id: made["id"].as_str().unwrap().to_owned(), made };
    assert_eq!(soras.take("newRoom").await["id"], direct.id);
    laptop.join(&direct).await;
    soras.join(&direct).await;
    laptop.say(&direct, "우리끼리 이야기").await;
    soras.receives("우리끼리 이야기").await;
    assert_eq!(mine(app, sora, &direct).await["peer"]["name"], "민지");
    app.call(minji, "PUT", &format!("/me/blocks/{}", sora.id), Value::Null).await.is(204);
    let word = json!({ "room": direct.id, "key": key(), "text": "왜요?" });
    soras.refused("message", word, "forbidden").await;
}

/// Messages are found by search, files in the gallery.
async fn looks_back(app: &App, minji: &Person, room: &Room, his: &Client) {
    let find = async |who: &Person, q: &str| {
        let q: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
        app.call(who, "GET", &format!("/search?q={q}"), Value::Null).await.is(200)["messages"].clone()
    };
    assert_eq!(texts(find(minji, "손님").await.as_array().unwrap()), ["아직 손님이에요"]);
    assert_eq!(texts(find(minji, "우리끼리").await.as_array().unwrap()).len(), 1);
    // Neither the old text of an edited message nor a deleted one is found.
    assert_eq!((find(minji, "내일 산").await, find(minji, "다른 방").await), (json!([]), json!([])));

    let files = format!("/rooms/{}/files", room.id);
    let send = app.request("POST", &format!("/api{files}")).bearer(&minji.token);
    let pdf = ("등산 지도.pdf", b"%PDF-1.7\nthe way up".as_slice());
    let sent = send.multipart(Some(pdf), &[("text", "지도예요")]).send().await.is(201);
    let heard = his.receives("지도예요").await;
    assert_eq!((&heard["files"], &heard["files"][0]["type"]), (&sent["files"], &json!("application/pdf")));
    let listed = app.call(minji, "GET", &format!("{files}?kind=file"), Value::Null).await.is(200);
    assert_eq!(listed["files"][0]["file"], sent["files"][0]);
    assert_eq!(listed["files"][0]["message"]["seq"], sent["seq"]);
    let got = app.page(minji, sent["files"][0]["url"].as_str().unwrap()).await;
    assert_eq!((got.status, got.body.as_slice()), (200, pdf.1));
    let gallery = app.page(minji, &format!("/room/{}/files?kind=file", room.id)).await.text();
    assert!(gallery.contains("등산 지도.pdf"), "{gallery}");
}

/// She hands the room to jun, leaves it, and deletes her account.
async fn leaves(app: &App, [minji, jun, sora]: [&Person; 3], room: &Room, [laptop, his]: [&Client; 2]) {
    laptop.ok("owner", json!({ "room": room.id, "userId": jun.id })).await;
    let line = his.take_where("message", |line| line["system"]["event"] == "owner").await;
    assert_eq!(line["system"]["user"]["id"], jun.id);
    laptop.ok("leave", json!({ "room": room.id })).await;
    his.take_where("exit", |exit| exit["user"]["id"] == minji.id).await;
    let path = format!("/rooms/{}/messages", room.id);
    app.call(minji, "GET", &path, Value::Null).await.refused(403, "not_a_member");

    let asked = json!({ "password": NEW_PASSWORD, "messages": "keep" });
    app.call(minji, "DELETE", "/me", asked).await.is(204);
    laptop.take("close").await;
    let credentials = json!({ "email": "minji@example.org", "password": NEW_PASSWORD });
    app.request("POST", "/api/session").json(&credentials).send().await.refused(401, "bad_credentials");

    // Her messages stay without a sender; her picture is gone, the map that she shared is not.
    let history = app.history(jun, room).await;
    let said = |text: &str| history.iter().find(|message| message["text"] == text).unwrap();
    for text in ["아직 손님이에요", "모레 산에 가요", "제가요", "지도예요"] {
        assert_eq!(said(text)["user"], Value::Null, "{text}");
    }
    assert_eq!(said("김밥은 누가 싸요?")["user"]["id"], jun.id);
    let hers = json!({ "id": minji.id }).to_string();
    assert!(!json!(history).to_string().contains(hers.trim_matches(['{', '}'])), "nobody is shown as her");
    assert_eq!(app.stored_files().len(), 1);
    assert_eq!(app.show(room).await["owner"]["id"], jun.id);
    let rooms = app.call(sora, "GET", "/me/rooms", Value::Null).await.is(200);
    let direct = rooms["rooms"].as_array().unwrap().iter().find(|mine| mine["room"]["kind"] == "direct").unwrap();
    assert_eq!((&direct["peer"], &direct["last"]["text"]), (&Value::Null, &json!("우리끼리 이야기")));
    his.say(room, "잘 가요").await;

    // The e-mail is free for a new and unrelated account.
    let other = app.signed_up("minji").await;
    assert_ne!(other.id, minji.id);
    assert_eq!(app.call(&other, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"], json!([]));
}
