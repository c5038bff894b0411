//! Levels of rooms, quiet hours, and muted people.

use serde_json::{Value, json};

use crate::support::App;

#[tokio::test]
async fn levels_and_quiet_hours_are_kept_for_each_user() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let level = format!("/rooms/{}/notifications", room.id);
    app.call(&jun, "PUT", &level, json!({ "level": "mentions" })).await.is(204);
    let night = json!({ "from": 1320, "until": 420, "minutesEast": 540 });
    app.call(&jun, "PUT", "/me/notifications", night.clone()).await.is(204);
    let kept = app.call(&jun, "GET", "/me/notifications", Value::Null).await.is(200);
    assert_eq!(
        kept,
        json!({ "rooms": [{ "room": room.id, "level": "mentions" }], "quietHours": night, "mutedUsers": [] })
    );
    let others = app.call(&minji, "GET", "/me/notifications", Value::Null).await.is(200);
    assert_eq!(others, json!({ "rooms": [], "quietHours": null, "mutedUsers": [] }));

    for (field, hours) in [
        ("from", json!({ "from": 1440, "until": 0, "minutesEast": 0 })),
        ("minutesEast", json!({ "from": 0, "until": 0, "minutesEast": -9000 })),
    ] {
        let refused = app.call(&jun, "PUT", "/me/notifications", hours).await.is(422);
        assert_eq!(refused["field"], field);
    }
    app.call(&jun, "DELETE", "/me/notifications", Value::Null).await.is(204);
    // The same by form.
    let saved = app.form(&jun, &format!("/room/{}/notifications", room.id), &[("level", "all")]).await;
    assert_eq!(saved.leads_to(), format!("/room/{}", room.id));
    let kept = app.call(&jun, "GET", "/me/notifications", Value::Null).await.is(200);
    assert_eq!(kept, json!({ "rooms": [], "quietHours": null, "mutedUsers": [] }));
    let page = app.page(&jun, "/me").await.text();
    assert!(page.contains("value=\"22:00\""), "{page}");
}

#[tokio::test]
async fn a_muted_person_notifies_no_more_and_can_still_write() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _third]) = app.room_of_three().await;
    let muted = async || {
        let kept = app.call(&minji, "GET", "/me/notifications", Value::Null).await.is(200);
        kept["mutedUsers"].as_array().unwrap().iter().map(|user| user["name"].clone()).collect::<Vec<_>>()
    };
    let path = format!("/me/notifications/muted/{}", jun.id);
    app.call(&minji, "PUT", &path, Value::Null).await.is(204);
    app.call(&minji, "PUT", &path, Value::Null).await.is(204);
    assert_eq!(muted().await, [json!("jun")]);
    his.say(&room, "still here").await;
    hers.receives("still here").await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": minji.id });
    his.ok("message", whisper).await;
    hers.receives("psst").await;
    let own = app.call(&minji, "PUT", &format!("/me/notifications/muted/{}", minji.id), Value::Null).await;
    assert_eq!(own.is(422)["field"], "userId");
    // The settings list them, and take them off.
    let page = app.page(&minji, "/me").await.text();
    assert!(page.contains("action=\"/me/notifications/muted\""), "{page}");
    app.form(&minji, "/me/notifications/muted", &[("userId", &jun.id), ("on", "off")]).await;
    assert_eq!(muted().await, [Value::Null; 0]);
    app.form(&minji, "/me/notifications/muted", &[("userId", &jun.id), ("on", "on")]).await;
    app.call(&jun, "DELETE", "/me", json!({ "messages": "keep" })).await.is(204);
    assert_eq!(muted().await, [Value::Null; 0]);
}
