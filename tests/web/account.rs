//! Accounts: sign-up, log-in, passwords.

use serde_json::{Value, json};

use crate::support::fixtures::{PASSWORD, fields};
use crate::support::{App, Person};

#[tokio::test]
async fn signing_up_creates_an_account_with_the_given_profile() {
    let app = App::start().await;
    let asked = json!({ "email": " Minji@Example.org ", "password": PASSWORD, "name": "minji" });
    let answer = app.request("POST", "/api/users").json(&asked).send().await;
    let made = answer.is(201);
    assert_eq!(fields(&made), ["color", "createdAt", "email", "id", "kind", "name", "picture", "token"]);
    assert_eq!((&made["kind"], &made["email"]), (&json!("account"), &json!("Minji@Example.org")));
    assert_eq!((answer.header("cache-control"), answer.header("set-cookie")), (Some("no-store"), None));
    let minji = app.log_in("minji").await;
    assert_eq!(minji.id, made["id"]);
    let me = app.call(&minji, "GET", "/me", Value::Null).await.is(200);
    assert_eq!((&me["email"], &me["isAdmin"], &me["bio"]), (&json!("Minji@Example.org"), &json!(false), &json!("")));
    // A session with an account cannot create a second one.
    let again = json!({ "email": "other@example.org", "password": PASSWORD });
    app.call(&minji, "POST", "/users", again).await.refused(403, "forbidden");
    // Without a name the account gets a friendly one, never the e-mail.
    let asked = json!({ "email": "quiet@example.org", "password": PASSWORD });
    let quiet = app.request("POST", "/api/users").json(&asked).send().await.is(201);
    assert!(!quiet["name"].as_str().unwrap().contains("quiet"), "{quiet}");
}

/// Abuse: A5
#[tokio::test]
async fn a_guest_who_signs_up_keeps_id_rooms_and_messages_and_no_token() {
    let app = App::start().await;
    let ([_, jun, _], room, [_, his, sora]) = app.room_of_three().await;
    let said = app.say(&jun, &room, "before").await;
    let asked = json!({ "email": "jun@example.org", "password": PASSWORD });
    let made = app.call(&jun, "POST", "/users", asked).await.is(201);
    assert_eq!((&made["id"], &made["name"], &made["color"]), (&json!(jun.id), &json!("jun"), &jun.user["color"]));
    // The guest's token does not open the account.
    his.take("close").await;
    app.call(&jun, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(sora.take("user").await["kind"], "account");
    let jun = Person { token: made["token"].as_str().unwrap().into(), ..jun };
    let page = app.call(&jun, "GET", &format!("/rooms/{}/messages", room.id), Value::Null).await.is(200);
    let found = page["messages"].as_array().unwrap().iter().find(|message| message["id"] == said["id"]).unwrap();
    assert_eq!((&found["user"]["id"], &found["user"]["kind"]), (&json!(jun.id), &json!("account")));
    // An invalid bearer token is refused, and no user is created.
    let bad = app.request("POST", "/api/users").bearer(&"A".repeat(43));
    let asked = json!({ "email": "x@example.org", "password": PASSWORD });
    bad.json(&asked).send().await.refused(401, "unauthenticated");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 3);
}

/// Abuse: A2
#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_are_the_same() {
    let app = App::start().await;
    app.signed_up("minji").await;
    let mut answers = Vec::new();
    for (email, password) in
        [("minji@example.org", "another tree"), ("nobody@example.org", PASSWORD), ("", "x"), ("\0", "")]
    {
        let asked = json!({ "email": email, "password": password });
        let answer = app.request("POST", "/api/session").json(&asked).send().await;
        let error = answer.refused(401, "bad_credentials");
        answers.push((answer.status, error));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    app.log_in("minji").await;
}

/// Abuse: A4
#[tokio::test]
async fn passwords_are_limited_in_length_and_common_ones_are_refused() {
    let app = App::start().await;
    for (password, code) in [
        ("", "invalid"),
        ("short 7", "invalid"),
        ("        ", "invalid"),
        ("password1", "invalid"),
        ("minji123", "invalid"),
        ("minji@example.org", "invalid"),
        (&*"x7".repeat(5_000), "too_long"),
    ] {
        let asked = json!({ "email": "minji@example.org", "password": password, "name": "minji" });
        let refused = app.request("POST", "/api/users").json(&asked).send().await.refused(422, code);
        assert_eq!(refused["field"], "password", "{password:.20}");
    }
    let huge = json!({ "email": "minji@example.org", "password": "x".repeat(1 << 20) });
    app.request("POST", "/api/users").json(&huge).send().await.refused(413, "too_large");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 0);
    // Sixty-four characters, a NUL, Hangul in both forms.
    let decomposed =
        "\u{110b}\u{1167}\u{11af}\u{1105}\u{1167}\u{1105}\u{1161} \u{110e}\u{1161}\u{11b7}\u{1101}\u{1162}";
    for (name, password, typed) in [
        ("a", "x7y".repeat(21) + "z", "x7y".repeat(21) + "z"),
        ("b", "nul\0 is a character".to_owned(), "nul\0 is a character".to_owned()),
        (
            "c",
            format!("열려라 참깨 {name}", name = "열려라"),
            format!("{decomposed} \u{110b}\u{1167}\u{11af}\u{1105}\u{1167}\u{1105}\u{1161}"),
        ),
    ] {
        let email = format!("{name}@example.org");
        let asked = json!({ "email": email, "password": password });
        app.request("POST", "/api/users").json(&asked).send().await.is(201);
        let again = json!({ "email": email, "password": typed });
        app.request("POST", "/api/session").json(&again).send().await.is(201);
    }
}

/// Abuse: A12
#[tokio::test]
async fn of_fifty_sign_ups_with_one_email_one_succeeds() {
    let app = App::start().await;
    let emails = ["minji@example.org", "MINJI@example.org", "ｍinji@EXAMPLE.org", "Minji@Example.Org"];
    let tries = (0..50).map(|number| {
        let asked = json!({ "email": emails[number % 4], "password": PASSWORD });
        app.request("POST", "/api/users").json(&asked)
    });
    let mut tasks: Vec<_> = tries.map(|request| tokio::spawn(request.send())).collect();
    let mut made = 0;
    for task in tasks.drain(..) {
        let answer = task.await.unwrap();
        match answer.status {
            201 => made += 1,
            // Few hashes run at once: a request that waits too long gets `busy` and may try again.
            503 => drop(answer.refused(503, "busy")),
            _ => drop(answer.refused(409, "email_taken")),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE email_folded = 'minji@example.org'"), 1);
}

#[tokio::test]
async fn an_invalid_email_is_refused_with_its_field() {
    let app = App::start().await;
    for email in ["", "minji", "a@b", "a@b.c\r\nBcc: x@y.z", "a b@example.org"] {
        let asked = json!({ "email": email, "password": PASSWORD });
        let refused = app.request("POST", "/api/users").json(&asked).send().await.refused(422, "invalid");
        assert_eq!(refused["field"], "email", "{email}");
    }
}

/// Abuse: A1
#[tokio::test]
async fn password_guesses_are_rate_limited_and_the_owner_stays_signed_in() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.signed_up("minji").await;
    let wrong = |email: String| {
        let asked = json!({ "email": email, "password": "another tree" });
        app.request("POST", "/api/session").json(&asked).send()
    };
    let mut tried = 0;
    let limited = loop {
        let answer = wrong("minji@example.org".into()).await;
        if answer.status == 429 {
            break answer;
        }
        answer.refused(401, "bad_credentials");
        tried += 1;
        assert!(tried < 40);
    };
    assert!(limited.refused(429, "rate_limited")["retryAfterMs"].as_u64().unwrap() > 0);
    // An unknown e-mail gets the same answers, and each address has its own limit.
    let mut tried = 0;
    while wrong(format!("nobody{tried}@example.org")).await.status != 429 {
        tried += 1;
        assert!(tried < 200);
    }
    app.call(&minji, "GET", "/me", Value::Null).await.is(200);
}

/// Abuse: A3
#[tokio::test]
async fn a_flood_of_log_ins_is_hashed_two_at_a_time_or_gets_busy() {
    let app = App::start().await;
    app.signed_up("minji").await;
    let tries = (0..100).map(|_| {
        let asked = json!({ "email": "minji@example.org", "password": "another tree" });
        tokio::spawn(app.request("POST", "/api/session").json(&asked).send())
    });
    for task in tries.collect::<Vec<_>>() {
        let answer = task.await.unwrap();
        assert!(matches!(answer.status, 401 | 503), "{}", answer.text());
    }
    app.log_in("minji").await;
}

#[tokio::test]
async fn changing_the_email_needs_the_password_and_frees_the_old_one() {
    let app = App::start().await;
    let (minji, _jun) = (app.signed_up("minji").await, app.signed_up("jun").await);
    let change = |email: &str, password: Value| {
        app.call(&minji, "PATCH", "/me", json!({ "email": email, "password": password }))
    };
    assert_eq!(change("new@example.org", Value::Null).await.refused(401, "bad_credentials")["field"], "password");
    change("new@example.org", json!("wrong tree")).await.refused(401, "bad_credentials");
    change("Jun@example.org", json!(PASSWORD)).await.refused(409, "email_taken");
    assert_eq!(change("new@example.org", json!(PASSWORD)).await.is(200)["email"], "new@example.org");
    app.signed_up("minji").await;
    app.log_in("new").await;
    let guest = app.guest("sora").await;
    let asked = json!({ "email": "sora@example.org", "password": PASSWORD });
    app.call(&guest, "PATCH", "/me", asked).await.refused(403, "forbidden");
}

/// Abuse: A6
#[tokio::test]
async fn the_session_cookie_is_for_this_host_only() {
    let app = App::with(|config| {
        config.origins.public = madang::origin::Origin::parse("https://chat.example.org").ok();
    })
    .await;
    let form = [("email", "minji@example.org"), ("name", "minji"), ("password", PASSWORD), ("next", "/")];
    let answer = app.request("POST", "/signup").form(&form).send().await;
    assert_eq!(answer.leads_to(), "/");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-madang_session="), "{cookie}");
    for flag in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
}
