//! Slow mode over REST and sockets; its arithmetic has unit tests.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::key;

#[tokio::test]
async fn in_slow_mode_a_second_message_is_refused_with_the_time_to_wait() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, his, _]) = app.room_of_three().await;
    let path = format!("/rooms/{}", room.id);
    let slow = app.call(&minji, "PATCH", &path, json!({ "slowSeconds": 60 })).await.is(200);
    assert_eq!(slow["slowSeconds"], 60);
    assert_eq!(his.take_where("changeRoom", |room| room["slowSeconds"] == 60).await["id"], room.id);
    let first = json!({ "room": room.id, "key": key(), "text": "one" });
    his.ok("message", first.clone()).await;
    let error = his.refused("message", json!({ "room": room.id, "key": key(), "text": "two" }), "rate_limited").await;
    let wait = error["retryAfterMs"].as_u64().unwrap();
    assert!((1..=60_000).contains(&wait), "{wait}");
    let by_rest = app.call(&jun, "POST", &format!("{path}/messages"), json!({ "text": "two" })).await;
    assert!(by_rest.refused(429, "rate_limited")["retryAfterMs"].as_u64().is_some());
    // A whisper counts as a message; a repeated key does not.
    let whisper = json!({ "room": room.id, "key": key(), "text": "psst", "to": sora.id });
    his.refused("message", whisper, "rate_limited").await;
    assert_eq!(his.ok("message", first).await["dup"], true);
    for number in 0..3 {
        hers.say(&room, &number.to_string()).await;
    }
    app.call(&minji, "PATCH", &path, json!({ "slowSeconds": 0 })).await.is(200);
    his.say(&room, "free").await;
}

#[tokio::test]
async fn slow_mode_has_limits_and_only_the_owner_sets_it() {
    let app = App::start().await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let path = format!("/rooms/{}", room.id);
    for seconds in [json!(21_601), json!(-1), json!("5"), json!(1.5)] {
        let refused = app.call(&minji, "PATCH", &path, json!({ "slowSeconds": seconds })).await;
        assert_eq!(refused.refused(422, "invalid")["field"], "slowSeconds", "{seconds}");
    }
    app.call(&minji, "PATCH", &path, json!({ "slowSeconds": 21_600 })).await.is(200);
    app.call(&jun, "PATCH", &path, json!({ "slowSeconds": 0 })).await.refused(403, "forbidden");
    let form = app.form(&minji, &format!("/room/{}/settings", room.id), &[("title", "x"), ("slowSeconds", "5")]).await;
    assert_eq!(form.leads_to(), format!("/room/{}", room.id));
    assert_eq!(app.call(&minji, "GET", &path, Value::Null).await.is(200)["slowSeconds"], 5);
}
