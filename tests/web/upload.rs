//! Uploads: limits of size, rate and number, and cleanup after aborted ones.

use std::time::Duration;

use madang::network::UploadLimits;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{App, Person, Response, Room, TIMEOUT, picture};

async fn upload(app: &App, who: &Person, name: &str, bytes: &[u8]) -> Response {
    let call = app.request("POST", "/api/uploads").bearer(&who.token);
    call.multipart(Some((name, bytes)), &[]).send().await
}

async fn send(app: &App, who: &Person, room: &Room, bytes: &[u8], fields: &[(&str, &str)]) -> Response {
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&who.token);
    call.multipart(Some(("notes.bin", bytes)), fields).send().await
}

/// Builds a multipart body with several files.
fn several(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    body
}

const MULTIPART: &str = "multipart/form-data; boundary=x";

/// Starts a long upload and sends the beginning of its file.
async fn begin(app: &App, who: &Person, path: &str, beginning: &[u8]) -> TcpStream {
    begin_from(app, "127.0.0.1", who, path, beginning).await
}

/// Starts a long upload from an address that a proxy names.
async fn begin_from(app: &App, from: &str, who: &Person, path: &str, beginning: &[u8]) -> TcpStream {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nx-forwarded-for: {from}\r\n\
         authorization: Bearer {}\r\ncontent-type: {MULTIPART}\r\n\
         content-length: 1000000\r\n\r\n--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n",
        app.address, who.token
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(beginning).await.unwrap();
    stream
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

#[tokio::test]
async fn several_files_of_any_kind_go_with_one_message_in_their_order() {
    let app = App::start().await;
    let ([minji, ..], room, [_, his, _]) = app.room_of_three().await;
    let names = ["notes.txt", "sky.png", "song.mp3", "tool.exe"];
    let contents = ["오늘 한 일\n".as_bytes(), &picture::png(8, 6), b"ID3\x04song", b"MZ\x90\0"];
    // All at once, in one body.
    let files: Vec<_> = names.into_iter().zip(contents).collect();
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    let sent = call.body(MULTIPART, several(&[("text", "together")], &files)).send().await.is(201);
    let heard = his.receives("together").await;
    assert_eq!(heard["files"], sent["files"]);
    let of = |message: &Value, field: &str| -> Vec<Value> {
        message["files"].as_array().unwrap().iter().map(|file| file[field].clone()).collect()
    };
    assert_eq!(of(&sent, "name"), names);
    assert_eq!(of(&sent, "type"), ["text/plain", "image/png", "audio/mpeg", "application/octet-stream"]);
    // One by one, and then a message with all of them.
    let mut ids = Vec::new();
    for (name, bytes) in names.into_iter().zip(contents) {
        ids.push(upload(&app, &minji, name, bytes).await.is(201)["id"].clone());
    }
    ids.reverse();
    let taken = app.send(&minji, &room, json!({ "text": "later", "fileIds": ids })).await;
    assert_eq!(of(&taken, "id"), ids);
    // More files than a message may have.
    let many: Vec<(&str, &[u8])> = (0..11).map(|_| ("a", b"a".as_slice())).collect();
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    let refused = call.body(MULTIPART, several(&[], &many)).send().await;
    assert_eq!(refused.refused(422, "invalid")["field"], "file");
    assert_eq!((app.count("SELECT COUNT(*) FROM files"), app.incoming_files()), (8, 0));
}

/// Abuse: U11
#[tokio::test]
async fn an_upload_belongs_to_its_uploader_only() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let file = upload(&app, &minji, "plan.pdf", b"%PDF-1.7 plan").await.is(201);
    let url = file["url"].as_str().unwrap();
    assert_eq!(app.page(&minji, url).await.body, b"%PDF-1.7 plan");
    app.page(&jun, url).await.refused(404, "not_found");
    let with = json!({ "text": "mine", "fileIds": [file["id"]] });
    let path = format!("/rooms/{}/messages", room.id);
    let stolen = app.call(&jun, "POST", &path, with.clone()).await;
    assert_eq!(stolen.refused(422, "invalid")["field"], "fileIds");
    app.call(&minji, "POST", &path, with.clone()).await.is(201);
    let twice = app.call(&minji, "POST", &path, with).await;
    assert_eq!(twice.refused(422, "invalid")["field"], "fileIds");
    assert_eq!(app.page(&jun, url).await.status, 200);
}

/// Delivery: D3
#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_even_after_leaving() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let (room, other) = (app.courtyard(&minji).await, app.courtyard(&minji).await);
    app.join(&jun, &room).await;
    let first = send(&app, &jun, &room, b"first", &[("key", "k")]).await.is(201);
    let stored = app.stored_files();
    app.call(&jun, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    for (room, bytes, text) in
        [(&room, vec![7; 300_000], String::new()), (&other, b"<other>".to_vec(), "x".repeat(20_000))]
    {
        let again = send(&app, &jun, room, &bytes, &[("key", "k"), ("text", &text)]).await.is(200);
        assert_eq!((&again["id"], &again["files"]), (&first["id"], &first["files"]));
    }
    // A key after the file is used as well, for a member.
    let body = several(&[], &[("a", b"second")]);
    let body = [&body[..body.len() - 7], b"--x\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nm\r\n--x--\r\n"];
    let late = || {
        let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
        call.body(MULTIPART, body.concat()).send()
    };
    let second = late().await.is(201);
    assert_eq!(late().await.is(200), second);
    assert_eq!(second["key"], "m");
    assert_eq!((app.stored_files().len(), app.incoming_files()), (stored.len() + 1, 0));
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 2);
}

/// Abuse: U5
#[tokio::test]
async fn uploads_that_are_too_large_or_too_slow_are_cut_off() {
    let app = App::with(|config| {
        config.upload_max = 20_000;
        config.upload_grace = Duration::from_millis(40);
        config.upload_rate = u64::MAX;
    })
    .await;
    let minji = app.guest("minji").await;
    upload(&app, &minji, "large", &vec![b'x'; 20_001]).await.refused(413, "too_large");
    // The client stalls; or it sends a little at a time, always before the timeout: of a file, of a text, or files
    // without content.
    let end = b"\r\n--x\r\ncontent-disposition: form-data; name=";
    let text = [&end[..], b"\"text\"\r\n\r\n"].concat();
    let empty_file = [&end[..], b"\"file\"; filename=\"\"\r\n\r\n"].concat();
    let slow: [(&[u8], &[u8]); 4] = [(b"slow", b""), (b"slow", b"x"), (&text, b"x"), (&empty_file, &empty_file)];
    for (beginning, drip) in slow {
        let mut stream = begin(&app, &minji, "/api/uploads", beginning).await;
        let mut answer = [0; 12];
        loop {
            tokio::select! {
                read = stream.read_exact(&mut answer) => {
                    read.unwrap();
                    break;
                }
                () = tokio::time::sleep(Duration::from_millis(5)), if !drip.is_empty() => {
                    // The response may already be on its way.
                    let _ = stream.write_all(drip).await;
                }
            }
        }
        assert_eq!(&answer, b"HTTP/1.1 400");
    }
    assert_eq!((app.incoming_files(), app.stored_files().len()), (0, 0));
}

/// Abuse: U5
#[tokio::test]
async fn bytes_after_the_declared_length_are_ignored() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let body = several(&[], &[("a", &[b'x'; 1_000])]);
    let (said, rest) = (body.len(), vec![b'x'; 300_000]);
    let call = || app.request("POST", "/api/uploads").bearer(&minji.token).header("content-length", &said.to_string());
    // The body ends where its length says; what follows is not a request.
    let sent = call().body(MULTIPART, [body.clone(), rest.clone()].concat()).send().await.is(201);
    assert_eq!(sent["size"], 1_000);
    // A length in the middle of the file truncates it there.
    let short = app.request("POST", "/api/uploads").bearer(&minji.token).header("content-length", "900");
    short.body(MULTIPART, [body, rest].concat()).send().await.refused(400, "bad_request");
    assert_eq!((app.count("SELECT COUNT(*) FROM files"), app.incoming_files()), (1, 0));
}

/// Abuse: U10
#[tokio::test]
async fn the_quota_holds_against_concurrent_uploads() {
    let app = App::with(|config| {
        config.limits.waiting_files_max = 5;
        config.limits.waiting_bytes_max = 1_000;
        config.limits.stored_bytes_max = 12 * 64 * 1024 + 2_000;
    })
    .await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let racing = (0..50u8).map(|n| {
        let (address, token) = (app.address, minji.token.clone());
        tokio::spawn(async move {
            let call = crate::support::Request::new(address, "POST", "/api/uploads").bearer(&token);
            call.multipart(Some(("a", &[n; 100])), &[]).send().await
        })
    });
    let mut ids = Vec::new();
    for answer in racing.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        match answer.status {
            201 => ids.push(answer.json()["id"].clone()),
            // Eight uploads run at a time; more get `busy`.
            503 => drop(answer.refused(503, "busy")),
            _ => assert_eq!(answer.refused(409, "too_many")["field"], "file"),
        }
    }
    assert!((1..=5).contains(&ids.len()), "{}", ids.len());
    while ids.len() < 5 {
        ids.push(upload(&app, &minji, "b", &[ids.len() as u8; 100]).await.is(201)["id"].clone());
    }
    upload(&app, &minji, "c", b"one more").await.refused(409, "too_many");
    assert_eq!((app.count("SELECT COUNT(*) FROM files"), app.incoming_files()), (5, 0));
    assert_eq!(app.stored_files().len(), 5, "what was refused left no bytes");
    // Files of a message wait no longer, but still count as stored.
    app.send(&minji, &room, json!({ "text": "", "fileIds": ids })).await;
    upload(&app, &minji, "d", &[1; 1_001]).await.refused(409, "too_many");
    let mut stored = 5;
    loop {
        let answer = send(&app, &minji, &room, &[stored; 100], &[]).await;
        if answer.status != 201 {
            answer.refused(409, "too_many");
            break;
        }
        stored += 1;
    }
    assert_eq!(stored, 12);
    upload(&app, &jun, "e", b"another's room").await.is(201);
}

/// Abuse: U12
#[tokio::test]
async fn an_aborted_upload_leaves_nothing_and_may_be_repeated() {
    let app = App::start().await;
    let ([minji, ..], room, _) = app.room_of_three().await;
    let path = format!("/api/rooms/{}/files", room.id);
    for beginning in [b"x".to_vec(), vec![b'x'; 300_000], picture::png(300, 300)] {
        let stream = begin(&app, &minji, &path, &beginning).await;
        until(&app, || app.incoming_files() == 1).await;
        drop(stream);
        until(&app, || app.incoming_files() == 0).await;
    }
    assert_eq!((app.count("SELECT COUNT(*) FROM files"), app.stored_files().len()), (0, 0));
    assert_eq!(app.show(&room).await["rev"], 3);
    send(&app, &minji, &room, b"whole", &[("key", "k")]).await.is(201);
}

/// Abuse: U12
#[tokio::test]
async fn files_left_by_a_crash_are_swept_at_the_start() {
    let mut app = App::with(|config| config.orphan_age = Duration::ZERO).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let kept = send(&app, &minji, &room, &picture::png(700, 8), &[]).await.is(201);
    let waiting = upload(&app, &minji, "waits.txt", b"waits").await.is(201);
    app.stop().await;
    let stored = app.stored_files();
    assert_eq!(stored.len(), 3);
    let orphan = "ab".repeat(32);
    std::fs::create_dir_all(app.data_dir().join("files/ab")).unwrap();
    std::fs::write(app.data_dir().join("files/ab").join(&orphan), b"nobody's").unwrap();
    std::fs::write(app.data_dir().join("incoming/half"), b"half").unwrap();
    assert_eq!(app.stored_files().len(), 4);
    let app = App::reopen(app).await;
    until(&app, || app.incoming_files() == 0 && app.stored_files() == stored).await;
    for file in [&kept["files"][0], &waiting] {
        assert_eq!(app.page(&minji, file["url"].as_str().unwrap()).await.status, 200);
    }
}

/// Abuse: U13
#[tokio::test]
async fn a_failed_write_is_reported_to_the_sender() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let incoming = app.data_dir().join("incoming");
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&incoming).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else looks into it");
    std::fs::remove_dir(&incoming).unwrap();
    send(&app, &minji, &room, b"lost", &[]).await.refused(503, "unavailable");
    // Repaired while the server runs.
    std::fs::create_dir(&incoming).unwrap();
    send(&app, &minji, &room, b"found", &[]).await.is(201);
    assert_eq!((app.stored_files().len(), app.incoming_files()), (1, 0));
}

#[tokio::test]
async fn a_long_name_lost_its_ending() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for ending in [".pdf", ".hwp", ".tar.gz"] {
        let made = upload(&app, &minji, &("보고서".repeat(60) + ending), b"hello").await.is(201);
        let name = made["name"].as_str().unwrap();
        assert!(name.ends_with(ending) && name.chars().count() == 120, "{name}");
    }
}

/// Only those of one user were limited, and guests are free.
///
/// Abuse: U16
#[tokio::test]
async fn uploads_in_progress_are_limited_by_user_by_site_and_in_total() {
    let app = App::with(|config| {
        config.origins.proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config.uploads_at_once = UploadLimits { per_user: 2, per_site: 3, total: 4 };
    });
    let app = app.await;
    let [minji, jun, sora] = app.three_guests().await;
    let refused = async |who: &Person, from: &str, why: &str| {
        let call = app.request("POST", "/api/uploads").bearer(&who.token).header("x-forwarded-for", from);
        let answer = call.multipart(Some(("a", b"x")), &[]).send().await.refused(503, "busy");
        assert!(answer["message"].as_str().unwrap().starts_with(why), "{answer}");
    };
    let mut open = Vec::new();
    for (who, from) in [(&minji, "192.0.2.1"), (&minji, "192.0.2.1"), (&jun, "192.0.2.1")] {
        open.push(begin_from(&app, from, who, "/api/uploads", b"beginning").await);
        until(&app, || app.incoming_files() == open.len()).await;
    }
    refused(&minji, "192.0.2.1", "you are uploading").await;
    // Of one site, as one person may hold many addresses.
    refused(&jun, "192.0.2.77", "your network is uploading").await;
    open.push(begin_from(&app, "198.51.100.2", &sora, "/api/uploads", b"beginning").await);
    until(&app, || app.incoming_files() == 4).await;
    refused(&sora, "198.51.100.2", "the server is taking").await;
    // Each slot is free again as soon as its upload ends.
    drop(open);
    until(&app, || app.incoming_files() == 0).await;
    upload(&app, &minji, "a", b"x").await.is(201);
}
