//! All files of a room: newest first, by kind, for those who can see their messages.

use serde_json::{Value, json};

use crate::support::fixtures::fields;
use crate::support::{App, Person, Room, picture};

async fn send(app: &App, who: &Person, room: &Room, name: &str, bytes: &[u8]) -> Value {
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&who.token);
    call.multipart(Some((name, bytes)), &[]).send().await.is(201)
}

async fn list(app: &App, who: &Person, room: &Room, query: &str) -> Value {
    app.call(who, "GET", &format!("/rooms/{}/files?{query}", room.id), Value::Null).await.is(200)
}

fn names(list: &Value) -> Vec<&str> {
    list["files"].as_array().unwrap().iter().map(|entry| entry["file"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn files_are_listed_by_kind_page_by_page_each_with_its_message() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let elsewhere = app.courtyard(&minji).await;
    send(&app, &minji, &elsewhere, "elsewhere.txt", b"elsewhere").await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(send(&app, &minji, &room, &format!("{n}.txt"), format!("text {n}").as_bytes()).await);
        send(&app, &minji, &room, &format!("{n}.png"), &picture::png(4, 4)).await;
    }
    assert_eq!(names(&list(&app, &minji, &room, "kind=image").await), ["4.png", "3.png", "2.png", "1.png", "0.png"]);
    assert_eq!(list(&app, &minji, &room, "").await, list(&app, &minji, &room, "kind=image&limit=100").await);
    let first = list(&app, &minji, &room, "kind=file&limit=2").await;
    assert_eq!((names(&first), &first["next"]), (vec!["4.txt", "3.txt"], &first["files"][1]["file"]["id"]));
    let next = first["next"].as_str().unwrap();
    let rest = list(&app, &minji, &room, &format!("kind=file&limit=3&before={next}")).await;
    assert_eq!((names(&rest), &rest["next"]), (vec!["2.txt", "1.txt", "0.txt"], &Value::Null));
    let entry = &first["files"][0];
    assert_eq!(fields(&entry["message"]), ["createdAt", "id", "seq", "user"]);
    for field in ["createdAt", "id", "seq", "user"] {
        assert_eq!(entry["message"][field], sent[4][field]);
    }
    assert_eq!(entry["file"], sent[4]["files"][0]);
    for (query, field) in [("limit=0", "limit"), ("limit=101", "limit"), ("kind=all", "kind"), ("before=x", "before")] {
        let refused = app.call(&minji, "GET", &format!("/rooms/{}/files?{query}", room.id), Value::Null).await;
        assert_eq!(refused.refused(422, "invalid")["field"], field);
    }
}

/// Abuse: U8
#[tokio::test]
async fn a_gallery_shows_only_visible_files() {
    let app = App::start().await;
    let ([minji, jun, sora], room, _) = app.room_of_three().await;
    send(&app, &minji, &room, "early.txt", b"early").await;
    let upload = app.request("POST", "/api/uploads").bearer(&minji.token);
    let file = upload.multipart(Some(("secret.txt", b"secret")), &[]).send().await.is(201);
    let whisper = app.send(&minji, &room, json!({ "text": "", "fileIds": [file["id"]], "to": jun.id })).await;
    let upload = app.request("POST", "/api/uploads").bearer(&minji.token);
    upload.multipart(Some(("waits.txt", b"waits")), &[]).send().await.is(201);
    assert_eq!(whisper["kind"], "whisper");
    for (who, seen) in
        [(&minji, vec!["secret.txt", "early.txt"]), (&jun, vec!["secret.txt", "early.txt"]), (&sora, vec!["early.txt"])]
    {
        assert_eq!(names(&list(&app, who, &room, "kind=file").await), seen);
    }
    // A room whose history begins with joining.
    let haneul = app.guest("haneul").await;
    app.join(&haneul, &room).await;
    assert_eq!(names(&list(&app, &haneul, &room, "kind=file").await), ["early.txt"]);
    app.alter("UPDATE rooms SET history = 'joined'");
    assert!(names(&list(&app, &haneul, &room, "kind=file").await).is_empty());
    let early = list(&app, &minji, &room, "kind=file").await["files"][1]["file"]["url"].as_str().unwrap().to_owned();
    app.page(&haneul, &early).await.refused(404, "not_found");
    assert_eq!(app.page(&minji, &early).await.status, 200);
    let late = send(&app, &minji, &room, "late.txt", b"late").await;
    assert_eq!(names(&list(&app, &haneul, &room, "kind=file").await), ["late.txt"]);
    assert_eq!(app.page(&haneul, late["files"][0]["url"].as_str().unwrap()).await.status, 200);
    // Files of deleted messages are in no list.
    app.alter("UPDATE messages SET deleted_at = 1 WHERE file_count > 0");
    assert!(names(&list(&app, &minji, &room, "kind=file").await).is_empty());
    let path = format!("/rooms/{}/files", room.id);
    app.call(&sora, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    app.call(&sora, "GET", &path, Value::Null).await.refused(403, "not_a_member");
    app.get(&format!("/api{path}")).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn the_page_of_a_rooms_files_leads_to_their_messages() {
    let app = App::start().await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let path = format!("/room/{}/files", room.id);
    assert!(app.page(&minji, &path).await.text().contains("아직 사진이 없어요"));
    let picture = send(&app, &minji, &room, "하늘.png", &picture::png(8, 6)).await;
    let notes = send(&app, &minji, &room, "<b>회의록.txt", b"notes").await;
    let shows = |html: &str, message: &Value| {
        let link = format!("/room/{}?at={seq}#m-{seq}", room.id, seq = message["seq"]);
        html.contains(&link) && html.contains(message["files"][0]["url"].as_str().unwrap())
    };
    let (pictures, files) =
        (app.page(&jun, &path).await.text(), app.page(&jun, &format!("{path}?kind=file")).await.text());
    assert!(shows(&pictures, &picture) && !shows(&pictures, &notes));
    assert!(shows(&files, &notes) && !shows(&files, &picture));
    assert!(files.contains("회의록") && !files.contains("<b>회의록"));
    assert!(app.page(&jun, &format!("/room/{}", room.id)).await.text().contains(&path));
    // A visitor who is not in the room is redirected to the join page.
    let stranger = app.guest("haneul").await;
    assert_eq!(app.page(&stranger, &path).await.leads_to(), format!("/room/{}", room.id));
    assert_eq!(app.get(&path).send().await.leads_to(), format!("/room/{}", room.id));
    assert_eq!(app.page(&minji, "/room/nowhere/files").await.leads_to(), "/?refused=room_not_found");
}

#[tokio::test]
async fn the_next_page_continues_where_the_last_ended() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for n in 0..51 {
        send(&app, &minji, &room, &format!("{n:02}.txt"), b"the same").await;
    }
    let path = format!("/room/{}/files?kind=file", room.id);
    let first = app.page(&minji, &path).await.text();
    assert!(first.contains("50.txt") && first.contains("01.txt") && !first.contains("00.txt"));
    let more = first.split("&amp;before=").nth(1).and_then(|rest| rest.get(..26)).expect("a link to older ones");
    let second = app.page(&minji, &format!("{path}&before={more}")).await.text();
    assert!(second.contains("00.txt") && !second.contains("01.txt") && !second.contains("&amp;before="));
    assert_eq!(app.stored_files().len(), 1, "equal bytes are stored once");
}
