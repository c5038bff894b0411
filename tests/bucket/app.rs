//! An app whose files are in a bucket.

use std::time::Duration;

use serde_json::{Value, json};

use super::content;
use crate::support::bucket::{Fault, NAME, sha256};
use crate::support::{App, Bucket, Person, Request, Response, Room, TIMEOUT, picture};

async fn start(bucket: &Bucket) -> App {
    let s3 = bucket.settings();
    App::with(move |config| {
        config.s3 = Some(s3.clone());
        config.housekeeping = Duration::from_millis(20);
    })
    .await
}

async fn send(app: &App, who: &Person, room: &Room, name: &str, bytes: &[u8]) -> Response {
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&who.token);
    call.multipart(Some((name, bytes)), &[]).send().await
}

fn url(message: &Value) -> String {
    message["files"][0]["url"].as_str().unwrap().to_owned()
}

/// Waits for a condition, with other requests to the server meanwhile.
async fn until(app: &App, what: impl Fn() -> bool) {
    let waiting = async {
        while !what() {
            app.get("/healthz").send().await;
        }
    };
    tokio::time::timeout(TIMEOUT, waiting).await.expect("what is waited for does not happen");
}

/// Abuse: U8, U11
#[tokio::test]
async fn files_and_thumbnails_are_in_the_bucket_for_those_who_may_see_them() {
    let bucket = Bucket::start();
    let app = start(&bucket).await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let stranger = app.guest("haneul").await;
    let sky = send(&app, &minji, &room, "sky.png", &picture::png(700, 8)).await.is(201);
    let notes = send(&app, &minji, &room, "notes.bin", &content(300_000)).await.is(201);
    assert_eq!((bucket.files().len(), app.incoming_files()), (3, 0));
    assert!(!app.data_dir().join("files").exists());
    let thumbnail = sky["files"][0]["thumbnailUrl"].as_str().unwrap();
    for path in [&url(&sky), thumbnail] {
        let shown = app.page(&jun, path).await;
        assert!(
            shown.status == 200 && shown.header("content-type").unwrap().starts_with("image/") && shown.body.len() > 9
        );
    }
    let saved = app.page(&jun, &url(&notes)).await;
    assert!(saved.body == content(300_000));
    for (header, value) in [
        ("content-disposition", "attachment; filename*=UTF-8''notes.bin"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=31536000, immutable"),
    ] {
        assert_eq!(saved.header(header), Some(value));
    }
    for path in [&url(&sky), thumbnail, &url(&notes)] {
        app.page(&stranger, path).await.refused(404, "not_found");
    }
    let ask = |method, headers: &[(&str, &str)]| {
        let request = app.request(method, &url(&notes)).cookie(&jun.token);
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
    };
    let part = ask("GET", &[("range", "bytes=100-199999")]).await;
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 100-199999/300000")));
    assert!(part.body == content(300_000)[100..200_000]);
    assert_eq!(ask("HEAD", &[]).await.header("content-length"), Some("300000"));
    bucket.requests();
    let tag = saved.header("etag").unwrap();
    assert_eq!(ask("GET", &[("if-none-match", tag)]).await.status, 304);
    // The sweep of the start may be listing.
    assert!(bucket.requests().iter().all(|request| request.starts_with("GET /courtyard?")));
}

#[tokio::test]
async fn the_same_bytes_are_stored_once_and_removed_with_their_last_message() {
    let bucket = Bucket::start();
    let app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let first = send(&app, &minji, &room, "a.txt", b"the same").await.is(201);
    let second = send(&app, &minji, &room, "b.txt", b"the same").await.is(201);
    assert_eq!(bucket.files(), [sha256(b"the same")]);
    let delete = async |message: &Value| {
        let path = format!("/messages/{}", message["id"].as_str().unwrap());
        app.call(&minji, "DELETE", &path, Value::Null).await.is(200)
    };
    delete(&first).await;
    assert_eq!(app.page(&minji, &url(&second)).await.body, b"the same");
    delete(&second).await;
    until(&app, || bucket.files().is_empty()).await;
}

#[tokio::test]
async fn a_portrait_is_in_the_bucket_and_removed_with_its_last_owner() {
    let bucket = Bucket::start();
    let app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let call = app.request("PUT", "/api/me/picture").bearer(&minji.token);
    let user = call.multipart(Some(("me.png", &picture::png(90, 60))), &[]).send().await.is(200);
    let shown = app.page(&minji, user["picture"].as_str().unwrap()).await;
    assert_eq!((shown.status, bucket.files().len()), (200, 1));
    app.call(&minji, "DELETE", "/me/picture", Value::Null).await.is(200);
    until(&app, || bucket.files().is_empty()).await;
}

/// Abuse: U8, U14
#[tokio::test]
async fn links_are_for_members_and_save_what_they_lead_to() {
    let bucket = Bucket::start();
    let s3 = madang::config::S3 { has_links: true, ..bucket.settings() };
    let app = App::with(move |config| config.s3 = Some(s3.clone())).await;
    let minji = app.guest("minji").await;
    let stranger = app.guest("haneul").await;
    let room = app.courtyard(&minji).await;
    let notes = send(&app, &minji, &room, "메모 1.html", b"<script>alert(1)</script>").await.is(201);
    app.page(&stranger, &url(&notes)).await.refused(404, "not_found");
    app.get(&url(&notes)).send().await.refused(401, "unauthenticated");
    let redirected = app.page(&minji, &url(&notes)).await;
    assert_eq!((redirected.status, redirected.header("cache-control")), (302, Some("private, no-store")));
    let link = redirected.header("location").unwrap().to_owned();
    let path = link.strip_prefix(&format!("http://{}", bucket.address)).unwrap();
    assert!(path.starts_with(&format!("/{NAME}/chat/")) && path.contains("X-Amz-Expires=60&"), "{path}");
    let saved = Request::new(bucket.address, "GET", path).header("range", "bytes=1-6").send().await;
    assert_eq!((saved.status, saved.body.as_slice()), (206, &b"script"[..]));
    for (header, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename*=UTF-8''%EB%A9%94%EB%AA%A8%201.html"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(saved.header(header), Some(value));
    }
    // Changed, or too late.
    let other = path.replace("attachment", "inline");
    assert_eq!(Request::new(bucket.address, "GET", &other).send().await.status, 403);
    bucket.set_ahead(Duration::from_secs(62));
    assert_eq!(Request::new(bucket.address, "GET", path).send().await.status, 403);
    bucket.set_ahead(Duration::ZERO);
    // Pictures are streamed, and so is what only looks.
    let sky = send(&app, &minji, &room, "sky.png", &picture::png(700, 8)).await.is(201);
    for path in [url(&sky), sky["files"][0]["thumbnailUrl"].as_str().unwrap().to_owned()] {
        assert_eq!(app.page(&minji, &path).await.status, 200);
    }
    let head = app.request("HEAD", &url(&notes)).cookie(&minji.token).send().await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("25")));
}

/// Abuse: U13
#[tokio::test]
async fn while_the_store_is_away_files_are_unavailable_and_nothing_is_lost() {
    let bucket = Bucket::start();
    let app = start(&bucket).await;
    let ([minji, ..], room, [_, his, _]) = app.room_of_three().await;
    let kept = send(&app, &minji, &room, "kept.txt", b"kept").await.is(201);
    let gone = send(&app, &minji, &room, "gone.txt", b"gone").await.is(201);
    bucket.set_away(true);
    for (name, bytes) in [("new.txt", b"new".to_vec()), ("new.png", picture::png(9, 9))] {
        send(&app, &minji, &room, name, &bytes).await.refused(503, "unavailable");
    }
    app.page(&minji, &url(&kept)).await.refused(503, "unavailable");
    app.say(&minji, &room, "words go on").await;
    his.receives("words go on").await;
    let path = format!("/messages/{}", gone["id"].as_str().unwrap());
    app.call(&minji, "DELETE", &path, Value::Null).await.is(200);
    assert_eq!((app.incoming_files(), app.count("SELECT COUNT(*) FROM files")), (0, 1));
    bucket.set_away(false);
    assert_eq!(app.page(&minji, &url(&kept)).await.body, b"kept");
    send(&app, &minji, &room, "new.txt", b"new").await.is(201);
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 2);
}

#[tokio::test]
async fn a_server_starts_while_its_store_is_away() {
    let bucket = Bucket::start();
    bucket.set_away(true);
    let app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, "words go on").await;
    send(&app, &minji, &room, "a.txt", b"a").await.refused(503, "unavailable");
    assert_eq!(app.incoming_files(), 0);
    bucket.set_away(false);
    // The first upload that finds the store checks it, unless the server is about to.
    let sending = async {
        loop {
            let sent = send(&app, &minji, &room, "a.txt", b"a").await;
            if sent.status != 503 {
                return sent.is(201);
            }
        }
    };
    let sent = tokio::time::timeout(TIMEOUT, sending).await.expect("the store is not found");
    let path = format!("/messages/{}", sent["id"].as_str().unwrap());
    app.call(&minji, "DELETE", &path, Value::Null).await.is(200);
    until(&app, || bucket.files().is_empty()).await;
    assert!(bucket.with(|state| state.objects.contains_key("chat/madang-owner")));
}

/// The sweep of the other server would remove the files.
#[tokio::test]
async fn nothing_is_put_into_the_bucket_of_another_server_that_was_away_at_the_start() {
    let bucket = Bucket::start();
    bucket.set_away(true);
    let app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    bucket.with(|state| state.objects.insert("chat/madang-owner".into(), (b"another".to_vec(), 1_000)));
    bucket.set_away(false);
    for (name, bytes) in [("a.txt", b"a".to_vec()), ("a.png", picture::png(9, 9))] {
        send(&app, &minji, &room, name, &bytes).await.refused(503, "unavailable");
    }
    let portrait = app.request("PUT", "/api/me/picture").bearer(&minji.token);
    let portrait = portrait.multipart(Some(("me.png", &picture::png(9, 9))), &[]).send().await;
    portrait.refused(503, "unavailable");
    assert_eq!((app.incoming_files(), app.count("SELECT COUNT(*) FROM files")), (0, 0));
    let is_put = |request: &String| request.starts_with("PUT ") && !request.contains("/madang-");
    assert!(bucket.files().is_empty() && !bucket.requests().iter().any(is_put));
    assert_eq!(app.count("SELECT COUNT(*) FROM meta WHERE key = 'bucket'"), 0, "it is not noted as used");
}

/// Contents whose hashes begin with different digits.
fn apart() -> [String; 3] {
    let mut found: Vec<String> = Vec::new();
    for text in (0..).map(|number| format!("content {number}")) {
        // The last two bits of the first two digits.
        let part = |text: &str| u8::from_str_radix(&sha256(text.as_bytes())[..2], 16).unwrap() % 4;
        if found.iter().all(|other| part(other) != part(&text)) {
            found.push(text);
        }
        if found.len() == 3 {
            break;
        }
    }
    found.try_into().unwrap()
}

fn key(bytes: &[u8]) -> String {
    let hash = sha256(bytes);
    format!("/{NAME}/chat/{}/{hash}", &hash[..2])
}

#[tokio::test]
async fn a_removal_that_waits_for_an_upload_does_not_stop_all_others() {
    let bucket = Bucket::start();
    let mut s3 = bucket.settings();
    s3.limits.answer = 2 * TIMEOUT;
    let app = App::with(move |config| config.s3 = Some(s3.clone())).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let [slow, gone, other] = apart();
    let first = send(&app, &minji, &room, "slow.txt", slow.as_bytes()).await.is(201);
    let second = send(&app, &minji, &room, "gone.txt", gone.as_bytes()).await.is(201);
    let path = |message: &Value| format!("/messages/{}", message["id"].as_str().unwrap());
    app.call(&minji, "DELETE", &path(&first), Value::Null).await.is(200);
    bucket.hold(&format!("PUT {}", key(slow.as_bytes())));
    let upload = send(&app, &minji, &room, "slow.txt", slow.as_bytes());
    let meanwhile = async {
        until(&app, || bucket.with(|state| state.holding == 1)).await;
        app.call(&minji, "DELETE", &path(&second), Value::Null).await.is(200);
        send(&app, &minji, &room, "other.txt", other.as_bytes()).await.is(201);
        assert_eq!(bucket.files(), [sha256(other.as_bytes())]);
        bucket.release();
    };
    let (sent, ()) = tokio::join!(upload, meanwhile);
    sent.is(201);
}

#[tokio::test]
async fn bytes_that_come_again_while_they_are_removed_are_kept() {
    let bucket = Bucket::start();
    let mut s3 = bucket.settings();
    s3.limits.answer = 2 * TIMEOUT;
    let app = App::with(move |config| config.s3 = Some(s3.clone())).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let first = send(&app, &minji, &room, "a.txt", b"again").await.is(201);
    bucket.hold(&format!("DELETE {}", key(b"again")));
    let path = format!("/messages/{}", first["id"].as_str().unwrap());
    let removal = app.call(&minji, "DELETE", &path, Value::Null);
    let again = async {
        until(&app, || bucket.with(|state| state.holding == 1)).await;
        let upload = send(&app, &minji, &room, "b.txt", b"again");
        let release = async {
            // The upload is on the disk, and about to wait.
            until(&app, || app.incoming_files() == 1).await;
            bucket.release();
        };
        tokio::join!(upload, release).0
    };
    let (removed, sent) = tokio::join!(removal, again);
    removed.is(200);
    assert_eq!(app.page(&minji, &url(&sent.is(201))).await.body, b"again");
    assert_eq!(bucket.files(), [sha256(b"again")]);
}

#[tokio::test]
async fn a_removal_of_many_files_stops_when_the_store_does_not_answer() {
    let bucket = Bucket::start();
    let s3 = bucket.settings();
    let app = App::with(move |config| config.s3 = Some(s3.clone())).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 0..40 {
        send(&app, &minji, &room, "a.txt", format!("{number}").as_bytes()).await.is(201);
    }
    let is_delete = |request: &String| request.starts_with("DELETE ");
    bucket.requests();
    bucket.set_away(true);
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    let tried = bucket.requests().iter().filter(|request| is_delete(request)).count();
    assert!((1..40).contains(&tried), "{tried} requests");
    assert_eq!(bucket.files().len(), 40);
}

#[tokio::test]
async fn a_failure_that_passes_is_not_seen_by_users() {
    let bucket = Bucket::start();
    let app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    // Not those of the sweep.
    let fail = |method, faults: &[Fault]| bucket.fail_at(&format!("{method} {}", key(&content(500_000))), faults);
    fail("HEAD", &[Fault::Status(503), Fault::Cut]);
    fail("PUT", &[Fault::Status(503), Fault::Cut, Fault::Status(429)]);
    let sent = send(&app, &minji, &room, "a.bin", &content(500_000)).await.is(201);
    assert_eq!(bucket.faults_left(), 0);
    fail("HEAD", &[Fault::Status(503)]);
    fail("GET", &[Fault::Status(500), Fault::Cut, Fault::CutInBody, Fault::CutInBody]);
    assert!(app.page(&minji, &url(&sent)).await.body == content(500_000));
    assert_eq!(bucket.faults_left(), 0);
}

/// Abuse: U12
#[tokio::test]
async fn files_that_no_row_names_are_swept_when_they_are_a_day_old() {
    let bucket = Bucket::start();
    let mut app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    send(&app, &minji, &room, "kept.txt", b"kept").await.is(201);
    app.stop().await;
    let (old, young) = ("ab".repeat(32), "ac".repeat(32));
    bucket.with(|state| {
        let (_, now) = state.objects["chat/madang-owner"];
        for hash in [&old, &young] {
            state.objects.insert(format!("chat/{}/{hash}", &hash[..2]), (b"nobody's".to_vec(), now));
        }
        state.leave_upload(&format!("chat/ab/{old}"), now - 25 * 3_600_000);
        state.leave_upload(&format!("chat/ac/{young}"), now);
        state.objects.insert("chat/ab/other".into(), (b"not ours".to_vec(), 0));
    });
    bucket.age(&old, Duration::from_secs(25 * 3_600));
    bucket.age(&sha256(b"kept"), Duration::from_secs(25 * 3_600));
    let app = App::reopen(app).await;
    until(&app, || !bucket.files().contains(&old)).await;
    let mut left = vec![sha256(b"kept"), young, "other".into()];
    left.sort();
    let mut files = bucket.files();
    files.sort();
    assert_eq!((files, bucket.uploads()), (left, 1));
}

#[tokio::test]
async fn many_files_of_a_room_go_with_it() {
    let bucket = Bucket::start();
    let app = start(&bucket).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 0..80 {
        send(&app, &minji, &room, "a.txt", format!("{number}").as_bytes()).await.is(201);
    }
    assert_eq!(bucket.files().len(), 80);
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    until(&app, || bucket.files().is_empty()).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 0);
    let again = app.request("POST", "/api/uploads").bearer(&minji.token);
    let again = again.multipart(Some(("b.txt", b"b")), &[]).send().await.is(201);
    assert_eq!(again["name"], json!("b.txt"));
}
