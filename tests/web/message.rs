//! Messages over REST: sent once, read page by page, whispers.

use serde_json::{Value, json};

use crate::support::fixtures::{fields, texts};
use crate::support::{App, Person, Room};

const MESSAGE: [&str; 12] =
    ["createdAt", "files", "id", "key", "kind", "reactions", "rev", "roomId", "seq", "text", "user", "z"];

async fn post(app: &App, who: &Person, room: &Room, message: Value) -> crate::support::Response {
    app.call(who, "POST", &format!("/rooms/{}/messages", room.id), message).await
}

async fn page(app: &App, who: &Person, room: &Room, query: &str) -> Value {
    app.call(who, "GET", &format!("/rooms/{}/messages?{query}", room.id), Value::Null).await.is(200)
}

#[tokio::test]
async fn a_send_returns_the_whole_message() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let sent = post(&app, &minji, &room, json!({ "key": "one", "text": "안녕\nhello" })).await.is(201);
    assert_eq!(fields(&sent), MESSAGE[..11]);
    assert_eq!((&sent["seq"], &sent["rev"], &sent["kind"]), (&json!(2), &json!(2), &json!("text")));
    assert_eq!((&sent["user"], &sent["roomId"]), (&minji.user, &json!(room.id)));
    assert_eq!((&sent["files"], &sent["reactions"], &sent["text"]), (&json!([]), &json!([]), &json!("안녕\nhello")));
    assert_eq!(app.history(&minji, &room).await[1], sent);
}

/// Abuse: E3
/// Delivery: D3
#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_whatever_the_text() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let other = app.room(&minji, json!({ "title": "garden" })).await;
    app.join(&jun, &room).await;
    let first = post(&app, &minji, &room, json!({ "key": "one", "text": "first" })).await.is(201);
    let again = post(&app, &minji, &room, json!({ "key": "one", "text": "second" })).await.is(200);
    assert_eq!(again, first);
    let elsewhere = post(&app, &minji, &other, json!({ "key": "one", "text": "first" })).await.is(200);
    assert_eq!(elsewhere, first);
    // Another user's key is a different key.
    let his = post(&app, &jun, &room, json!({ "key": "one", "text": "first" })).await.is(201);
    assert_ne!(his["id"], first["id"]);
    assert_eq!(texts(&app.history(&minji, &room).await), ["join", "join", "first", "first"]);
    let rev = app.show(&room).await["rev"].clone();
    assert_eq!(rev, 4, "a repeat takes no rev");
    // Only the sender gets the key back.
    let seen = app.history(&jun, &room).await;
    assert_eq!((&seen[2]["key"], &seen[3]["key"]), (&Value::Null, &json!("one")));
}

/// Abuse: E1, E2, E3, E9
#[tokio::test]
async fn an_invalid_field_is_named() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let client = app.enter(&minji, &room).await;
    let long = "가".repeat(10_001);
    let cases = [
        (json!({ "text": "" }), "invalid", "text"),
        (json!({ "text": " \u{200b}\n\u{3164}" }), "invalid", "text"),
        (json!({}), "invalid", "text"),
        (json!({ "text": long }), "too_long", "text"),
        (json!({ "text": 7 }), "invalid", "text"),
        (json!({ "text": { "$gt": "" } }), "invalid", "text"),
        (json!({ "text": null }), "invalid", "text"),
        (json!({ "text": "x", "key": "" }), "invalid", "key"),
        (json!({ "text": "x", "key": "k\0a" }), "invalid", "key"),
        (json!({ "text": "x", "key": "가".repeat(22) }), "invalid", "key"),
        (json!({ "text": "x", "key": 7 }), "invalid", "key"),
        (json!({ "text": "x", "replyTo": 99 }), "invalid", "replyTo"),
        (json!({ "text": "x", "replyTo": "1" }), "invalid", "replyTo"),
        (json!({ "text": "x", "fileIds": ["x"] }), "invalid", "fileIds[0]"),
        (json!({ "text": "x", "fileIds": ["0123456789abcdefghjkmnpqrs"] }), "invalid", "fileIds"),
        (json!({ "text": "x", "to": "nobody" }), "invalid", "to"),
        (json!({ "text": "x", "to": minji.id }), "invalid", "to"),
        (json!({ "text": "x", "seq": 1 }), "invalid", "seq"),
        (json!({ "text": "x", "isAdmin": true }), "invalid", "isAdmin"),
        (json!({ "text": "x", "createdAt": "1970" }), "invalid", "createdAt"),
        (json!({ "text": "x", "__proto__": {} }), "invalid", "__proto__"),
    ];
    for (mut asked, code, field) in cases {
        let by_rest = post(&app, &minji, &room, asked.clone()).await.refused(422, code);
        assert_eq!(by_rest["field"], field, "{asked}");
        asked["room"] = json!(room.id);
        if asked["key"].is_null() {
            asked["key"] = json!("a key");
        }
        let by_socket = client.refused("message", asked.clone(), code).await;
        assert_eq!(by_socket["field"], by_rest["field"], "{asked}");
    }
    // Over sockets the key is required.
    let keyless = client.refused("message", json!({ "room": room.id, "text": "x" }), "invalid").await;
    assert_eq!(keyless["field"], "key");
    let to_a_stranger = json!({ "text": "x", "to": jun.id });
    assert_eq!(post(&app, &minji, &room, to_a_stranger).await.refused(404, "not_found")["field"], "to");
    assert_eq!(texts(&app.history(&minji, &room).await), ["join"]);
    // Unusual text is stored unchanged.
    let marks = format!("a{}\u{202e}b", "\u{301}".repeat(5_000));
    let sent = post(&app, &minji, &room, json!({ "text": marks })).await.is(201);
    assert!(sent["text"].as_str().unwrap().ends_with("\u{301}\u{202e}b"));
    post(&app, &minji, &room, json!({ "text": "가".repeat(10_000) })).await.is(201);
}

/// Abuse: E2
#[tokio::test]
async fn combining_marks_and_bidi_text_are_bounded_and_stored() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let client = app.enter(&minji, &room).await;
    // A hundred kilobytes of combining marks; then the maximum of a message.
    let marks = |count: usize| format!("a{}", "\u{301}".repeat(count));
    post(&app, &minji, &room, json!({ "text": marks(50_000) })).await.refused(413, "too_large");
    let key = crate::support::key();
    let long = json!({ "room": room.id, "key": key, "text": marks(20_000) });
    assert_eq!(client.refused("message", long, "too_long").await["field"], "text");
    let text = marks(9_000) + "\u{202e}turned";
    post(&app, &minji, &room, json!({ "text": text })).await.is(201);
    let page = app.page(&minji, &format!("/room/{}", room.id)).await.text();
    let bubble = page.split("class=\"bubble").find(|part| part.contains("turned")).expect("a bubble of its own");
    let tag = bubble.split('>').next().unwrap();
    assert!(tag.contains("dir=\"auto\""), "its direction ends with it: {tag}");
}

#[tokio::test]
async fn a_reply_quotes_its_message() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    app.join(&sora, &room).await;
    let first = app.say(&minji, &room, &"two\n lines ".repeat(30)).await;
    let answer = app.send(&jun, &room, json!({ "text": "yes", "replyTo": first["seq"] })).await;
    assert_eq!(fields(&answer["replyTo"]), ["excerpt", "seq", "user"]);
    assert_eq!((&answer["replyTo"]["seq"], &answer["replyTo"]["user"]), (&first["seq"], &minji.user));
    let excerpt = answer["replyTo"]["excerpt"].as_str().unwrap();
    assert!(excerpt.starts_with("two lines two") && excerpt.chars().count() <= 100, "{excerpt}");
    // A whisper cannot be quoted in public, nor to a third user.
    let whisper = app.send(&minji, &room, json!({ "text": "psst", "to": jun.id })).await;
    let quote = json!({ "text": "she said", "replyTo": whisper["seq"] });
    assert_eq!(post(&app, &jun, &room, quote.clone()).await.refused(422, "invalid")["field"], "replyTo");
    assert_eq!(post(&app, &sora, &room, quote).await.refused(422, "invalid")["field"], "replyTo");
    let aside = json!({ "text": "she said", "replyTo": whisper["seq"], "to": sora.id });
    assert_eq!(post(&app, &jun, &room, aside).await.refused(422, "invalid")["field"], "replyTo");
    let back = json!({ "text": "what?", "replyTo": whisper["seq"], "to": minji.id });
    assert_eq!(post(&app, &jun, &room, back).await.is(201)["replyTo"]["excerpt"], "psst");
}

#[tokio::test]
async fn a_whisper_is_between_two_in_every_page() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    app.join(&sora, &room).await;
    app.say(&minji, &room, "all").await;
    let whisper = app.send(&minji, &room, json!({ "text": "psst", "to": jun.id })).await;
    assert_eq!((&whisper["kind"], &whisper["to"]), (&json!("whisper"), &jun.user));
    app.say(&sora, &room, "last").await;
    for (who, sees) in [(&minji, true), (&jun, true), (&sora, false)] {
        for query in ["", "before=99", "after=0", "since=0"] {
            let page = page(&app, who, &room, query).await;
            let messages = page["messages"].as_array().unwrap();
            assert_eq!(texts(messages).contains(&"psst"), sees, "{query}");
            assert_eq!(page["rev"], 6, "{query}");
        }
        let shown = app.page(who, &format!("/room/{}", room.id)).await.text();
        assert_eq!(shown.contains("psst"), sees);
    }
    // A user who leaves loses their whispers, and a later joiner sees none.
    app.call(&jun, "DELETE", &format!("/rooms/{}/members/me", room.id), Value::Null).await.is(204);
    let path = format!("/rooms/{}/messages", room.id);
    app.call(&jun, "GET", &path, Value::Null).await.refused(403, "not_a_member");
}

#[tokio::test]
async fn history_goes_both_ways_by_seq() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 2..=120 {
        app.say(&minji, &room, &number.to_string()).await;
    }
    let seqs = |page: &Value| -> Vec<i64> {
        page["messages"].as_array().unwrap().iter().map(|message| message["seq"].as_i64().unwrap()).collect()
    };
    let newest = page(&app, &minji, &room, "").await;
    assert_eq!(fields(&newest), ["epoch", "messages", "more", "rev"]);
    assert_eq!(seqs(&newest), (71..=120).collect::<Vec<_>>());
    assert_eq!((&newest["more"], &newest["rev"]), (&json!(true), &json!(120)));
    let before = page(&app, &minji, &room, "before=71&limit=100").await;
    assert_eq!((seqs(&before), &before["more"]), ((1..=70).collect(), &json!(false)));
    let after = page(&app, &minji, &room, "after=5&limit=3").await;
    assert_eq!((seqs(&after), &after["more"]), (vec![6, 7, 8], &json!(true)));
    let end = page(&app, &minji, &room, "after=118").await;
    assert_eq!((seqs(&end), &end["more"]), (vec![119, 120], &json!(false)));
    assert_eq!(seqs(&page(&app, &minji, &room, "before=0").await), Vec::<i64>::new());
    assert_eq!(seqs(&page(&app, &minji, &room, "after=9000").await), Vec::<i64>::new());
}

/// Delivery: D6
#[tokio::test]
async fn since_pages_reach_the_rev_and_are_never_incomplete() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 2..=25 {
        app.say(&minji, &room, &number.to_string()).await;
    }
    let epoch = app.show(&room).await["epoch"].as_str().unwrap().to_owned();
    let (mut since, mut revs) = (0, Vec::new());
    let rev = loop {
        let page = page(&app, &minji, &room, &format!("since={since}&epoch={epoch}&limit=10")).await;
        revs.extend(page["messages"].as_array().unwrap().iter().map(|message| message["rev"].as_i64().unwrap()));
        since = *revs.last().unwrap();
        if page["more"] == false {
            break page["rev"].as_i64().unwrap();
        }
    };
    assert_eq!((rev, revs), (25, (1..=25).collect()));
    let there = page(&app, &minji, &room, "since=25").await;
    assert_eq!((&there["messages"], &there["more"], &there["gap"]), (&json!([]), &json!(false), &Value::Null));
    for elsewhere in ["since=26", "since=9223372036854775807", "since=3&epoch=another"] {
        let gap = page(&app, &minji, &room, elsewhere).await;
        assert_eq!((&gap["gap"], &gap["more"], &gap["rev"]), (&json!(true), &json!(false), &json!(25)), "{elsewhere}");
        assert_eq!(gap["messages"].as_array().unwrap().len(), 25, "{elsewhere}");
    }
}

#[tokio::test]
async fn system_lines_speak_the_readers_language() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    for (lang, line) in [("en", "jun joined."), ("ko", "jun님이 입장하셨습니다."), ("fr", "jun님이 입장하셨습니다.")]
    {
        let path = format!("/api/rooms/{}/messages", room.id);
        let page = app.get(&path).bearer(&minji.token).header("accept-language", lang).send().await.is(200);
        let message = &page["messages"][1];
        assert_eq!((&message["text"], &message["kind"]), (&json!(line), &json!("system")), "{lang}");
        assert_eq!((&message["system"], &message["user"]), (&json!({ "event": "join" }), &jun.user));
    }
}

/// Delivery: I10
#[tokio::test]
async fn a_read_after_the_answer_shows_the_message() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 0..50 {
        let text = number.to_string();
        app.say(&minji, &room, &text).await;
        let page = page(&app, &minji, &room, "limit=1").await;
        assert_eq!(page["messages"][0]["text"], text.as_str());
    }
}

/// Without the room, its page is no target of a redirect.
#[tokio::test]
async fn a_form_to_a_room_that_is_gone_or_never_was_leads_to_the_lobby() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    let direct = app.call(&minji, "POST", "/direct", json!({ "userId": jun.id })).await.is(201);
    for (id, code) in [(room.id.as_str(), "gone"), (direct["id"].as_str().unwrap(), "room_not_found")] {
        let path = format!("/room/{id}/messages");
        let request = app.request("POST", &path).cookie(&sora.token).multipart(None, &[("text", "x")]);
        assert_eq!(request.send().await.leads_to(), format!("/?refused={code}"));
    }
}
