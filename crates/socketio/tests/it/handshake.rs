//! The handshake, and the check of later requests of a session.

use std::sync::Arc;

use http::HeaderMap;
use socketio::{AllowFuture, Config, HandshakeData, HandshakeHooks, HandshakeRequest, Origin, Rate, Transports};

use crate::support::{Frame, Http, Polling, TestServer, Upgrade, Ws, config, echoes, get, ms, soon};

const PATH: &str = "/socket.io/";

/// Hooks that allow the foreign origin good.example only, and bind a session to its first cookie.
struct Strict;

impl HandshakeHooks for Strict {
    fn origin(&self, headers: &HeaderMap) -> Origin {
        match headers.get("origin") {
            None => Origin::Same,
            Some(origin) if origin == "https://good.example" => Origin::Foreign(origin.clone()),
            Some(origin) if origin == "https://madang.test" => Origin::Same,
            Some(_) => Origin::Forbidden,
        }
    }

    fn data(&self, opening: &HandshakeRequest<'_>) -> HandshakeData {
        Arc::new(opening.address)
    }

    fn fingerprint(&self, headers: &HeaderMap) -> u64 {
        headers.get("cookie").map_or(0, |cookie| cookie.as_bytes().iter().map(|&byte| byte as u64).sum())
    }
}

fn strict() -> Config {
    Config { handshake_hooks: Arc::new(Strict), ..config() }
}

#[tokio::test]
async fn an_open_packet_has_the_settings_of_the_session() {
    let server = TestServer::open(config(), echoes()).await;
    let response = get(server.at, "/socket.io/?EIO=4&transport=polling&t=abc", "").await;
    let open: serde_json::Value = serde_json::from_str(&response.body[1..]).unwrap();
    let sid = open["sid"].as_str().unwrap();
    assert_eq!(sid.len(), 20, "120 random bits");
    assert_eq!(open["upgrades"], serde_json::json!(["websocket"]));
    assert_eq!((open["pingInterval"].as_u64(), open["pingTimeout"].as_u64()), (Some(25_000), Some(20_000)));
    assert_eq!(open["maxPayload"], 65_536);
    assert_eq!(response.header("cache-control"), Some("no-store"));
}

/// Abuse: H1
#[tokio::test]
async fn only_version_4_is_supported() {
    let server = TestServer::open(config(), echoes()).await;
    for version in ["", "EIO=abc&", "EIO=3&", "EIO=5&", "EIO=4&EIO=3&", "EIO=&"] {
        let polling = get(server.at, &format!("{PATH}?{version}transport=polling"), "").await;
        assert_eq!(polling.code(), (400, 5), "{version}");
        let target = format!("{PATH}?{version}transport=websocket");
        let refused = Upgrade { target, ..Upgrade::default() }.connect(server.at).await.err().unwrap();
        assert_eq!(refused.code(), (400, 5), "{version}");
    }
    assert_eq!(server.engine.session_count(), 0);
}

/// Abuse: H2
#[tokio::test]
async fn the_transport_is_given_once() {
    let server = TestServer::open(config(), echoes()).await;
    for transport in ["", "transport=abc", "transport=", "transport=polling&transport=websocket", "TRANSPORT=polling"] {
        let response = get(server.at, &format!("{PATH}?EIO=4&{transport}"), "").await;
        assert_eq!(response.code(), (400, 0), "{transport}");
    }
    assert_eq!(server.engine.session_count(), 0);
}

#[tokio::test]
async fn a_name_may_be_given_twice_with_one_value_and_an_empty_sid_is_none() {
    let server = TestServer::open(config(), echoes()).await;
    for query in ["EIO=4&EIO=4&transport=NAME", "EIO=4&transport=NAME&transport=NAME", "EIO=4&transport=NAME&sid="] {
        let target = |name: &str| format!("{PATH}?{}", query.replace("NAME", name));
        assert_eq!(get(server.at, &target("polling"), "").await.status, 200, "{query}");
        Ws::open_with(server.at, &Upgrade { target: target("websocket"), ..Upgrade::default() }).await;
    }
}

/// `io(url, { protocols })`: browsers fail a connection that names none of the offers.
#[tokio::test]
async fn the_first_sub_protocol_offered_comes_back() {
    let server = TestServer::open(config(), echoes()).await;
    let session = Polling::open(server.at).await;
    for target in [Upgrade::default().target, Upgrade::of(&session).target] {
        for (offer, answer) in [("arduino", Some("arduino")), ("v1.chat,  v2.chat", Some("v1.chat")), (" , ", None)] {
            let headers = format!("{}sec-websocket-protocol: {offer}\r\n", Upgrade::default().headers);
            let response = get(server.at, &target, &headers).await;
            assert_eq!((response.status, response.header("sec-websocket-protocol")), (101, answer), "{offer}");
        }
    }
}

/// Abuse: H3
#[tokio::test]
async fn only_get_opens_a_session() {
    let server = TestServer::open(config(), echoes()).await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let mut http = Http::connect(server.at).await;
        let response = http.request(&format!("{method} {PATH}?EIO=4&transport=polling"), "", "4hi").await;
        assert_eq!(response.code(), (400, 2), "{method}");
    }
    let session = Polling::open(server.at).await;
    let response = Http::connect(server.at).await.request(&format!("PUT {}", session.target()), "", "4hi").await;
    assert_eq!(response.code(), (400, 3), "a method that no transport has");
    assert_eq!(server.engine.session_count(), 1);
}

/// Abuse: H4
#[tokio::test]
async fn an_unknown_sid_never_opens_a_session() {
    let server = TestServer::open(config(), echoes()).await;
    let _live = Polling::open(server.at).await;
    let long = "x".repeat(10_000);
    for sid in ["abc", "AAAAAAAAAAAAAAAAAAAA", "%00", "..%2f", &long] {
        for transport in ["polling", "websocket"] {
            let response = get(server.at, &format!("{PATH}?EIO=4&transport={transport}&sid={sid}"), "").await;
            assert_eq!(response.code(), (400, 1), "{transport} {sid:?}");
        }
        let target = format!("{}&sid={sid}", Upgrade::default().target);
        let refused = Upgrade { target, ..Upgrade::default() }.connect(server.at).await.err().unwrap();
        assert_eq!(refused.code(), (400, 1), "{sid:?}");
    }
    let two = get(server.at, &format!("{PATH}?EIO=4&transport=polling&sid=a&sid=b"), "").await;
    assert_eq!(two.code(), (400, 1));
    let mut http = Http::connect(server.at).await;
    http.send(b"GET /socket.io/?EIO=4&transport=polling&sid=\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(http.response().await.map(|response| response.status), Some(400), "not even UTF-8");
    assert_eq!(server.engine.session_count(), 1);
}

/// Abuse: H5
#[tokio::test]
async fn a_sid_is_worthless_without_the_cookie_it_was_opened_with() {
    let server = TestServer::open(strict(), echoes()).await;
    let owner = Polling::open_with(server.at, "cookie: session=anna\r\n").await;
    for headers in ["", "cookie: session=mallory\r\n"] {
        let attacker = Polling { headers: headers.into(), ..owner.clone() };
        assert_eq!(attacker.poll().await.code(), (400, 1));
        assert_eq!(attacker.post("40").await.code(), (400, 1));
        assert_eq!(Upgrade::of(&attacker).connect(server.at).await.err().unwrap().code(), (400, 1));
    }
    owner.join("/").await;
    let anonymous = Polling::open_with(server.at, "").await;
    anonymous.join("/").await;
    let later = Polling { headers: "cookie: session=anna\r\n".into(), ..anonymous };
    assert_eq!(later.post("3").await.code(), (400, 1), "no cookie at first and one later differ");
}

/// Abuse: H6
#[tokio::test]
async fn a_foreign_page_gets_403_before_any_session() {
    let server = TestServer::open(strict(), echoes()).await;
    let origin = "origin: https://evil.example\r\n";
    for method in ["GET", "POST", "PUT", "OPTIONS"] {
        let line = format!("{method} {PATH}?EIO=4&transport=polling");
        let response = Http::connect(server.at).await.request(&line, origin, "").await;
        assert_eq!(response.code(), (403, 4), "{method}");
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    let plain = Upgrade::default();
    let headers = format!("{}{origin}", plain.headers);
    let refused = Upgrade { headers, ..plain }.connect(server.at).await.err().unwrap();
    assert_eq!(refused.status, 403);
    assert_eq!(server.engine.session_count(), 0);
    let own = Polling::open(server.at).await;
    let foreign = Polling { headers: origin.into(), ..own };
    assert_eq!(foreign.poll().await.status, 403, "also with a valid sid");
}

/// Abuse: H7
#[tokio::test]
async fn origins_are_compared_exactly() {
    let server = TestServer::open(strict(), echoes()).await;
    for origin in ["null", "https://good.example.evil.com", "https://good.example:444", "HTTPS://GOOD.EXAMPLE."] {
        let response =
            get(server.at, &format!("{PATH}?EIO=4&transport=polling"), &format!("origin: {origin}\r\n")).await;
        assert_eq!(response.status, 403, "{origin}");
    }
    Polling::open_with(server.at, "origin: https://madang.test\r\n").await;
    Polling::open(server.at).await;
}

#[tokio::test]
async fn an_allowed_foreign_origin_is_in_every_response_and_never_with_credentials() {
    let server = TestServer::open(strict(), echoes()).await;
    let headers = "origin: https://good.example\r\n";
    let preflight = format!("{headers}access-control-request-method: POST\r\n");
    let session = Polling::open_with(server.at, headers).await;
    let mut answers = vec![
        Http::connect(server.at).await.request(&format!("OPTIONS {}", session.target()), &preflight, "").await,
        session.post("40").await,
        session.poll().await,
        get(server.at, &format!("{PATH}?EIO=3&transport=polling"), headers).await,
    ];
    for answer in &answers {
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://good.example"), "{answer:?}");
        assert_eq!(answer.header("vary"), Some("origin"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    let preflight = answers.swap_remove(0);
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, POST"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type, authorization"));
    let own = get(server.at, &format!("{PATH}?EIO=4&transport=polling"), "").await;
    assert_eq!(own.header("access-control-allow-origin"), None);
}

/// Abuse: H8
#[tokio::test]
async fn a_broken_websocket_handshake_is_refused() {
    let server = TestServer::open(config(), echoes()).await;
    let valid = Upgrade::default().headers;
    for (from, to, status) in [
        ("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "!!!!", 400),
        ("version: 13", "version: 12", 426),
        ("sec-websocket-version: 13\r\n", "", 426),
        ("upgrade: WebSocket\r\n", "", 400),
        ("upgrade: WebSocket", "upgrade: h2c", 400),
        ("keep-alive, Upgrade", "keep-alive", 400),
    ] {
        let headers = valid.replace(from, to);
        assert_ne!(headers, valid, "{from}");
        let refused = Upgrade { headers, ..Upgrade::default() }.connect(server.at).await.err().unwrap();
        assert_eq!(refused.status, status, "{from:?} as {to:?}");
    }
    assert_eq!(server.engine.session_count(), 0);
}

/// Abuse: H11
#[tokio::test]
async fn handshakes_and_sessions_are_limited_by_address() {
    let handshakes = Some(Rate::per_second(1).burst(3));
    let server = TestServer::open(Config { handshakes, ..config() }, echoes()).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(get(server.at, &format!("{PATH}?EIO=4&transport=polling"), "").await);
    }
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert_eq!(answers[4].header("retry-after"), Some("1"));

    let server = TestServer::open(Config { sessions_per_address: 2, ..config() }, echoes()).await;
    let first = Polling::open(server.at).await;
    let _second = Ws::open(server.at).await;
    assert_eq!(get(server.at, &format!("{PATH}?EIO=4&transport=polling"), "").await.status, 429);
    assert_eq!(Upgrade::default().connect(server.at).await.err().unwrap().status, 429);
    assert_eq!(first.post("1").await.status, 200);
    crate::support::until(|| server.engine.session_count() == 1).await;
    let _third = Ws::open(server.at).await;
}

/// Abuse: H12
#[tokio::test]
async fn a_session_without_a_joined_namespace_ends_in_time() {
    let server = TestServer::open(Config { connect_timeout: ms(200), ..config() }, echoes()).await;
    let mut silent = Ws::open(server.at).await;
    let polling = Polling::open(server.at).await;
    let mut leaver = Ws::join(server.at, "/").await;
    leaver.silence(ms(250)).await;
    leaver.send("41").await;
    // Pongs do not extend the timeout.
    let pongs = async {
        loop {
            tokio::select! {
                frame = leaver.next_whenever() => break frame,
                () = tokio::time::sleep(ms(10)) => leaver.send("3").await,
            }
        }
    };
    assert_eq!(soon(pongs).await, Frame::Close(Some(1001)));
    assert_eq!(silent.close_code().await, 1001);
    assert!(polling.is_gone().await);
    server.wait_until_empty().await;
}

/// Abuse: H12
#[tokio::test]
async fn refused_connects_do_not_extend_the_connect_timeout() {
    let refusing = socketio::Namespace::new("/")
        .connect_middleware(|_, _| async { Err::<socketio::Admission, _>(socketio::ConnectError::new("no")) });
    let server = TestServer::open(Config { connect_timeout: ms(150), ..config() }, [refusing]).await;
    let mut ws = Ws::open(server.at).await;
    let begun = std::time::Instant::now();
    // Tries again after each refusal, until the server ends the session.
    ws.send("40").await;
    while ws.next().await == Frame::Text(r#"44{"message":"no"}"#.into()) {
        tokio::time::sleep(ms(5)).await;
        ws.send("40").await;
    }
    assert!(begun.elapsed() < ms(1_000), "{:?}", begun.elapsed());
}

/// Abuse: H15
#[tokio::test]
async fn the_address_is_that_of_the_connection_whatever_headers_say() {
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let namespace = socketio::Namespace::new("/").connect_middleware(move |socket, _| {
        let by_hooks = *socket.session().handshake_data().downcast_ref::<std::net::IpAddr>().unwrap();
        kept.lock().extend([by_hooks, socket.session().address()]);
        async { Ok(socketio::Admission::new()) }
    });
    let server = TestServer::open(strict(), [namespace]).await;
    let spoofed = "x-forwarded-for: 203.0.113.7\r\nforwarded: for=203.0.113.7\r\nx-real-ip: 203.0.113.7\r\n";
    Polling::open_with(server.at, spoofed).await.join("/").await;
    assert_eq!(*seen.lock(), [server.at.ip(); 2]);
}

#[tokio::test]
async fn the_path_matches_with_and_without_its_last_slash() {
    let server = TestServer::open(config(), echoes()).await;
    assert!(server.socket_io().owns("/socket.io/") && server.socket_io().owns("/socket.io"));
    for path in ["/", "/socket.io/x", "/socket.iox", "/SOCKET.IO/", "//socket.io/"] {
        assert!(!server.socket_io().owns(path), "{path}");
    }
}

#[tokio::test]
async fn a_transport_can_be_switched_off() {
    let target = |name: &str| format!("{PATH}?EIO=4&transport={name}");
    let polling = TestServer::open(Config { transports: Transports::Polling, ..config() }, echoes()).await;
    let opened = get(polling.at, &target("polling"), "").await;
    assert!(opened.body.contains(r#""upgrades":[]"#), "{}", opened.body);
    assert_eq!(Upgrade::default().connect(polling.at).await.err().unwrap().code(), (400, 0));
    let session = Polling::open(polling.at).await;
    assert_eq!(Upgrade::of(&session).connect(polling.at).await.err().unwrap().code(), (400, 0), "nor by an upgrade");
    session.join("/").await;
    let websocket = TestServer::open(Config { transports: Transports::WebSocket, ..config() }, echoes()).await;
    assert_eq!(get(websocket.at, &target("polling"), "").await.code(), (400, 0));
    Ws::join(websocket.at, "/").await;
}

/// Asks a slow list whether the client may come.
struct Listed;

impl HandshakeHooks for Listed {
    fn allow<'a>(&'a self, request: HandshakeRequest<'a>) -> AllowFuture<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            request.uri.query().is_some_and(|query| query.contains("listed")) && request.headers.contains_key("host")
        })
    }
}

#[tokio::test]
async fn a_check_that_waits_decides_who_opens_a_session() {
    let listed = || Config { handshake_hooks: Arc::new(Listed), sessions_per_address: 2, ..config() };
    let server = TestServer::open(listed(), echoes()).await;
    let target = |name: &str| format!("{PATH}?EIO=4&transport={name}");
    for _ in 0..3 {
        assert_eq!(get(server.at, &target("polling"), "").await.code(), (403, 4));
        assert_eq!(Upgrade::default().connect(server.at).await.err().unwrap().code(), (403, 4));
    }
    assert_eq!(server.engine.session_count(), 0);
    let opened = get(server.at, &format!("{}&listed", target("polling")), "").await;
    assert_eq!(opened.status, 200, "refusals took no session of the address: {opened:?}");
}
