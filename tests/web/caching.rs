//! The headers of every response: caching and security.

use crate::support::{App, Response, picture};

const PERSONAL: &str = "private, no-cache";

/// Abuse: R8
#[tokio::test]
async fn no_shared_cache_may_store_personal_responses() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    let sent = upload.multipart(Some(("cat.gif", &picture::gif(2))), &[]).send().await.is(201);
    let file = sent["files"][0]["url"].as_str().unwrap().to_owned();
    let room_page = format!("/room/{}", room.id);
    let room_call = format!("/api/rooms/{}", room.id);
    let asset = asset_of(&app.get("/").send().await);
    let immutable = "private, max-age=31536000, immutable";
    for (path, status, caching) in [
        ("/", 200, PERSONAL),
        (room_page.as_str(), 200, PERSONAL),
        (&format!("{room_page}/messages?before=9"), 200, PERSONAL),
        ("/room/nowhere", 303, PERSONAL),
        ("/nowhere", 404, PERSONAL),
        ("/api/me", 200, PERSONAL),
        ("/api/rooms", 200, PERSONAL),
        (&room_call, 200, PERSONAL),
        (&format!("{room_call}/members"), 200, PERSONAL),
        (&format!("{room_call}/messages"), 200, PERSONAL),
        ("/api/openapi.json", 200, PERSONAL),
        ("/api/nowhere", 404, PERSONAL),
        ("/api/rooms?limit=0", 422, PERSONAL),
        (&file, 200, immutable),
        (&format!("{file}/thumbnail"), 200, immutable),
        ("/files/nowhere", 404, PERSONAL),
        ("/assets/nowhere.js", 404, PERSONAL),
        (&asset, 200, "public, max-age=31536000, immutable"),
        ("/socket.io/socket.io.js", 200, "public, max-age=3600"),
        ("/socket.io/nowhere.js", 404, PERSONAL),
        ("/healthz", 200, PERSONAL),
        ("/readyz", 200, PERSONAL),
    ] {
        let answer = app.page(&minji, path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (status, Some(caching)), "{path}");
    }
    for (method, path) in [("POST", "/files/x"), ("DELETE", "/"), ("PUT", "/healthz"), ("POST", "/favicon.ico")] {
        let answer = app.request(method, path).cookie(&minji.token).send().await;
        assert_eq!((answer.status, answer.header("cache-control")), (405, Some(PERSONAL)), "{method} {path}");
    }
    let foreign = app.get("/").header("origin", "https://evil.example").send().await;
    assert_eq!((foreign.status, foreign.header("cache-control")), (403, Some(PERSONAL)));
    let sockets = app.get("/socket.io/?EIO=4&transport=polling").send().await;
    assert_eq!(sockets.header("cache-control"), Some("no-store"));
    let form = app.form(&minji, "/rooms", &[("title", "x")]).await;
    assert_eq!(form.header("cache-control"), Some(PERSONAL));
}

/// Returns the script that a page loads.
fn asset_of(page: &Response) -> String {
    let text = page.text();
    let start = text.find("/assets/app.").expect("the page has a script or a style: is web/dist built?");
    text[start..].split('"').next().unwrap().to_owned()
}

/// Abuse: M1, M9, M10, R7
#[tokio::test]
async fn every_response_has_the_security_headers() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let mut ids = Vec::new();
    for path in ["/", "/nowhere", "/api/rooms", "/api/nowhere", "/socket.io/socket.io.js", "/healthz", "/robots.txt"] {
        let answer = app.page(&minji, path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "img-src 'self' blob:;",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        // Nothing reveals the server's software.
        assert_eq!((answer.header("server"), answer.header("x-powered-by")), (None, None), "{path}");
        ids.push(answer.header("x-request-id").unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "each answer has a number of its own");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let messages = format!("/api/rooms/{}/messages", room.id);
    let page = format!("/room/{}", room.id);
    for path in ["/api/me", "/api/rooms", &messages, &page] {
        let first = app.page(&minji, path).await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path} has no tag")).to_owned();
        for known in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned(), tag.replace("W/", "")] {
            let again = app.get(path).cookie(&minji.token).header("if-none-match", &known).send().await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}, {known}");
            assert_eq!(again.header("etag"), Some(tag.as_str()), "{path}");
            assert_eq!(again.header("cache-control"), Some(PERSONAL), "{path}");
        }
        let other = app.get(path).cookie(&minji.token).header("if-none-match", "W/\"other\"").send().await;
        assert_eq!((other.status, &other.body), (200, &first.body), "{path}");
        // HEAD describes what GET would send.
        let head = app.request("HEAD", path).cookie(&minji.token).send().await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert!(head.header("etag").is_none_or(|head| head == tag), "{path}: {head:?}");
    }
    let before = app.page(&minji, &messages).await;
    app.say(&minji, &room, "news").await;
    let known = before.header("etag").unwrap().to_owned();
    let after = app.get(&messages).cookie(&minji.token).header("if-none-match", &known).send().await;
    assert_eq!(after.status, 200);
}

#[tokio::test]
async fn a_known_file_keeps_its_headers() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    let sent = upload.multipart(Some(("sky.png", &picture::png(8, 8))), &[]).send().await.is(201);
    let url = sent["files"][0]["url"].as_str().unwrap();
    let first = app.page(&minji, url).await;
    let tag = first.header("etag").unwrap();
    let again = app.get(url).cookie(&minji.token).header("if-none-match", tag).send().await;
    assert_eq!((again.status, again.header("cache-control")), (304, first.header("cache-control")));
}

#[tokio::test]
async fn large_responses_are_compressed_on_request() {
    let app = App::start().await;
    for (accepts, encoding) in [("gzip", Some("gzip")), ("br, gzip", Some("br")), ("identity", None)] {
        let answer = app.get("/").header("accept-encoding", accepts).send().await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accepts}");
        let vary: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "vary").map(|(_, value)| value).collect();
        assert!(vary.iter().any(|vary| vary.contains("cookie")), "{vary:?}");
    }
}

/// The build compresses scripts and styles better than a server has the time for.
#[tokio::test]
async fn assets_are_sent_as_the_build_has_compressed_them() {
    let app = App::start().await;
    let mut lengths = Vec::new();
    for (accepts, encoding) in
        [("br, gzip", Some("br")), ("gzip, br;q=0", Some("gzip")), ("GZIP", Some("gzip")), ("identity", None)]
    {
        let answer = app.get("/socket.io/socket.io.js").header("accept-encoding", accepts).send().await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, encoding), "{accepts}");
        assert_eq!(answer.header("vary"), Some("accept-encoding"), "{accepts}");
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
        lengths.push(answer.body.len());
    }
    let [br, gzip, same, whole] = lengths[..] else { unreachable!() };
    assert!(br < gzip && gzip == same && gzip * 3 < whole, "{lengths:?}");
    assert_eq!(app.get("/assets/nothing.js").header("accept-encoding", "br").send().await.status, 404);
}

#[tokio::test]
async fn robots_stay_in_the_lobby() {
    let app = App::start().await;
    let robots = app.get("/robots.txt").send().await.text();
    for path in ["/room/", "/files/", "/api/"] {
        assert!(robots.contains(&format!("Disallow: {path}\n")), "{robots}");
    }
}

#[tokio::test]
async fn the_api_reference_is_served() {
    let app = App::start().await;
    let served = app.get("/api/openapi.json").send().await.is(200);
    assert_eq!(served["openapi"], "3.1.0");
    let calls: usize = served["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(calls, madang::web::api::calls(0).iter().count());
}
