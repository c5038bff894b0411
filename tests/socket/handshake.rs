//! The handshake: how the room is chosen, what the first events are, and how it is refused.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::fields;
use crate::support::{App, Person, Room, Transport};

#[tokio::test]
async fn the_room_is_taken_from_the_payload_then_the_query_then_the_page() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let (one, two, three) = (app.courtyard(&minji).await, app.courtyard(&minji).await, app.courtyard(&minji).await);
    let page = |room: &Room| format!("http://{}/room/{}?x=1#end", app.address, room.id);
    let query = |room: &Room| format!("room={}", room.id);
    for transport in [Transport::WebSocket, Transport::Polling] {
        let opening = || ConnectOptions { transport, ..ConnectOptions::of(&minji) };
        for (opening, room) in [
            (opening().room(&one).query(&query(&two)).header("referer", &page(&three)), &one),
            (opening().query(&query(&two)).header("referer", &page(&three)), &two),
            (opening().header("referer", &page(&three)), &three),
        ] {
            let joined = app.open_socket(opening).await.take("joined").await;
            assert_eq!(joined["room"]["id"], room.id, "{transport:?}");
        }
        for referer in [format!("http://{}/", app.address), format!("http://{}/room/", app.address), "x".into()] {
            let client = app.open_socket(opening().header("referer", &referer)).await;
            client.take("connect").await;
            client.settle().await;
            assert!(client.all("joined").is_empty());
        }
    }
}

#[tokio::test]
async fn joined_is_what_join_answers() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, "hello").await;
    app.join(&jun, &room).await;
    let joined = app.open_socket(ConnectOptions::of(&jun).room(&room)).await.take("joined").await;
    assert_eq!(fields(&joined), ["me", "members", "messages", "rev", "room"]);
    assert_eq!((&joined["me"]["user"], &joined["me"]["online"]), (&jun.user, &json!(true)));
    assert_eq!((&joined["rev"], &joined["room"]["rev"]), (&json!(3), &json!(3)));
    assert_eq!(joined["members"].as_array().unwrap().len(), 2);
    assert_eq!(joined["members"][0]["user"], jun.user, "those online first");
    let mut answer = app.connect(&jun).await.join(&room).await;
    assert_eq!(answer.as_object_mut().unwrap().remove("ok"), Some(json!(true)));
    assert_eq!(answer, joined);
}

#[tokio::test]
async fn a_refused_handshake_carries_the_error() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    let nowhere = Room { id: "nowhere".into(), made: Value::Null };
    for (opening, code) in [
        (ConnectOptions::default(), "unauthenticated"),
        (ConnectOptions::default().auth("token", "x"), "unauthenticated"),
        (ConnectOptions::of(&jun).room(&nowhere), "room_not_found"),
        (ConnectOptions::of(&jun).room(&room), "wrong_password"),
        (ConnectOptions::of(&jun).room(&room).auth("password", "x"), "wrong_password"),
        (ConnectOptions::of(&jun).auth("user", jun.id.as_str()), "invalid"),
        (ConnectOptions::of(&minji).room(&room).auth("since", -1), "invalid"),
    ] {
        let error = app.turned_away(opening.clone()).await;
        assert_eq!(error["code"], code, "{opening:?}");
        assert_eq!(app.turned_away(opening.polling()).await, error);
    }
    assert_eq!(app.show(&room).await["onlineCount"], 0);
}

/// Abuse: S5
#[tokio::test]
async fn an_auth_payload_of_another_type_is_invalid() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for payload in [
        json!({ "token": [minji.token] }),
        json!({ "token": 7 }),
        json!({ "token": { "$ne": null } }),
        json!({ "room": {} }),
    ] {
        let error = app.turned_away(ConnectOptions { auth: payload.clone(), ..ConnectOptions::default() }).await;
        assert_eq!((&error["code"], error["field"].is_string()), (&json!("invalid"), true), "{payload}");
    }
    let long = app.turned_away(ConnectOptions::default().auth("token", "x".repeat(60_000))).await;
    assert_eq!(long["code"], "unauthenticated");
    let by_cookie = ConnectOptions { auth: json!({ "token": null }), ..ConnectOptions::default() };
    let by_cookie = by_cookie.header("cookie", &format!("madang_session={}", minji.token));
    app.open_socket(by_cookie).await.take("connect").await;
}

/// Abuse: R12
#[tokio::test]
async fn two_rooms_in_the_query_are_refused() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let (one, two) = (app.courtyard(&minji).await, app.courtyard(&minji).await);
    for opening in [ConnectOptions::of(&minji), ConnectOptions::of(&minji).room(&one)] {
        let opening = opening.query(&format!("room={}&room={}", one.id, two.id));
        let error = app.turned_away(opening.clone()).await;
        assert_eq!((&error["code"], &error["field"]), (&json!("invalid"), &json!("room")));
        assert_eq!(app.turned_away(opening.polling()).await, error);
    }
}

#[tokio::test]
async fn an_unknown_namespace_is_refused_and_the_lobby_needs_no_identity() {
    let app = App::start().await;
    let unknown = app.open_socket(ConnectOptions { namespace: "/nowhere".into(), ..ConnectOptions::default() }).await;
    assert_eq!(unknown.take("connect_error").await["message"], "Invalid namespace");
    app.lobby().await;
}

#[tokio::test]
async fn the_language_is_the_handshakes_then_the_browsers_then_korean() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let mut listeners = Vec::new();
    for (opening, line) in [
        (ConnectOptions::of(&minji).auth("lang", "en"), "jun joined."),
        (ConnectOptions::of(&minji).auth("lang", "ko").header("accept-language", "en"), "jun님이 입장하셨습니다."),
        (ConnectOptions::of(&minji).header("accept-language", "en-US"), "jun joined."),
        (ConnectOptions::of(&minji), "jun님이 입장하셨습니다."),
        (ConnectOptions::of(&minji).auth("lang", "xx").header("accept-language", "fr, en;q=0.5"), "jun joined."),
    ] {
        let client = app.open_socket(opening.room(&room)).await;
        client.take("joined").await;
        listeners.push((client, line));
    }
    app.join(&jun, &room).await;
    for (client, line) in listeners {
        let message = client.take_where("message", |message| message["user"]["id"] == jun.id).await;
        assert_eq!((&message["text"], &message["system"]), (&json!(line), &json!({ "event": "join" })));
    }
}

#[tokio::test]
async fn html_is_sent_on_request_and_is_the_same_for_all() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let html = |who: &Person| ConnectOptions::of(who).room(&room).auth("view", "html");
    let (hers, his) = (app.open_socket(html(&minji)).await, app.open_socket(html(&jun)).await);
    let plain = app.enter(&jun, &room).await;
    for client in [&hers, &his] {
        let joined = client.take("joined").await;
        assert!(joined["messages"].as_array().unwrap().iter().all(|message| message["html"].is_string()), "{joined}");
    }
    hers.say(&room, "<b>hello</b>").await;
    let (to_her, to_him) = (hers.receives("<b>hello</b>").await, his.receives("<b>hello</b>").await);
    let markup = to_him["html"].as_str().unwrap();
    assert_eq!(to_her["html"], markup, "mine is told from others' in the browser");
    assert!(markup.contains(&format!("id=\"m-{}\"", to_him["seq"])) && !markup.contains("<b>hello"), "{markup}");
    assert!(!markup.contains(" style=") && !markup.contains(" onclick="), "{markup}");
    assert!((to_her["key"].is_string(), to_him["key"].is_null()) == (true, true));
    assert!(plain.receives("<b>hello</b>").await["html"].is_null());
    // It is the same HTML as on the page.
    let page = app.page(&minji, &format!("/room/{}", room.id)).await.text();
    assert!(page.contains(&format!("id=\"m-{}\"", to_him["seq"])));
    let other = ConnectOptions::of(&minji).auth("view", "xml");
    assert_eq!(app.turned_away(other).await["code"], "invalid");
}

/// Abuse: H12
#[tokio::test]
async fn a_connection_without_a_namespace_is_closed() {
    let app = App::with(|config| config.connect_timeout = std::time::Duration::from_millis(50)).await;
    let minji = app.guest("minji").await;
    let idle = app.open_socket(ConnectOptions { namespace: "/nowhere".into(), ..ConnectOptions::default() }).await;
    idle.take("close").await;
    let busy = app.connect(&minji).await;
    busy.settle().await;
}

/// Abuse: P18
#[tokio::test]
async fn a_client_that_answers_no_ping_leaves_the_room() {
    let app = App::with(|config| {
        config.ping_interval = std::time::Duration::from_millis(100);
        config.ping_timeout = std::time::Duration::from_millis(1_500);
    })
    .await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    // A polling session that does not poll.
    let poll = "/socket.io/?EIO=4&transport=polling";
    let open = app.get(poll).send().await.text();
    let sid = serde_json::from_str::<Value>(&open[1..]).unwrap()["sid"].as_str().unwrap().to_owned();
    let auth = json!({ "token": jun.token, "room": room.id });
    app.request("POST", &format!("{poll}&sid={sid}")).body("text/plain", format!("40/chat,{auth}")).send().await;
    assert_eq!(hers.take("join").await["user"], jun.user);
    assert_eq!(hers.take("exit").await["user"], jun.user);
    assert_eq!(hers.all("exit").len(), 1);
    let gone = app.get(&format!("{poll}&sid={sid}")).send().await;
    assert_eq!((gone.status, &gone.json()["code"]), (400, &json!(1)));
}
