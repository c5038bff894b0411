//! Identity: how it begins, how it is shown, how it ends.

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::{PASSWORD, blob, fields};
use crate::support::{App, Person};

#[tokio::test]
async fn a_guest_is_a_user_and_a_token_shown_once() {
    let app = App::start().await;
    let answer = app.request("POST", "/api/guests").json(&json!({ "name": "minji" })).send().await;
    let made = answer.is(201);
    assert_eq!(fields(&made), ["token", "user"]);
    assert_eq!(fields(&made["user"]), ["color", "id", "kind", "name", "picture"]);
    assert_eq!((&made["user"]["kind"], &made["user"]["name"]), (&json!("guest"), &json!("minji")));
    assert_eq!(made["user"]["picture"], Value::Null);
    let color = made["user"]["color"].as_str().unwrap();
    assert!(color.len() == 7 && color.starts_with('#') && color[1..].bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(made["token"].as_str().unwrap().len(), 43);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("set-cookie"), None);
    let token = made["token"].as_str().unwrap();
    let me = app.get("/api/me").bearer(token).send().await.is(200);
    for field in fields(&made["user"]) {
        assert_eq!(me[field], made["user"][field], "{field}");
    }
    assert_eq!((&me["email"], &me["bio"], &me["isAdmin"]), (&Value::Null, &json!(""), &json!(false)));
}

#[tokio::test]
async fn the_store_holds_no_token() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let sql = "SELECT COUNT(*) FROM sessions WHERE CAST(token_hash AS TEXT) = ";
    assert_eq!(app.count("SELECT LENGTH(token_hash) FROM sessions"), 32);
    assert_eq!(app.count(&format!("{sql}'{}'", minji.token)), 0);
}

#[tokio::test]
async fn without_a_name_a_guest_gets_a_friendly_one_in_their_language() {
    let app = App::start().await;
    let name = |lang: &'static str| {
        let asked = app.request("POST", "/api/guests").header("accept-language", lang).json(&json!({}));
        async move { asked.send().await.is(201)["user"]["name"].as_str().unwrap().to_owned() }
    };
    assert!(name("en-GB,en;q=0.9").await.is_ascii());
    assert!(name("ko-KR").await.chars().any(|c| ('가'..='힣').contains(&c)));
    assert!(name("fr").await.chars().any(|c| ('가'..='힣').contains(&c)));
}

/// Abuse: E10
#[tokio::test]
async fn names_are_cleaned_and_limited_and_need_not_be_unique() {
    let app = App::start().await;
    let minji = app.guest("  <b>Min\u{202e}ji</b>\n\u{200b}Kim ").await;
    assert_eq!(minji.user["name"], "<b>Minji</b> Kim");
    for (name, code) in [("", "invalid"), (" \u{200b}\u{3164}", "invalid"), (&"가".repeat(41), "too_long")] {
        let asked = app.request("POST", "/api/guests").json(&json!({ "name": name }));
        assert_eq!(asked.send().await.refused(422, code)["field"], "name");
        let change = app.call(&minji, "PATCH", "/me", json!({ "name": name })).await;
        assert_eq!(change.refused(422, code)["field"], "name");
    }
    let (first, second) = (app.guest("jun").await, app.guest("jun").await);
    assert_ne!(first.id, second.id);
    app.guest(&"가".repeat(40)).await;
}

/// Abuse: E10
#[tokio::test]
async fn nobody_can_impersonate_an_admin_or_the_server() {
    let app = App::start().await;
    let (minji, namesake) = (app.signed_up("minji").await, app.guest("minji").await);
    let jun = app.guest("jun").await;
    app.alter(&format!("UPDATE users SET is_admin = 1 WHERE id = {}", blob(&minji.id)));
    for name in [
        "minji",
        " Min Ji",
        "m\u{456}nji",
        "ＭＩＮＪＩ",
        "min\u{200b}ji",
        "min\u{1}ji",
        "Mad\u{fff9}ang",
        "madang",
        "마 당",
    ] {
        let guest = app.request("POST", "/api/guests").json(&json!({ "name": name })).send().await;
        let account = json!({ "email": "jun@example.org", "password": PASSWORD, "name": name });
        let account = app.request("POST", "/api/users").json(&account).send().await;
        let change = app.call(&jun, "PATCH", "/me", json!({ "name": name })).await;
        for answer in [guest, account, change] {
            assert_eq!(answer.refused(422, "invalid")["field"], "name", "{name}");
        }
        assert_eq!(app.form(&jun, "/me", &[("name", name)]).await.leads_to(), "/?refused=invalid&field=name", "{name}");
        let form = app.request("POST", "/rooms").form(&[("title", "courtyard"), ("name", name)]);
        assert_eq!(form.send().await.leads_to(), "/?refused=invalid&field=name", "{name}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 3);
    // The admin and earlier users of the name keep it, and other names are still free.
    for who in [&minji, &namesake] {
        app.call(who, "PATCH", "/me", json!({ "name": "minji" })).await.is(200);
    }
    app.call(&minji, "PATCH", "/me", json!({ "name": "Min Ji" })).await.is(200);
    for name in ["minjin", "jun", "민지", "Madang fan"] {
        app.guest(name).await;
    }
}

#[tokio::test]
async fn a_family_in_a_name_fell_apart() {
    let app = App::start().await;
    let scotland = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    for name in ["👨\u{200d}👩\u{200d}👧 김", "🏳\u{fe0f}\u{200d}🌈", "🧑🏽\u{200d}💻", scotland, "می\u{200c}خواهم"]
    {
        let user = app.guest(name).await;
        assert_eq!(app.call(&user, "GET", "/me", Value::Null).await.is(200)["name"], name);
        assert_eq!(app.room(&user, json!({ "title": name })).await.made["title"], name);
    }
    for (typed, name) in [("민\u{200b}지", "민지"), ("\u{202e}민지", "민지"), ("a\u{200d}b", "ab")] {
        let user = app.guest(typed).await;
        assert_eq!(app.call(&user, "GET", "/me", Value::Null).await.is(200)["name"], name);
    }
}

#[tokio::test]
async fn a_rename_is_published_once_to_each_of_the_users_rooms() {
    let app = App::start().await;
    let ([minji, _, _], _room, [_, his, _]) = app.room_of_three().await;
    let other = app.courtyard(&minji).await;
    his.join(&other).await;
    app.connect(&minji).await.join(&other).await;
    let changed = app.call(&minji, "PATCH", "/me", json!({ "name": "Minji Kim" })).await.is(200);
    assert_eq!((&changed["name"], &changed["id"]), (&json!("Minji Kim"), &json!(minji.id)));
    let told = his.take("user").await;
    assert_eq!((&told["id"], &told["name"], told.get("email")), (&changed["id"], &changed["name"], None));
    // Setting the same name sends nothing; the event of the next change comes first.
    app.call(&minji, "PATCH", "/me", json!({ "name": "Minji Kim" })).await.is(200);
    app.say(&minji, &other, "hello").await;
    assert_eq!(his.receives("hello").await["user"]["name"], "Minji Kim");
    assert_eq!(his.all("user").len(), 1);
}

#[tokio::test]
async fn a_bearer_decides_alone() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for bad in ["Bearer x", &format!("Bearer {}", "A".repeat(43)), "Bearer", "bearer nobody"] {
        let asked = app.get("/api/me").header("authorization", bad).cookie(&minji.token);
        asked.send().await.refused(401, "unauthenticated");
        // Also for calls that need no identity.
        let asked = app.get("/api/rooms").header("authorization", bad).cookie(&minji.token);
        asked.send().await.refused(401, "unauthenticated");
    }
    app.get("/api/me").cookie(&minji.token).send().await.is(200);
    app.get("/api/me").cookie("nobody").send().await.refused(401, "unauthenticated");
    app.get("/api/rooms").cookie("nobody").send().await.is(200);
    let bad_token = ConnectOptions::default()
        .auth("token", "A".repeat(43))
        .header("cookie", &format!("madang_session={}", minji.token));
    assert_eq!(app.turned_away(bad_token).await["code"], "unauthenticated");
    let by_cookie = ConnectOptions::default().header("cookie", &format!("madang_session={}", minji.token));
    app.open_socket(by_cookie).await.take("connect").await;
    assert_eq!(app.turned_away(ConnectOptions::default()).await["code"], "unauthenticated");
}

#[tokio::test]
async fn without_identity_only_the_lobby_answers() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for path in ["/rooms", &format!("/rooms/{}", room.id), "/openapi.json"] {
        app.get(&format!("/api{path}")).send().await.is(200);
    }
    for (method, path, body) in [
        ("GET", "/me".to_owned(), Value::Null),
        ("PATCH", "/me".to_owned(), json!({ "name": "x" })),
        ("DELETE", "/session".to_owned(), Value::Null),
        ("POST", "/rooms".to_owned(), json!({ "title": "x" })),
        ("PATCH", format!("/rooms/{}", room.id), json!({ "title": "x" })),
        ("DELETE", format!("/rooms/{}", room.id), Value::Null),
        ("PUT", format!("/rooms/{}/owner", room.id), json!({ "userId": minji.id })),
        ("GET", format!("/rooms/{}/members", room.id), Value::Null),
        ("POST", format!("/rooms/{}/members", room.id), json!({})),
        ("DELETE", format!("/rooms/{}/members/me", room.id), Value::Null),
        ("DELETE", format!("/rooms/{}/members/{}", room.id, minji.id), Value::Null),
        ("GET", format!("/rooms/{}/messages", room.id), Value::Null),
        ("POST", format!("/rooms/{}/messages", room.id), json!({ "text": "x" })),
        ("POST", format!("/rooms/{}/files", room.id), Value::Null),
    ] {
        let asked = app.request(method, &format!("/api{path}"));
        let asked = if body.is_null() { asked } else { asked.json(&body) };
        asked.send().await.refused(401, "unauthenticated");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn a_logged_out_token_is_nothing_and_its_sockets_are_closed() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let (phone, laptop) = (app.enter(&minji, &room).await, app.enter(&minji, &room).await);
    let answer = app.call(&minji, "DELETE", "/session", Value::Null).await;
    answer.is(204);
    assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{answer:?}");
    for client in [phone, laptop] {
        // The session has ended: no client reconnects by itself.
        client.take("disconnect").await;
        client.take("close").await;
    }
    app.call(&minji, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    app.call(&minji, "DELETE", "/session", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(app.turned_away(ConnectOptions::of(&minji)).await["code"], "unauthenticated");
}

/// Abuse: A6
#[tokio::test]
async fn the_cookie_is_for_this_host_and_no_script() {
    let app = App::start().await;
    let plain = app.request("POST", "/rooms").form(&[("title", "courtyard"), ("name", "minji")]).send().await;
    let cookie = plain.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("madang_session=") && cookie.ends_with("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
    );
    let app = App::with(|config| {
        config.origins.public = Some(madang::origin::Origin::parse("https://chat.example").unwrap());
    })
    .await;
    let form = app.request("POST", "/rooms").header("host", "chat.example");
    let secure = form.form(&[("title", "courtyard"), ("name", "minji")]).send().await;
    let cookie = secure.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-madang_session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    app.get("/api/me").header("cookie", &format!("a=b; {pair}; c=d")).send().await.is(200);
}

/// Abuse: Z8
#[tokio::test]
async fn a_logged_out_token_cannot_connect_on_the_same_transport() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let lobby = app.lobby().await;
    lobby.raw(&format!("40/chat,{}", json!({ "token": minji.token })));
    lobby.take("connect").await;
    lobby.raw("41/chat,");
    // An ack of the same connection comes after the server has read that.
    lobby.settle().await;
    app.call(&minji, "DELETE", "/session", Value::Null).await.is(204);
    lobby.raw(&format!("40/chat,{}", json!({ "token": minji.token })));
    assert_eq!(lobby.take("connect_error").await["data"]["code"], "unauthenticated");
}

/// Abuse: A13
#[tokio::test]
async fn guests_per_address_are_limited() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let mut made: Vec<Person> = Vec::new();
    let refused = loop {
        let answer = app.request("POST", "/api/guests").json(&json!({ "name": "jun" })).send().await;
        if answer.status != 201 {
            break answer;
        }
        made.push(Person { id: String::new(), token: String::new(), user: Value::Null });
        assert!(made.len() <= 600);
    };
    let error = refused.refused(429, "rate_limited");
    assert!(error["retryAfterMs"].as_u64().unwrap() > 0, "{error}");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    // A class comes in at once.
    assert!(made.len() >= 400);
    // The form of the page has the same limit.
    let form = app.request("POST", "/rooms").form(&[("title", "courtyard"), ("name", "jun")]).send().await;
    assert_eq!(form.leads_to(), "/?refused=rate_limited");
}

/// Abuse: A13
#[tokio::test]
async fn a_users_id_gives_no_access() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let made = app.courtyard(&minji).await;
    for field in ["id", "userId", "token", "kind", "color"] {
        let mut asked = json!({ "name": "jun" });
        asked[field] = json!(minji.id);
        let refused = app.request("POST", "/api/guests").json(&asked).send().await.refused(422, "invalid");
        assert_eq!(refused["field"], field);
    }
    // Public data of a guest gives no access.
    for known in [&minji.id, &minji.id.to_uppercase(), &made.id, &format!("{}.{}", minji.id, minji.id)] {
        app.get("/api/me").bearer(known).send().await.refused(401, "unauthenticated");
        app.get("/api/me").cookie(known).send().await.refused(401, "unauthenticated");
        assert_eq!(
            app.turned_away(ConnectOptions::default().auth("token", known.as_str())).await["code"],
            "unauthenticated"
        );
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}
