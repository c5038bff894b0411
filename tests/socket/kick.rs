//! Kicks: the system message, `kicked`, then nothing more of the room, while the connection stays
//! open.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpSocket;

use crate::support::ConnectOptions;
use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::{fields, texts};
use crate::support::key;
use crate::support::websocket::{self, Frame};
use crate::support::{App, Client, Person, Room};

async fn kick(app: &App, door: EntryPoint, by: &Person, client: &Client, room: &Room, whom: &Person, ban: bool) {
    match door {
        EntryPoint::Rest => {
            let path = format!("/rooms/{}/members/{}?ban={ban}", room.id, whom.id);
            app.call(by, "DELETE", &path, Value::Null).await.is(204);
        }
        EntryPoint::Socket => {
            let asked = json!({ "room": room.id, "userId": whom.id, "ban": ban, "reason": "too loud" });
            let answer = client.ok("kick", asked).await;
            assert_eq!(fields(&answer), ["ok", "rev"]);
        }
    }
}

/// Abuse: Z6
/// Delivery: D10
#[tokio::test]
async fn a_kick_reaches_every_socket_of_the_user_and_nothing_follows() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
        let by_polling = app.open_socket(ConnectOptions::of(&jun).room(&room).polling()).await;
        by_polling.take("joined").await;
        let other = app.courtyard(&minji).await;
        his.join(&other).await;
        kick(&app, door, &minji, &hers, &room, &jun, false).await;
        let line = soras.take_where("message", |line| line["system"]["event"] == "kick").await;
        assert_eq!((&line["system"]["user"], &line["system"]["by"]), (&jun.user, &minji.user), "{door:?}");
        let reason = if door == EntryPoint::Socket { json!("too loud") } else { Value::Null };
        assert_eq!(line["system"]["reason"], reason);
        let exit = soras.take("exit").await;
        assert_eq!(exit, json!({ "room": room.id, "user": jun.user, "count": 2 }), "{door:?}");
        for client in [&his, &by_polling] {
            let kicked = client.take("kicked").await;
            assert_eq!((&kicked["room"], &kicked["reason"]), (&json!(room.id), &reason), "{door:?}");
        }
        // The others get all of it, he gets none.
        hers.say(&room, "he is gone").await;
        hers.ok("typing", json!({ "room": room.id })).await;
        app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "title": "garden" })).await.is(200);
        soras.take_where("changeRoom", |changed| changed["title"] == "garden").await;
        for client in [&his, &by_polling] {
            client.refused("message", json!({ "room": room.id, "key": key(), "text": "x" }), "not_a_member").await;
            client.refused("members", json!({ "room": room.id }), "not_a_member").await;
            client.refused("typing", json!({ "room": room.id }), "not_a_member").await;
            let log = client.log();
            let end = log.iter().position(|event| event.name == "kicked").unwrap();
            let behind: Vec<_> =
                log[end + 1..].iter().filter(|event| event.body.to_string().contains(&room.id)).collect();
            assert!(behind.is_empty(), "{door:?}: {behind:?}");
            assert!(client.all("disconnect").is_empty() && client.all("close").is_empty());
        }
        let path = format!("/rooms/{}/messages", room.id);
        app.call(&jun, "GET", &path, Value::Null).await.refused(403, "not_a_member");
        // The connection stays open: his other room works, and he may join this one again.
        his.say(&other, "still here").await;
        let back = his.join(&room).await;
        assert!(texts(back["messages"].as_array().unwrap()).contains(&"he is gone"));
        hers.say(&room, "he is back").await;
        his.receives("he is back").await;
        assert_eq!(back["room"]["onlineCount"], 3, "{door:?}");
    }
}

#[tokio::test]
async fn a_ban_keeps_out_for_good() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
        kick(&app, door, &minji, &hers, &room, &jun, true).await;
        soras.take_where("message", |line| line["system"]["event"] == "ban").await;
        his.take("kicked").await;
        his.refused("join", json!({ "room": room.id }), "banned").await;
        assert_eq!(app.turned_away(ConnectOptions::of(&jun).room(&room)).await["code"], "banned");
        let path = format!("/rooms/{}/members", room.id);
        app.call(&jun, "POST", &path, json!({})).await.refused(403, "banned");
        assert_eq!(
            app.form(&jun, &format!("/room/{}/enter", room.id), &[]).await.leads_to(),
            format!("/room/{}?refused=banned", room.id)
        );
    }
}

#[tokio::test]
async fn a_kick_takes_its_place_in_the_rooms_order() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let mut pending = Vec::new();
    for number in 0..20 {
        pending.push(hers.start("message", json!({ "room": room.id, "key": key(), "text": number.to_string() })));
    }
    let kicking = hers.start("kick", json!({ "room": room.id, "userId": jun.id }));
    for number in 20..40 {
        pending.push(hers.start("message", json!({ "room": room.id, "key": key(), "text": number.to_string() })));
    }
    for pending in pending {
        assert_eq!(pending.ack().await.unwrap()["ok"], true);
    }
    let rev = kicking.ack().await.unwrap()["rev"].as_i64().unwrap();
    his.take("kicked").await;
    his.settle().await;
    let heard = his.all("message");
    let last = heard.last().unwrap();
    assert_eq!((&last["system"]["event"], &last["rev"]), (&json!("kick"), &json!(rev)));
    let said: Vec<_> = texts(&heard).into_iter().filter_map(|text| text.parse::<u32>().ok()).collect();
    assert_eq!(said, (0..20).collect::<Vec<_>>());
}

/// Abuse: Z14
#[tokio::test]
async fn a_removed_room_is_gone_for_all_members_and_their_sockets_stay_open() {
    for door in [EntryPoint::Rest, EntryPoint::Socket] {
        let app = App::start().await;
        let ([minji, ..], room, [hers, his, soras]) = app.room_of_three().await;
        let lobby = app.lobby().await;
        let path = match door {
            EntryPoint::Rest => format!("/api/rooms/{}", room.id),
            // There is no event for it; the form of the page is the other way.
            EntryPoint::Socket => format!("/room/{}/delete", room.id),
        };
        match door {
            EntryPoint::Rest => drop(app.request("DELETE", &path).bearer(&minji.token).send().await.is(204)),
            EntryPoint::Socket => assert_eq!(app.form(&minji, &path, &[]).await.leads_to(), "/?done=deleted"),
        }
        for client in [&hers, &his, &soras, &lobby] {
            assert_eq!(client.take("removeRoom").await, json!(room.id));
        }
        for client in [&hers, &his, &soras] {
            for (event, payload) in [
                ("message", json!({ "room": room.id, "key": key(), "text": "x" })),
                ("join", json!({ "room": room.id })),
                ("leave", json!({ "room": room.id })),
                ("typing", json!({ "room": room.id })),
                ("members", json!({ "room": room.id })),
            ] {
                let answer = client.emit(event, payload).await;
                let code = answer["error"]["code"].as_str().unwrap();
                assert!(matches!(code, "room_not_found" | "gone" | "not_a_member"), "{event}: {code}");
            }
            let end = client.log().iter().position(|event| event.name == "removeRoom").unwrap();
            assert!(client.log()[end + 1..].iter().all(|event| !event.body.to_string().contains(&room.id)));
        }
        app.get(&format!("/api/rooms/{}", room.id)).send().await.refused(404, "room_not_found");
        for table in ["rooms", "members", "messages", "files", "bans"] {
            assert_eq!(app.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
        // The sockets still work.
        let next = app.courtyard(&minji).await;
        hers.join(&next).await;
        hers.say(&next, "on we go").await;
    }
}

#[tokio::test]
async fn only_the_owner_removes_the_room() {
    let app = App::start().await;
    let ([_, jun, _], room, _clients) = app.room_of_three().await;
    let path = format!("/rooms/{}", room.id);
    app.call(&jun, "DELETE", &path, Value::Null).await.refused(403, "forbidden");
    let stranger = app.guest("stranger").await;
    app.call(&stranger, "DELETE", &path, Value::Null).await.refused(403, "not_a_member");
    app.show(&room).await;
}

#[tokio::test]
async fn a_reason_is_cleaned_and_measured() {
    let app = App::start().await;
    let ([_, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
    let asked = |whom: &Person, reason: &str| json!({ "room": room.id, "userId": whom.id, "reason": reason });
    let error = hers.refused("kick", asked(&jun, &"x".repeat(201)), "too_long").await;
    assert_eq!(error["field"], "reason");
    hers.ok("kick", asked(&jun, " <b>too\n loud\u{202e}</b> ")).await;
    assert_eq!(his.take("kicked").await["reason"], "<b>too loud</b>");
    hers.ok("kick", asked(&sora, " ")).await;
    assert_eq!(soras.take("kicked").await, json!({ "room": room.id, "reason": null }));
}

/// Abuse: Z7
#[tokio::test]
async fn a_client_that_reads_nothing_is_kicked_at_once() {
    let app = App::with(|config| config.slow_client_timeout = Duration::from_secs(60)).await;
    let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    his.disconnect().await;
    // Another of his clients, with the smallest receive buffer, which reads nothing.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let stream = socket.connect(app.address).await.unwrap();
    let (mut reader, mut writer) = websocket::open(stream, "/socket.io/?EIO=4&transport=websocket", &[]).await.unwrap();
    writer.text(&format!("40/chat,{}", json!({ "token": jun.token, "room": room.id }))).await.unwrap();
    while !matches!(reader.next().await, Some(Frame::Text(text)) if text.contains("[\"joined\"")) {}
    for _ in 0..20 {
        hers.say(&room, &"가".repeat(9_000)).await;
    }
    hers.ok("kick", json!({ "room": room.id, "userId": jun.id })).await;
    soras.take_where("exit", |exit| exit["user"]["id"] == jun.id && exit["count"] == 2).await;
    let shown = app.show(&room).await;
    assert_eq!((&shown["memberCount"], &shown["onlineCount"]), (&json!(2), &json!(2)));
    app.call(&jun, "GET", &format!("/rooms/{}/messages", room.id), Value::Null).await.refused(403, "not_a_member");
    app.say(&minji, &room, "he is gone").await;
    soras.receives("he is gone").await;
    // When it reads again, it gets everything up to the kick and nothing after it.
    writer.text("42/chat,7[\"members\",{\"room\":\"nowhere\"}]").await.unwrap();
    let mut heard = Vec::new();
    loop {
        match reader.next().await.expect("the connection lives") {
            Frame::Text(text) if text.starts_with("43/chat,7") => break,
            Frame::Text(text) => heard.push(text),
            Frame::Close(code) => panic!("closed with {code}"),
        }
    }
    assert_eq!(heard.iter().filter(|text| text.contains("가가가")).count(), 20);
    let end = heard.iter().position(|text| text.starts_with("42/chat,[\"kicked\"")).expect("he is told");
    assert!(heard[end + 1..].iter().all(|text| !text.contains(&room.id)), "{:?}", &heard[end + 1..]);
}
