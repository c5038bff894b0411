//! Deleting an account: what is removed, what stays, what is free again.

use serde_json::{Value, json};

use crate::support::fixtures::PASSWORD;
use crate::support::{App, picture};

/// Abuse: A7, Z9
#[tokio::test]
async fn a_deleted_account_leaves_messages_without_a_sender_and_frees_its_email() {
    let app = App::start().await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    let (hers, his) = (app.enter(&minji, &room).await, app.enter(&jun, &room).await);
    let said = hers.say(&room, "what I said").await;
    let direct = app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(201);
    let direct_path = format!("/rooms/{}/messages", direct["id"].as_str().unwrap());
    app.call(&minji, "POST", &direct_path, json!({ "text": "between us" })).await.is(201);
    let put = app.request("PUT", "/api/me/picture").bearer(&minji.token);
    put.multipart(Some(("me.png", &picture::png(9, 9))), &[]).send().await.is(200);
    let leave =
        |password: Value| app.call(&minji, "DELETE", "/me", json!({ "password": password, "messages": "keep" }));
    assert_eq!(leave(Value::Null).await.refused(401, "bad_credentials")["field"], "password");
    assert_eq!(leave(json!("wrong tree")).await.refused(401, "bad_credentials")["field"], "password");
    let left = leave(json!(PASSWORD)).await;
    assert!(left.header("set-cookie").unwrap().contains("Max-Age=0"));
    left.is(204);
    hers.take("close").await;
    app.call(&minji, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    // The room gets another owner, and the messages stay without a sender.
    his.take_where("message", |line| line["system"]["event"] == "owner").await;
    assert_eq!(app.show(&room).await["owner"]["id"], jun.id);
    let path = format!("/rooms/{}/messages", room.id);
    let page = app.call(&jun, "GET", &path, Value::Null).await.is(200);
    let found = page["messages"].as_array().unwrap().iter().find(|message| message["id"] == said["id"]).unwrap();
    assert_eq!((&found["text"], &found["user"]), (&json!("what I said"), &Value::Null));
    let shown = app.get(&format!("/room/{}", room.id)).cookie(&jun.token).header("accept-language", "ko").send().await;
    assert!(shown.text().contains("떠난 사람"));
    // The direct room can be read, but nothing can be sent to it.
    let direct = app.call(&jun, "GET", &direct_path, Value::Null).await.is(200);
    assert_eq!(direct["messages"][0]["text"], "between us");
    app.call(&jun, "POST", &direct_path, json!({ "text": "hello?" })).await.refused(403, "forbidden");
    app.call(&jun, "GET", &format!("/users/{}", minji.id), Value::Null).await.refused(404, "not_found");
    assert!(app.stored_files().is_empty());
    let row = "SELECT COUNT(*) FROM users WHERE name = '' AND email IS NULL AND password_hash IS NULL AND bio = ''";
    assert_eq!(app.count(row), 1);
    // A new account with the same e-mail is another user.
    assert_ne!(app.signed_up("minji").await.id, minji.id);
}

#[tokio::test]
async fn messages_of_a_deleted_account_are_deleted_one_by_one_on_request() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, his, sora]) = app.room_of_three().await;
    for number in 0..120 {
        his.say(&room, &format!("word {number}")).await;
    }
    let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&jun.token);
    upload.multipart(Some(("cat.png", &picture::png(8, 8))), &[("text", "my cat")]).send().await.is(201);
    hers.say(&room, "and mine").await;
    let last = his.say(&room, "last word").await;
    // A guest has no password to confirm.
    app.call(&jun, "DELETE", "/me", json!({ "messages": "remove" })).await.is(204);
    let gone =
        sora.take_where("message", |message| message["id"] == last["id"] && message["deletedAt"].is_string()).await;
    assert_eq!((&gone["text"], &gone["user"]), (&json!(""), &Value::Null));
    let minji = app.guest("hana").await;
    app.join(&minji, &room).await;
    let page = app.call(&minji, "GET", &format!("/rooms/{}/messages?limit=100", room.id), Value::Null).await.is(200);
    let texts: Vec<_> =
        page["messages"].as_array().unwrap().iter().filter(|message| message["kind"] == "text").collect();
    assert!(texts.iter().all(|message| message["text"] == "" || message["text"] == "and mine"));
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE kind = 'text' AND text <> ''"), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 0);
    // Each deletion has its own rev, so that clients that were away get it.
    assert_eq!(app.count("SELECT COUNT(*) - COUNT(DISTINCT rev) FROM messages WHERE to_user_id IS NULL"), 0);
}

#[tokio::test]
async fn a_restart_in_between_continues_the_deletion() {
    let mut app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let said = app.say(&jun, &room, "still to go").await;
    app.call(&jun, "DELETE", "/me", json!({ "messages": "keep" })).await.is(204);
    app.alter(&format!("INSERT INTO meta (key, value) VALUES ('erase {}', '0')", jun.id));
    app.restart().await;
    let hers = app.enter(&minji, &room).await;
    // Housekeeping runs at the start: the event comes now, or the page already shows it.
    let path = format!("/rooms/{}/messages", room.id);
    let page = app.call(&minji, "GET", &path, Value::Null).await.is(200);
    let found = page["messages"].as_array().unwrap().iter().find(|message| message["id"] == said["id"]).unwrap();
    if found["deletedAt"].is_null() {
        hers.take_where("message", |message| message["id"] == said["id"] && message["text"] == "").await;
    }
    while app.count("SELECT COUNT(*) FROM meta WHERE key LIKE 'erase %'") > 0 {
        hers.settle().await;
    }
}
