//! Muted members.

use serde_json::{Value, json};

use crate::support::App;

#[tokio::test]
async fn a_muted_member_is_told_until_when_and_why() {
    let app = App::start().await;
    let ([minji, jun, _], room, [_, his, hers]) = app.room_of_three().await;
    let path = format!("/rooms/{}/mutes/{}", room.id, jun.id);
    app.call(&minji, "PUT", &path, json!({ "minutes": 5, "reason": "calm down" })).await.is(204);
    let told = his.take("muted").await;
    assert_eq!((&told["room"], &told["mute"]["reason"]), (&json!(room.id), &json!("calm down")));
    assert!(told["mute"]["endsAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{told}");
    let phone = app.connect(&jun).await;
    assert_eq!(phone.join(&room).await["mute"], told["mute"]);
    assert!(app.page(&jun, &format!("/room/{}", room.id)).await.text().contains("calm down"));
    hers.settle().await;
    assert!(hers.all("muted").is_empty(), "only the muted user receives it");

    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    assert_eq!(his.take("muted").await["mute"], Value::Null);
    assert!(phone.join(&room).await.get("mute").is_none());
}
