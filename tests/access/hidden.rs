//! What must stay hidden from everyone except its recipients, whatever their role.

use serde_json::{Value, json};

use super::scene::{Scene, Who, start_server};
use super::{Body, Row, event, outcome, page, rest};
use crate::support::ConnectOptions;
use crate::support::key;
use crate::support::{App, Person, Room};

/// Creates a direct room of the member and the other user.
async fn direct(app: &App, scene: &Scene) -> Room {
    let made = app.call(scene.member(), "POST", "/direct", json!({ "userId": scene.other.id })).await.is(201);
    Room { id: made["id"].as_str().unwrap().to_owned(), made }
}

/// Everyone who is not in the direct room.
const OTHERS: [Who; 5] = [Who::Guest, Who::Moderator, Who::Owner, Who::Admin, Who::AdminInside];

/// Z9, Z11: every call and form of a room, for the direct room of two others.
/// Abuse: Z9
#[tokio::test]
async fn a_direct_room_does_not_exist_for_others() {
    let app = start_server(|_| {}).await;
    let mut scene = Scene::new(&app).await;
    for wanted in ["banned", "invite", "mute"] {
        scene.prepare(&app, wanted).await;
    }
    scene.room = direct(&app, &scene).await;
    let mut seen = 0;
    for row in rest::ROWS.iter().filter(|row| row.name.starts_with("/rooms/{id}") || row.name == "/search") {
        for who in OTHERS {
            let request = (row.ask)(&scene, who).request(&app, row.method, &rest::path(&scene, row));
            let answer = request.bearer(&scene.person(who).token).send().await;
            assert_eq!(outcome(&answer), "room_not_found", "{} by {}", row.title(), who.name());
            seen += 1;
        }
    }
    // The form of actions acts on a message, whatever room the path names; see below.
    let of_room = |name: &str| name.starts_with("/room/{id}") && name != "/room/{id}/acts" || name == "/find";
    for row in page::ROWS.iter().filter(|row| of_room(row.name)) {
        for who in OTHERS {
            let request = (row.ask)(&scene, who).request(&app, row.method, &page::path(&scene, row));
            let answer = request.cookie(&scene.person(who).token).send().await;
            let found = answer.header("location").map_or_else(|| outcome(&answer), str::to_owned);
            let is_hidden = match found.as_str() {
                "/?refused=room_not_found" | "room_not_found" => true,
                // The redirect leads to the join page, which does not exist either.
                found => found == format!("/room/{}", scene.room.id) && row.method == "GET",
            };
            assert!(is_hidden, "{} by {}: {found}", row.title(), who.name());
            seen += 1;
        }
    }
    for row in event::ROWS.iter().filter(|row| (row.ask)(&scene, Who::Guest).get("room").is_some()) {
        for who in OTHERS {
            let client = app.connect(scene.person(who)).await;
            client.refused(row.name, (row.ask)(&scene, who), "room_not_found").await;
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
    let [mine, theirs] = [scene.member(), &scene.other].map(|who| app.history(who, &scene.room));
    assert_eq!(mine.await, theirs.await);
}

/// Z10, Z11: every action on a message, for a whisper between two others.
/// Abuse: Z10
#[tokio::test]
async fn a_whisper_does_not_exist_for_others() {
    let app = start_server(|_| {}).await;
    let mut scene = Scene::new(&app).await;
    let whisper = json!({ "text": "hush", "to": scene.other.id });
    let whispered = app.send(scene.member(), &scene.room, whisper).await;
    scene.message = whispered["id"].as_str().unwrap().to_owned();
    let mut seen = 0;
    for who in OTHERS {
        let person = scene.person(who);
        for row in rest::ROWS.iter().filter(|row| row.name.starts_with("/messages/{id}")) {
            let request = (row.ask)(&scene, who).request(&app, row.method, &rest::path(&scene, row));
            let answer = request.bearer(&person.token).send().await;
            assert_eq!(outcome(&answer), "forbidden", "{} by {}", row.title(), who.name());
            seen += 1;
        }
        for act in ["reply", "edit", "delete", "react", "pin", "unpin"] {
            let fields = [("id", scene.message.as_str()), ("act", act), ("text", "x"), ("emoji", "👍")];
            let led = app.form(person, &format!("/room/{}/acts", scene.room.id), &fields).await;
            let refused = format!("/room/{}?refused=forbidden", scene.room.id);
            assert_eq!(led.leads_to(), refused, "{act} by {}", who.name());
            seen += 1;
        }
        let client = app.connect(person).await;
        for row in event::ROWS.iter().filter(|row| (row.ask)(&scene, who).get("id").is_some()) {
            client.refused(row.name, (row.ask)(&scene, who), "forbidden").await;
            seen += 1;
        }
    }
    assert_eq!(seen, OTHERS.len() * (9 + 6 + 4));
    let page = app.history(&scene.other, &scene.room).await;
    assert!(page.iter().any(|message| message["text"] == "hush"), "{page:?}");
}

/// Nobody can end another user's session or use their upload, or learn that it exists.
/// Abuse: Z11
#[tokio::test]
async fn sessions_and_uploads_of_others_do_not_exist() {
    let app = start_server(|_| {}).await;
    let scene = Scene::new(&app).await;
    let member = scene.member();
    let listed = app.call(member, "GET", "/me/sessions", Value::Null).await.is(200);
    let session = listed["sessions"][0]["id"].as_str().unwrap();
    let upload = app.request("POST", "/api/uploads").bearer(&member.token);
    let file = upload.multipart(Some(("notes.txt", b"notes")), &[]).send().await.is(201);
    let file_id = file["id"].as_str().unwrap();
    for who in [Who::Owner, Who::Moderator, Who::AdminInside] {
        let person = scene.person(who);
        app.call(person, "DELETE", &format!("/me/sessions/{session}"), Value::Null).await.refused(404, "not_found");
        app.page(person, &format!("/files/{file_id}")).await.refused(404, "not_found");
        let made_up = madang::ids::FileId::new(0).to_string();
        let path = format!("/rooms/{}/messages", scene.room.id);
        let take = |id: &str| app.call(person, "POST", &path, json!({ "key": key(), "text": "", "fileIds": [id] }));
        let (others, none) = (take(file_id).await, take(&made_up).await);
        assert_eq!((others.status, others.body), (none.status, none.body), "{}", who.name());
    }
    app.call(member, "GET", "/me", Value::Null).await.is(200);
}

/// Z11: events of a room reach only its members, however many sockets are connected outside.
/// Abuse: Z11
#[tokio::test]
async fn outsiders_get_no_events_of_a_room() {
    let app = start_server(|_| {}).await;
    let scene = Scene::new(&app).await;
    let mut outside = Vec::new();
    for who in [Who::Guest, Who::Kicked, Who::Admin] {
        outside.push((who, app.connect(scene.person(who)).await));
    }
    let room = &scene.room;
    let keeper = app.enter(scene.person(Who::Owner), room).await;
    let member = app.enter(scene.member(), room).await;
    let other = app.connect(&scene.other).await;
    member.say(room, "good evening").await;
    other.take("unread").await;
    other.join(room).await;
    let typing = json!({ "room": room.id });
    member.ok("typing", typing).await;
    keeper.take("typing").await;
    member.ok("read", json!({ "room": room.id, "seq": 1 })).await;
    let react = json!({ "id": scene.message, "emoji": "👍", "on": true });
    member.ok("react", react).await;
    rename(&app, scene.member()).await;
    keeper.take("user").await;
    member.ok("presence", json!({ "state": "away" })).await;
    keeper.take_where("presence", |told| told["userId"] == scene.member().id && told["state"] == "away").await;
    let kick = json!({ "room": room.id, "userId": scene.other.id });
    keeper.ok("kick", kick).await;
    other.take("kicked").await;
    for (who, client) in outside {
        client.settle().await;
        let heard: Vec<_> = client.log().into_iter().map(|event| event.name).collect();
        assert_eq!(heard, ["connect"], "{}", who.name());
    }
}

/// Z11, Q5: lists name a room and its members only to its members.
/// Abuse: Z11
#[tokio::test]
async fn lists_name_a_room_and_its_guests_only_to_members() {
    let app = start_server(|_| {}).await;
    let scene = Scene::new(&app).await;
    let room = &scene.room;
    let unlisted = json!({ "listed": false });
    app.call(scene.person(Who::Owner), "PATCH", &format!("/rooms/{}", room.id), unlisted).await.is(200);
    for who in Who::ALL {
        let Some(person) = scene.find(who) else { continue };
        for path in ["/me/rooms", "/search?q=hello", "/rooms?q=courtyard", "/rooms", "/users?q=other", "/users"] {
            let listed = app.call(person, "GET", path, Value::Null).await.is(200).to_string();
            let is_own = matches!(path, "/me/rooms" | "/search?q=hello") && who.is_inside();
            assert_eq!(listed.contains(&room.id), is_own, "{path} by {}", who.name());
            // Guests are in no list of users, and e-mails are in none at all.
            let is_named = path.starts_with("/users") && listed.contains(&scene.other.id);
            assert!(!is_named, "{path} by {}", who.name());
            assert!(!listed.contains("@example.org"), "{path} by {}", who.name());
        }
    }
}

/// N1: an ended session gives no access, even an admin's.
/// Abuse: N1
#[tokio::test]
async fn an_ended_session_of_an_admin_gives_no_access() {
    let app = start_server(|_| {}).await;
    let mut scene = Scene::new(&app).await;
    for wanted in ["banned", "invite", "server invite", "report", "file", "picture", "mute", "hidden"] {
        scene.prepare(&app, wanted).await;
    }
    let admin = scene.person(Who::AdminInside);
    app.call(admin, "DELETE", "/session", Value::Null).await.is(204);
    for row in rest::ROWS.iter().filter(|row| row.cells[0] == "unauthenticated") {
        let request = (row.ask)(&scene, Who::Stranger).request(&app, row.method, &rest::path(&scene, row));
        let answer = request.bearer(&admin.token).send().await;
        assert_eq!(outcome(&answer), "unauthenticated", "{}", row.title());
    }
    let turned_away = |row: &Row<Body>| row.cells[0].contains("unauthenticated");
    for row in page::ROWS.iter().filter(|row| turned_away(row)) {
        let request = (row.ask)(&scene, Who::Stranger).request(&app, row.method, &page::path(&scene, row));
        let answer = request.cookie(&admin.token).send().await;
        let found = answer.header("location").map_or_else(|| outcome(&answer), str::to_owned);
        assert_eq!(found, row.cells[0], "{}", row.title());
    }
    assert_eq!(app.turned_away(ConnectOptions::of(admin)).await["code"], "unauthenticated");
}

async fn rename(app: &App, who: &Person) {
    app.call(who, "PATCH", "/me", json!({ "name": "somebody else" })).await.is(200);
}
