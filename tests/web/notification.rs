//! Levels of rooms and quiet hours.

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
    assert_eq!(kept, json!({ "rooms": [{ "room": room.id, "level": "mentions" }], "quietHours": night }));
    let others = app.call(&minji, "GET", "/me/notifications", Value::Null).await.is(200);
    assert_eq!(others, json!({ "rooms": [], "quietHours": null }));

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
    assert_eq!(kept, json!({ "rooms": [], "quietHours": null }));
    let page = app.page(&jun, "/me").await.text();
    assert!(page.contains("value=\"22:00\""), "{page}");
}
