//! Which sites may send requests, and to which host.

use madang::config::Config;
use madang::origin::Origin;
use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::{App, Request};

const HOST: &str = "chat.example";
const FRIEND: &str = "https://app.example";

fn public(config: &mut Config) {
    config.origins.public = Some(Origin::parse("https://chat.example").unwrap());
    config.origins.allowed = vec![Origin::parse(FRIEND).unwrap()];
}

fn foreign() -> [String; 7] {
    [
        "https://evil.example",
        "null",
        "https://chat.example.evil.com",
        "https://chat.example:8443",
        "http://chat.example",
        "HTTPS://CHAT.EXAMPLE",
        "https://chat.example.",
    ]
    .map(str::to_owned)
}

/// Abuse: H6, H7
#[tokio::test]
async fn a_foreign_origin_is_refused_everywhere_before_any_session() {
    let app = App::with(public).await;
    let minji = app.guest("minji").await;
    for origin in foreign() {
        let from = |request: Request| request.header("host", HOST).header("origin", &origin);
        from(app.get("/api/me")).bearer(&minji.token).send().await.refused(403, "forbidden");
        from(app.get("/")).send().await.refused(403, "forbidden");
        let made = from(app.request("POST", "/api/guests")).json(&json!({}));
        made.send().await.refused(403, "forbidden");
        let form = from(app.request("POST", "/rooms")).form(&[("title", "x"), ("name", "x")]);
        form.send().await.refused(403, "forbidden");
        let polling = from(app.get("/socket.io/?EIO=4&transport=polling")).send().await;
        assert_eq!((polling.status, &polling.json()["code"]), (403, &json!(4)), "{origin}");
        let opening = ConnectOptions::of(&minji).header("host", HOST).header("origin", &origin);
        assert_eq!(app.open_socket(opening).await.take("close").await["status"], 403, "{origin}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
    for origin in [Some("https://chat.example"), None] {
        let asked = app.get("/api/me").header("host", HOST).bearer(&minji.token);
        let asked = origin.into_iter().fold(asked, |asked, origin| asked.header("origin", origin));
        let answer = asked.send().await;
        answer.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn without_a_public_url_the_origin_must_be_the_hosts() {
    let app = App::start().await;
    app.get("/api/rooms").header("origin", &app.url()).send().await.is(200);
    app.get("/api/rooms").header("host", "madang.test").header("origin", "http://madang.test").send().await.is(200);
    let other = app.get("/api/rooms").header("origin", "http://127.0.0.1:1");
    other.send().await.refused(403, "forbidden");
}

#[tokio::test]
async fn an_allowed_site_uses_the_api_only_with_a_bearer() {
    let app = App::with(public).await;
    let minji = app.guest("minji").await;
    let from = |request: Request| request.header("host", HOST).header("origin", FRIEND);
    let answer = from(app.get("/api/me")).bearer(&minji.token).send().await;
    answer.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert!(answer.headers.iter().any(|(name, value)| name == "vary" && value.contains("origin")), "{answer:?}");
    let cookie = format!("__Host-madang_session={}", minji.token);
    from(app.get("/api/me")).header("cookie", &cookie).send().await.refused(401, "unauthenticated");
    let unsafe_call = from(app.request("POST", "/api/rooms")).header("cookie", &cookie).json(&json!({ "title": "x" }));
    let refused = unsafe_call.send().await;
    refused.refused(401, "unauthenticated");
    let asking = from(app.request("OPTIONS", "/api/rooms")).header("access-control-request-method", "POST");
    let preflight = asking.header("access-control-request-headers", "authorization,content-type").send().await;
    assert_eq!(preflight.status, 204);
    for (name, says) in
        [("methods", "PATCH"), ("methods", "DELETE"), ("headers", "authorization"), ("headers", "content-type")]
    {
        let value = preflight.header(&format!("access-control-allow-{name}")).unwrap();
        assert!(value.contains(says), "{name}: {value}");
    }
    // Errors can be read by the allowed site as well.
    let refusal = from(app.get("/api/rooms/nowhere")).send().await;
    refusal.refused(404, "room_not_found");
    assert_eq!(refusal.header("access-control-allow-origin"), Some(FRIEND));
    // The same for sockets: the token counts, the cookie does not.
    let opening = || ConnectOptions::default().header("host", HOST).header("origin", FRIEND);
    let by_token = opening().auth("token", minji.token.as_str());
    app.open_socket(by_token).await.take("connect").await;
    let by_cookie = opening().header("cookie", &cookie);
    assert_eq!(app.turned_away(by_cookie).await["code"], "unauthenticated");
}

#[tokio::test]
async fn native_clients_get_in_by_the_origins_they_send() {
    let app = App::with(|config| {
        let apps = ["capacitor://localhost", "ionic://localhost", "file://", "null"];
        config.origins.allowed = apps.map(|origin| Origin::parse_allowed(origin).unwrap()).into();
    })
    .await;
    let minji = app.guest("minji").await;
    let swift = app.url().replace("http://", "ws://");
    for origin in ["capacitor://localhost", "ionic://localhost", "file://", "null", &swift] {
        app.open_socket(ConnectOptions::of(&minji).header("origin", origin)).await.take("connect").await;
        app.get("/api/me").header("origin", origin).bearer(&minji.token).send().await.is(200);
        let cookie = app.get("/api/me").header("origin", origin).cookie(&minji.token).send().await;
        assert_eq!(cookie.status, if origin == swift { 200 } else { 401 }, "{origin}");
    }
    for origin in ["capacitor://evil", "tauri://localhost", "ws://evil.example"] {
        app.get("/api/me").header("origin", origin).bearer(&minji.token).send().await.refused(403, "forbidden");
    }
}

/// Abuse: R3
#[tokio::test]
async fn the_cookie_does_nothing_for_another_site() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for site in ["cross-site", "same-site"] {
        let call = || app.request("POST", "/api/rooms").header("sec-fetch-site", site).json(&json!({ "title": "x" }));
        call().cookie(&minji.token).send().await.refused(403, "forbidden");
        call().cookie(&minji.token).bearer(&minji.token).send().await.is(201);
        let form = app.request("POST", "/rooms").header("sec-fetch-site", site).cookie(&minji.token);
        form.form(&[("title", "x")]).send().await.refused(403, "forbidden");
        // A link from another site only shows a page.
        let link = app.get("/").header("sec-fetch-site", site).cookie(&minji.token).send().await;
        assert_eq!(link.status, 200);
    }
    for site in ["same-origin", "none"] {
        let form = app.request("POST", "/rooms").header("sec-fetch-site", site).cookie(&minji.token);
        assert!(form.form(&[("title", "x")]).send().await.leads_to().starts_with("/room/"));
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 4);
}

/// Abuse: R9
#[tokio::test]
async fn another_host_is_misdirected_but_for_health() {
    let app = App::with(public).await;
    for path in ["/", "/api/rooms", "/files/x", "/assets/x", "/socket.io/?EIO=4&transport=polling"] {
        app.get(path).header("host", "evil.example").send().await.refused(421, "misdirected");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.get(path).header("host", "evil.example").send().await.status, 200);
    }
    for host in [HOST, "chat.example:443", "localhost:3000", "127.0.0.1"] {
        assert_eq!(app.get("/").header("host", host).send().await.status, 200, "{host}");
    }
    let absolute = app.get("http://evil.example/").header("host", HOST).send().await;
    absolute.refused(421, "misdirected");
}

/// Abuse: R9
#[tokio::test]
async fn no_host_builds_a_link() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let page = app.get("/").header("host", "evil.example").cookie(&minji.token).send().await;
    assert!(!page.text().contains("evil.example"));
    let form = app.request("POST", "/rooms").header("host", "evil.example").cookie(&minji.token);
    assert!(form.form(&[("title", "x")]).send().await.leads_to().starts_with("/room/"));
}

/// Abuse: H5
#[tokio::test]
async fn a_polling_session_is_bound_to_its_cookie() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let poll = "/socket.io/?EIO=4&transport=polling";
    let open = app.get(poll).cookie(&minji.token).send().await.text();
    let sid: Value = serde_json::from_str(&open[1..]).unwrap();
    let post = || app.request("POST", &format!("{poll}&sid={}", sid["sid"].as_str().unwrap()));
    for stranger in [post().cookie(&jun.token), post()] {
        let answer = stranger.body("text/plain", "40/room,").send().await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(1)));
    }
    assert_eq!(post().cookie(&minji.token).body("text/plain", "40/room,").send().await.status, 200);
}
