//! What a bot may do: the calls, events and pages of the other tables, as a bot without and with each right.

use madang::web::api;
use serde_json::{Value, json};

use super::scene::{Scene, Who, start_server};
use super::{event, outcome, page, rest};
use crate::support::{App, ConnectOptions, Person, Room};

/// Creates a bot of a user.
async fn bot(app: &App, owner: &Person, rights: &[&str]) -> Person {
    let made = app.call(owner, "POST", "/me/bots", json!({ "name": "reminder", "rights": rights })).await.is(201);
    let id = made["user"]["id"].as_str().unwrap().to_owned();
    Person { id, token: made["key"].as_str().unwrap().to_owned(), user: made["user"].clone() }
}

const ALL: [&str; 5] = ["read", "join", "send", "react", "direct"];

/// Abuse: Z15
#[tokio::test]
async fn a_bot_may_do_what_a_right_allows_and_nothing_else() {
    let app = start_server(|_| {}).await;
    let mut scene = Scene::new(&app).await;
    let wanted = ["banned", "invite", "hook", "file", "picture", "hook secret", "asset", "admin link", "reset link"];
    // A muted user sends no file, and a hidden message is not reported.
    for wanted in wanted.into_iter().chain(["server invite", "device link", "report", "hidden", "mute"]) {
        scene.prepare(&app, wanted).await;
    }
    let owner = scene.person(Who::AdminInside);
    let calls = api::calls(usize::MAX).openapi();
    let right_of = |name: &str, method: &str| {
        calls["paths"][format!("/api{name}")][method.to_lowercase()]["x-bot-right"].as_str().map(str::to_owned)
    };
    let none = bot(&app, owner, &[]).await;
    let mut allowed = 0;
    // A user's token is not an API key, a bot's neither.
    let needs_user = |name: &str, cell: &str| cell == "unauthenticated" && name != "/tokens";
    for row in
        rest::ROWS.iter().filter(|row| needs_user(row.name, row.cells[0]) || right_of(row.name, row.method).is_some())
    {
        let ask = |who: &Person| {
            let path = rest::path(&scene, row).replace("{session}", "none");
            (row.ask)(&scene, Who::Member).request(&app, row.method, &path).bearer(&who.token)
        };
        assert_eq!(outcome(&ask(&none).send().await), "forbidden", "{} without rights", row.title());
        let right = right_of(row.name, row.method);
        let others: Vec<&str> = ALL.into_iter().filter(|other| Some(*other) != right.as_deref()).collect();
        let others = bot(&app, owner, &others).await;
        let refused = ask(&others).send().await;
        assert_eq!(outcome(&refused), "forbidden", "{} with the other rights", row.title());
        allowed += usize::from(right.is_some());
        app.call(owner, "DELETE", &format!("/me/bots/{}", others.id), Value::Null).await.is(204);
    }
    assert!(allowed >= 15, "{allowed}");
    // No page and no form is for bots, whatever their rights.
    let all = bot(&app, owner, &ALL).await;
    let needs_identity = |cell: &str| cell.contains("unauthenticated") || cell.starts_with("/login?next=");
    for row in page::ROWS.iter().filter(|row| needs_identity(row.cells[0])) {
        let path = page::path(&scene, row);
        let answer = (row.ask)(&scene, Who::Member).request(&app, row.method, &path).cookie(&all.token).send().await;
        let is_file = row.name.starts_with("/files/") && row.method == "GET";
        assert_eq!(
            outcome(&answer) == "forbidden" || answer.status == 403,
            !is_file || answer.status == 403,
            "{}",
            row.title()
        );
    }
    // A bot without the right to read cannot connect; with it alone it sends nothing.
    let deaf = bot(&app, owner, &["send"]).await;
    assert_eq!(app.turned_away(ConnectOptions::of(&deaf)).await["code"], "forbidden");
    let reader = app.connect(&bot(&app, owner, &["read"]).await).await;
    let is_reading = |name: &str| ["join", "read", "presence", "members"].contains(&name);
    for row in event::ROWS.iter().filter(|row| !is_reading(row.name)) {
        reader.refused(row.name, (row.ask)(&scene, Who::Member), "forbidden").await;
    }
    let all = app.connect(&all).await;
    for name in ["pin", "kick", "moderator", "owner"] {
        let row = event::ROWS.iter().find(|row| row.name == name).unwrap();
        all.refused(name, (row.ask)(&scene, Who::Owner), "forbidden").await;
    }
}

/// Abuse: Z15
#[tokio::test]
async fn a_bot_is_only_where_its_owner_is_and_has_no_power_there() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    let jun = app.signed_up("jun").await;
    let room: Room = app.courtyard(&minji).await;
    let helper = bot(&app, &jun, &ALL).await;
    let members = format!("/rooms/{}/members", room.id);
    // Its owner is not in the room.
    app.call(&helper, "POST", &members, json!({})).await.refused(403, "forbidden");
    app.join(&jun, &room).await;
    app.join(&helper, &room).await;
    let socket = app.enter(&helper, &room).await;
    let hers = app.enter(&minji, &room).await;
    let body = json!({ "userId": helper.id });
    app.call(&minji, "PUT", &format!("/rooms/{}/moderators/{}", room.id, helper.id), Value::Null)
        .await
        .refused(422, "invalid");
    app.call(&minji, "PUT", &format!("/rooms/{}/owner", room.id), body).await.refused(422, "invalid");
    // It hears others and not itself.
    let own = socket.say(&room, "from the bot").await;
    hers.take_where("message", |message| message["id"] == own["id"]).await;
    hers.say(&room, "from minji").await;
    socket.take_where("message", |message| message["text"] == "from minji").await;
    assert!(socket.all("message").iter().all(|message| message["id"] != own["id"]));
    // It writes to somebody, reacts, edits and uploads like a person.
    let direct = app.call(&helper, "POST", "/direct", json!({ "userId": minji.id })).await;
    assert!(direct.status < 300, "{}", direct.text());
    socket.ok("edit", json!({ "id": own["id"], "text": "edited" })).await;
    socket.ok("react", json!({ "id": own["id"], "emoji": "👍", "on": true })).await;
    let file = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&helper.token);
    file.multipart(Some(("notes.txt", b"notes")), &[]).send().await.is(201);
    // A block and a mute of its owner hold for it.
    let sora = app.guest("sora").await;
    app.call(&sora, "PUT", &format!("/me/blocks/{}", jun.id), Value::Null).await.is(204);
    app.call(&helper, "POST", "/direct", json!({ "userId": sora.id })).await.refused(403, "forbidden");
    let mute = format!("/rooms/{}/mutes/{}", room.id, jun.id);
    app.call(&minji, "PUT", &mute, json!({ "minutes": 5 })).await.is(204);
    let say =
        async || app.call(&helper, "POST", &format!("/rooms/{}/messages", room.id), json!({ "text": "hi" })).await;
    say().await.refused(403, "muted");
    app.call(&helper, "PATCH", &format!("/messages/{}", own["id"].as_str().unwrap()), json!({ "text": "hi" }))
        .await
        .refused(403, "muted");
    app.call(&minji, "DELETE", &mute, Value::Null).await.is(204);
    say().await.is(201);
    // A new key ends the old one and its sockets.
    let path = format!("/me/bots/{}", helper.id);
    let rotated =
        app.call(&jun, "POST", &format!("{path}/rotate"), json!({ "rights": ["read", "join"] })).await.is(200);
    socket.take("close").await;
    app.call(&helper, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    let helper = Person { token: rotated["key"].as_str().unwrap().to_owned(), ..helper };
    app.call(&helper, "GET", "/me", Value::Null).await.is(200);
    app.call(&helper, "POST", &format!("/rooms/{}/messages", room.id), json!({ "text": "no" }))
        .await
        .refused(403, "forbidden");
    // Where its owner goes, it goes.
    app.call(&jun, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    app.call(&helper, "GET", &members, Value::Null).await.refused(403, "not_a_member");
    let left = app.call(&minji, "GET", &members, Value::Null).await.is(200);
    assert_eq!(left["members"].as_array().unwrap().len(), 1);
    // It never becomes the owner of a room, and ends with its account.
    app.join(&jun, &room).await;
    app.join(&helper, &room).await;
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    let owner = app.call(&jun, "GET", &format!("/rooms/{}", room.id), Value::Null).await.is(200);
    assert_eq!(owner["owner"]["id"], jun.user["id"]);
    let end = json!({ "messages": "keep", "password": crate::support::fixtures::PASSWORD });
    app.call(&jun, "DELETE", "/me", end).await.is(204);
    app.call(&helper, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(app.count("SELECT COUNT(*) FROM bots"), 0);
}
