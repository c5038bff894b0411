//! Races: concurrent sends with one key, sends against a kick.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::App;
use crate::support::fixtures::texts;
use crate::support::key;

/// Abuse: E4
/// Delivery: I3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_copies_of_one_send_are_one_message() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let second_tab = app.enter(&minji, &room).await;
    let mut sockets = Vec::new();
    for number in 0..60 {
        let client = if number % 2 == 0 { &hers } else { &second_tab };
        let text = format!("copy {number}");
        sockets.push(client.start("message", json!({ "room": room.id, "key": "one", "text": text })));
    }
    let mut calls = JoinSet::new();
    for number in 0..40 {
        let call = app.request("POST", &format!("/api/rooms/{}/messages", room.id)).bearer(&minji.token);
        calls.spawn(call.json(&json!({ "key": "one", "text": format!("copy {}", 60 + number) })).send());
    }
    let mut answers = Vec::new();
    for pending in sockets {
        let answer = pending.ack().await.unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
        answers.push((answer["dup"] == true, answer));
    }
    for answer in calls.join_all().await {
        answers.push((answer.status == 200, answer.json()));
    }
    let firsts: Vec<_> = answers.iter().filter(|(dup, _)| !dup).collect();
    assert_eq!((answers.len(), firsts.len()), (100, 1));
    let same = |field: &str| answers.iter().all(|(_, answer)| answer[field] == firsts[0].1[field]);
    for field in ["id", "seq", "rev", "createdAt"] {
        assert!(same(field), "{field}");
    }
    his.say(&room, "behind them").await;
    his.receives("behind them").await;
    let copies = texts(&his.all("message")).iter().filter(|text| text.starts_with("copy")).count();
    assert_eq!((copies, app.count("SELECT COUNT(*) FROM messages WHERE key = 'one'")), (1, 1));
}

/// Abuse: Z5
/// Delivery: D10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_races_a_kick_comes_before_it_or_is_refused() {
    let app = App::start().await;
    // A thousand trials in four rooms, because commits to disk are batched.
    let (one, two, three, four) = tokio::join!(trials(&app), trials(&app), trials(&app), trials(&app));
    let (below, refused) =
        [one, two, three, four].into_iter().fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1));
    assert!(below > 0 && refused > 0, "{below} below, {refused} refused: the race was none");
    assert_eq!(app.count("SELECT SUM(rev) FROM rooms"), app.count("SELECT COUNT(*) FROM messages"));
    assert_eq!(app.count("SELECT COUNT(*) FROM members"), 12);
}

const TRIALS: usize = 250;

/// Returns how many sends came before the kick, and how many were refused.
async fn trials(app: &App) -> (usize, usize) {
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let (hers, his, soras) =
        (app.enter(&minji, &room).await, app.enter(&jun, &room).await, app.enter(&sora, &room).await);
    let (mut below, mut refused) = (0, 0);
    for trial in 0..TRIALS {
        let send = |text: &str| his.start("message", json!({ "room": room.id, "key": key(), "text": text }));
        let before = (trial % 5 > 0).then(|| send("before"));
        let kicking = hers.start("kick", json!({ "room": room.id, "userId": jun.id }));
        let after = send("after");
        let kicked_at = kicking.ack().await.unwrap()["rev"].as_i64().expect("a kick has a rev");
        for pending in before.into_iter().chain([after]) {
            let answer = pending.ack().await.unwrap();
            match answer["rev"].as_i64() {
                Some(rev) => {
                    assert!(rev < kicked_at, "trial {trial}: {rev} is not below {kicked_at}");
                    below += 1;
                }
                None => {
                    assert_eq!(answer["error"]["code"], "not_a_member", "trial {trial}");
                    refused += 1;
                }
            }
        }
        his.take("kicked").await;
        let back = his.join(&room).await;
        assert!(back["rev"].as_i64().unwrap() > kicked_at, "trial {trial}");
    }
    // The kicked user got nothing between a kick and the next join.
    his.settle().await;
    let rev = app.show(&room).await["rev"].clone();
    soras.take_where("message", |message| message["rev"] == rev).await;
    let (kicks, joins) = (revs_of(&soras.all("message"), "kick"), revs_of(&soras.all("message"), "join"));
    assert_eq!(kicks.len(), TRIALS);
    for message in his.all("message") {
        let rev = message["rev"].as_i64().unwrap();
        let kick = kicks.iter().rev().find(|kick| **kick < rev);
        let is_back = kick.is_none_or(|kick| joins.iter().any(|join| join > kick && *join <= rev));
        assert!(is_back, "{message} was heard outside");
    }
    (below, refused)
}

fn revs_of(messages: &[Value], event: &str) -> Vec<i64> {
    let lines = messages.iter().filter(|message| message["system"]["event"] == event);
    lines.map(|message| message["rev"].as_i64().unwrap()).collect()
}

/// Abuse: Z5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_other_action_that_races_a_kick_comes_before_it_or_is_refused() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let (mut below, mut refused) = (0, 0);
    for trial in 0..100 {
        let said = his.say(&room, &format!("said {trial}")).await;
        let theirs = hers.say(&room, &format!("heard {trial}")).await;
        let acts = [
            ("edit", json!({ "id": said["id"], "text": format!("mended {trial}") })),
            ("react", json!({ "id": theirs["id"], "emoji": "👍", "on": true })),
            ("read", json!({ "room": room.id, "seq": theirs["seq"] })),
            ("typing", json!({ "room": room.id })),
            ("delete", json!({ "id": said["id"] })),
        ];
        let (before, after) = acts.split_at(trial % acts.len());
        let mut pending: Vec<_> = before.iter().map(|(act, asked)| (*act, his.start(act, asked.clone()))).collect();
        let kicking = hers.start("kick", json!({ "room": room.id, "userId": jun.id }));
        pending.extend(after.iter().map(|(act, asked)| (*act, his.start(act, asked.clone()))));
        let kicked_at = kicking.ack().await.unwrap()["rev"].as_i64().expect("a kick has a rev");
        for (act, pending) in pending {
            let answer = pending.ack().await.unwrap();
            let code = answer["error"]["code"].as_str();
            match answer["ok"].as_bool().unwrap() {
                true => {
                    assert!(answer["rev"].as_i64().is_none_or(|rev| rev < kicked_at), "{act}: {answer}, {kicked_at}");
                    below += 1;
                }
                false => {
                    assert!(matches!(code, Some("not_a_member" | "forbidden")), "{act}: {answer}");
                    refused += 1;
                }
            }
        }
        // The state right after the kick is final.
        let rev = app.show(&room).await["rev"].clone();
        assert_eq!(rev, kicked_at, "trial {trial}: something was changed behind the kick");
        his.join(&room).await;
        soras.take_where("message", |line| line["rev"].as_i64() > Some(kicked_at)).await;
    }
    // On a database server, acts that read first may lose every race on a busy machine.
    let is_lost = below == 0 && !testkit::postgres::is_wanted();
    assert!(!is_lost && refused > 0, "{below} below, {refused} refused: the race was none");
}

/// Delivery: I4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rev_of_a_room_belongs_to_one_change() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let path = format!("/rooms/{}", room.id);
    let mut pending = Vec::new();
    for number in 0..100 {
        pending.push(hers.start("message", json!({ "room": room.id, "key": key(), "text": number.to_string() })));
        let to = (number % 3 == 0).then_some(&jun.id);
        pending.push(soras.start("message", json!({ "room": room.id, "key": key(), "text": "whisper", "to": to })));
        if number % 10 == 0 {
            pending.push(his.start("leave", json!({ "room": room.id })));
            pending.push(his.start("join", json!({ "room": room.id })));
            app.call(&minji, "PATCH", &path, json!({ "title": format!("title {number}") })).await.is(200);
        }
    }
    for pending in pending {
        pending.ack().await.unwrap();
    }
    let rev = app.show(&room).await["rev"].as_i64().unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM messages"), rev);
    assert_eq!(app.count("SELECT COUNT(DISTINCT rev) FROM messages"), rev);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE seq <> rev OR seq > 1000000"), 0);
    assert_eq!(app.count("SELECT MAX(seq) FROM messages"), rev);
}

/// Abuse: Z14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_removed_during_sends_is_gone_for_every_sender() {
    let app = App::start().await;
    let ([minji, ..], room, clients) = app.room_of_three().await;
    let mut pending = Vec::new();
    for number in 0..200 {
        let client = &clients[number % 3];
        pending.push(client.start("message", json!({ "room": room.id, "key": key(), "text": "x" })));
        if number == 100 {
            app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
        }
    }
    let mut refused = 0;
    for pending in pending {
        let answer = pending.ack().await.unwrap();
        if answer["ok"] == false {
            let code = answer["error"]["code"].as_str().unwrap();
            assert_eq!(code, "gone");
            refused += 1;
        }
    }
    assert!(refused >= 90, "{refused}");
    for client in &clients {
        client.take("removeRoom").await;
        client.settle().await;
        assert!(client.all("close").is_empty());
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages"), 0);
}

/// Delivery: D5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_that_races_a_kick_is_refused_or_gets_events() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let (mut out, mut inside) = (0, 0);
    for trial in 0..60 {
        let resumes: Vec<_> =
            (0..trial % 4).map(|_| his.start("join", json!({ "room": room.id, "since": 1 }))).collect();
        let kicking = hers.start("kick", json!({ "room": room.id, "userId": jun.id }));
        let resumes = resumes.into_iter().chain([his.start("join", json!({ "room": room.id, "since": 1 }))]);
        assert_eq!(kicking.ack().await.unwrap()["ok"], true);
        for resume in resumes {
            let answer = resume.ack().await.unwrap();
            assert!(answer["ok"] == true || answer["error"]["code"] == "not_a_member", "trial {trial}: {answer}");
        }
        if his.start("members", json!({ "room": room.id })).ack().await.unwrap()["ok"] == true {
            inside += 1;
        } else {
            out += 1;
            his.join(&room).await;
        }
        // Nobody gets `joined` and then no events.
        let text = format!("still there, {trial}?");
        hers.say(&room, &text).await;
        his.receives(&text).await;
    }
    assert!(inside > 0, "{out} out, {inside} inside: nobody came in after the kick");
}
