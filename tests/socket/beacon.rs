//! Rev heartbeats: the highest rev that a user may see, after joining and periodically.

use std::time::Duration;

use serde_json::json;

use crate::support::App;

/// Delivery: D8
#[tokio::test]
async fn joining_is_followed_by_a_rev_heartbeat() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    app.join(&sora, &room).await;
    app.send(&minji, &room, json!({ "text": "psst", "to": jun.id })).await;
    for (who, rev) in [(&minji, 4), (&jun, 4), (&sora, 3)] {
        let client = app.connect(who).await;
        let joined = client.join(&room).await;
        assert_eq!(joined["rev"], 4, "the snapshot is of the room");
        assert_eq!(client.take("rev").await, json!({ room.id.as_str(): rev }), "the beacon is of the person");
    }
}

/// Delivery: D8
#[tokio::test]
async fn rev_heartbeats_contain_only_what_each_user_may_see() {
    let app = App::with(|config| config.rev_heartbeat = Duration::from_millis(40)).await;
    let ([_, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let public = hers.say(&room, "all").await["rev"].as_i64().unwrap();
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id });
    let whispered = hers.ok("message", whisper).await["rev"].as_i64().unwrap();
    let tells =
        |rev: i64| move |beacon: &serde_json::Value| beacon.as_object().unwrap().values().all(|told| *told == rev);
    hers.take_where("rev", tells(whispered)).await;
    his.take_where("rev", tells(whispered)).await;
    // Two intervals later she still gets only the public rev.
    soras.take_where("rev", tells(public)).await;
    soras.take_where("rev", tells(public)).await;
    assert!(soras.all("rev").iter().all(|beacon| beacon[&room.id].as_i64().unwrap() <= public));
    let next = hers.say(&room, "and on").await["rev"].as_i64().unwrap();
    for client in [&hers, &his, &soras] {
        client.take_where("rev", tells(next)).await;
    }
}

/// Delivery: D8
#[tokio::test]
async fn after_a_restart_rev_heartbeats_include_whispers() {
    let mut app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    app.join(&sora, &room).await;
    app.send(&minji, &room, json!({ "text": "psst", "to": jun.id })).await;
    app.restart_with(|config| config.rev_heartbeat = Duration::from_millis(30)).await;
    let (his, soras) = (app.enter(&jun, &room).await, app.enter(&sora, &room).await);
    for _ in 0..3 {
        assert_eq!(his.take("rev").await, json!({ room.id.as_str(): 4 }));
        assert_eq!(soras.take("rev").await, json!({ room.id.as_str(): 3 }));
    }
}
