//! HTML in user input is text, on every page and in every field.

use form_urlencoded::byte_serialize;
use serde_json::{Value, json};

use crate::support::fixtures::PASSWORD;
use crate::support::{App, picture};

/// Closes an attribute, an element and a comment, and opens an element that no page of ours has.
const BREAKS_OUT: &str = "\"'--></textarea></title><i x>";

/// Abuse: M1, M3
#[tokio::test]
async fn no_page_contains_markup_of_users_or_inline_script() {
    let app = App::start().await;
    let minji = app.account(BREAKS_OUT).await;
    app.call(&minji, "PATCH", "/me", json!({ "bio": BREAKS_OUT })).await.is(200);
    let room = app.room(&minji, json!({ "title": BREAKS_OUT })).await;
    let jun = app.guest(BREAKS_OUT).await;
    app.join(&jun, &room).await;
    let path = format!("/room/{}", room.id);
    let said = app.say(&minji, &room, BREAKS_OUT).await;
    app.send(&jun, &room, json!({ "text": format!("@{BREAKS_OUT}"), "replyTo": said["seq"] })).await;
    app.send(&jun, &room, json!({ "text": BREAKS_OUT, "to": minji.id })).await;
    let name = BREAKS_OUT.replace('"', "");
    for bytes in [picture::png(9, 9), b"text".to_vec()] {
        let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
        upload.multipart(Some((&name, &bytes)), &[("text", BREAKS_OUT)]).send().await.is(201);
    }
    app.call(&minji, "PUT", &format!("/messages/{}/pin", said["id"].as_str().unwrap()), Value::Null).await.is(200);
    let title = format!("/rooms/{}", room.id);
    app.call(&minji, "PATCH", &title, json!({ "title": format!("{BREAKS_OUT}!") })).await.is(200);
    let sora = app.guest(BREAKS_OUT).await;
    app.join(&sora, &room).await;
    let kick = format!("/rooms/{}/members/{}?ban=true", room.id, sora.id);
    app.call(&minji, "DELETE", &kick, Value::Null).await.is(204);
    app.call(&minji, "PUT", &format!("/me/blocks/{}", jun.id), Value::Null).await.is(204);
    let invite = app.call(&minji, "POST", &format!("/rooms/{}/invites", room.id), json!({})).await.is(201);

    let typed: String = byte_serialize(BREAKS_OUT.as_bytes()).collect();
    let pages = [
        "/".to_owned(),
        format!("/?refused={typed}"),
        path.clone(),
        format!("{path}?before=99"),
        format!("{path}?refused={typed}"),
        format!("{path}/messages?before=99"),
        format!("{path}/files"),
        format!("{path}/files?kind=file"),
        "/me".to_owned(),
        "/people".to_owned(),
        format!("/people?q={typed}"),
        "/search?q=textarea".to_owned(),
        format!("/search?q={typed}&room={}", room.id),
        format!("/login?next=/{typed}"),
        format!("/signup?next=/{typed}"),
        "/logout".to_owned(),
        "/forgot".to_owned(),
        format!("/reset/{typed}"),
        format!("/admin/{typed}"),
        format!("/invite/{}", invite["code"].as_str().unwrap()),
        format!("/nowhere/{typed}"),
    ];
    let stranger = app.guest("stranger").await;
    let mut shown = 0;
    for page in &pages {
        for by in [Some(&minji), Some(&jun), Some(&stranger), None] {
            let request = app.get(page).header("accept", "text/html");
            let answer = if let Some(who) = by { request.cookie(&who.token) } else { request }.send().await;
            assert!(answer.status < 500, "{page}: {}", answer.status);
            let html = answer.text();
            assert!(!html.contains("<i x"), "{page}: {html}");
            for script in html.match_indices("<script").map(|(at, _)| &html[at..]) {
                let tag = script.split_inclusive("</script>").next().unwrap();
                assert!(tag.contains(" src=\"/assets/") && tag.contains("></script>"), "{page}: {tag}");
            }
            assert!(!html.contains("<style") && !html.contains(" style="), "{page}");
            let policy = answer.header("content-security-policy").unwrap_or_default();
            assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{page}: {policy}");
            shown += html.matches("&#60;i x&#62;").count() + html.matches("&lt;i x&gt;").count();
        }
    }
    assert!(shown > 40, "what was typed is there, as text: {shown}");

    // Forms that repeat the input, and errors that could reflect it.
    for (path, fields) in [
        ("/signup", [("email", BREAKS_OUT), ("password", PASSWORD), ("name", BREAKS_OUT), ("next", BREAKS_OUT)]),
        ("/login", [("email", BREAKS_OUT), ("password", "x"), ("next", BREAKS_OUT), ("x", BREAKS_OUT)]),
        ("/find", [("room", BREAKS_OUT), ("a", "b"), ("c", "d"), ("e", "f")]),
    ] {
        let answer = app.request("POST", path).header("accept", "text/html").form(&fields).send().await;
        assert!(answer.status < 500 && !answer.text().contains("<i x"), "{path}: {}", answer.text());
        assert!(answer.header("location").is_none_or(|to| !to.contains('<')), "{path}: {:?}", answer.headers);
    }
}
