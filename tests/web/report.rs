//! Moderation: reports and their decisions, hidden messages, mutes, bans that end, unwanted words, new members, locks.

use serde_json::{Value, json};

use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::{blob, texts};
use crate::support::{App, Person, Room, picture};

impl App {
    async fn reported(&self, by: &Person, message: &Value) -> Value {
        let path = format!("/messages/{}/reports", message["id"].as_str().unwrap());
        self.call(by, "POST", &path, json!({ "reason": "abuse", "note": "look" })).await.is(201)
    }

    async fn queue(&self, who: &Person, room: &Room) -> Vec<Value> {
        let page = self.call(who, "GET", &format!("/rooms/{}/reports", room.id), Value::Null).await.is(200);
        page["reports"].as_array().unwrap().clone()
    }

    async fn decide(&self, who: &Person, report: &Value, decision: Value) -> u16 {
        let path = format!("/reports/{}/decision", report["id"].as_str().unwrap());
        self.call(who, "POST", &path, decision).await.status
    }

    /// Sends by REST or by a socket, and returns the code of the error, or `ok`.
    async fn attempt(&self, entry: EntryPoint, who: &Person, room: &Room, text: &str) -> String {
        let body = json!({ "key": crate::support::key(), "text": text });
        match entry {
            EntryPoint::Rest => {
                let answer = self.call(who, "POST", &format!("/rooms/{}/messages", room.id), body).await;
                answer.json()["code"].as_str().unwrap_or("ok").to_owned()
            }
            EntryPoint::Socket => {
                let socket = self.connect(who).await;
                let answer = socket.emit("message", json!({ "room": room.id, "key": body["key"], "text": text })).await;
                answer["error"]["code"].as_str().unwrap_or("ok").to_owned()
            }
        }
    }
}

#[tokio::test]
async fn the_files_of_a_hidden_message_open_for_those_who_decide() {
    let app = App::start().await;
    let (admin, owner) = (app.admin("warden").await, app.guest("owner").await);
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&owner).await;
    for member in [&minji, &jun] {
        app.join(member, &room).await;
    }
    let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&jun.token);
    let sent = upload.multipart(Some(("sky.png", &picture::png(8, 6))), &[("text", "bad")]).send().await.is(201);
    let url = sent["files"][0]["url"].as_str().unwrap();
    assert_eq!(app.page(&admin, url).await.status, 404, "an admin who is no member, of a message that nobody reported");
    let report = app.reported(&minji, &sent).await;
    assert_eq!(app.page(&admin, url).await.status, 200);
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "hide" })).await, 204);
    for (who, status) in [(&owner, 200), (&admin, 200), (&minji, 404), (&jun, 404)] {
        assert_eq!(app.page(who, url).await.status, status, "{}", who.user["name"]);
    }
    // A whisper is for admins alone, and only while its report is open.
    let upload = app.request("POST", "/api/uploads").bearer(&jun.token);
    let file = upload.multipart(Some(("sea.png", &picture::png(7, 6))), &[]).send().await.is(201);
    let whisper = json!({ "text": "", "fileIds": [file["id"]], "to": minji.id });
    let whispered = app.send(&jun, &room, whisper).await;
    let secret = whispered["files"][0]["url"].as_str().unwrap();
    let report = app.reported(&minji, &whispered).await;
    for (who, status) in [(&owner, 404), (&admin, 200), (&minji, 200)] {
        assert_eq!(app.page(who, secret).await.status, status, "{}", who.user["name"]);
    }
    assert_eq!(app.decide(&admin, &report, json!({ "decision": "dismiss" })).await, 204);
    assert_eq!(app.page(&admin, secret).await.status, 404);
    let queue = app.page(&admin, "/admin/reports?decided=1").await.text();
    assert!(queue.contains(&format!("href=\"{url}\"")), "{queue}");
}

/// The context of a report stays as it was; moderators decide for their room, admins for all.
/// Abuse: D1
#[tokio::test]
async fn a_report_keeps_its_context_and_is_decided_once() {
    let app = App::start().await;
    let (admin, owner) = (app.admin("warden").await, app.guest("owner").await);
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&owner).await;
    for member in [&minji, &jun, &sora] {
        app.join(member, &room).await;
    }
    app.say(&minji, &room, "hello").await;
    let bad = app.say(&jun, &room, "you fool").await;
    let id = bad["id"].as_str().unwrap();
    let report = app.reported(&minji, &bad).await;
    assert_eq!(app.reported(&minji, &bad).await, report, "the same report again is the first one");
    app.reported(&sora, &bad).await;
    let own = app.call(&jun, "POST", &format!("/messages/{id}/reports"), json!({ "reason": "spam" })).await;
    assert_eq!(own.is(403)["code"], "forbidden");
    let forged = app.call(&sora, "POST", &format!("/messages/{id}/reports"), json!({ "reason": "words" })).await;
    assert_eq!(forged.is(422)["field"], "reason", "only the word filter reports words");
    app.call(&jun, "PATCH", &format!("/messages/{id}"), json!({ "text": "I said nothing" })).await.is(200);

    let queue = app.queue(&owner, &room).await;
    assert_eq!(queue.len(), 2);
    let quoted: Vec<_> = queue[1]["context"].as_array().unwrap().iter().map(|one| one["text"].clone()).collect();
    assert_eq!(quoted, ["hello", "you fool"]);
    assert_eq!(
        (&queue[1]["user"]["id"], &queue[1]["by"]),
        (&json!(jun.id), &Value::Null),
        "moderators see no reporter"
    );
    let all = app.call(&admin, "GET", "/admin/reports", Value::Null).await.is(200);
    assert_eq!(all["reports"][1]["by"]["id"], json!(minji.id));
    for other in [&minji, &jun] {
        app.call(other, "GET", &format!("/rooms/{}/reports", room.id), Value::Null).await.is(403);
        assert_eq!(app.decide(other, &report, json!({ "decision": "dismiss" })).await, 404);
    }

    // Hidden: as deleted for everybody, shown again with all that it was.
    let watching = app.enter(&sora, &room).await;
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "hide" })).await, 204);
    let hidden = watching.take_where("message", |message| message["deletedAt"].is_string()).await;
    assert_eq!((&hidden["text"], &hidden["id"]), (&json!(""), &json!(id)));
    assert!(app.queue(&owner, &room).await.is_empty(), "all reports of the message are decided");
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "hide" })).await, 409, "somebody was quicker");
    assert!(!texts(&app.history(&minji, &room).await).contains(&"I said nothing"));
    let found = app.call(&minji, "GET", &format!("/search?q=nothing&room={}", room.id), Value::Null).await.is(200);
    assert_eq!(found["messages"].as_array().map(Vec::len), Some(0), "{found}");
    app.call(&jun, "DELETE", &format!("/messages/{id}/hidden"), Value::Null).await.is(403);
    app.call(&owner, "DELETE", &format!("/messages/{id}/hidden"), Value::Null).await.is(200);
    assert!(texts(&app.history(&minji, &room).await).contains(&"I said nothing"));

    // A second report ends in a ban by an admin who is not in the room.
    let again = app.reported(&minji, &bad).await;
    let ban = json!({ "decision": "ban", "hours": 1, "reason": "enough" });
    assert_eq!(app.decide(&admin, &again, ban).await, 204);
    let refused = app.call(&jun, "POST", &format!("/rooms/{}/members", room.id), json!({})).await;
    assert_eq!(refused.is(403)["code"], "banned");
    app.alter("UPDATE bans SET ends_at = 1");
    app.join(&jun, &room).await;
    // Nobody decides about those above them.
    let of_owner = app.say(&owner, &room, "my room").await;
    let report = app.reported(&minji, &of_owner).await;
    app.call(&owner, "PUT", &format!("/rooms/{}/moderators/{}", room.id, sora.id), Value::Null).await.is(204);
    assert_eq!(app.decide(&sora, &report, json!({ "decision": "mute", "minutes": 5 })).await, 403);
    assert_eq!(app.decide(&sora, &report, json!({ "decision": "dismiss" })).await, 403);
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "dismiss" })).await, 404, "not of oneself");
    assert_eq!(app.decide(&admin, &report, json!({ "decision": "warn" })).await, 422, "a warning has words");
    assert_eq!(app.decide(&admin, &report, json!({ "decision": "warn", "reason": "be kind" })).await, 204);
    app.join(&admin, &room).await;
    let of_admin = app.say(&admin, &room, "my server").await;
    let report = app.reported(&minji, &of_admin).await;
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "delete" })).await, 403);
    // What is hidden is quoted to nobody, also not on the page to report it.
    let secret = app.say(&jun, &room, "a hidden secret").await;
    let form = format!("/room/{}/report?message={}", room.id, secret["id"].as_str().unwrap());
    assert!(app.page(&minji, &form).await.text().contains("a hidden secret"));
    app.call(&owner, "PUT", &format!("/messages/{}/hidden", secret["id"].as_str().unwrap()), Value::Null).await.is(200);
    assert!(!app.page(&minji, &form).await.text().contains("a hidden secret"));
    // A block of theirs stops no decision, nor does a message that is gone.
    let gone = app.say(&jun, &room, "said and gone").await;
    let report = app.reported(&minji, &gone).await;
    app.call(&jun, "PUT", &format!("/blocks/{}", owner.id), Value::Null).await;
    app.call(&jun, "DELETE", &format!("/messages/{}", gone["id"].as_str().unwrap()), Value::Null).await.is(200);
    let mute = json!({ "decision": "mute", "minutes": 5, "reason": "leave it", "hide": true });
    assert_eq!(app.decide(&owner, &report, mute).await, 204);
    app.alter("UPDATE mutes SET ends_at = 1");
    let dismiss = json!({ "decision": "dismiss", "hide": true });
    let other = app.say(&jun, &room, "another").await;
    let report = app.reported(&minji, &other).await;
    assert_eq!(app.decide(&owner, &report, dismiss).await, 422, "nothing is ignored");
    // Muted, told why, and the message is hidden with it; what was hidden is shown again from the decided report.
    let worse = app.say(&jun, &room, "you and your kind").await;
    let report = app.reported(&minji, &worse).await;
    let mute = json!({ "decision": "mute", "minutes": 5, "reason": "calm down", "hide": true });
    assert_eq!(app.decide(&owner, &report, mute).await, 204);
    let history = app.history(&jun, &room).await;
    assert!(!texts(&history).contains(&"you and your kind") && texts(&history).contains(&"⚠ calm down"), "{history:?}");
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "dismiss" })).await, 409);
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "show" })).await, 204);
    assert!(texts(&app.history(&minji, &room).await).contains(&"you and your kind"));
    app.alter("UPDATE mutes SET ends_at = 1");
    // What an admin hides, a moderator does not show.
    let hidden = format!("/messages/{id}/hidden");
    app.call(&admin, "PUT", &hidden, Value::Null).await.is(200);
    app.call(&owner, "DELETE", &hidden, Value::Null).await.is(403);
    app.call(&admin, "DELETE", &hidden, Value::Null).await.is(200);
    let about = json!({ "reason": "other", "roomId": room.id });
    app.call(&minji, "POST", &format!("/users/{}/reports", jun.id), about).await.is(201);
    app.call(&minji, "POST", &format!("/users/{}/reports", minji.id), json!({ "reason": "other" })).await.is(422);
    let log = app.audited(&admin).await;
    for action in ["message.hidden", "message.shown", "report.decided", "member.banned", "user.warned"] {
        assert!(log.contains(&action.to_owned()), "{action} in {log:?}");
    }
}

/// Every client is held to the rules.
/// Abuse: D2
#[tokio::test]
async fn muted_members_unwanted_words_and_new_people_are_refused_by_every_entry_point() {
    let app = App::start().await;
    let (admin, owner, jun) = (app.admin("warden").await, app.guest("owner").await, app.guest("jun").await);
    let room = app.courtyard(&owner).await;
    app.join(&jun, &room).await;
    let at = |rest: &str| format!("/rooms/{}{rest}", room.id);
    let mute = at(&format!("/mutes/{}", jun.id));
    for entry in ENTRY_POINTS {
        app.call(&owner, "PUT", &mute, json!({ "minutes": 10, "reason": "rest" })).await.is(204);
        assert_eq!(app.attempt(entry, &jun, &room, "hello").await, "muted");
        app.alter("UPDATE mutes SET ends_at = 1");
        assert_eq!(app.attempt(entry, &jun, &room, "hello").await, "ok", "it ends by itself");

        app.call(&owner, "PATCH", &at(""), json!({ "writers": "owner" })).await.is(200);
        assert_eq!(app.attempt(entry, &jun, &room, "hello").await, "read_only");
        assert_eq!(app.attempt(entry, &owner, &room, "news").await, "ok");
        app.call(&owner, "PATCH", &at(""), json!({ "writers": "all" })).await.is(200);

        let words = json!([{ "word": "시발", "action": "refuse" }, { "word": "spam", "action": "refuse" }, { "word": "광고", "action": "hold" },
                           { "word": "casino", "action": "warn" }]);
        app.call(&admin, "PATCH", "/admin/settings", json!({ "words": words })).await.is(200);
        for hidden in ["시 발", "[시](https://example.org)발", "s\u{440}\u{430}m", "sp[am](https://example.org)"] {
            assert_eq!(app.attempt(entry, &jun, &room, hidden).await, "filtered", "{hidden}");
        }
        assert_eq!(app.attempt(entry, &jun, &room, "다시 발견했어요").await, "ok");
        app.call(&admin, "PATCH", "/admin/settings", json!({ "holdMinutes": 10 })).await.is(200);
        assert_eq!(app.attempt(entry, &jun, &room, "see https://example.org").await, "too_new");
        // Names, titles and bios, too; nobody could show them later.
        for (who, path, field) in
            [(&jun, "/me".to_owned(), "name"), (&jun, "/me".to_owned(), "bio"), (&owner, at(""), "title")]
        {
            for text in ["시.발", "싼 광고"] {
                let refused = app.call(who, "PATCH", &path, json!({ field: text })).await.is(422);
                assert_eq!((&refused["code"], &refused["field"]), (&json!("filtered"), &json!(field)), "{text}");
            }
        }
        app.call(&jun, "POST", "/rooms", json!({ "title": "시발" })).await.is(422);
        app.request("POST", "/api/guests").json(&json!({ "name": "spam" })).send().await.is(422);
        let before = app.queue(&owner, &room).await.len();
        let held = format!("싼 광 고 {entry:?}");
        assert_eq!(app.attempt(entry, &jun, &room, "C A S I N O").await, "ok");
        assert_eq!(app.attempt(entry, &jun, &room, &held).await, "ok");
        let queue = app.queue(&owner, &room).await;
        assert_eq!(queue.len(), before + 2);
        assert_eq!((&queue[0]["isHidden"], &queue[0]["reason"]), (&json!(true), &json!("words")));
        assert!(!texts(&app.history(&owner, &room).await).contains(&held.as_str()), "it waits for a moderator");
        assert_eq!(app.decide(&owner, &queue[0], json!({ "decision": "show" })).await, 204);
        assert!(texts(&app.history(&owner, &room).await).contains(&held.as_str()));
        app.call(&admin, "PATCH", "/admin/settings", json!({ "words": [], "holdMinutes": 0 })).await.is(200);
    }
    // A mute outlives the membership, and ends with the moderator's word.
    app.call(&owner, "PUT", &mute, json!({ "minutes": 10 })).await.is(204);
    app.call(&jun, "DELETE", &at("/members/me"), Value::Null).await.is(204);
    app.join(&jun, &room).await;
    assert_eq!(app.attempt(EntryPoint::Rest, &jun, &room, "hello").await, "muted");
    let listed = app.call(&owner, "GET", &at("/mutes"), Value::Null).await.is(200);
    assert_eq!(listed["mutes"][0]["user"]["id"], json!(jun.id));
    app.call(&jun, "DELETE", &mute, Value::Null).await.is(403);
    app.call(&owner, "DELETE", &mute, Value::Null).await.is(204);
    assert_eq!(app.attempt(EntryPoint::Rest, &jun, &room, "hello").await, "ok");

    // A lock keeps everybody new out, with an invite, too; members come and go.
    let invite = app.call(&owner, "POST", &at("/invites"), json!({})).await.is(201);
    app.call(&owner, "PUT", &at("/lock"), json!({ "minutes": 5 })).await.is(200);
    let sora = app.guest("sora").await;
    for credentials in [json!({}), json!({ "invite": invite["code"] })] {
        let refused = app.call(&sora, "POST", &at("/members"), credentials).await.is(403);
        assert!(refused["code"] == "joins_locked" && refused["retryAfterMs"].is_number(), "{refused}");
    }
    app.call(&jun, "POST", &at("/members"), json!({})).await.is(200);
    app.call(&owner, "PUT", &at("/lock"), json!({ "minutes": 0 })).await.is(200);
    app.join(&sora, &room).await;
    app.call(&admin, "PATCH", "/admin/settings", json!({ "lockMinutes": 5 })).await.is(200);
    for (path, body) in [
        ("/api/guests", json!({})),
        ("/api/users", json!({ "email": "new@example.org", "password": crate::support::fixtures::PASSWORD })),
    ] {
        assert_eq!(app.request("POST", path).json(&body).send().await.is(403)["code"], "joins_locked", "{path}");
    }
    app.call(&admin, "PATCH", "/admin/settings", json!({ "lockMinutes": 0 })).await.is(200);
    app.guest("late").await;
}

/// What admins and moderators see of a whisper is what was reported.
/// Abuse: D3
#[tokio::test]
async fn a_decided_report_does_not_shorten_a_suspension_without_an_end() {
    let app = App::start().await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let admin = app.admin("warden").await;
    let bad = app.say(&jun, &room, "spam").await;
    let report = app.reported(&minji, &bad).await;
    let of_jun = format!("/admin/users/{}", jun.id);
    app.call(&admin, "PATCH", &of_jun, json!({ "suspended": true, "reason": "spam" })).await.is(200);
    let since = "SELECT COUNT(*) FROM users WHERE suspended_at = 7 AND suspended_until IS NULL";
    app.alter("UPDATE users SET suspended_at = 7 WHERE suspended_at IS NOT NULL");
    assert_eq!(app.decide(&admin, &report, json!({ "decision": "suspend", "hours": 1 })).await, 204);
    assert_eq!(app.count(since), 1);
    // The page proposes no other end, and a change keeps since when it is.
    let page = app.page(&admin, "/admin/people?show=suspended").await.text();
    assert!(page.contains("<option value=\"\" selected>") && page.contains("value=\"spam\""), "{page}");
    app.call(&admin, "PATCH", &of_jun, json!({ "suspended": true, "reason": "much spam" })).await.is(200);
    assert_eq!(app.count(since), 1);
}

#[tokio::test]
async fn a_reported_whisper_is_for_admins_alone() {
    let app = App::start().await;
    let (admin, owner) = (app.admin("warden").await, app.guest("owner").await);
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&owner).await;
    for member in [&minji, &jun] {
        app.join(member, &room).await;
    }
    let open = app.say(&minji, &room, "in the open").await;
    let whisper = app.send(&jun, &room, json!({ "text": "psst", "to": minji.id })).await;
    let path = format!("/messages/{}/reports", whisper["id"].as_str().unwrap());
    app.call(&owner, "POST", &path, json!({ "reason": "abuse" })).await.is(403);
    let report = app.reported(&minji, &whisper).await;
    assert!(app.queue(&owner, &room).await.is_empty());
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "delete" })).await, 404);
    let all = app.call(&admin, "GET", "/admin/reports", Value::Null).await.is(200);
    let context = all["reports"][0]["context"].as_array().unwrap();
    assert_eq!((context.len(), &context[0]["text"]), (1, &json!("psst")), "nothing around it");
    assert_eq!(app.decide(&admin, &report, json!({ "decision": "delete" })).await, 204);
    // The pages show and do the same.
    let said = app.say(&jun, &room, "fool").await;
    app.reported(&jun, &open).await;
    let form = [("message", said["id"].as_str().unwrap()), ("reason", "abuse"), ("note", "<b>")];
    let sent = app.form(&minji, &format!("/room/{}/report", room.id), &form).await;
    assert_eq!(sent.header("location"), Some(format!("/room/{}/report?done=saved", room.id).as_str()));
    let page = app.page(&owner, &format!("/room/{}/reports", room.id)).await.text();
    assert!(page.contains("fool") && page.contains("&#60;b&#62;"), "{page}");
    let id = app.queue(&owner, &room).await[0]["id"].as_str().unwrap().to_owned();
    let form = [("decision", "mute"), ("hours", "1"), ("room", room.id.as_str())];
    let done = app.form(&owner, &format!("/reports/{id}"), &form).await;
    assert_eq!(done.header("location"), Some(format!("/room/{}/reports?done=saved", room.id).as_str()));
    assert_eq!(app.attempt(EntryPoint::Rest, &jun, &room, "hello").await, "muted");
    // With the account and its messages goes what reports and hidden messages held of them.
    app.call(&owner, "PUT", &format!("/messages/{}/hidden", said["id"].as_str().unwrap()), Value::Null).await.is(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM hidden_messages"), 1);
    app.call(&jun, "DELETE", "/me", json!({ "messages": "remove" })).await.is(204);
    let gone = async {
        while app.count("SELECT COUNT(*) FROM hidden_messages") > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::TIMEOUT, gone).await.unwrap();
    let of = format!("SELECT COUNT(*) FROM reports WHERE user_id = {} AND context <> '[]'", blob(&jun.id));
    assert_eq!(app.count(&of), 0);
    // What others said around it stays.
    assert_eq!(app.count("SELECT COUNT(*) FROM reports WHERE context LIKE '%fool%'"), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM reports WHERE context LIKE '%in the open%'"), 1);
}

/// Who decides learns at once how many reports are open, and nobody else does.
#[tokio::test]
async fn those_who_decide_hear_how_many_reports_are_open() {
    let app = App::start().await;
    let (admin, owner) = (app.admin("warden").await, app.guest("owner").await);
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&owner).await;
    for member in [&minji, &jun, &sora] {
        app.join(member, &room).await;
    }
    let path = format!("/rooms/{}/moderators/{}", room.id, jun.id);
    assert!(app.call(&owner, "PUT", &path, json!({})).await.status < 300);
    let (admins, owners) = (app.connect(&admin).await, app.connect(&owner).await);
    let (juns, minjis) = (app.connect(&jun).await, app.connect(&minji).await);
    let of_room = |open: u64| move |heard: &Value| heard["room"] != Value::Null && heard["open"] == open;
    let of_server = |open: u64| move |heard: &Value| heard["room"] == Value::Null && heard["open"] == open;

    let bad = app.say(&sora, &room, "you fool").await;
    let report = app.reported(&minji, &bad).await;
    for client in [&admins, &owners, &juns] {
        let heard = client.take_where("reports", of_room(1)).await;
        assert_eq!(heard, json!({ "room": room.id, "open": 1 }));
    }
    assert_eq!(admins.take_where("reports", of_server(1)).await, json!({ "room": null, "open": 1 }));
    // A report of a moderator is not counted for them.
    let path = format!("/users/{}/reports", jun.id);
    app.call(&minji, "POST", &path, json!({ "reason": "spam", "roomId": room.id })).await.is(201);
    owners.take_where("reports", of_room(2)).await;
    assert_eq!(app.decide(&owner, &report, json!({ "decision": "dismiss" })).await, 204);
    owners.take_where("reports", of_room(1)).await;
    juns.take_where("reports", of_room(0)).await;
    // They heard of the first report, and of its end. Nothing told them that they were reported.
    assert_eq!(juns.all("reports").len(), 2);
    admins.take_where("reports", of_server(1)).await;
    // What concerns no room is for admins.
    app.call(&minji, "POST", &format!("/users/{}/reports", owner.id), json!({ "reason": "spam" })).await.is(201);
    admins.take_where("reports", of_server(2)).await;
    // All were sent at the same moment.
    minjis.settle().await;
    owners.settle().await;
    assert!(minjis.all("reports").is_empty() && !owners.all("reports").iter().any(|heard| heard["room"].is_null()));
}
