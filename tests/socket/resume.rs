//! Resuming: every missed change, or a gap; never an incomplete list.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::texts;
use crate::support::key;
use crate::support::{App, Client, Room};

async fn join(client: &Client, room: &Room, since: impl Into<Value>) -> Value {
    client.ok("join", json!({ "room": room.id, "since": since.into() })).await
}

fn revs(messages: &Value) -> Vec<i64> {
    messages.as_array().unwrap().iter().map(|message| message["rev"].as_i64().unwrap()).collect()
}

/// Delivery: D6
#[tokio::test]
async fn a_resumed_client_gets_all_changes_in_order() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, his, _]) = app.room_of_three().await;
    let rev = hers.say(&room, "heard").await["rev"].as_i64().unwrap();
    his.receives("heard").await;
    his.disconnect().await;
    for number in 0..120 {
        hers.say(&room, &number.to_string()).await;
    }
    app.send(&minji, &room, json!({ "text": "for jun", "to": jun.id })).await;
    app.send(&minji, &room, json!({ "text": "for sora", "to": sora.id })).await;
    let his = app.open_socket(ConnectOptions::of(&jun).room(&room).auth("since", rev)).await;
    let joined = his.take("joined").await;
    let messages = &joined["messages"];
    let expected: Vec<_> = (0..120).map(|number| number.to_string()).chain(["for jun".to_owned()]).collect();
    assert_eq!(texts(messages.as_array().unwrap()), expected);
    assert_eq!(revs(messages), (rev + 1..=rev + 121).collect::<Vec<_>>());
    assert_eq!((&joined["rev"], &joined["gap"]), (&json!(rev + 122), &Value::Null));
    // Then events continue from there.
    hers.say(&room, "live").await;
    assert_eq!(his.receives("live").await["rev"], rev + 123);
    let up_to_date = join(&his, &room, rev + 123).await;
    assert_eq!((&up_to_date["messages"], &up_to_date["rev"]), (&json!([]), &json!(rev + 123)));
}

#[tokio::test]
async fn clients_that_resume_together_each_get_their_own_changes() {
    let app = App::start().await;
    let (people, room, [hers, ..]) = app.room_of_three().await;
    let [minji, jun, sora] = &people;
    let rev = hers.say(&room, "heard").await["rev"].as_i64().unwrap();
    app.send(minji, &room, json!({ "text": "for jun", "to": jun.id, "key": "minji 1" })).await;
    app.send(jun, &room, json!({ "text": "for sora", "to": sora.id, "key": "jun 1" })).await;
    app.send(minji, &room, json!({ "text": "for **all**", "key": "minji 2" })).await;
    let seen =
        [vec!["for jun", "for **all**"], vec!["for jun", "for sora", "for **all**"], vec!["for sora", "for **all**"]];
    let mut screens = Vec::new();
    // Enough clients at once that some snapshots are read in one batch.
    for screen in 0..12 {
        for (person, seen) in people.iter().zip(&seen) {
            // Half of them miss the last three changes, the others the last one.
            let (since, new) = if screen % 2 == 0 { (rev, &seen[..]) } else { (rev + 2, &seen[seen.len() - 1..]) };
            let opening = ConnectOptions::of(person).room(&room).auth("since", since);
            let is_html = screen % 3 == 0;
            let opening = if is_html { opening.auth("view", "html").auth("lang", "en") } else { opening };
            screens.push((person, new, is_html, app.open_socket(opening).await));
        }
    }
    for (person, new, is_html, client) in screens {
        let joined = client.take("joined").await;
        let messages = joined["messages"].as_array().unwrap();
        assert_eq!(texts(messages), new, "{}", person.user["name"]);
        assert_eq!((&joined["rev"], &joined["me"]["user"]["id"]), (&json!(rev + 3), &json!(person.id)));
        assert_eq!(joined["members"].as_array().unwrap().len(), 3);
        for message in messages {
            // Only the sender gets the key.
            assert_eq!(message["key"].is_string(), message["user"]["id"] == person.id.as_str(), "{message}");
            assert_eq!(message["html"].is_string(), is_html, "{message}");
        }
    }
}

#[tokio::test]
async fn clients_that_resume_together_without_history_get_messages_since_they_joined() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "history": "joined" })).await;
    app.say(&minji, &room, "before jun").await;
    app.join(&jun, &room).await;
    app.say(&minji, &room, "before sora").await;
    app.join(&sora, &room).await;
    app.say(&minji, &room, "for all").await;
    let seen = [
        (&minji, ["before jun", "before sora", "for all"].as_slice()),
        (&jun, &["before sora", "for all"]),
        (&sora, &["for all"]),
    ];
    let mut screens = Vec::new();
    for _ in 0..8 {
        for (person, seen) in seen {
            screens.push((seen, app.open_socket(ConnectOptions::of(person).room(&room)).await));
        }
    }
    for (seen, client) in screens {
        let joined = client.take("joined").await;
        let said = texts(joined["messages"].as_array().unwrap());
        assert_eq!(said.into_iter().filter(|text| *text != "join").collect::<Vec<_>>(), seen);
    }
}

/// Abuse: E5
/// Delivery: D6
#[tokio::test]
async fn too_much_too_far_or_another_epoch_is_a_gap_with_the_newest_page() {
    let app = App::with(|config| {
        config.limits.since_max_changes = 60;
        config.limits.since_max_bytes = 100_000;
    })
    .await;
    let minji = app.guest("minji").await;
    let (room, heavy) = (app.courtyard(&minji).await, app.courtyard(&minji).await);
    for number in 0..70 {
        app.say(&minji, &room, &number.to_string()).await;
    }
    for _ in 0..12 {
        app.say(&minji, &heavy, &"x".repeat(9_000)).await;
    }
    let epoch = room.made["epoch"].as_str().unwrap();
    let client = app.connect(&minji).await;
    for (room, since, epoch, gap, count) in [
        (&room, 11, Some(epoch), false, 60),
        (&room, 10, Some(epoch), true, 50),
        (&room, 0, None, true, 50),
        (&room, 71, None, false, 0),
        (&room, 72, None, true, 50),
        (&room, i64::MAX, None, true, 50),
        (&room, 70, Some("another"), true, 50),
        (&heavy, 4, None, false, 9),
        (&heavy, 1, None, true, 13),
    ] {
        let asked = json!({ "room": room.id, "since": since, "epoch": epoch });
        let joined = client.ok("join", asked.clone()).await;
        let messages = joined["messages"].as_array().unwrap();
        assert_eq!((joined["gap"] == true, messages.len()), (gap, count), "{asked}");
        let last = messages.last().map_or(joined["rev"].clone(), |message| message["rev"].clone());
        assert_eq!(last, joined["rev"], "{asked}");
    }
    for since in [json!(-1), json!("1"), json!(1.5), json!(9_223_372_036_854_775_808_u64)] {
        client.refused("join", json!({ "room": room.id, "since": since }), "invalid").await;
    }
}

/// Abuse: E5
#[tokio::test]
async fn an_invalid_resume_makes_nobody_a_member() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let client = app.connect(&jun).await;
    client.refused("join", json!({ "room": room.id, "since": -1 }), "invalid").await;
    let shown = app.show(&room).await;
    assert_eq!((&shown["memberCount"], &shown["onlineCount"], &shown["rev"]), (&json!(1), &json!(0), &json!(1)));
}

/// Delivery: D6
#[tokio::test]
async fn resuming_works_across_a_restart() {
    let mut app = App::start().await;
    let ([minji, jun, _], room, [hers, ..]) = app.room_of_three().await;
    let rev = hers.say(&room, "before").await["rev"].as_i64().unwrap();
    app.say(&minji, &room, "missed").await;
    let epoch = app.show(&room).await["epoch"].clone();
    app.restart().await;
    let his = app.open_socket(ConnectOptions::of(&jun).room(&room).auth("since", rev).auth("epoch", epoch)).await;
    let joined = his.take("joined").await;
    assert_eq!((texts(joined["messages"].as_array().unwrap()), &joined["gap"]), (vec!["missed"], &Value::Null));
}

/// Delivery: D5, D6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_during_sends_continues_with_events_without_a_gap() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, _, soras]) = app.room_of_three().await;
    let racing = async {
        let mut number = 0;
        loop {
            // Some whispers are to him and must arrive; some are not and must not.
            let to = [Value::Null, json!(jun.id), Value::Null, json!(minji.id)][number % 4].clone();
            let sender = if number % 2 == 0 { &hers } else { &soras };
            sender.ok("message", json!({ "room": room.id, "key": key(), "text": number.to_string(), "to": to })).await;
            number += 1;
        }
    };
    let joining = async {
        let his = app.connect(&jun).await;
        let mut since = app.show(&room).await["rev"].as_i64().unwrap();
        for round in 0..150 {
            let before = his.log().len();
            let joined = join(&his, &room, since).await;
            let rev = joined["rev"].as_i64().unwrap();
            let mut known = revs(&joined["messages"]);
            assert!(
                known.iter().all(|known| *known > since && *known <= rev),
                "round {round}: {since} {known:?} {rev}"
            );
            // Wait for some events before joining again.
            let live = his.take_where("message", |message| message["rev"].as_i64().unwrap() > rev + round % 7).await;
            let up_to = live["rev"].as_i64().unwrap();
            let heard = his.log();
            let heard: Vec<i64> = heard[before..]
                .iter()
                .filter(|event| event.name == "message")
                .map(|event| event.body["rev"].as_i64().unwrap())
                .collect();
            let first_behind = heard.iter().position(|heard| *heard > rev).unwrap();
            assert!(heard[first_behind..].windows(2).all(|pair| pair[0] < pair[1]), "round {round}: {heard:?}");
            known.extend(heard[first_behind..].iter().filter(|heard| **heard <= up_to));
            // Only whispers of others may be missing between two revs, at most one at a time here.
            let missing = known.windows(2).filter(|pair| pair[1] - pair[0] > 2).count();
            assert_eq!(missing, 0, "round {round}, since {since}, rev {rev}: {known:?}");
            since = up_to;
        }
        his
    };
    let his = tokio::select! {
        () = racing => unreachable!(),
        his = joining => his,
    };
    // Compare with the database: he has received all that he may see.
    his.settle().await;
    let rev = app.show(&room).await["rev"].as_i64().unwrap();
    let stored = join(&his, &room, rev.saturating_sub(400)).await;
    let last = revs(&stored["messages"]);
    his.settle().await;
    let heard: Vec<i64> = his.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect();
    let seen_live = last.iter().filter(|rev| heard.contains(rev)).count();
    assert!(seen_live > 0);
    assert!(his.all("message").iter().all(|message| message["to"].is_null() || message["to"]["id"] == jun.id));
}

/// Delivery: D6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_after_the_answer_do_not_repeat_it() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, ..]) = app.room_of_three().await;
    let racing = async {
        loop {
            hers.say(&room, "racing").await;
        }
    };
    let joining = async {
        for round in 0..60 {
            // A new socket each time, alternately by handshake and by event: all it gets is in one
            // log.
            let (client, told) = if round % 2 == 0 {
                let client = app.open_socket(ConnectOptions::of(&jun).room(&room)).await;
                let told = client.take("joined").await;
                (client, told)
            } else {
                let client = app.connect(&jun).await;
                let told = client.join(&room).await;
                (client, told)
            };
            let rev = told["rev"].as_i64().unwrap();
            client.take_where("message", |message| message["rev"].as_i64().unwrap() > rev + 3).await;
            let heard: Vec<i64> =
                client.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect();
            assert_eq!(heard, (rev + 1..rev + 1 + heard.len() as i64).collect::<Vec<_>>(), "round {round}");
        }
    };
    tokio::select! {
        () = racing => unreachable!(),
        () = joining => {}
    }
}
