//! Reactions: added, removed, counted, with a limit of kinds.

use serde_json::{Value, json};

use crate::support::App;

#[tokio::test]
async fn a_reaction_is_counted_once_for_each_user() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
    let id = hers.say(&room, "shall we?").await["id"].clone();
    let react = |emoji: &str, on: bool| json!({ "id": id, "emoji": emoji, "on": on });
    his.ok("react", react("👍", true)).await;
    soras.ok("react", react("👍", true)).await;
    let rev = soras.ok("react", react("❤", true)).await["rev"].clone();
    let told = hers.take_where("message", |message| message["rev"] == rev).await;
    let both = json!([
        { "emoji": "👍", "count": 2, "userIds": [jun.id, sora.id] },
        { "emoji": "❤️", "count": 1, "userIds": [sora.id] },
    ]);
    assert_eq!((&told["reactions"], &told["editedAt"]), (&both, &Value::Null));
    // Adding it again, with or without the variation selector, is no change; nor is removing one
    // that does not exist.
    assert_eq!(soras.ok("react", react("❤️", true)).await["rev"], rev);
    assert_eq!(hers.ok("react", react("👍", false)).await["rev"], rev);
    let path = format!("/messages/{}/reactions/%F0%9F%91%8D", id.as_str().unwrap());
    let answer = app.call(&jun, "DELETE", &path, Value::Null).await.is(200);
    assert_eq!(answer["reactions"][0]["userIds"], json!([sora.id]));
    let answer = app.call(&minji, "PUT", &path, Value::Null).await.is(200);
    assert_eq!(answer["reactions"][0]["count"], 2);
    assert_eq!(app.history(&jun, &room).await.last().unwrap()["reactions"], answer["reactions"]);
}

/// Abuse: E8
#[tokio::test]
async fn reactions_are_emoji_of_a_limited_number_of_kinds() {
    let app = App::with(|config| config.limits.reactions_max = 2).await;
    let ([..], room, [hers, his, _]) = app.room_of_three().await;
    let id = hers.say(&room, "shall we?").await["id"].clone();
    for emoji in ["👍", "🎉"] {
        his.ok("react", json!({ "id": id, "emoji": emoji, "on": true })).await;
    }
    hers.refused("react", json!({ "id": id, "emoji": "🔥", "on": true }), "too_many").await;
    hers.ok("react", json!({ "id": id, "emoji": "🎉", "on": true })).await;
    for emoji in ["", "ok", "<b>", "👍👍", "é", &"👍".repeat(1_000)] {
        let error = hers.refused("react", json!({ "id": id, "emoji": emoji, "on": true }), "invalid").await;
        assert_eq!(error["field"], "emoji", "{emoji}");
    }
}

/// Abuse: E7, Z10
#[tokio::test]
async fn only_visible_messages_can_be_reacted_to() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id });
    let whispered = hers.ok("message", whisper).await["id"].clone();
    let line = app.history(&minji, &room).await[0]["id"].clone();
    soras.refused("react", json!({ "id": whispered, "emoji": "👍", "on": true }), "forbidden").await;
    soras.refused("react", json!({ "id": line, "emoji": "👍", "on": true }), "forbidden").await;
    his.ok("react", json!({ "id": whispered, "emoji": "👍", "on": true })).await;
    hers.take_where("message", |message| message["reactions"][0]["count"] == 1).await;
    soras.settle().await;
    assert!(!soras.all("message").iter().any(|message| message["kind"] == "whisper"));
    hers.ok("delete", json!({ "id": whispered })).await;
    his.refused("react", json!({ "id": whispered, "emoji": "👍", "on": true }), "forbidden").await;
}
