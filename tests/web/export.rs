//! The archive of one's own data.

use std::io::{Cursor, Read};

use serde_json::{Value, json};
use zip::ZipArchive;

use crate::support::{App, Person};

async fn download(app: &App, who: &Person) -> ZipArchive<Cursor<Vec<u8>>> {
    let answer = app.request("GET", "/me/export/madang.zip").cookie(&who.token).send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    ZipArchive::new(Cursor::new(answer.body.to_vec())).unwrap()
}

fn part(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Abuse: N8
#[tokio::test]
async fn a_guest_gets_what_is_theirs_and_nothing_else() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _third]) = app.room_of_three().await;
    let deleted = hers.say(&room, "a slip").await["id"].clone();
    hers.ok("delete", json!({ "id": deleted })).await;
    hers.say(&room, "<b>lunch</b>?").await;
    his.say(&room, "his own words").await;
    hers.ok("message", json!({ "room": room.id, "key": "w", "text": "psst", "to": jun.id })).await;
    let sent = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    sent.multipart(Some(("../list.txt", b"kimbap")), &[("text", "the list")]).send().await.is(201);
    app.call(&minji, "PUT", &format!("/me/blocks/{}", jun.id), Value::Null).await.is(204);

    assert!(app.call(&minji, "GET", "/me/export", Value::Null).await.is(200)["export"].is_null());
    app.call(&minji, "POST", "/me/export", Value::Null).await.is(204);
    app.outbox_is_empty().await;
    let known = app.call(&minji, "GET", "/me/export", Value::Null).await.is(200)["export"].clone();
    assert_eq!(known["ready"], true);
    assert!(known["size"].as_u64().unwrap() > 500 && known["endsAt"].is_string(), "{known}");
    let again = app.call(&minji, "POST", "/me/export", Value::Null).await;
    assert!(again.is(429)["retryAfterMs"].as_u64().unwrap() > 80_000_000);

    let mut archive = download(&app, &minji).await;
    let messages: Value = serde_json::from_str(&part(&mut archive, "messages.json")).unwrap();
    let texts: Vec<&str> = messages.as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["<b>lunch</b>?", "psst", "the list"]);
    assert_eq!((&messages[0]["room"]["name"], &messages[1]["whisperTo"]), (&room.made["title"], &json!("jun")));
    // No name leads out of its folder.
    let path = messages[2]["files"][0]["path"].as_str().unwrap().to_owned();
    assert!(path.starts_with("files/") && path.matches('/').count() == 1, "{path}");
    assert_eq!(part(&mut archive, &path), "kimbap");
    let about: Value = serde_json::from_str(&part(&mut archive, "madang.json")).unwrap();
    assert_eq!((&about["account"]["name"], &about["blocked"][0]["name"]), (&json!("minji"), &json!("jun")));
    let page = part(&mut archive, "index.html");
    assert!(
        page.contains("&#60;b&#62;lunch") && !page.contains("<b>lunch") && !page.contains("his own words"),
        "{page}"
    );
    for name in ["madang.json", "messages.json", "index.html"] {
        assert!(!part(&mut archive, name).contains(&minji.token), "{name}");
    }
    assert_eq!(archive.len(), 5);

    // It is for its user alone, and goes with them.
    app.request("GET", "/me/export/madang.zip").cookie(&jun.token).send().await.refused(404, "not_found");
    let page = app.page(&minji, "/me").await.text();
    assert!(page.contains("/me/export/madang.zip"), "{page}");
    let before = app.stored_files().len();
    app.call(&minji, "DELETE", "/me", json!({ "messages": "keep" })).await.is(204);
    assert_eq!(app.stored_files().len(), before - 1);
}
