//! Mentions: found by name, in Korean also with particles; only moderators can mention everybody.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::key;

#[tokio::test]
async fn the_longest_name_matches_and_particles_may_follow() {
    let app = App::start().await;
    let whale = app.guest("파란 고래").await;
    let (minji, other) = (app.guest("민지").await, app.guest("민지아").await);
    let stranger = app.guest("낯선이").await;
    let room = app.courtyard(&whale).await;
    for person in [&minji, &other] {
        app.join(person, &room).await;
    }
    for (text, named) in [
        ("@민지 안녕", vec![(&minji, "민지")]),
        ("@민지아는 왔어?", vec![(&other, "민지아")]),
        ("@민지야 @파란 고래는?", vec![(&minji, "민지"), (&whale, "파란 고래")]),
        ("mail@민지", vec![]),
        ("@낯선이 @누구 @", vec![]),
        ("@민지 @민지", vec![(&minji, "민지")]),
    ] {
        let sent = app.say(&whale, &room, text).await;
        let expected: Vec<Value> =
            named.iter().map(|(person, name)| json!({ "userId": person.id, "name": name })).collect();
        let mentions = sent.get("mentions").cloned().unwrap_or(json!([]));
        assert_eq!(mentions, json!(expected), "{text}");
    }
    let named = app.call(&minji, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"][0]["mentions"].clone();
    assert_eq!(named, 3);
    assert_eq!(app.call(&stranger, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"], json!([]));
}

#[tokio::test]
async fn an_edit_names_others() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, _, soras]) = app.room_of_three().await;
    let id = hers.say(&room, "@jun look").await["id"].clone();
    hers.ok("edit", json!({ "id": id, "text": "@sora look" })).await;
    let heard = soras.receives("@sora look").await;
    assert_eq!(heard["mentions"], json!([{ "userId": sora.id, "name": "sora" }]));
    let mentions =
        async |who| app.call(who, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"][0]["mentions"].clone();
    assert_eq!((mentions(&jun).await, mentions(&sora).await, mentions(&minji).await), (json!(0), json!(1), json!(0)));
    hers.ok("delete", json!({ "id": id })).await;
    assert_eq!(mentions(&sora).await, json!(0));
}

/// Abuse: E8
#[tokio::test]
async fn only_moderators_mention_everybody_and_mentions_are_limited() {
    let app = App::with(|config| config.limits.mentions_max = 2).await;
    let ([_, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let send = |text: &str| json!({ "room": room.id, "key": key(), "text": text });
    his.refused("message", send("@everyone hi"), "forbidden").await;
    his.refused("message", send("여러분 @모두"), "forbidden").await;
    hers.ok("message", send("@모두 모여요")).await;
    let heard = his.receives("@모두 모여요").await;
    assert_eq!(heard["mentions"], json!([{ "userId": null, "name": "모두" }]));
    let waiting = app.call(&jun, "GET", "/me/rooms", Value::Null).await.is(200)["rooms"][0].clone();
    assert_eq!((&waiting["mentions"], &waiting["unread"]), (&json!(1), &json!(1)));
    his.refused("message", send("@minji @jun @sora"), "too_many").await;
    his.ok("message", send("@minji @jun everyone")).await;
}

#[tokio::test]
async fn a_name_in_code_or_in_an_address_called_somebody() {
    let app = App::with(|config| config.limits.mentions_max = 2).await;
    let whale = app.guest("파란 고래").await;
    let room = app.courtyard(&whale).await;
    for name in ["민지", "*별*", "a_b_c"] {
        app.join(&app.guest(name).await, &room).await;
    }
    let jun = app.guest("준").await;
    app.join(&jun, &room).await;
    for text in [
        "`@민지`",
        "`a @민지 b` 처럼",
        "```java\n@민지\nclass A {}\n```",
        "이거 ```\n@민지 @별\n```",
        "    @민지 들여쓴 코드",
        "https://example.org/@민지",
        "`@everyone` 은 방장만 써요",
        "```\n@모두\n```",
        "@모두의마블 할 사람",
        "[@준](https://example.org)",
    ] {
        let sent = app.say(&jun, &room, text).await;
        let is_link = text.starts_with('[');
        assert_eq!(sent.get("mentions").is_some(), is_link, "{text}: {sent}");
    }
    for (text, name) in [
        ("@민지야", "민지"),
        ("**@민지**님", "민지"),
        ("`코드` 뒤 @민지", "민지"),
        ("@*별* 안녕", "*별*"),
        ("_@a_b_c_", "a_b_c"),
    ] {
        assert_eq!(app.say(&jun, &room, text).await["mentions"][0]["name"], name, "{text}");
    }
}

/// Abuse: E8
#[tokio::test]
async fn of_many_members_of_one_name_the_first_ten_are_mentioned() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut first = Vec::new();
    for _ in 0..12 {
        let namesake = app.guest("a").await;
        app.join(&namesake, &room).await;
        first.push(json!({ "userId": namesake.id, "name": "a" }));
    }
    let sent = app.say(&minji, &room, &"@a ".repeat(200)).await;
    assert_eq!(sent["mentions"], json!(first[..10]));
}
