//! Access to a locked room: no path leads in or shows any of its content.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::key;
use crate::support::{App, picture};

/// Abuse: Z2
#[tokio::test]
async fn without_the_password_there_is_no_access() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "잠긴 방", "password": "열려라" })).await;
    let made = app.call(&sora, "POST", &format!("/rooms/{}/members", room.id), json!({ "password": "열려라" })).await;
    made.is(200);
    let said = app.say(&minji, &room, "수박은 어디에").await;
    let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    let shared = upload.multipart(Some(("a.png", &picture::png(1_500, 900))), &[]).send().await.is(201);
    let (id, path) = (said["id"].as_str().unwrap(), format!("/rooms/{}", room.id));

    // REST: reads, actions, files and lists.
    let user = |id: &str| format!("{path}/members/{id}");
    for (method, path, body) in [
        ("GET", format!("{path}/messages"), Value::Null),
        ("GET", format!("{path}/messages?since=0"), Value::Null),
        ("GET", format!("{path}/messages?before=99"), Value::Null),
        ("GET", format!("{path}/members"), Value::Null),
        ("GET", format!("{path}/pins"), Value::Null),
        ("GET", format!("{path}/files"), Value::Null),
        ("GET", format!("{path}/bans"), Value::Null),
        ("GET", format!("{path}/invites"), Value::Null),
        ("GET", format!("/search?q=x&room={}", room.id), Value::Null),
        ("POST", format!("{path}/messages"), json!({ "text": "x" })),
        ("POST", format!("{path}/messages"), json!({ "text": "x", "to": minji.id })),
        ("POST", format!("{path}/messages"), json!({ "text": "x", "replyTo": said["seq"] })),
        ("POST", format!("{path}/invites"), json!({})),
        ("PATCH", path.clone(), json!({ "password": null })),
        ("DELETE", path.clone(), Value::Null),
        ("DELETE", user(&minji.id), Value::Null),
        ("PUT", format!("{path}/owner"), json!({ "userId": jun.id })),
    ] {
        let refused = app.call(&jun, method, &path, body).await;
        refused.refused(403, "not_a_member");
    }
    for (method, path, body) in [
        ("PATCH", format!("/messages/{id}"), json!({ "text": "x" })),
        ("DELETE", format!("/messages/{id}"), Value::Null),
        ("PUT", format!("/messages/{id}/reactions/%F0%9F%91%8D"), Value::Null),
        ("PUT", format!("/messages/{id}/pin"), Value::Null),
    ] {
        app.call(&jun, method, &path, body).await.refused(403, "forbidden");
    }
    let file = &shared["files"][0];
    for url in [&file["url"], &file["thumbnailUrl"]] {
        let url = url.as_str().unwrap();
        assert_eq!(app.page(&sora, url).await.status, 200);
        app.page(&jun, url).await.refused(404, "not_found");
        app.get(url).send().await.refused(401, "unauthenticated");
    }
    let files = app.request("POST", &format!("/api{path}/files")).bearer(&jun.token);
    files.multipart(Some(("a.txt", b"a")), &[]).send().await.refused(403, "not_a_member");

    // Joining: without a password, with an empty one, as a supposed member, with an invalid invite.
    for body in [json!({}), json!({ "password": "" }), json!({ "password": null }), json!({ "password": "열려라 " })]
    {
        app.call(&jun, "POST", &format!("{path}/members"), body).await.refused(403, "wrong_password");
    }
    let his = app.connect(&jun).await;
    for (more, code) in [
        (json!({}), "wrong_password"),
        (json!({ "password": "" }), "wrong_password"),
        (json!({ "since": 0, "epoch": room.made["epoch"] }), "wrong_password"),
        (json!({ "since": 99, "epoch": "x" }), "wrong_password"),
        (json!({ "invite": "AAAAAAAAAAAAAAAAAAAAAA" }), "gone"),
    ] {
        let mut asked = json!({ "room": room.id });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        his.refused("join", asked, code).await;
        let mut opening = ConnectOptions::of(&jun).room(&room);
        opening.auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(app.turned_away(opening).await["code"], code, "{more}");
    }
    for (event, payload) in [
        ("message", json!({ "room": room.id, "key": key(), "text": "x" })),
        ("typing", json!({ "room": room.id })),
        ("read", json!({ "room": room.id, "seq": 1 })),
        ("members", json!({ "room": room.id })),
        ("leave", json!({ "room": room.id })),
    ] {
        his.refused(event, payload, "not_a_member").await;
    }
    for (event, payload) in [
        ("edit", json!({ "id": id, "text": "x" })),
        ("delete", json!({ "id": id })),
        ("react", json!({ "id": id, "emoji": "👍", "on": true })),
        ("pin", json!({ "id": id, "on": true })),
    ] {
        his.refused(event, payload, "forbidden").await;
    }

    // The join page shows nothing of the messages.
    let door = app.page(&jun, &format!("/room/{}", room.id)).await.text();
    assert!(door.contains("name=\"password\"") && !door.contains("수박") && !door.contains(&sora.id), "{door}");
    app.page(&jun, &format!("/room/{}/messages?before=99", room.id)).await.refused(403, "not_a_member");
    assert_eq!(app.page(&jun, &format!("/room/{}/files", room.id)).await.leads_to(), format!("/room/{}", room.id));
    assert!(his.all("message").is_empty() && his.all("join").is_empty());
    assert_eq!(app.show(&room).await["memberCount"], 2);
    assert_eq!(app.call(&jun, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"], json!([]));
}

/// Abuse: Z12
#[tokio::test]
async fn private_objects_look_like_missing_ones() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let direct = app.call(&minji, "POST", "/direct", json!({ "userId": sora.id })).await.is(201);
    let removed = app.courtyard(&minji).await;
    app.call(&minji, "DELETE", &format!("/rooms/{}", removed.id), Value::Null).await.is(204);
    let never = madang::ids::RoomId::new(0).to_string();
    let his = app.connect(&jun).await;
    let mut answers = Vec::new();
    for id in [direct["id"].as_str().unwrap(), &removed.id, &never, "nowhere"] {
        let password = json!({ "password": "a guess" });
        let join = app.call(&jun, "POST", &format!("/rooms/{id}/members"), password).await;
        let shown = app.call(&jun, "GET", &format!("/rooms/{id}"), Value::Null).await;
        let by_socket = his.emit("join", json!({ "room": id, "password": "a guess" })).await;
        let opening = ConnectOptions::of(&jun).auth("room", id).auth("password", "a guess");
        let page = app.page(&jun, &format!("/room/{id}")).await.leads_to().to_owned();
        let form = app.form(&jun, &format!("/room/{id}/enter"), &[("password", "a guess")]).await.leads_to().to_owned();
        answers.push(json!([
            join.refused(404, "room_not_found"),
            shown.refused(404, "room_not_found"),
            by_socket,
            app.turned_away(opening).await,
            page,
            form,
        ]));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let listed = app.get("/api/rooms").send().await.is(200);
    assert_eq!(listed["rooms"], json!([]));
}

/// Abuse: Z1
#[tokio::test]
async fn concurrent_guesses_and_guesses_of_many_users_count_too() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    let path = format!("/rooms/{}/members", room.id);
    let guess = |token: &str| {
        let asked = json!({ "password": "a guess" });
        tokio::spawn(app.request("POST", &format!("/api{path}")).bearer(token).json(&asked).send())
    };
    // Concurrent guesses by one user: five are checked.
    let jun = app.guest("jun").await;
    let guesses: Vec<_> = (0..30).map(|_| guess(&jun.token)).collect();
    let mut wrong = 0;
    for guess in guesses {
        let answer = guess.await.unwrap();
        match answer.status {
            403 => wrong += 1,
            _ => drop(answer.refused(429, "rate_limited")),
        }
    }
    assert_eq!(wrong, 5);
    // Guesses by many users from one address share a limit.
    let mut limited = 0;
    for number in 0..30 {
        let person = app.guest(&format!("crowd {number}")).await;
        for _ in 0..4 {
            limited += usize::from(guess(&person.token).await.unwrap().status == 429);
        }
    }
    assert!(limited > 0, "an address guesses for ever under many names");
}
