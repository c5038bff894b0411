//! The log contains no secrets and no texts of users, and no input can forge a line.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Program, run};
use crate::support::Person;
use crate::support::TempDir;
use crate::support::picture;
use crate::support::{Client, ConnectOptions};

/// Abuse: A10, N5
#[tokio::test]
async fn no_secret_and_no_text_is_logged() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &["--log-format", "json", "--access-log", "on"]);
    let (minji, jun) = (program.guest("minji").await, program.guest("jun").await);
    let asked = json!({ "title": "hushed title", "password": "open sesame", "max": 9 });
    let room = program.room(&minji, asked).await;
    let wrong = ConnectOptions::of(&jun).room(&room).auth("password", "wrong sesame");
    Client::open(program.0.address, wrong).await.take("connect_error").await;
    let opening = |who: &Person| ConnectOptions::of(who).room(&room).auth("password", "open sesame");
    let (hers, his) = (
        Client::open(program.0.address, opening(&minji)).await,
        Client::open(program.0.address, opening(&jun).polling()).await,
    );
    hers.take("joined").await;
    his.take("joined").await;
    let sid = program.request("GET", "/socket.io/?EIO=4&transport=polling").send().await.text();
    let sid = serde_json::from_str::<Value>(&sid[1..]).unwrap()["sid"].as_str().unwrap().to_owned();
    let close = program.request("POST", &format!("/socket.io/?EIO=4&transport=polling&sid={sid}"));
    close.body("text/plain", "1").send().await;
    hers.say(&room, "a hushed word\r\n\u{1b}[31mlevel=error").await;
    hers.ok("message", json!({ "room": room.id, "key": "hushed key", "text": "hushed whisper", "to": jun.id })).await;
    his.take_where("message", |message| message["kind"] == "whisper").await;
    hers.emit("message", json!({ "room": 7, "hushed field": "hushed value" })).await;
    let files = format!("/api/rooms/{}/files", room.id);
    let upload = program.request("POST", &files).bearer(&minji.token);
    upload.multipart(Some(("hushed.png", &picture::png(4, 4))), &[("text", "hushed caption")]).send().await.is(201);
    program.request("POST", "/me").cookie(&minji.token).form(&[("name", "hushed name")]).send().await;
    program.request("GET", &format!("/?token={}", "x".repeat(43))).send().await;
    let sign_up = json!({ "email": "hushed@example.org", "password": "sesame by the tree", "name": "hushed" });
    let account = program.request("POST", "/api/users").json(&sign_up).send().await.is(201);
    let wrong = json!({ "email": "hushed@example.org", "password": "wrong sesame" });
    program.request("POST", "/api/session").json(&wrong).send().await.refused(401, "bad_credentials");
    let reset = run(folder.path(), &["user", "reset", "hushed@example.org"]);
    let code = reset.trim().rsplit('/').next().unwrap().to_owned();
    program.request("GET", &format!("/reset/{code}")).send().await;
    program.request("GET", "/%0d%0alevel=error%1b[31m").send().await;
    hers.ok("kick", json!({ "room": room.id, "userId": jun.id, "reason": "hushed reason" })).await;
    his.disconnect().await;
    hers.disconnect().await;
    let (status, log) = program.terminate().await;
    assert!(status.success(), "{status}");
    assert!(log.contains("answered"), "there is a log to look at: {log}");
    for secret in [
        "sesame",
        "hushed",
        "xxxxx",
        minji.token.as_str(),
        jun.token.as_str(),
        sid.as_str(),
        account["token"].as_str().unwrap(),
        code.as_str(),
    ] {
        assert!(!log.contains(secret), "the log holds {secret}: {log}");
    }
    assert!(!log.contains('\u{1b}') && !log.contains("\nlevel"), "the log can be forged: {log}");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "not a line of JSON: {line}");
    }
}

/// Looks like another line, another colour, or an endless text.
const FORGED: &str = "x\r\n2026-01-01T00:00:00Z ERROR forged: all is lost\u{1b}[31m\u{1b}]0;owned\u{7}\u{202e}";

/// Abuse: N5
#[tokio::test]
async fn no_input_forges_a_line_of_the_log() {
    for format in ["text", "json"] {
        let folder = TempDir::new();
        let program = Program::start(folder.path(), &["--log-format", format]);
        let minji = program.guest("x\r\nERROR forged\u{1b}[31m\u{202e}").await;
        let room = program.room(&minji, json!({ "title": FORGED })).await;
        let client = Client::open(program.0.address, ConnectOptions::of(&minji).room(&room).auth("lang", FORGED)).await;
        client.take("joined").await;
        client.ok("message", json!({ "room": room.id, "key": FORGED.split_at(20).0, "text": FORGED })).await;
        client.emit(FORGED, json!({ FORGED: FORGED })).await;
        client.refused("typing", json!({ FORGED: 1 }), "invalid").await;
        let encoded: String = FORGED.bytes().map(|byte| format!("%{byte:02x}")).collect();
        program.request("GET", &format!("/{encoded}?{encoded}")).send().await;
        let long = program.request("GET", &format!("/{}", "long".repeat(3_000))).send().await;
        assert_eq!(long.status, 404);
        let file = Some(("\u{1b}[31m.png", &b"no picture"[..]));
        program.request("POST", "/api/uploads").bearer(&minji.token).multipart(file, &[]).send().await;
        // Requests that no client library sends.
        for raw in [
            &b"GET /\x1b[31m HTTP/1.1\r\n\r\n"[..],
            b"\x1b[31m\n\n",
            b"GET /\xff\xfe\xe2\x80\xae HTTP/1.1\r\nhost: a\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(program.0.address).await.unwrap();
            stream.write_all(raw).await.unwrap();
            stream.shutdown().await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.unwrap();
        }
        client.disconnect().await;
        let (status, log) = program.terminate().await;
        assert!(status.success(), "{status}");
        assert!(log.contains("answered") && log.contains("longlong"), "there is a log to look at: {log}");
        // Without a terminal there are no colours, so every escape would come from a client.
        assert!(!log.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{format}: {log:?}");
        for line in log.lines() {
            let is_ours = match format {
                "json" => serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"].is_string()),
                _ => line.starts_with("20") && !line.contains("Z ERROR forged"),
            };
            assert!(is_ours && line.len() < 1_000, "{format}: {line:?}");
        }
    }
}

#[tokio::test]
async fn the_access_log_has_one_line_for_each_request() {
    let folder = TempDir::new();
    for (flag, count) in [("on", 3), ("off", 0)] {
        let flags = ["--log-format", "json", "--access-log", flag, "--trusted-proxies", "127.0.0.1"];
        let program = Program::start(folder.path(), &flags);
        let page = program.request("GET", "/?secret=1").header("x-forwarded-for", "192.0.2.7");
        page.header("x-request-id", "from-the-proxy.1").send().await;
        let response = program.request("GET", "/invite/abcdef").send().await;
        let id = response.header("x-request-id").unwrap().to_owned();
        program.request("GET", "/socket.io/?EIO=4&transport=polling").send().await;
        let (_, log) = program.terminate().await;
        let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let lines: Vec<_> =
            lines.iter().filter(|line| line["target"] == "access").map(|line| &line["fields"]).collect();
        assert_eq!(lines.len(), count, "{log}");
        let [page, invite, socket] = lines[..] else { continue };
        let expected = ("GET", "/", 200, "192.0.2.7", "from-the-proxy.1");
        let text = |field: &str| page[field].as_str().unwrap().to_owned();
        assert_eq!(
            (
                &*text("method"),
                &*text("path"),
                page["status"].as_i64().unwrap(),
                &*text("address"),
                &*text("request_id")
            ),
            expected
        );
        assert_eq!((&invite["path"], &invite["request_id"]), (&json!("/invite/"), &json!(id)));
        assert_eq!(socket["route"], "/socket.io/");
        assert!(page["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{page}");
    }
}

#[tokio::test]
async fn a_proxy_that_the_settings_do_not_name_is_warned_of_once() {
    for (flags, warnings) in [(&[][..], 1), (&["--trusted-proxies", "127.0.0.1"], 0)] {
        let folder = TempDir::new();
        let program = Program::start(folder.path(), flags);
        for _ in 0..3 {
            program.request("GET", "/").header("x-forwarded-for", "192.0.2.7").send().await;
        }
        let (_, log) = program.terminate().await;
        assert_eq!(log.matches("set TRUSTED_PROXIES=127.0.0.1 if it is yours").count(), warnings, "{log}");
    }
}
