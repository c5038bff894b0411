//! Untrusted images: what is accepted, and how it is stored.

use serde_json::{Value, json};

use crate::support::{App, Person, Response, Room, picture};

async fn upload(app: &App, who: &Person, room: &Room, name: &str, bytes: &[u8]) -> Response {
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&who.token);
    call.multipart(Some((name, bytes)), &[]).send().await
}

async fn house() -> (App, Person, Room) {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    (app, minji, room)
}

/// Abuse: U1
#[tokio::test]
async fn content_decides_what_is_an_image_and_names_do_not() {
    let (app, minji, room) = house().await;
    for bytes in [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".as_slice(),
        b"<!doctype html><script>alert(1)</script>",
        b"<?xml version='1.0'?><x/>",
        b"%PDF-1.7\n",
        b"alert(1)",
        b"PK\x03\x04zip",
        b"\x1f\x8b\x08gz",
        b"BM\x3a\0\0\0",
        b"8BPS\0\x01",
        b"\0\0\x01\0",
        b"II*\0",
    ] {
        let sent = upload(&app, &minji, &room, "cat.png", bytes).await.is(201);
        let file = &sent["files"][0];
        assert!(!file["type"].as_str().unwrap().starts_with("image/"), "{file}");
        assert!(file.get("width").is_none() && file.get("thumbnailUrl").is_none(), "{file}");
    }
    let sent = upload(&app, &minji, &room, "cat.html", &picture::png(4, 4)).await.is(201);
    assert_eq!((&sent["files"][0]["type"], &sent["files"][0]["name"]), (&json!("image/png"), &json!("cat.html")));
}

/// Abuse: U1
#[tokio::test]
async fn a_polyglot_keeps_only_its_pixels() {
    let (app, minji, room) = house().await;
    for mut bytes in [picture::png(4, 4), picture::gif(3)] {
        bytes.extend(b"<script>alert(1)</script>");
        let sent = upload(&app, &minji, &room, "cat.html", &bytes).await.is(201);
        let stored = app.page(&minji, sent["files"][0]["url"].as_str().unwrap()).await;
        assert!(!stored.text().contains("script"));
        assert_eq!(sent["files"][0]["size"], stored.body.len());
    }
}

/// Abuse: U2, U3, U4
#[tokio::test]
async fn images_that_are_too_large_or_corrupt_are_refused() {
    let app = App::with(|config| {
        config.images.frames = 20;
        config.images.side = 100;
        config.images.pixels = 5_000;
        config.images.frames_pixels = 1_000;
    })
    .await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let (png, gif) = (picture::png(8, 8), picture::gif(3));
    let mut wrong_sum = png.clone();
    let place = wrong_sum.len() - 20;
    wrong_sum[place] ^= 0xff;
    for (bytes, why) in [
        (picture::pixel_flood(), "a flood of pixels"),
        (picture::png(101, 1), "a long side"),
        (picture::png(90, 90), "many pixels"),
        (picture::gif(21), "many frames"),
        (picture::gif(16), "many pixels in all"),
        (png[..png.len() / 2].to_vec(), "half a PNG"),
        (png[..9].to_vec(), "a bare signature"),
        (gif[..20].to_vec(), "the beginning of a GIF"),
        (b"GIF89a".to_vec(), "a GIF's name"),
        (b"\xff\xd8\xff\xe0".to_vec(), "a JPEG's name"),
        (b"RIFF\0\0\0\0WEBP".to_vec(), "a WebP's name"),
        (wrong_sum, "a wrong sum"),
    ] {
        let answer = upload(&app, &minji, &room, "cat.png", &bytes).await;
        let error = answer.refused(422, "bad_image");
        assert!(error["message"].is_string(), "{why}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 0);
    assert_eq!(app.stored_files(), Vec::<String>::new());
    upload(&app, &minji, &room, "cat.png", &png).await.is(201);
}

#[tokio::test]
async fn an_animated_gif_stays_animated_with_a_still_beside_it() {
    let (app, minji, room) = house().await;
    let sent = upload(&app, &minji, &room, "cat.gif", &picture::gif(5)).await.is(201);
    let file = &sent["files"][0];
    assert_eq!((&file["type"], &file["animated"]), (&json!("image/gif"), &json!(true)));
    assert_eq!((&file["width"], &file["height"]), (&json!(8), &json!(8)));
    let stored = app.page(&minji, file["url"].as_str().unwrap()).await;
    assert_eq!((stored.header("content-type"), picture::frame_count(&stored.body)), (Some("image/gif"), 5));
    let still = app.page(&minji, file["thumbnailUrl"].as_str().unwrap()).await;
    let kind = still.header("content-type").unwrap();
    assert!(matches!(kind, "image/png" | "image/jpeg"), "{kind}");
    // A single frame is treated like any other image.
    let one = upload(&app, &minji, &room, "one.gif", &picture::gif(1)).await.is(201);
    assert_eq!(one["files"][0]["animated"], false);
    let is_there = |name: &str| one["files"][0].get(name).is_some();
    assert!(!is_there("thumbnailUrl") && is_there("placeholder"), "{one}");
}

/// Abuse: U15
#[tokio::test]
async fn a_large_image_has_one_thumbnail_of_fixed_size() {
    let (app, minji, room) = house().await;
    let sent = upload(&app, &minji, &room, "sky.png", &picture::png(1_000, 500)).await.is(201);
    let file = &sent["files"][0];
    let url = file["thumbnailUrl"].as_str().unwrap();
    let thumbnail = app.page(&minji, url).await;
    assert_eq!(thumbnail.status, 200);
    assert_eq!(app.page(&minji, &format!("{url}?width=9999")).await.body, thumbnail.body);
    assert!(thumbnail.body.len() < 100_000);
}

/// Abuse: U6
#[tokio::test]
async fn a_file_name_injects_no_header_and_is_no_path_on_disk() {
    let (app, minji, room) = house().await;
    for (typed, kept, sent_as) in [
        ("../../etc/passwd", "passwd", "passwd"),
        ("C:\\temp\\cat.gif", "cat.gif", "cat.gif"),
        ("고양이.png", "고양이.png", "%EA%B3%A0%EC%96%91%EC%9D%B4.png"),
        ("a;b='c'.png", "a;b='c'.png", "a%3Bb%3D%27c%27.png"),
        (".htaccess", ".htaccess", ".htaccess"),
        ("evil\u{202e}gnp.exe", "evilgnp.exe", "evilgnp.exe"),
        ("a\\\"b.png", "a\"b.png", "a%22b.png"),
        ("CON", "CON", "CON"),
        ("aux.png.", "aux.png.", "aux.png."),
        ("", "file", "file"),
    ] {
        let sent = upload(&app, &minji, &room, typed, &picture::png(4, 4)).await.is(201);
        assert_eq!(sent["files"][0]["name"], kept, "{typed}");
        let file = app.page(&minji, sent["files"][0]["url"].as_str().unwrap()).await;
        let named = format!("inline; filename*=UTF-8''{sent_as}");
        assert_eq!(file.header("content-disposition"), Some(named.as_str()), "{typed}");
    }
    // Characters that no header may contain are refused.
    upload(&app, &minji, &room, "a\0b.png", &picture::png(4, 4)).await.refused(400, "bad_request");
    let long = upload(&app, &minji, &room, &"x".repeat(10_000), &picture::png(4, 4)).await.is(201);
    assert_eq!(long["files"][0]["name"].as_str().unwrap().len(), 120);
    let stored = app.stored_files();
    assert!(
        stored.iter().all(|name| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())),
        "{stored:?}"
    );
    assert_eq!(stored.len(), 1, "equal bytes are stored once");
}

/// Abuse: U7
#[tokio::test]
async fn a_file_runs_nothing_in_a_browser() {
    let (app, minji, room) = house().await;
    let sent = upload(&app, &minji, &room, "cat.gif", &picture::gif(2)).await.is(201);
    for url in ["url", "thumbnailUrl"].map(|name| sent["files"][0][name].as_str().unwrap()) {
        let file = app.page(&minji, url).await;
        assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(file.header("access-control-allow-origin"), None);
    }
}

/// Abuse: U5
#[tokio::test]
async fn a_file_over_the_limit_is_refused_however_it_is_sent() {
    let app = App::with(|config| config.upload_max = 20_000).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut noise = picture::png(4, 4);
    noise.resize(20_001, 7);
    upload(&app, &minji, &room, "cat.png", &noise).await.refused(413, "too_large");
    // Far over the limit, in chunks, without a length.
    let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    let body = format!("{:x}\r\n{head}\r\n", head.len()) + &format!("8000\r\n{}\r\n", "x".repeat(0x8000)).repeat(12);
    let files = format!("/api/rooms/{}/files", room.id);
    let call = app.request("POST", &files).bearer(&minji.token).header("transfer-encoding", "chunked");
    call.body("multipart/form-data; boundary=x", body).send().await.refused(413, "too_large");
    // The caption has its own limit.
    let call = app.request("POST", &files).bearer(&minji.token);
    let caption = "x".repeat(60_000);
    call.multipart(Some(("a.png", &picture::png(4, 4))), &[("text", &caption)]).send().await.refused(413, "too_large");
    noise.truncate(20_000);
    let within = upload(&app, &minji, &room, "cat.png", &noise).await;
    within.is(201);
    assert_eq!(app.count("SELECT COUNT(*) FROM files"), 1);
}

/// Abuse: U12
#[tokio::test]
async fn an_aborted_upload_leaves_no_file() {
    let (app, minji, room) = house().await;
    let files = format!("/api/rooms/{}/files", room.id);
    let whole = picture::png(300, 300);
    let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".to_owned();
    for tenth in 0..10 {
        let mut body = head.clone().into_bytes();
        body.extend(&whole[..whole.len() * tenth / 10]);
        let call = app.request("POST", &files).bearer(&minji.token);
        call.body("multipart/form-data; boundary=x", body).send().await.refused(400, "bad_request");
    }
    let missing = app.request("POST", &files).bearer(&minji.token).multipart(None, &[("text", "x")]);
    assert_eq!(missing.send().await.refused(422, "invalid")["field"], "file");
    let empty = app.request("POST", &files).bearer(&minji.token).multipart(Some(("x", b"")), &[]);
    assert_eq!(empty.send().await.refused(422, "invalid")["field"], "file");
    let unknown = app.request("POST", &files).bearer(&minji.token);
    let unknown = unknown.multipart(Some(("x", &whole)), &[("seq", "1")]).send().await;
    assert_eq!(unknown.refused(422, "invalid")["field"], "seq");
    assert_eq!((app.count("SELECT COUNT(*) FROM files"), app.stored_files().len()), (0, 0));
    let rev: Value = app.show(&room).await["rev"].clone();
    assert_eq!(rev, 1);
}
