//! Sessions: listed, ended, stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::{PASSWORD, fields};
use crate::support::{App, Person};

async fn sessions(app: &App, who: &Person) -> Vec<Value> {
    app.call(who, "GET", "/me/sessions", Value::Null).await.is(200)["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn sessions_are_listed_and_can_be_ended() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    let asked = json!({ "email": "minji@example.org", "password": PASSWORD });
    let elsewhere = app.request("POST", "/api/session").header("user-agent", "Elsewhere/1").json(&asked).send().await;
    let elsewhere = Person { token: elsewhere.is(201)["token"].as_str().unwrap().into(), ..minji.clone() };
    let socket = app.connect(&elsewhere).await;
    let listed = sessions(&app, &minji).await;
    assert_eq!(fields(&listed[0]), ["agent", "createdAt", "current", "id", "ip", "seenAt"]);
    assert_eq!(listed.iter().filter(|session| session["current"] == true).count(), 1);
    let other = listed.iter().find(|session| session["current"] == false).unwrap();
    assert_eq!((&other["agent"], &other["ip"]), (&json!("Elsewhere/1"), &json!("127.0.0.1")));
    // A session's id gives no access, and another user's session cannot be ended.
    let path = format!("/me/sessions/{}", other["id"].as_str().unwrap());
    app.get("/api/me").bearer(other["id"].as_str().unwrap()).send().await.refused(401, "unauthenticated");
    let jun = app.signed_up("jun").await;
    app.call(&jun, "DELETE", &path, Value::Null).await.refused(404, "not_found");
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    socket.take("close").await;
    app.call(&elsewhere, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(sessions(&app, &minji).await.len(), 1);
}

#[tokio::test]
async fn logging_out_everywhere_keeps_this_session_unless_all_are_requested() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    let others = [app.log_in("minji").await, app.log_in("minji").await];
    let (here, there) = (app.connect(&minji).await, app.connect(&others[0]).await);
    app.call(&minji, "DELETE", "/me/sessions", Value::Null).await.is(204);
    there.take("close").await;
    assert!(here.all("close").is_empty());
    for other in &others {
        app.call(other, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    }
    let gone = app.call(&minji, "DELETE", "/me/sessions?all=true", Value::Null).await;
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"));
    here.take("close").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions"), 0);
}

/// Abuse: A7
#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_their_sockets() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    let other = app.log_in("minji").await;
    let (here, there) = (app.connect(&minji).await, app.connect(&other).await);
    let change = |current: &str, password: &str| {
        app.call(&minji, "PUT", "/me/password", json!({ "current": current, "password": password }))
    };
    assert_eq!(change("wrong", "a gate by the tree").await.refused(401, "bad_credentials")["field"], "current");
    assert_eq!(change(PASSWORD, "password").await.refused(422, "invalid")["field"], "password");
    change(PASSWORD, "a gate by the tree").await.is(204);
    there.take("close").await;
    here.settle().await;
    assert!(here.all("close").is_empty());
    app.call(&other, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    let old = json!({ "email": "minji@example.org", "password": PASSWORD });
    app.request("POST", "/api/session").json(&old).send().await.refused(401, "bad_credentials");
    let new = json!({ "email": "minji@example.org", "password": "a gate by the tree" });
    app.request("POST", "/api/session").json(&new).send().await.is(201);
    let guest = app.guest("jun").await;
    let asked = json!({ "current": "x", "password": "a gate by the tree" });
    app.call(&guest, "PUT", "/me/password", asked).await.refused(403, "forbidden");
}

/// Abuse: A5
#[tokio::test]
async fn logging_in_ends_the_previous_session() {
    let app = App::start().await;
    app.signed_up("minji").await;
    let guest = app.guest("planted").await;
    let socket = app.connect(&guest).await;
    let form = [("email", "minji@example.org"), ("password", PASSWORD), ("next", "/me")];
    let answer = app.form(&guest, "/login", &form).await;
    assert_eq!(answer.leads_to(), "/me");
    let token = answer.session().unwrap();
    assert_ne!(token, guest.token);
    socket.take("close").await;
    app.call(&guest, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(app.get("/api/me").cookie(&token).send().await.is(200)["email"], "minji@example.org");
}

#[tokio::test]
async fn a_session_in_use_keeps_its_cookie() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    assert_eq!(app.page(&minji, "/").await.header("set-cookie"), None);
    app.alter("UPDATE sessions SET seen_at = seen_at - 7200000");
    let renewed = app.page(&minji, "/").await;
    assert_eq!(renewed.session().as_deref(), Some(minji.token.as_str()));
    assert!(renewed.header("set-cookie").unwrap().contains("Max-Age=31536000"), "{:?}", renewed.headers);
    // Updated once an hour, and never for a bearer, whose client keeps no cookie.
    assert_eq!(app.page(&minji, "/").await.header("set-cookie"), None);
    app.alter("UPDATE sessions SET seen_at = seen_at - 7200000");
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.header("set-cookie"), None);
    // A log-out ends it at once.
    app.alter("UPDATE sessions SET seen_at = seen_at - 7200000");
    let out = app.form(&minji, "/logout", &[]).await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(out.headers.iter().filter(|(name, _)| name == "set-cookie").count(), 1);
}

/// Abuse: A9
#[tokio::test]
async fn a_token_is_256_random_bits_and_nothing_else_gives_access() {
    let app = App::start().await;
    let mut tokens = Vec::new();
    for _ in 0..50 {
        tokens.push(app.guest("minji").await.token);
    }
    let minji = app.guest("minji").await;
    for token in &tokens {
        assert!(token.len() == 43 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{token}");
    }
    // Tokens share nothing: each piece of six characters occurs once.
    let mut parts: Vec<&[u8]> = tokens.iter().flat_map(|token| token.as_bytes().chunks_exact(6)).collect();
    let count = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), count);
    let token_bytes = URL_SAFE_NO_PAD.decode(&minji.token).unwrap();
    // The database keeps a hash, from which the token cannot be derived; an almost right token is
    // wrong.
    let files: &[&str] = if testkit::postgres::is_wanted() { &[] } else { &["madang.db", "madang.db-wal"] };
    for kept in files {
        let bytes = std::fs::read(app.data_dir().join(kept)).unwrap();
        assert!(!bytes.windows(43).any(|part| part == minji.token.as_bytes()), "{kept}");
        assert!(!bytes.windows(32).any(|part| part == token_bytes), "{kept}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE length(token_hash) <> 32"), 0);
    let opened = app.get("/socket.io/?EIO=4&transport=polling").cookie(&minji.token).send().await.text();
    let sid = serde_json::from_str::<Value>(&opened[1..]).unwrap()["sid"].as_str().unwrap().to_owned();
    let swapped = |at: usize| {
        let other = if minji.token.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &minji.token[..at], &minji.token[at + 1..])
    };
    let padded = format!("{}=", minji.token);
    let cases = ["", "x", &minji.id, &sid, &minji.token[..42], &padded, &swapped(0), &swapped(20)];
    for wrong in cases {
        app.get("/api/me").bearer(wrong).send().await.refused(401, "unauthenticated");
        app.get("/api/me").cookie(wrong).send().await.refused(401, "unauthenticated");
        let opening = ConnectOptions::default().auth("token", wrong);
        assert_eq!(app.turned_away(opening).await["code"], "unauthenticated", "{wrong}");
    }
    // A connection's id is no credential: without the cookie that opened it, it is refused.
    let poll = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    assert_eq!(app.get(&poll).send().await.status, 400);
}

/// Abuse: A10
#[tokio::test]
async fn a_token_is_accepted_from_no_url_and_shown_on_no_page() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    let room = app.courtyard(&minji).await;
    for path in ["/api/me", "/api/me/rooms", "/socket.io/me"] {
        for name in ["token", "session", "madang_session", "access_token", "authorization"] {
            let answer = app.get(&format!("{path}?{name}={}", minji.token)).send().await;
            assert!(matches!(answer.status, 401 | 404 | 422), "{path} {name}: {}", answer.text());
            assert!(!answer.text().contains(&minji.token), "{path} {name}");
        }
    }
    let opening = ConnectOptions::default().query(&format!("token={}", minji.token));
    assert_eq!(app.turned_away(opening).await["code"], "unauthenticated");
    for path in ["/", "/me", "/people", "/search", &format!("/room/{}", room.id), "/nowhere", "/login", "/api/me"] {
        let page = app.page(&minji, path).await;
        assert!(!page.text().contains(&minji.token) && page.header("set-cookie").is_none(), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{path}");
    }
    let listed = app.call(&minji, "GET", "/me/sessions", Value::Null).await.text();
    assert!(!listed.contains(&minji.token), "{listed}");
}

/// Abuse: A5
#[tokio::test]
async fn a_header_for_a_proxy_and_a_foreign_cookie_decide_nothing() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let cookie = format!("madang_session={}", minji.token);
    for scheme in ["Basic bWU6cHc=", "Negotiate YIIB", "Digest username=\"me\"", "nonsense"] {
        let asked = app.get("/api/me").header("authorization", scheme);
        asked.header("cookie", &cookie).send().await.is(200);
        assert_eq!(app.get("/").header("authorization", scheme).send().await.status, 200);
    }
    for bearer in ["Bearer nope", "bearer", "Bearer"] {
        let asked = app.get("/api/me").header("authorization", bearer).header("cookie", &cookie);
        asked.send().await.refused(401, "unauthenticated");
    }
    for others in ["이름=값; {}", "{}; utm=가을 세일", "p={\"a\":\"b\"}; {}", "=; ; {};"] {
        app.get("/api/me").header("cookie", &others.replace("{}", &cookie)).send().await.is(200);
    }
}
