//! Messages over sockets: acknowledged, sent to everyone in one order; whispers only to the two
//! users.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::{fields, texts};
use crate::support::key;
use crate::support::{App, Client};

fn revs(client: &Client) -> Vec<i64> {
    client.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_message_is_acknowledged_and_reaches_all_with_its_sender() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let second_tab = app.enter(&minji, &room).await;
    let answer = hers.ok("message", json!({ "room": room.id, "key": "one", "text": "hello" })).await;
    assert_eq!(fields(&answer), ["createdAt", "id", "ok", "rev", "seq"]);
    let heard = his.receives("hello").await;
    for field in ["id", "seq", "rev", "createdAt"] {
        assert_eq!(heard[field], answer[field], "{field}");
    }
    assert_eq!((&heard["user"], &heard["key"]), (&minji.user, &Value::Null));
    // The key is sent back to all of the sender's sockets.
    for tab in [&hers, &second_tab] {
        let mut own = tab.receives("hello").await;
        assert_eq!(own.as_object_mut().unwrap().remove("key"), Some(json!("one")));
        assert_eq!(own, heard);
    }
    let by_rest = app.history(&minji, &room).await;
    assert_eq!(by_rest.last().unwrap()["key"], "one");
}

/// Abuse: E3
/// Delivery: D3
#[tokio::test]
async fn a_repeated_key_is_a_dup_over_every_transport() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let send = json!({ "room": room.id, "key": "one", "text": "hello" });
    let first = hers.ok("message", send.clone()).await;
    his.ok("message", json!({ "room": room.id, "key": "one", "text": "later" })).await;
    let mut again = hers.ok("message", json!({ "room": room.id, "key": "one", "text": "other" })).await;
    assert_eq!(again.as_object_mut().unwrap().remove("dup"), Some(json!(true)));
    assert_eq!(again, first);
    let by_rest =
        app.call(&minji, "POST", &format!("/rooms/{}/messages", room.id), json!({ "key": "one", "text": "x" })).await;
    assert_eq!(by_rest.is(200)["id"], first["id"]);
    // Also to a user who has left, and from a room they are not in.
    hers.ok("leave", json!({ "room": room.id })).await;
    assert_eq!(hers.ok("message", send).await["dup"], true);
    let elsewhere = json!({ "room": "nowhere", "key": "one", "text": "hello" });
    hers.refused("message", elsewhere, "room_not_found").await;
}

/// Abuse: S15
/// Delivery: I9
#[tokio::test]
async fn events_of_one_socket_are_stored_in_the_order_sent() {
    let app = App::start().await;
    let ([..], room, [hers, his, soras]) = app.room_of_three().await;
    let pending: Vec<_> = (0..200)
        .map(|number| hers.start("message", json!({ "room": room.id, "key": key(), "text": number.to_string() })))
        .collect();
    let mut seqs = Vec::new();
    for pending in pending {
        seqs.push(pending.ack().await.unwrap()["seq"].as_i64().unwrap());
    }
    assert!(seqs.is_sorted());
    for client in [&hers, &his, &soras] {
        client.receives("199").await;
        let heard = client.all("message");
        let said: Vec<_> = texts(&heard).into_iter().filter_map(|text| text.parse::<u32>().ok()).collect();
        assert_eq!(said, (0..200).collect::<Vec<_>>());
        assert!(revs(client).windows(2).all(|pair| pair[0] < pair[1]));
    }
}

/// Delivery: D2, I5, I6
#[tokio::test]
async fn everyone_sees_the_same_message_at_the_same_seq() {
    let app = App::start().await;
    let ([_, ..], room, clients) = app.room_of_three().await;
    let mut pending = Vec::new();
    for number in 0..60 {
        for (who, client) in clients.iter().enumerate() {
            let text = format!("{who}:{number}");
            pending
                .push((text.clone(), client.start("message", json!({ "room": room.id, "key": key(), "text": text }))));
        }
    }
    let mut places = Vec::new();
    for (text, pending) in pending {
        places.push((pending.ack().await.unwrap()["seq"].as_i64().unwrap(), text));
    }
    places.sort();
    let last = places.last().unwrap().0;
    for client in &clients {
        client.take_where("message", |message| message["seq"] == last).await;
        let heard: Vec<_> = client
            .all("message")
            .iter()
            .filter(|message| message["kind"] == "text")
            .map(|message| (message["seq"].as_i64().unwrap(), message["text"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(heard, places);
    }
    assert_eq!(app.show(&room).await["rev"], last);
}

#[tokio::test]
async fn a_whisper_reaches_only_the_two_users_and_has_its_place_in_order() {
    let app = App::start().await;
    let ([_, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
    let his_phone = app.enter(&jun, &room).await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id });
    let answer = hers.ok("message", whisper).await;
    soras.say(&room, "behind it").await;
    for client in [&hers, &his, &his_phone] {
        let heard = client.receives("psst").await;
        assert_eq!((&heard["kind"], &heard["to"], &heard["rev"]), (&json!("whisper"), &jun.user, &answer["rev"]));
        assert!(client.receives("behind it").await["rev"].as_i64() > answer["rev"].as_i64());
    }
    soras.receives("behind it").await;
    assert!(!texts(&soras.all("message")).contains(&"psst"));
    // A third user never gets it on joining, from any rev.
    for since in [Value::Null, json!(0), answer["rev"].as_i64().map(|rev| json!(rev - 1)).unwrap()] {
        let joined = app.connect(&sora).await.ok("join", json!({ "room": room.id, "since": since })).await;
        assert!(!joined.to_string().contains("psst"), "{joined}");
    }
    let joined = app.connect(&jun).await.join(&room).await;
    assert!(joined.to_string().contains("psst"));
    // A whisper to a user who has left is refused.
    his.ok("leave", json!({ "room": room.id })).await;
    let error =
        hers.refused("message", json!({ "room": room.id, "key": "v", "text": "x", "to": jun.id }), "not_found").await;
    assert_eq!(error["field"], "to");
}

#[tokio::test]
async fn a_message_reaches_its_own_room_and_no_other() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let (one, two) = (app.courtyard(&minji).await, app.courtyard(&minji).await);
    let both = app.enter(&minji, &one).await;
    both.join(&two).await;
    let his = app.enter(&jun, &two).await;
    both.say(&one, "in one").await;
    both.say(&two, "in two").await;
    assert_eq!(his.receives("in two").await["roomId"], two.id);
    assert!(!texts(&his.all("message")).contains(&"in one"));
    assert_eq!(both.receives("in one").await["roomId"], one.id);
    assert_eq!(both.receives("in two").await["roomId"], two.id);
}

/// Abuse: E11
#[tokio::test]
async fn typing_is_sent_to_the_others_at_a_limited_rate() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, soras]) = app.room_of_three().await;
    let second_tab = app.enter(&minji, &room).await;
    for _ in 0..20 {
        hers.ok("typing", json!({ "room": room.id })).await;
    }
    hers.say(&room, "typed").await;
    for client in [&his, &soras] {
        client.receives("typed").await;
        assert_eq!(client.all("typing"), [json!({ "room": room.id, "user": minji.user })]);
    }
    for tab in [&hers, &second_tab] {
        tab.receives("typed").await;
        assert!(tab.all("typing").is_empty(), "one knows that oneself types");
    }
    // A member whose socket is not in the room cannot send typing events to it.
    let outside = app.connect(&minji).await;
    outside.refused("typing", json!({ "room": room.id }), "not_a_member").await;
}

/// Abuse: E1, S13
#[tokio::test]
async fn unknown_events_are_answered_and_the_connection_stays_open() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, ..]) = app.room_of_three().await;
    for name in ["msg", "Message", "edit me", "💥", "history"] {
        hers.refused(name, json!({ "room": room.id }), "unknown_event").await;
    }
    for (args, code) in [
        (vec![], "invalid"),
        (vec![json!({ "room": room.id }), json!({})], "invalid"),
        (vec![Value::Null], "invalid"),
        (vec![json!("x")], "invalid"),
        (vec![json!([])], "invalid"),
        (vec![json!(7)], "invalid"),
        (vec![json!({})], "invalid"),
    ] {
        for event in ["join", "leave", "message", "typing", "members", "kick", "owner"] {
            let answer = hers.start_args(event, &args).ack().await.unwrap();
            assert_eq!((&answer["ok"], &answer["error"]["code"]), (&json!(false), &json!(code)), "{event} {args:?}");
        }
    }
    for (event, payload, field) in [
        ("join", json!({ "room": room.id, "pasword": "x" }), "pasword"),
        ("join", json!({ "room": room.id, "since": "1" }), "since"),
        ("join", json!({ "room": room.id, "since": -1 }), "since"),
        ("join", json!({ "room": room.id, "since": 1e300 }), "since"),
        ("join", json!({ "room": room.id, "epoch": 7 }), "epoch"),
        ("kick", json!({ "room": room.id, "userId": "x" }), "userId"),
        ("kick", json!({ "room": room.id, "userId": minji.id, "ban": "yes" }), "ban"),
        ("owner", json!({ "room": room.id }), "userId"),
        ("typing", json!({ "room": room.id, "is": true }), "is"),
    ] {
        assert_eq!(hers.refused(event, payload.clone(), "invalid").await["field"], field, "{event} {payload}");
    }
    hers.say(&room, "still here").await;
}

/// Abuse: E1
#[tokio::test]
async fn an_array_was_taken_for_the_fields_in_their_order() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, ..]) = app.room_of_three().await;
    for (event, array) in [("leave", json!([room.id])), ("message", json!([room.id, "a key", "said"]))] {
        let answer = hers.start_args(event, &[array]).ack().await.unwrap();
        assert_eq!((&answer["ok"], &answer["error"]["code"]), (&json!(false), &json!("invalid")), "{event}");
    }
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!(["another"])).await.refused(422, "invalid");
    hers.say(&room, "still here").await;
}

#[tokio::test]
async fn polling_and_websocket_get_the_same_events() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let slow = app.open_socket(ConnectOptions::of(&jun).room(&room).polling()).await;
    slow.take("joined").await;
    let fast = app.enter(&jun, &room).await;
    for number in 0..40 {
        app.say(&minji, &room, &number.to_string()).await;
    }
    slow.say(&room, "by polling").await;
    for client in [&slow, &fast] {
        client.receives("by polling").await;
        client.settle().await;
    }
    assert_eq!(slow.all("message"), fast.all("message"));
    assert_eq!(slow.all("message").len(), 41);
}
