//! Files of messages: who can see them, how long they are kept.

use serde_json::{Value, json};

use crate::support::fixtures::fields;
use crate::support::{App, Person, Response, Room, picture};

async fn upload(app: &App, who: &Person, room: &Room, bytes: &[u8], fields: &[(&str, &str)]) -> Response {
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&who.token);
    call.multipart(Some(("sky.png", bytes)), fields).send().await
}

fn url(message: &Value) -> String {
    message["files"][0]["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_picture_is_a_message_that_carries_it() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let sent = upload(&app, &minji, &room, &picture::png(8, 6), &[("key", "one"), ("text", "look")]).await.is(201);
    assert_eq!((&sent["text"], &sent["key"], &sent["kind"]), (&json!("look"), &json!("one"), &json!("text")));
    let file = &sent["files"][0];
    let names = ["animated", "height", "id", "name", "placeholder", "size", "type", "url", "width"];
    assert_eq!(fields(file), names);
    assert_eq!((&file["width"], &file["height"], &file["animated"]), (&json!(8), &json!(6), &json!(false)));
    let heard = his.receives("look").await;
    assert_eq!((&heard["files"], &heard["key"]), (&sent["files"], &Value::Null));
    assert_eq!(hers.receives("look").await, sent);
    assert_eq!(app.history(&minji, &room).await.last(), Some(&sent));
    let stored = app.page(&minji, &url(&sent)).await;
    assert_eq!((stored.status, &json!(stored.body.len())), (200, &file["size"]));
    // A caption is optional.
    let bare = upload(&app, &minji, &room, &picture::png(2, 2), &[]).await.is(201);
    assert_eq!((&bare["text"], bare["files"].as_array().unwrap().len()), (&json!(""), 1));
}

#[tokio::test]
async fn a_repeated_upload_is_the_first_message_and_leaves_no_bytes() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let first = upload(&app, &minji, &room, &picture::png(8, 8), &[("key", "one")]).await.is(201);
    let stored = app.stored_files();
    let again = upload(&app, &minji, &room, &picture::png(9, 9), &[("key", "one")]).await.is(200);
    assert_eq!(again, first);
    assert_eq!((app.stored_files(), app.count("SELECT COUNT(*) FROM files")), (stored, 1));
}

/// Abuse: U8
#[tokio::test]
async fn a_file_is_visible_with_its_message() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let sent = upload(&app, &minji, &room, &picture::png(700, 8), &[]).await.is(201);
    let (url, thumbnail) = (url(&sent), sent["files"][0]["thumbnailUrl"].as_str().unwrap().to_owned());
    let sees = async |who: &Person| {
        let (file, small) = (app.page(who, &url).await, app.page(who, &thumbnail).await);
        assert_eq!(file.status, small.status);
        if file.status != 200 {
            file.refused(404, "not_found");
            small.refused(404, "not_found");
        }
        file.status == 200
    };
    assert!(sees(&minji).await && sees(&jun).await);
    assert!(!sees(&sora).await, "a stranger");
    app.get(&url).send().await.refused(401, "unauthenticated");
    app.get("/files/0123456789abcdefghjkmnpqrs").cookie(&minji.token).send().await.refused(404, "not_found");
    app.call(&jun, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    assert!(!sees(&jun).await, "who left");
    app.join(&sora, &room).await;
    assert!(sees(&sora).await, "a newcomer");
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/{}", room.id, sora.id), Value::Null).await.is(204);
    assert!(!sees(&sora).await, "the kicked");
    let deleted = upload(&app, &minji, &room, &picture::png(9, 9), &[]).await.is(201);
    let (path, gone) = (format!("/messages/{}", deleted["id"].as_str().unwrap()), self::url(&deleted));
    assert_eq!(app.page(&minji, &gone).await.status, 200);
    app.call(&minji, "DELETE", &path, Value::Null).await.is(200);
    app.page(&minji, &gone).await.refused(404, "not_found");
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    assert!(!sees(&minji).await, "the room is gone");
}

/// Abuse: U11
#[tokio::test]
async fn only_members_upload_to_a_room() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    upload(&app, &jun, &room, &picture::png(4, 4), &[]).await.refused(403, "not_a_member");
    let nowhere = Room { id: "nowhere".into(), made: Value::Null };
    upload(&app, &jun, &nowhere, &picture::png(4, 4), &[]).await.refused(404, "room_not_found");
    assert_eq!((app.count("SELECT COUNT(*) FROM files"), app.stored_files().len()), (0, 0));
    // A file of a message cannot be used for another one, by its owner or others.
    app.join(&jun, &room).await;
    let sent = upload(&app, &minji, &room, &picture::png(4, 4), &[]).await.is(201);
    let taken = json!({ "text": "mine", "fileIds": [sent["files"][0]["id"]] });
    for who in [&minji, &jun] {
        let answer = app.call(who, "POST", &format!("/rooms/{}/messages", room.id), taken.clone()).await;
        assert_eq!(answer.refused(422, "invalid")["field"], "fileIds");
    }
}

/// Abuse: U11
#[tokio::test]
async fn shared_bytes_stay_while_one_message_needs_them() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let (room, other) = (app.courtyard(&minji).await, app.courtyard(&minji).await);
    let first = upload(&app, &minji, &room, &picture::png(700, 8), &[]).await.is(201);
    let second = upload(&app, &minji, &other, &picture::png(700, 8), &[]).await.is(201);
    assert_ne!(url(&first), url(&second));
    assert_eq!(app.stored_files().len(), 2, "the picture and its smaller copy");
    let remove = |room: &Room| format!("/rooms/{}", room.id);
    // Deleted with its message, and with its room.
    let third = upload(&app, &minji, &other, &picture::png(700, 8), &[]).await.is(201);
    app.call(&minji, "DELETE", &format!("/messages/{}", third["id"].as_str().unwrap()), Value::Null).await.is(200);
    assert_eq!(app.page(&minji, &url(&third)).await.status, 404);
    assert_eq!(app.page(&minji, &url(&first)).await.status, 200);
    app.call(&minji, "DELETE", &remove(&room), Value::Null).await.is(204);
    assert_eq!(app.page(&minji, &url(&first)).await.status, 404);
    assert_eq!(app.page(&minji, &url(&second)).await.status, 200);
    app.call(&minji, "DELETE", &remove(&other), Value::Null).await.is(204);
    // Housekeeping may be sweeping at that moment: the later one does nothing.
    let mut looks = 0;
    while !app.stored_files().is_empty() && looks < 1_000 {
        app.get("/healthz").send().await;
        looks += 1;
    }
    assert_eq!(app.stored_files(), Vec::<String>::new());
}

#[tokio::test]
async fn an_ephemeral_rooms_files_go_with_it() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "ephemeral": true })).await;
    let lobby = app.lobby().await;
    let client = app.enter(&minji, &room).await;
    upload(&app, &minji, &room, &picture::gif(2), &[]).await.is(201);
    assert_eq!(app.stored_files().len(), 2);
    client.disconnect().await;
    assert_eq!(lobby.take("removeRoom").await, json!(room.id));
    // The bytes are removed right after the room; the writer's next act comes later.
    while !app.stored_files().is_empty() {
        app.guest("jun").await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 0);
}

#[tokio::test]
async fn uploads_have_a_rate() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut sent = 0;
    loop {
        let answer = upload(&app, &minji, &room, &picture::png(2, 2), &[]).await;
        if answer.status != 201 {
            answer.refused(429, "rate_limited");
            break;
        }
        sent += 1;
        assert!(sent <= 60);
    }
    assert!(sent >= 30);
}

/// Files that are not images: name, bytes, stored type, type of the response.
const KINDS: [(&str, &[u8], &str, &str); 6] = [
    ("plan.pdf", b"%PDF-1.7 plan", "application/pdf", "application/pdf"),
    ("memo.txt", "메모\n".as_bytes(), "text/plain", "text/plain; charset=utf-8"),
    ("song.mp3", b"ID3\x04\0song", "audio/mpeg", "audio/mpeg"),
    ("film.webm", b"\x1A\x45\xDF\xA3\x01\x42\x82\x84webm", "video/webm", "video/webm"),
    ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream", "application/octet-stream"),
    ("all.zip", b"PK\x03\x04zip", "application/octet-stream", "application/octet-stream"),
];

/// Abuse: U1, U7, U14
#[tokio::test]
async fn any_file_is_stored_unchanged_and_never_served_as_a_page() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for (name, bytes, kind, served) in KINDS {
        let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
        let sent = call.multipart(Some((name, bytes)), &[]).send().await.is(201);
        let file = &sent["files"][0];
        assert_eq!((&file["type"], &file["name"], &file["size"]), (&json!(kind), &json!(name), &json!(bytes.len())));
        assert_eq!(fields(file), ["id", "name", "size", "type", "url"]);
        let answer = app.page(&minji, file["url"].as_str().unwrap()).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, bytes));
        let disposition = format!("attachment; filename*=UTF-8''{name}");
        for (header, value) in [
            ("content-type", served),
            ("content-disposition", &disposition),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, max-age=31536000, immutable"),
            ("accept-ranges", "bytes"),
        ] {
            assert_eq!(answer.header(header), Some(value), "{name}");
        }
        assert_eq!(app.page(&minji, &format!("{}/thumbnail", file["url"].as_str().unwrap())).await.status, 404);
    }
}

#[tokio::test]
async fn a_file_is_served_by_ranges() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let bytes: Vec<u8> = (0..400_000u32).map(|n| (n % 251) as u8).collect();
    let sent = upload(&app, &minji, &room, &bytes, &[]).await.is(201);
    let url = url(&sent);
    let ask = async |method: &str, headers: &[(&str, &str)]| {
        let request = app.request(method, &url).cookie(&minji.token).header("accept-encoding", "gzip, br");
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
    };
    let whole = ask("GET", &[]).await;
    assert_eq!(
        (whole.status, whole.header("content-length"), whole.header("content-encoding")),
        (200, Some("400000"), None)
    );
    assert!(whole.body == bytes);
    let tag = whole.header("etag").unwrap();
    assert!(tag.starts_with('"'), "{tag}");
    for (range, part, named) in [
        ("bytes=0-0", 0..1, "bytes 0-0/400000"),
        ("bytes=100-299999", 100..300_000, "bytes 100-299999/400000"),
        ("bytes=399990-", 399_990..400_000, "bytes 399990-399999/400000"),
        ("bytes=-7", 399_993..400_000, "bytes 399993-399999/400000"),
    ] {
        let answer = ask("GET", &[("range", range), ("if-range", tag)]).await;
        assert_eq!((answer.status, answer.header("content-range")), (206, Some(named)), "{range}");
        assert_eq!(answer.header("content-length"), Some(part.len().to_string().as_str()));
        assert!(answer.body == bytes[part], "{range}");
    }
    let beyond = ask("GET", &[("range", "bytes=400000-")]).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */400000")));
    // A client that holds part of other bytes, or asks for several ranges, gets the whole file.
    for (name, value) in [("if-range", "\"other\""), ("if-range", "Sun, 22 Nov 2026 00:00:00 GMT")] {
        assert_eq!(ask("GET", &[("range", "bytes=0-0"), (name, value)]).await.body.len(), bytes.len());
    }
    assert_eq!(ask("GET", &[("range", "bytes=0-0,5-6")]).await.status, 200);
    let head = ask("HEAD", &[]).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("400000"), 0));
    for known in [tag, "*", &format!("\"other\", W/{tag}")] {
        let answer = ask("GET", &[("if-none-match", known), ("range", "bytes=0-0")]).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
    }
    app.request("POST", &url)
        .cookie(&minji.token)
        .header("origin", &app.url())
        .send()
        .await
        .refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_thumbnail_is_served_as_what_it_is() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for (bytes, kind, beginning) in [
        (picture::png(700, 700), "image/jpeg", b"\xFF\xD8".as_slice()),
        (picture::translucent(700, 700), "image/png", b"\x89PNG"),
    ] {
        let sent = upload(&app, &minji, &room, &bytes, &[]).await.is(201);
        let thumbnail = app.page(&minji, sent["files"][0]["thumbnailUrl"].as_str().unwrap()).await;
        assert_eq!(thumbnail.header("content-type"), Some(kind));
        assert_eq!(thumbnail.header("content-disposition"), Some("inline; filename*=UTF-8''sky.png"));
        assert!(thumbnail.body.starts_with(beginning));
    }
}
