//! Users of another server, created with its API key.

use madang::ops::admin::Admin;
use serde_json::{Value, json};

use crate::support::{App, Person, Response};

fn desk(app: &App) -> Admin {
    Admin::open(&app.config(), 1).unwrap()
}

async fn bring(app: &App, key: &str, asked: Value) -> Response {
    app.request("POST", "/api/tokens").bearer(key).json(&asked).send().await
}

#[tokio::test]
async fn the_same_id_of_the_same_key_is_the_same_person_with_the_name_of_today() {
    let app = App::start().await;
    let jun = app.guest("jun").await;
    let desk = desk(&app);
    let (_, key) = desk.create_key("shop".into()).await.unwrap();
    let (_, other) = desk.create_key("game".into()).await.unwrap();
    let asked = json!({ "externalId": "42", "name": "minji", "picture": "https://shop.example/minji.png" });
    let answer = bring(&app, &key, asked).await;
    let made = answer.is(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        (&made["user"]["kind"], &made["user"]["picture"]),
        (&json!("account"), &json!("https://shop.example/minji.png"))
    );
    let minji = Person {
        id: made["user"]["id"].as_str().unwrap().into(),
        token: made["token"].as_str().unwrap().into(),
        user: made["user"].clone(),
    };
    let room = app.courtyard(&minji).await;
    // Pages load nothing from other sites.
    let page = app.page(&minji, &format!("/room/{}", room.id)).await.text();
    assert!(!page.contains("shop.example"));
    app.join(&jun, &room).await;
    let his = app.enter(&jun, &room).await;
    let again = bring(&app, &key, json!({ "externalId": "42", "name": "Minji Kim" })).await.is(201);
    assert_eq!((&again["user"]["id"], &again["user"]["name"]), (&json!(minji.id), &json!("Minji Kim")));
    assert_eq!(again["user"]["picture"], Value::Null);
    his.take_where("user", |user| user["name"] == "Minji Kim" && user["picture"].is_null()).await;
    assert_ne!(bring(&app, &other, json!({ "externalId": "42", "name": "x" })).await.is(201)["user"]["id"], minji.id);
    for (wrong, field) in [
        (json!({ "externalId": "", "name": "x" }), "externalId"),
        (json!({ "externalId": "x".repeat(201), "name": "x" }), "externalId"),
        (json!({ "externalId": "a\0b", "name": "x" }), "externalId"),
        (json!({ "externalId": "1", "name": " " }), "name"),
        (json!({ "externalId": "1", "name": "x", "picture": "http://shop.example/x.png" }), "picture"),
        (json!({ "externalId": "1", "name": "x", "picture": "javascript:alert(1)" }), "picture"),
    ] {
        assert_eq!(bring(&app, &key, wrong).await.refused(422, "invalid")["field"], field);
    }
}

#[tokio::test]
async fn only_a_valid_key_creates_users_and_a_revoked_one_stops_at_once() {
    let app = App::start().await;
    let guest = app.guest("guest").await;
    let desk = desk(&app);
    let asked = json!({ "externalId": "42", "name": "minji" });
    app.request("POST", "/api/tokens").json(&asked).send().await.refused(401, "unauthenticated");
    for wrong in [guest.token.as_str(), "x", &"A".repeat(43)] {
        bring(&app, wrong, asked.clone()).await.refused(401, "unauthenticated");
    }
    let (key, secret) = desk.create_key("shop".into()).await.unwrap();
    let token = bring(&app, &secret, asked.clone()).await.is(201)["token"].as_str().unwrap().to_owned();
    // An API key is no identity, and a user's token is no API key.
    app.get("/api/me").bearer(&secret).send().await.refused(401, "unauthenticated");
    bring(&app, &token, asked.clone()).await.refused(401, "unauthenticated");
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM keys WHERE CAST(key_hash AS TEXT) = '{secret}'")), 0);
    desk.revoke_key(&key.id.to_string()).await.unwrap();
    bring(&app, &secret, asked).await.refused(401, "unauthenticated");
    app.get("/api/me").bearer(&token).send().await.refused(401, "unauthenticated");
    assert!(desk.revoke_key(&key.id.to_string()).await.unwrap_err().contains("was revoked already"));
    assert!(desk.keys().await.unwrap()[0].revoked_at.is_some());
}

/// Other paths refused such names, and this one took them.
///
/// Abuse: E10
#[tokio::test]
async fn another_server_brings_no_name_that_looks_like_an_admins() {
    let app = App::start().await;
    let anna = app.signed_up("anna").await;
    app.call(&anna, "PATCH", "/me", json!({ "name": "Anna Admin" })).await.is(200);
    let desk = desk(&app);
    let (_, key) = desk.create_key("shop".into()).await.unwrap();
    let brought = |id: &str, name: &str| bring(&app, &key, json!({ "externalId": id, "name": name }));
    brought("1", "Anna.Admin").await.is(201);
    app.alter("UPDATE users SET is_admin = 1 WHERE email IS NOT NULL");
    for name in ["Anna Admln", "★Anna Admin★", "[관리자]", "👑 Madang"] {
        assert_eq!(brought("2", name).await.refused(422, "invalid")["field"], "name", "{name}");
        assert_eq!(brought("1", name).await.refused(422, "invalid")["field"], "name", "{name}");
    }
    // A user who had the name before the admin still comes in.
    brought("1", "Anna.Admin").await.is(201);
    brought("2", "Anna").await.is(201);
    desk.close().await;
}
