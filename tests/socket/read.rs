//! Read marks: sent to the others at most once a second; they only move forward.

use serde_json::{Value, json};

use crate::support::{App, Client, Room};

async fn read(client: &Client, room: &Room, seq: &Value) {
    client.ok("read", json!({ "room": room.id, "seq": seq })).await;
}

#[tokio::test]
async fn read_marks_are_published_and_stored() {
    let mut app = App::start().await;
    let ([minji, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let sent = hers.say(&room, "read this").await;
    read(&his, &room, &sent["seq"]).await;
    let told = json!({ "room": room.id, "userId": jun.id, "seq": sent["seq"] });
    for client in [&hers, &his, &soras] {
        assert_eq!(client.take("read").await, told);
    }
    app.restart().await;
    let members = app.call(&minji, "GET", &format!("/rooms/{}/members", room.id), Value::Null).await.is(200);
    let mark_of = |id: &str| {
        let member = members["members"].as_array().unwrap().iter().find(|member| member["user"]["id"] == id);
        member.unwrap()["readSeq"].clone()
    };
    assert_eq!((mark_of(&jun.id), mark_of(&minji.id)), (sent["seq"].clone(), json!(1)));
}

#[tokio::test]
async fn a_read_mark_only_moves_forward() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let (first, second) = (hers.say(&room, "first").await, hers.say(&room, "second").await);
    read(&his, &room, &second["seq"]).await;
    assert_eq!(hers.take("read").await["seq"], second["seq"]);
    read(&his, &room, &first["seq"]).await;
    read(&his, &room, &second["seq"]).await;
    let third = hers.say(&room, "third").await;
    read(&his, &room, &third["seq"]).await;
    assert_eq!(hers.take("read").await, json!({ "room": room.id, "userId": jun.id, "seq": third["seq"] }));
}

#[tokio::test]
async fn only_visible_messages_can_be_marked_read() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, soras]) = app.room_of_three().await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id });
    let seq = hers.ok("message", whisper).await["seq"].clone();
    his.receives("psst").await;
    for seq in [json!(-1), json!(99), json!("1"), Value::Null] {
        let error = his.refused("read", json!({ "room": room.id, "seq": seq }), "invalid").await;
        assert_eq!(error["field"], "seq", "{seq}");
    }
    soras.refused("read", json!({ "room": room.id, "seq": seq }), "invalid").await;
    read(&his, &room, &seq).await;
    let stranger = app.guest("stranger").await;
    let outside = app.connect(&stranger).await;
    outside.refused("read", json!({ "room": room.id, "seq": 1 }), "not_a_member").await;
}

#[tokio::test]
async fn above_twenty_people_read_marks_are_batched() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, _soras]) = app.room_of_three().await;
    let mut company = Vec::new();
    for number in 0..18 {
        let guest = app.guest(&format!("guest {number}")).await;
        company.push(app.enter(&guest, &room).await);
    }
    let seq = hers.say(&room, "read this").await["seq"].clone();
    read(&his, &room, &seq).await;
    let told = hers.take_where("reads", |reads| reads["marks"][&jun.id] == seq).await;
    assert_eq!(told["room"], room.id);
    assert!(hers.all("read").is_empty());
}
