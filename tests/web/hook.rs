//! Incoming webhooks: what programs post, and who manages their addresses.

use serde_json::{Value, json};

use crate::support::picture::png;
use crate::support::{App, Person, Response, Room};

/// Creates a hook and returns its id and the path of its address.
async fn hook(app: &App, by: &Person, room: &Room, name: &str) -> (String, String) {
    let made = app.call(by, "POST", &format!("/rooms/{}/hooks", room.id), json!({ "name": name })).await.is(201);
    (made["id"].as_str().unwrap().to_owned(), made["url"].as_str().unwrap().to_owned())
}

async fn post(app: &App, path: &str, content_type: &str, body: &str) -> Response {
    app.request("POST", path).body(content_type, body).send().await
}

async fn posted(app: &App, path: &str, text: &str) {
    assert_eq!(post(app, path, "text/plain", text).await.status, 200);
}

/// Abuse: M11
#[tokio::test]
async fn a_program_posts_under_its_own_name_in_every_shape() {
    let app = App::start().await;
    let ([minji, ..], room, [_, his, _]) = app.room_of_three().await;
    let (id, path) = hook(&app, &minji, &room, "빌드").await;
    let picture = app.request("PUT", &format!("/api/rooms/{}/hooks/{id}/picture", room.id)).bearer(&minji.token);
    let changed = picture.multipart(Some(("face.png", &png(8, 8))), &[]).send().await.is(200);
    let slack = json!({
        "text": "unseen",
        "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "*Build 7* <https://ci.example.org/7|passed>" } }],
        "attachments": [{ "title": "main", "text": "fix the door <script>" }],
    });
    let form =
        format!("payload={}", url::form_urlencoded::byte_serialize(br#"{"text":"by form"}"#).collect::<String>());
    let discord =
        json!({ "content": "**issue** closed", "embeds": [{ "title": "12", "url": "https://git.example.org/12" }] });
    for (content_type, body, text) in [
        (
            "application/json",
            slack.to_string(),
            "**Build 7** [passed](https://ci.example.org/7)\n> **main**\n> fix the door <script>",
        ),
        ("application/x-www-form-urlencoded", form, "by form"),
        (
            "application/json; charset=utf-8",
            discord.to_string(),
            "**issue** closed\n> **[12](https://git.example.org/12)**",
        ),
        ("text/plain", "plain @jun".to_owned(), "plain @jun"),
    ] {
        let answer = post(&app, &path, content_type, &body).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
        let heard = his.take_where("message", |message| message["text"] == text).await;
        assert_eq!((&heard["user"]["kind"], &heard["user"]["name"]), (&json!("bot"), &json!("빌드")));
        assert_eq!(heard["user"]["picture"], changed["user"]["picture"]);
        if let Some(html) = heard["html"].as_str() {
            assert!(!html.contains("<script>"), "{html}");
        }
    }
    let history = app.history(&minji, &room).await;
    assert_eq!(history.last().unwrap()["mentions"][0]["name"], "jun");
    // It is in no list of members, and has no number of them.
    let members = app.call(&minji, "GET", &format!("/rooms/{}/members", room.id), Value::Null).await.is(200);
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
    // A text that is too long is cut, as the program cannot send it again.
    posted(&app, &path, &"가".repeat(12_000)).await;
    let long = his.take_where("message", |message| message["text"].as_str().unwrap().ends_with('…')).await;
    assert_eq!(long["text"].as_str().unwrap().chars().count(), 10_000);
    for (content_type, body, status, code) in [
        ("application/json", "{", 400, "bad_json"),
        ("application/json", r#"{"blocks":[]}"#, 422, "invalid"),
        ("text/plain", " ", 422, "invalid"),
        ("multipart/form-data; boundary=x", "--x--", 415, "unsupported_type"),
        ("text/html", "<p>", 415, "unsupported_type"),
    ] {
        post(&app, &path, content_type, body).await.refused(status, code);
    }
    post(&app, &path, "text/plain", &"a".repeat(70_000)).await.refused(413, "too_large");
    app.request("GET", &path).send().await.refused(405, "method_not_allowed");
}

/// Abuse: A15
#[tokio::test]
async fn an_address_is_a_secret_that_ends_with_the_rights_of_who_made_it() {
    let app = App::start().await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let moderators = format!("/rooms/{}/moderators/{}", room.id, jun.id);
    app.call(&minji, "PUT", &moderators, Value::Null).await.is(204);
    let (his, path) = hook(&app, &jun, &room, "builds").await;
    let hooks = format!("/rooms/{}/hooks", room.id);
    let used_at = async || {
        let list = app.call(&minji, "GET", &hooks, Value::Null).await.is(200);
        assert!(!list.to_string().contains(path.rsplit('/').next().unwrap()), "{list}");
        list["hooks"][0]["usedAt"].clone()
    };
    assert_eq!(used_at().await, Value::Null);
    posted(&app, &path, "one").await;
    assert!(used_at().await.is_string());
    // Rotated: the old address is void at once.
    let rotate = async |by: &Person, id: &str| {
        let rotated = app.call(by, "POST", &format!("{hooks}/{id}/rotate"), Value::Null).await.is(200);
        rotated["url"].as_str().unwrap().to_owned()
    };
    let rotated = rotate(&jun, &his).await;
    post(&app, &path, "text/plain", "two").await.refused(404, "not_found");
    posted(&app, &rotated, "three").await;
    // One that another moderator rotates is theirs, as only they know the address.
    let (hers, _) = hook(&app, &minji, &room, "hers").await;
    let known_to_jun = rotate(&jun, &hers).await;
    posted(&app, &known_to_jun, "hers").await;
    // Their maker is no moderator any more.
    app.call(&minji, "DELETE", &moderators, Value::Null).await.is(204);
    for path in [&rotated, &known_to_jun] {
        post(&app, path, "text/plain", "four").await.refused(404, "not_found");
    }
    app.call(&minji, "POST", &format!("{hooks}/{his}/rotate"), Value::Null).await.refused(404, "not_found");
    // A suspended maker posts nowhere.
    let admin = app.admin("warden").await;
    app.call(&minji, "PUT", &moderators, Value::Null).await.is(204);
    let (_, path) = hook(&app, &jun, &room, "builds").await;
    posted(&app, &path, "five").await;
    app.call(&admin, "PATCH", &format!("/admin/users/{}", jun.id), json!({ "suspended": true })).await.is(200);
    post(&app, &path, "text/plain", "six").await.refused(404, "not_found");
    // Nobody may look like an admin, and nobody answers a bot's direct room.
    app.call(&minji, "POST", &hooks, json!({ "name": "관리자" })).await.refused(422, "invalid");
    let (id, path) = hook(&app, &minji, &room, "other").await;
    let list = app.call(&minji, "GET", &hooks, Value::Null).await.is(200);
    let bot = list["hooks"][0]["user"]["id"].clone();
    let taemin = app.guest("taemin").await;
    app.call(&taemin, "POST", "/direct", json!({ "userId": bot })).await.refused(403, "forbidden");
    app.call(&minji, "PATCH", &format!("{hooks}/{id}"), json!({ "name": "better" })).await.is(200);
    // A closed room is closed for programs.
    let of = format!("/admin/rooms/{}", room.id);
    app.call(&admin, "PATCH", &of, json!({ "closed": true })).await.is(200);
    post(&app, &path, "text/plain", "late").await.refused(403, "room_closed");
    app.call(&admin, "PATCH", &of, json!({ "closed": false })).await.is(200);
    // The room's end is the hook's.
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    post(&app, &path, "text/plain", "five").await.refused(404, "not_found");
    for path in ["/hooks/none", "/hooks/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        post(&app, path, "text/plain", "six").await.refused(404, "not_found");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM hooks"), 0);
}

/// Abuse: M11
#[tokio::test]
async fn a_program_that_posts_too_much_is_told_to_wait() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let (_, path) = hook(&app, &minji, &room, "builds").await;
    // A post is earned back each second, so a slow machine needs more of them than the burst.
    let mut refused = post(&app, &path, "text/plain", "built").await;
    for _ in 0..300 {
        if refused.status != 200 {
            break;
        }
        refused = post(&app, &path, "text/plain", "built").await;
    }
    assert!(refused.header("retry-after").is_some());
    refused.refused(429, "rate_limited");
    let hooks = format!("/rooms/{}/hooks", room.id);
    for _ in 0..19 {
        app.call(&minji, "POST", &hooks, json!({ "name": "more" })).await.is(201);
    }
    app.call(&minji, "POST", &hooks, json!({ "name": "more" })).await.refused(409, "too_many");
}
