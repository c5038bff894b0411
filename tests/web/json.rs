//! Bodies: JSON and nothing else, whole and strict; methods as the table has them.

use serde_json::{Value, json};

use crate::support::App;

#[tokio::test]
async fn r1_r11_json_routes_take_json_alone() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let body = r#"{"title":"x"}"#;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""]
    {
        let call = app.request("POST", "/api/rooms").bearer(&minji.token).body(kind, body);
        call.send().await.refused(415, "unsupported_type");
    }
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        app.request("POST", "/api/rooms").bearer(&minji.token).body(kind, body).send().await.is(201);
    }
    // And uploads are multipart alone.
    let room = app.courtyard(&minji).await;
    let files = format!("/api/rooms/{}/files", room.id);
    let call = app.request("POST", &files).bearer(&minji.token).json(&json!({ "file": "x" }));
    call.send().await.refused(415, "unsupported_type");
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 4);
}

#[tokio::test]
async fn r4_a_broken_or_large_body_is_refused_whole() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let post =
        |body: Vec<u8>| app.request("POST", "/api/rooms").bearer(&minji.token).body("application/json", body).send();
    for broken in
        ["", "{", "{\"title\":\"x\"", "{\"title\":\"x\"} x", "\u{feff}{\"title\":\"x\"}", "{\"title\":\"x\",}", "nul"]
    {
        post(broken.into()).await.refused(400, "bad_json");
    }
    let utf16: Vec<u8> = "{\"title\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    post(utf16).await.refused(400, "bad_json");
    post(b"{\"title\":\"\xff\xfe\"}".to_vec()).await.refused(400, "bad_json");
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let answer = post(deep.into()).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text());
    let twice = post(br#"{"title":"x","title":"y"}"#.to_vec()).await;
    assert_eq!(twice.refused(422, "invalid")["field"], "title");
    for wrong in ["[]", "7", "\"x\"", "null", "[{\"title\":\"x\"}]"] {
        post(wrong.into()).await.refused(422, "invalid");
    }
    post(format!("{{\"title\":\"{}\"}}", "x".repeat(65_536)).into()).await.refused(413, "too_large");
    // Without a length, by chunks.
    let chunk = "x".repeat(0x8000);
    let chunks = format!("8000\r\n{chunk}\r\n").repeat(3) + "0\r\n\r\n";
    let call = app.request("POST", "/api/rooms").bearer(&minji.token).header("transfer-encoding", "chunked");
    call.body("application/json", chunks).send().await.refused(413, "too_large");
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 0);
}

#[tokio::test]
async fn r2_other_methods_are_refused_and_none_is_disguised() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let path = format!("/api/rooms/{}", room.id);
    for (method, path) in [
        ("DELETE", "/api/rooms".to_owned()),
        ("PUT", path.clone()),
        ("POST", path.clone()),
        ("GET", "/api/guests".to_owned()),
        ("HEAD", "/api/session".to_owned()),
        ("GET", format!("{path}/owner")),
        ("POST", format!("{path}/members/me")),
        ("GET", "/find".to_owned()),
        ("DELETE", "/".to_owned()),
        ("TRACE", "/api/rooms".to_owned()),
    ] {
        let answer = app.request(method, &path).bearer(&minji.token).send().await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {path}");
        assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{method} {path}");
        if method != "HEAD" {
            answer.refused(405, "method_not_allowed");
        }
    }
    for path in ["/files/x", "/assets/x", "/robots.txt", "/favicon.ico"] {
        app.request("POST", path).bearer(&minji.token).send().await.refused(405, "method_not_allowed");
    }
    // GET with other words on it stays a GET.
    let disguised =
        app.get(&format!("{path}?_method=DELETE")).bearer(&minji.token).header("x-http-method-override", "DELETE");
    assert!(matches!(disguised.send().await.status, 200 | 422));
    for (method, path) in [("GET", format!("{path}/leave")), ("GET", format!("/room/{}/delete", room.id))] {
        let answer = app.request(method, &path).cookie(&minji.token).send().await;
        assert!(matches!(answer.status, 404 | 405), "{path}: {}", answer.status);
    }
    app.get(&path).send().await.is(200);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_askers_way() {
    let app = App::start().await;
    for path in ["/api/nowhere", "/api/rooms/x/y/z"] {
        app.get(path).send().await.refused(404, "not_found");
    }
    let page = app.get("/nowhere").header("accept-language", "en").send().await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    app.get("/files/nowhere").send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn r7_an_error_reflects_nothing() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let script = "<script>alert(1)</script>";
    let answers = [
        app.get("/%3Cscript%3Ealert(1)%3C/script%3E").send().await,
        app.get("/?refused=%3Cscript%3Ealert(1)%3C/script%3E").send().await,
        app.get("/api/%3Cscript%3Ealert(1)%3C/script%3E").send().await,
        app.get("/room/x?refused=%3Cscript%3E").send().await,
        app.call(&minji, "GET", "/rooms?limit=%3Cscript%3Ealert(1)%3C/script%3E", Value::Null).await,
    ];
    for answer in answers {
        let is_html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        assert!(!is_html || !answer.text().contains(script), "{}", answer.text());
        assert!(!answer.text().contains("src/") && !answer.text().contains("panicked"), "{}", answer.text());
    }
}

#[tokio::test]
async fn health_is_told_without_identity() {
    let app = App::start().await;
    assert_eq!(app.get("/healthz").send().await.text(), "ok\n");
    assert_eq!(app.get("/readyz").send().await.text(), "ready\n");
    // N3: nothing tells more to the open net.
    for path in ["/metrics", "/debug", "/debug/pprof"] {
        assert_eq!(app.get(path).send().await.status, 404, "{path}");
    }
}
