//! Request bodies: valid JSON only, parsed strictly; and the methods of each route.

use serde_json::{Value, json};

use crate::support::App;

/// Abuse: R1, R11
#[tokio::test]
async fn json_routes_accept_only_json() {
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
    // Uploads accept multipart only.
    let room = app.courtyard(&minji).await;
    let files = format!("/api/rooms/{}/files", room.id);
    let call = app.request("POST", &files).bearer(&minji.token).json(&json!({ "file": "x" }));
    call.send().await.refused(415, "unsupported_type");
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 4);
}

/// Abuse: R4
#[tokio::test]
async fn a_broken_or_large_body_is_refused() {
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
    // Without a length, in chunks.
    let chunk = "x".repeat(0x8000);
    let chunks = format!("8000\r\n{chunk}\r\n").repeat(3) + "0\r\n\r\n";
    let call = app.request("POST", "/api/rooms").bearer(&minji.token).header("transfer-encoding", "chunked");
    call.body("application/json", chunks).send().await.refused(413, "too_large");
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 0);
}

/// Abuse: R2
#[tokio::test]
async fn other_methods_are_refused_and_overrides_are_ignored() {
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
    // A GET with method override headers stays a GET.
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
async fn not_found_is_a_page_or_json() {
    let app = App::start().await;
    for path in ["/api/nowhere", "/api/rooms/x/y/z"] {
        app.get(path).send().await.refused(404, "not_found");
    }
    let page = app.get("/nowhere").header("accept-language", "en").send().await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    app.get("/files/nowhere").send().await.refused(401, "unauthenticated");
}

/// Abuse: R7
#[tokio::test]
async fn an_error_does_not_reflect_input() {
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
async fn health_checks_need_no_identity() {
    let app = App::start().await;
    assert_eq!(app.get("/healthz").send().await.text(), "ok\n");
    assert_eq!(app.get("/readyz").send().await.text(), "ready\n");
}

/// Abuse: N3
#[tokio::test]
async fn nothing_reveals_the_server() {
    let app = App::with(|config| config.origins.proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let minji = app.signed_up("minji").await;
    app.alter("UPDATE users SET is_admin = 1");
    for far in [None, Some("203.0.113.7"), Some("2001:db8::7")] {
        let ask = |path: &str| far.into_iter().fold(app.get(path), |ask, far| ask.header("x-forwarded-for", far));
        for path in [
            "/metrics",
            "/api/metrics",
            "/debug",
            "/debug/pprof",
            "/debug/vars",
            "/status",
            "/server-status",
            "/admin/",
            "/version",
            "/env",
            "/.env",
            "/.git/config",
            "/data/madang.db",
            "/madang.db",
        ] {
            assert_eq!(ask(path).send().await.status, 404, "{path} from {far:?}");
            assert_eq!(ask(path).cookie(&minji.token).send().await.status, 404, "{path} for an admin from {far:?}");
        }
        // The health checks answer with one word.
        for (path, said) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            assert_eq!(ask(path).send().await.text(), said, "{path} from {far:?}");
        }
    }
}

/// Abuse: N8
#[tokio::test]
async fn nothing_returns_a_whole_room() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    app.alter("UPDATE users SET is_admin = 1");
    let room = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    app.say(&minji, &room, "inside").await;
    for path in [
        "/export",
        "/api/export",
        "/api/import",
        "/api/backup",
        "/backup",
        &format!("/api/rooms/{}/export", room.id),
        &format!("/room/{}/export", room.id),
        "/files",
        "/files/",
        "/pictures/",
    ] {
        for who in [None, Some(&minji)] {
            let ask = who.into_iter().fold(app.get(path), |ask, who| ask.cookie(&who.token));
            let answer = ask.send().await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.text().contains("inside") && !answer.text().contains("courtyard"), "{path}");
        }
    }
}

/// Abuse: R6
#[tokio::test]
async fn paths_are_not_normalised_and_are_limited_in_length() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for path in [
        format!("/api/rooms/../rooms/{}", room.id),
        format!("/api/x/%2e%2e/rooms/{}", room.id),
        format!("/api//rooms/{}", room.id),
        format!("/api/rooms/{};jsessionid=1", room.id),
        format!("/API/rooms/{}", room.id),
        format!("/api/rooms/{}%00", room.id),
        format!("/api/rooms/{}/", room.id),
        "/assets/..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "/assets/../../../../etc/passwd".to_owned(),
        "/pictures/..%2f..%2fmadang.db".to_owned(),
        "/socket.io/..%2f..%2fmadang.db".to_owned(),
        format!("/{}", "x".repeat(14_000)),
        format!("/api/rooms/{}", "%41".repeat(4_000)),
        format!("/{}", "../".repeat(4_000)),
    ] {
        let answer = app.get(&path).bearer(&minji.token).send().await;
        assert_eq!(answer.status, 404, "{}", &path[..path.len().min(80)]);
        assert!(!answer.text().contains("root:") && !answer.text().contains("SQLite"));
    }
    let endless = app.get(&format!("/{}", "x".repeat(70_000))).try_send().await;
    assert!(endless.as_ref().is_ok_and(|answer| matches!(answer.status, 414 | 431)), "{endless:?}");
}

/// Abuse: R11
#[tokio::test]
async fn an_unwanted_body_is_refused_before_it_is_read() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let hundred_megabytes = |path: &str, kind: &str, method: &str| {
        let call = app.request(method, path).bearer(&minji.token).header("content-length", "100000000");
        call.header("content-type", kind).send()
    };
    // The response comes before any byte of the body.
    for (method, path) in [
        ("POST", "/api/rooms".to_owned()),
        ("PATCH", "/api/me".to_owned()),
        ("POST", format!("/api/rooms/{}/messages", room.id)),
        ("POST", "/api/session".to_owned()),
    ] {
        let answer = hundred_megabytes(&path, "multipart/form-data; boundary=x", method).await;
        answer.refused(415, "unsupported_type");
        hundred_megabytes(&path, "application/json", method).await.refused(413, "too_large");
    }
    hundred_megabytes("/api/uploads", "application/json", "POST").await.refused(415, "unsupported_type");
    hundred_megabytes("/rooms", "multipart/form-data; boundary=x", "POST").await.refused(415, "unsupported_type");
    hundred_megabytes("/rooms", "application/x-www-form-urlencoded", "POST").await.refused(413, "too_large");
}
