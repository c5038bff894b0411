//! Membership: joining, leaving, being kicked; by REST and by socket alike.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::{fields, texts};
use crate::support::{App, Person, Room};

/// Tries to join over one transport: the error code, or `None` on success.
async fn try_join(app: &App, door: EntryPoint, who: &Person, room: &Room, password: Option<&str>) -> Option<String> {
    let code = |error: &Value| error["code"].as_str().unwrap().to_owned();
    match door {
        EntryPoint::Rest => {
            let asked = password.map_or(json!({}), |password| json!({ "password": password }));
            let answer = app.call(who, "POST", &format!("/rooms/{}/members", room.id), asked).await;
            (answer.status != 200).then(|| code(&answer.json()))
        }
        EntryPoint::Socket => {
            let client = app.connect(who).await;
            let answer = client.emit("join", json!({ "room": room.id, "password": password })).await;
            let by_event = (answer["ok"] == false).then(|| code(&answer["error"]));
            // The room in the handshake is checked the same way.
            let opening = ConnectOptions::of(who).room(room).auth("password", password);
            let again = app.open_socket(opening).await;
            let by_handshake = match by_event {
                Some(_) => Some(code(&again.take("connect_error").await["data"])),
                None => again.take("joined").await["never"].as_str().map(str::to_owned),
            };
            assert_eq!(by_event, by_handshake);
            by_event
        }
    }
}

fn refused(code: &str) -> Option<String> {
    Some(code.to_owned())
}

#[tokio::test]
async fn refusals_come_in_their_order() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let [minji, jun, sora] = app.three_guests().await;
        let room = app.room(&minji, json!({ "title": "courtyard", "max": 2, "password": "sesame" })).await;
        let banned = app.guest("banned").await;
        app.call(&minji, "DELETE", &format!("/rooms/{}/members/{}?ban=true", room.id, banned.id), Value::Null)
            .await
            .is(204);
        let nowhere = Room { id: "nowhere".into(), made: Value::Null };
        assert_eq!(try_join(&app, door, &banned, &nowhere, None).await, refused("room_not_found"), "{door:?}");
        // Banned, without the password.
        assert_eq!(try_join(&app, door, &banned, &room, None).await, refused("banned"), "{door:?}");
        assert_eq!(try_join(&app, door, &jun, &room, None).await, refused("wrong_password"), "{door:?}");
        assert_eq!(try_join(&app, door, &jun, &room, Some("")).await, refused("wrong_password"), "{door:?}");
        assert_eq!(try_join(&app, door, &jun, &room, Some("Sesame")).await, refused("wrong_password"), "{door:?}");
        assert_eq!(try_join(&app, door, &jun, &room, Some("sesame")).await, None, "{door:?}");
        // Full, but the password is checked first.
        assert_eq!(try_join(&app, door, &sora, &room, Some("simsim")).await, refused("wrong_password"), "{door:?}");
        assert_eq!(try_join(&app, door, &sora, &room, Some("sesame")).await, refused("room_full"), "{door:?}");
        // A member needs nothing.
        assert_eq!(try_join(&app, door, &jun, &room, None).await, None, "{door:?}");
        assert_eq!(app.show(&room).await["memberCount"], 2);
    }
}

/// Abuse: Z1
#[tokio::test]
async fn guesses_are_counted_over_all_transports_together() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    let mut codes = Vec::new();
    let client = app.connect(&jun).await;
    for guess in 0..8 {
        let password = format!("guess {guess}");
        codes.push(match guess % 2 {
            0 => client.emit("join", json!({ "room": room.id, "password": password })).await["error"]["code"].clone(),
            _ => {
                let path = format!("/rooms/{}/members", room.id);
                app.call(&jun, "POST", &path, json!({ "password": password })).await.json()["code"].clone()
            }
        });
    }
    assert_eq!(codes[..5], ["wrong_password"; 5]);
    assert_eq!(codes[5..], ["rate_limited"; 3]);
    // Even the right password is refused, over every transport; the page shows it in its own way.
    let right = ConnectOptions::of(&jun).room(&room).auth("password", "sesame");
    let error = app.turned_away(right).await;
    assert_eq!(error["code"], "rate_limited");
    assert!(error["retryAfterMs"].as_u64().unwrap() > 0);
    let form = app.form(&jun, &format!("/room/{}/enter", room.id), &[("name", "jun"), ("password", "sesame")]).await;
    assert_eq!(form.leads_to(), format!("/room/{}?refused=rate_limited", room.id));
    // Other users have their own limit.
    let sora = app.guest("sora").await;
    assert_eq!(try_join(&app, EntryPoint::Rest, &sora, &room, Some("sesame")).await, None);
}

#[tokio::test]
async fn joining_is_published_once_and_joining_again_changes_nothing() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let joined = app.join(&jun, &room).await;
    assert_eq!(fields(&joined), ["member", "room"]);
    assert_eq!((&joined["member"]["role"], &joined["member"]["online"]), (&json!("member"), &json!(false)));
    assert_eq!((&joined["room"]["memberCount"], &joined["room"]["rev"]), (&json!(2), &json!(2)));
    assert_eq!(joined["member"]["readSeq"], 2);
    let again = app.join(&jun, &room).await;
    assert_eq!((&again["room"]["rev"], &again["room"]["memberCount"]), (&json!(2), &json!(2)));
    // Coming online is not joining.
    let client = app.enter(&jun, &room).await;
    client.disconnect().await;
    let _again = app.enter(&jun, &room).await;
    assert_eq!(texts(&app.history(&jun, &room).await), ["join", "join"]);
}

#[tokio::test]
async fn only_members_may_act_in_a_room() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&sora, &room).await;
    let path = |rest: &str| format!("/rooms/{}{rest}", room.id);
    for (method, path, body) in [
        ("GET", path("/messages"), Value::Null),
        ("GET", path("/messages?since=0"), Value::Null),
        ("POST", path("/messages"), json!({ "text": "x" })),
        ("GET", path("/members"), Value::Null),
        ("DELETE", path("/members/me"), Value::Null),
        ("DELETE", path(&format!("/members/{}", sora.id)), Value::Null),
        ("PUT", path("/owner"), json!({ "userId": jun.id })),
        ("PATCH", path(""), json!({ "title": "mine" })),
        ("DELETE", path(""), Value::Null),
    ] {
        app.call(&jun, method, &path, body).await.refused(403, "not_a_member");
    }
    let client = app.connect(&jun).await;
    for (event, payload) in [
        ("leave", json!({ "room": room.id })),
        ("message", json!({ "room": room.id, "key": "k", "text": "x" })),
        ("typing", json!({ "room": room.id })),
        ("members", json!({ "room": room.id })),
        ("kick", json!({ "room": room.id, "userId": sora.id })),
        ("owner", json!({ "room": room.id, "userId": sora.id })),
    ] {
        client.refused(event, payload, "not_a_member").await;
    }
    assert_eq!(texts(&app.history(&minji, &room).await), ["join", "join"]);
}

#[tokio::test]
async fn members_are_listed_page_by_page_those_online_first() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut people = vec![minji.clone()];
    for number in 0..8 {
        let person = app.guest(&format!("guest {number}")).await;
        app.join(&person, &room).await;
        people.push(person);
    }
    let (fifth, eighth) = (app.enter(&people[5], &room).await, app.enter(&people[8], &room).await);
    let (mut ids, mut online, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let path = format!("/rooms/{}/members?limit=2{after}", room.id);
        let page = app.call(&minji, "GET", &path, Value::Null).await.is(200);
        for member in page["members"].as_array().unwrap() {
            ids.push(member["user"]["id"].as_str().unwrap().to_owned());
            online.push(member["online"] == true);
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut all: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
    assert_eq!(online, [[true; 2].as_slice(), &[false; 7]].concat());
    assert_eq!(ids[2..], [0, 1, 2, 3, 4, 6, 7].map(|place| people[place].id.clone()));
    ids.sort();
    all.sort();
    assert_eq!(ids, all);
    let named = fifth.ok("members", json!({ "room": room.id })).await["members"].as_array().unwrap().clone();
    assert_eq!(named.len(), 9);
    assert!(named[..2].iter().all(|member| member["online"] == true), "{named:?}");
    drop(eighth);
}

#[tokio::test]
async fn an_owner_who_leaves_hands_over_to_the_longest_present() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let ([minji, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
        leave(&app, door, &minji, &hers, &room).await;
        let line = soras.take_where("message", |line| line["system"]["event"] == "owner").await;
        assert_eq!(line["system"]["user"]["id"], jun.id, "{door:?}");
        assert_eq!(app.show(&room).await["owner"]["id"], jun.id);
        leave(&app, door, &jun, &his, &room).await;
        leave(&app, door, &sora, &soras, &room).await;
        let empty = app.show(&room).await;
        assert_eq!((&empty["owner"], &empty["memberCount"]), (&Value::Null, &json!(0)), "{door:?}");
        // A persistent room stays; the next member becomes its owner.
        app.join(&sora, &room).await;
        assert_eq!(app.show(&room).await["owner"]["id"], sora.id, "{door:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM members"), 1);
        let lines = app.history(&sora, &room).await;
        assert_eq!(texts(&lines)[3..], ["exit", "owner", "exit", "owner", "exit", "join", "owner"], "{door:?}");
    }
}

async fn leave(app: &App, door: EntryPoint, who: &Person, client: &crate::support::Client, room: &Room) {
    match door {
        EntryPoint::Rest => {
            drop(app.call(who, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204))
        }
        EntryPoint::Socket => drop(client.ok("leave", json!({ "room": room.id })).await),
    }
}

/// Abuse: Z13
#[tokio::test]
async fn only_the_owner_kicks_members_and_nobody_kicks_themselves() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let ([minji, jun, sora], room, [hers, his, _soras]) = app.room_of_three().await;
        let stranger = app.guest("stranger").await;
        let kick = async |by: &Person, whom: &str, ban: bool| match door {
            EntryPoint::Rest => {
                let path = format!("/rooms/{}/members/{whom}?ban={ban}", room.id);
                let answer = app.call(by, "DELETE", &path, Value::Null).await;
                if answer.status == 204 {
                    "done".to_owned()
                } else {
                    answer.json()["code"].as_str().unwrap().to_owned()
                }
            }
            EntryPoint::Socket => {
                let client = if by.id == minji.id { &hers } else { &his };
                let answer = client.emit("kick", json!({ "room": room.id, "userId": whom, "ban": ban })).await;
                answer["error"]["code"].as_str().unwrap_or("done").to_owned()
            }
        };
        assert_eq!(kick(&jun, &sora.id, false).await, "forbidden", "{door:?}");
        assert_eq!(kick(&jun, &minji.id, false).await, "forbidden", "{door:?}");
        assert_eq!(kick(&jun, &jun.id, false).await, "forbidden", "{door:?}");
        assert_eq!(kick(&minji, &minji.id, false).await, "invalid", "{door:?}");
        assert_eq!(kick(&minji, &stranger.id, false).await, "not_found", "{door:?}");
        assert_eq!(kick(&minji, &sora.id, false).await, "done", "{door:?}");
        assert_eq!(kick(&minji, &sora.id, false).await, "not_found", "{door:?}");
        // A user can be banned in advance; banning again changes nothing.
        let rev = app.show(&room).await["rev"].as_i64().unwrap();
        assert_eq!(kick(&minji, &stranger.id, true).await, "done", "{door:?}");
        assert_eq!(kick(&minji, &stranger.id, true).await, "done", "{door:?}");
        assert_eq!(app.show(&room).await["rev"], rev + 1, "{door:?}");
        assert_eq!(try_join(&app, door, &stranger, &room, None).await, refused("banned"), "{door:?}");
        // A kicked user may rejoin, a banned one may not.
        assert_eq!(try_join(&app, door, &sora, &room, None).await, None, "{door:?}");
        let nobody = "0123456789abcdefghjkmnpqrs";
        assert_eq!(kick(&minji, nobody, true).await, "not_found", "{door:?}");
    }
}
