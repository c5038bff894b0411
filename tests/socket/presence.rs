//! Presence: sent to users who share a room.

use serde_json::json;

use crate::support::App;

/// Abuse: Z11
#[tokio::test]
async fn presence_is_visible_to_users_who_share_a_room() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let stranger = app.guest("stranger").await;
    let outside = app.connect(&stranger).await;
    his.ok("presence", json!({ "state": "away" })).await;
    let of_jun = |state: &'static str| {
        let id = jun.id.clone();
        move |told: &serde_json::Value| told["userId"] == id && told["state"] == state
    };
    let told = hers.take_where("presence", of_jun("away")).await;
    assert!(told["seenAt"].is_null());
    let members = hers.ok("members", json!({ "room": room.id })).await;
    let his_row = members["members"].as_array().unwrap().iter().find(|member| member["user"]["id"] == jun.id).unwrap();
    assert_eq!((&his_row["presence"], &his_row["online"]), (&json!("away"), &json!(true)));
    // A client that joins after this gets no event of his joining.
    let hers = app.enter(&minji, &room).await;
    // One visible client is enough.
    let phone = app.connect(&jun).await;
    hers.take_where("presence", of_jun("online")).await;
    phone.disconnect().await;
    hers.take_where("presence", of_jun("away")).await;
    his.ok("presence", json!({ "state": "online" })).await;
    hers.take_where("presence", of_jun("online")).await;
    his.disconnect().await;
    let gone = hers.take_where("presence", of_jun("offline")).await;
    assert!(gone["seenAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{gone}");
    outside.settle().await;
    assert!(outside.all("presence").is_empty());
    outside.refused("presence", json!({ "state": "offline" }), "invalid").await;
    outside.refused("presence", json!({ "state": "here" }), "invalid").await;
}

/// Changes are sent once a second, but a list that is read in between shows who is there.
#[tokio::test]
async fn a_user_who_comes_and_goes_within_a_second_is_seen_to_go() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    let members = hers.ok("members", json!({ "room": room.id })).await;
    assert!(members["members"].as_array().unwrap().iter().any(|member| member["presence"] == "online"));
    his.disconnect().await;
    hers.take_where("presence", |told| told["userId"] == jun.id && told["state"] == "offline").await;
}

#[tokio::test]
async fn a_large_room_gets_no_presence_events() {
    let app = App::with(|config| config.large_room = 2).await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let (hers, his, soras) =
        (app.enter(&minji, &room).await, app.enter(&jun, &room).await, app.enter(&sora, &room).await);
    his.ok("presence", json!({ "state": "away" })).await;
    // A later event of the once-a-second kind.
    let seq = hers.say(&room, "read this").await["seq"].clone();
    soras.ok("read", json!({ "room": room.id, "seq": seq })).await;
    hers.take("read").await;
    hers.settle().await;
    let told = hers.all("presence");
    assert!(told.iter().all(|told| told["state"] != "away"), "{told:?}");
}
