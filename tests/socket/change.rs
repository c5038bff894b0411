//! Edited, deleted and pinned messages, over REST and sockets; and who may do it.

use serde_json::{Value, json};

use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::texts;
use crate::support::{App, Client, Person};

/// Sends the request over one of the transports: the rev, or the error code.
async fn act(
    app: &App,
    door: EntryPoint,
    who: &Person,
    socket: &Client,
    event: &str,
    ask: &Value,
) -> Result<i64, String> {
    let answer = match door {
        EntryPoint::Socket => socket.emit(event, ask.clone()).await,
        EntryPoint::Rest => {
            let path = format!("/messages/{}", ask["id"].as_str().unwrap());
            let answer = match event {
                "edit" => app.call(who, "PATCH", &path, json!({ "text": ask["text"] })).await,
                "delete" => app.call(who, "DELETE", &path, Value::Null).await,
                "pin" => {
                    let method = if ask["on"] == true { "PUT" } else { "DELETE" };
                    app.call(who, method, &format!("{path}/pin"), Value::Null).await
                }
                _ => unreachable!(),
            };
            let body = answer.json();
            if answer.status < 300 { json!({ "ok": true, "rev": body["rev"] }) } else { json!({ "error": body }) }
        }
    };
    if answer["ok"] == true {
        return Ok(answer["rev"].as_i64().unwrap());
    }
    Err(answer["error"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_edit_and_a_deletion_send_the_whole_message() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
        let sent = hers.say(&room, "helo").await;
        let edit = json!({ "id": sent["id"], "text": "hello" });
        let rev = act(&app, door, &minji, &hers, "edit", &edit).await.unwrap();
        let heard = his.receives("hello").await;
        assert_eq!((&heard["seq"], &heard["rev"]), (&sent["seq"], &json!(rev)), "{door:?}");
        assert!(heard["editedAt"].is_string() && heard["key"].is_null());
        // The same text again is no change.
        assert_eq!(act(&app, door, &minji, &hers, "edit", &edit).await, Ok(rev));
        let gone = act(&app, door, &minji, &hers, "delete", &json!({ "id": sent["id"] })).await.unwrap();
        assert_eq!(gone, rev + 1);
        let heard = his.take_where("message", |message| message["deletedAt"].is_string()).await;
        assert_eq!((&heard["text"], &heard["files"], &heard["reactions"]), (&json!(""), &json!([]), &json!([])));
        assert_eq!(act(&app, door, &minji, &hers, "delete", &json!({ "id": sent["id"] })).await, Ok(gone));
        let refused = act(&app, door, &minji, &hers, "edit", &json!({ "id": sent["id"], "text": "back" })).await;
        assert_eq!(refused, Err("forbidden".into()));
        assert!(!texts(&app.history(&minji, &room).await).contains(&"hello"));
    }
}

/// Abuse: E7
#[tokio::test]
async fn messages_of_others_look_like_missing_ones() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
    let said = hers.say(&room, "mine").await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id });
    let whispered = hers.ok("message", whisper).await;
    let line = app.history(&minji, &room).await[0]["id"].clone();
    let outsider = app.guest("outsider").await;
    let outside = app.connect(&outsider).await;
    let nothing = madang::ids::MessageId::new(0).to_string();
    for door in ENTRY_POINTS {
        for (who, socket, id) in [
            (&sora, &soras, &said["id"]),
            (&sora, &soras, &whispered["id"]),
            (&outsider, &outside, &said["id"]),
            (&jun, &his, &whispered["id"]),
            (&minji, &hers, &line),
            (&minji, &hers, &json!(nothing)),
            (&minji, &hers, &json!("x")),
        ] {
            for (event, ask) in [("edit", json!({ "id": id, "text": "x" })), ("delete", json!({ "id": id }))] {
                let refused = act(&app, door, who, socket, event, &ask).await;
                assert_eq!(refused, Err("forbidden".into()), "{door:?} {event} {id}");
            }
        }
        let pin = json!({ "id": said["id"], "on": true });
        assert_eq!(act(&app, door, &jun, &his, "pin", &pin).await, Err("forbidden".into()));
    }
    // In a room that he has just left.
    his.say(&room, "his").await;
    let his_id = his.receives("his").await["id"].clone();
    his.ok("leave", json!({ "room": room.id })).await;
    for (event, ask) in [
        ("edit", json!({ "id": his_id, "text": "x" })),
        ("delete", json!({ "id": his_id })),
        ("react", json!({ "id": his_id, "emoji": "👍", "on": true })),
        ("pin", json!({ "id": his_id, "on": true })),
    ] {
        his.refused(event, ask, "forbidden").await;
    }
    // Nobody can change a deleted message.
    hers.ok("delete", json!({ "id": said["id"] })).await;
    for (event, ask) in [
        ("edit", json!({ "id": said["id"], "text": "back" })),
        ("react", json!({ "id": said["id"], "emoji": "👍", "on": true })),
        ("pin", json!({ "id": said["id"], "on": true })),
    ] {
        hers.refused(event, ask, "forbidden").await;
    }
}

#[tokio::test]
async fn moderators_delete_messages_of_others_and_nobody_edits_them() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let said = his.say(&room, "spam").await;
    assert_eq!(
        act(&app, EntryPoint::Socket, &minji, &hers, "edit", &json!({ "id": said["id"], "text": "x" })).await,
        Err("forbidden".into())
    );
    act(&app, EntryPoint::Socket, &minji, &hers, "delete", &json!({ "id": said["id"] })).await.unwrap();
    soras.take_where("message", |message| message["deletedAt"].is_string()).await;
    // The message was his and is deleted: deleting it again is no change for either.
    assert!(act(&app, EntryPoint::Rest, &jun, &his, "delete", &json!({ "id": said["id"] })).await.is_ok());
}

#[tokio::test]
async fn own_messages_are_final_after_the_edit_window() {
    let app = App::with(|config| config.limits.change_window_ms = 1).await;
    let ([_, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let said = his.say(&room, "old").await;
    let owners = hers.say(&room, "old too").await;
    // The edit window is one millisecond, so it ends within two answers.
    while act(&app, EntryPoint::Socket, &jun, &his, "edit", &json!({ "id": said["id"], "text": "old" })).await.is_ok() {
    }
    his.refused("delete", json!({ "id": said["id"] }), "forbidden").await;
    hers.ok("delete", json!({ "id": said["id"] })).await;
    hers.ok("edit", json!({ "id": owners["id"], "text": "new" })).await;
}

#[tokio::test]
async fn a_changed_message_reaches_clients_that_were_away() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let said = hers.say(&room, "first").await;
    let rev = hers.say(&room, "second").await["rev"].clone();
    his.disconnect().await;
    hers.ok("edit", json!({ "id": said["id"], "text": "changed" })).await;
    let back = app.connect(&jun).await;
    let joined = back.ok("join", json!({ "room": room.id, "since": rev })).await;
    assert_eq!(texts(joined["messages"].as_array().unwrap()), ["changed"]);
}

#[tokio::test]
async fn pins_are_limited_and_published() {
    let app = App::with(|config| config.limits.pins_max = 2).await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(hers.say(&room, text).await["id"].clone());
    }
    hers.ok("pin", json!({ "id": ids[0], "on": true })).await;
    assert!(his.take_where("message", |message| message["pinnedAt"].is_string()).await["editedAt"].is_null());
    hers.ok("pin", json!({ "id": ids[1], "on": true })).await;
    hers.refused("pin", json!({ "id": ids[2], "on": true }), "too_many").await;
    let path = format!("/rooms/{}/pins", room.id);
    let pins = app.call(&jun, "GET", &path, Value::Null).await.is(200);
    assert_eq!(texts(pins["messages"].as_array().unwrap()), ["two", "one"]);
    hers.ok("delete", json!({ "id": ids[1] })).await;
    act(&app, EntryPoint::Rest, &minji, &hers, "pin", &json!({ "id": ids[0], "on": false })).await.unwrap();
    let pins = app.call(&jun, "GET", &path, Value::Null).await.is(200);
    assert_eq!(pins["messages"], json!([]));
}

/// Its recipient is known by the row alone, as the account has no name any more.
#[tokio::test]
async fn a_whisper_whose_recipient_has_gone_stays_with_its_sender() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id });
    let whispered = hers.ok("message", whisper).await;
    his.receives("psst").await;
    app.call(&jun, "DELETE", "/me", json!({ "messages": "keep" })).await.is(204);
    hers.ok("edit", json!({ "id": whispered["id"], "text": "psst, again" })).await;
    hers.receives("psst, again").await;
    soras.settle().await;
    assert!(soras.all("message").iter().all(|message| !message["text"].as_str().unwrap().starts_with("psst")));
}
