//! Messages that are sent later, and reminders.

use madang::clock::{now_ms, rfc3339};
use serde_json::{Value, json};

use crate::support::fixtures::texts;
use crate::support::{App, Person, Room};

/// Due at the next full second.
fn soon() -> String {
    rfc3339(now_ms() + 1)
}

fn in_hours(hours: i64) -> String {
    rfc3339(now_ms() + hours * 3_600_000)
}

async fn schedule(app: &App, who: &Person, room: &Room, body: Value) -> Value {
    app.call(who, "POST", &format!("/rooms/{}/scheduled", room.id), body).await.is(201)
}

async fn list(app: &App, who: &Person) -> Vec<Value> {
    let list = app.call(who, "GET", "/me/scheduled", Value::Null).await.is(200);
    list["scheduled"].as_array().unwrap().clone()
}

fn path(scheduled: &Value) -> String {
    format!("/me/scheduled/{}", scheduled["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_scheduled_message_is_sent_once_when_it_is_due_and_only_its_sender_knows_before() {
    let app = App::start().await;
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let question = app.say(&minji, &room, "회의 언제 해요?").await;
    let body = json!({ "text": "내일 **9시**예요", "replyTo": question["seq"], "at": soon(), "zone": "Asia/Seoul" });
    let scheduled = schedule(&app, &minji, &room, body).await;
    assert_eq!((&scheduled["roomName"], &scheduled["refused"]), (&json!(app.show(&room).await["title"]), &Value::Null));
    assert!(scheduled["localTime"].as_str().unwrap() > &scheduled["at"].as_str().unwrap()[..16], "{scheduled}");
    let sent = his.receives("내일 **9시**예요").await;
    assert_eq!((&sent["user"]["id"], &sent["replyTo"]["seq"]), (&json!(minji.id), &question["seq"]));
    hers.receives("내일 **9시**예요").await;
    app.outbox_is_empty().await;
    assert_eq!(list(&app, &minji).await, [Value::Null; 0]);
    assert_eq!(texts(&app.history(&minji, &room).await).iter().filter(|text| text.starts_with("내일")).count(), 1);
}

#[tokio::test]
async fn a_reminder_is_whispered_to_its_user_alone_with_what_it_is_about() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let said = app.say(&jun, &room, "문서 검토 부탁해요").await;
    let of_message = json!({ "kind": "reminder", "text": "", "replyTo": said["seq"], "at": soon() });
    schedule(&app, &minji, &room, of_message).await;
    let reminded = hers.receives("⏰").await;
    assert_eq!((&reminded["kind"], &reminded["to"]["id"]), (&json!("whisper"), &json!(minji.id)));
    assert_eq!(reminded["replyTo"]["excerpt"], "문서 검토 부탁해요");
    assert_eq!((&reminded["user"]["kind"], &reminded["user"]["name"]), (&json!("bot"), &json!("Madang")));
    // It counts as unread, and nobody can write to the server.
    let rooms = app.call(&minji, "GET", "/me/rooms", Value::Null).await.is(200);
    assert!(rooms["rooms"][0]["unread"].as_u64().unwrap() >= 1, "{rooms}");
    let direct = json!({ "userId": reminded["user"]["id"] });
    app.call(&minji, "POST", "/direct", direct).await.refused(403, "forbidden");
    his.settle().await;
    assert!(his.all("message").iter().all(|message| message["kind"] != "whisper"));
    // Without a message there must be a text.
    let empty = json!({ "kind": "reminder", "text": " ", "at": in_hours(1) });
    let refused =
        app.call(&minji, "POST", &format!("/rooms/{}/scheduled", room.id), empty).await.refused(422, "invalid");
    assert_eq!(refused["field"], "text");
}

#[tokio::test]
async fn remind_reads_times_in_words_in_the_zone_of_the_browser() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let commands = format!("/rooms/{}/commands", room.id);
    let run = |text: &str, zone: Value| app.call(&minji, "POST", &commands, json!({ "text": text, "zone": zone }));
    let answer = run("/remind 2026-12-24 18:30 선물 사기", json!("Asia/Seoul"));
    let now = now_ms();
    // The date is over one day; then it is refused with its field, and not sent.
    match now < 1_798_104_600_000 {
        true => assert!(answer.await.is(200)["answer"].as_str().unwrap().contains("6:30")),
        false => assert_eq!(answer.await.refused(422, "invalid")["field"], "at"),
    }
    run("/remind 내일 9시 회의", json!("Asia/Seoul")).await.is(200);
    run("/remind in 2 hours tea", Value::Null).await.is(200);
    let scheduled = list(&app, &minji).await;
    let find = |text: &str| scheduled.iter().find(|one| one["text"] == text).unwrap();
    assert_eq!((&find("회의")["zone"], &find("tea")["zone"]), (&json!("Asia/Seoul"), &json!("UTC")));
    assert!(find("회의")["localTime"].as_str().unwrap().ends_with("T09:00"), "{scheduled:?}");
    for (text, zone, field) in [
        ("/remind", json!("UTC"), "when"),
        ("/remind tea", json!("UTC"), "when"),
        ("/remind 5m", json!("UTC"), "text"),
        ("/remind 5m tea", json!("Mars/Olympus"), "zone"),
    ] {
        assert_eq!(run(text, zone).await.refused(422, "invalid")["field"], field, "{text}");
    }
}

/// Abuse: M14
#[tokio::test]
async fn what_may_not_be_sent_when_it_is_due_is_a_draft_with_the_reason() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let his = app.enter(&jun, &room).await;
    let muted = schedule(&app, &jun, &room, json!({ "text": "나중에", "at": soon() })).await;
    let mute = format!("/rooms/{}/mutes/{}", room.id, jun.id);
    app.call(&minji, "PUT", &mute, json!({ "minutes": 60 })).await.is(204);
    let told = his.take_where("message", |message| message["kind"] == "whisper").await;
    assert!(told["text"].as_str().unwrap().contains("⚠️"), "{told}");
    let [draft] = &list(&app, &jun).await[..] else { panic!("one draft") };
    assert_eq!((&draft["id"], &draft["refused"], &draft["text"]), (&muted["id"], &json!("muted"), &json!("나중에")));
    assert!(app.page(&jun, "/").await.text().contains("/me/scheduled"));
    app.call(&jun, "POST", &format!("{}/send", path(draft)), Value::Null).await.refused(403, "muted");
    assert_eq!(list(&app, &jun).await.len(), 1, "it stays");
    app.call(&minji, "DELETE", &mute, Value::Null).await.is(204);
    // With a new time it is tried again.
    app.call(&jun, "PATCH", &path(draft), json!({ "text": "이제는 돼요", "at": soon() })).await.is(200);
    his.receives("이제는 돼요").await;
    assert_eq!(list(&app, &jun).await, [Value::Null; 0]);

    // Who has been removed is not in the room any more, and cannot learn its name.
    schedule(&app, &jun, &room, json!({ "text": "안 가요", "at": soon() })).await;
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/{}", room.id, jun.id), Value::Null).await.is(204);
    app.outbox_is_empty().await;
    let [draft] = &list(&app, &jun).await[..] else { panic!("one draft") };
    assert_eq!((&draft["refused"], &draft["roomName"]), (&json!("not_a_member"), &Value::Null));
    assert_eq!(texts(&app.history(&minji, &room).await).iter().filter(|text| **text == "안 가요").count(), 0);
}

#[tokio::test]
async fn what_is_due_at_one_moment_is_sent_in_the_order_in_which_it_was_scheduled() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let hers = app.enter(&minji, &room).await;
    let at = rfc3339(now_ms() + 3_000);
    let parts: Vec<String> = (1..=20).map(|part| format!("part {part}")).collect();
    for part in &parts {
        schedule(&app, &jun, &room, json!({ "text": part, "at": at })).await;
    }
    hers.receives("part 20").await;
    app.outbox_is_empty().await;
    let history = app.history(&minji, &room).await;
    let sent: Vec<_> = texts(&history).into_iter().filter(|text| text.starts_with("part")).collect();
    assert_eq!(sent, parts);
}

#[tokio::test]
async fn slow_mode_delays_a_scheduled_message() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let slow = json!({ "slowSeconds": 600 });
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), slow).await.is(200);
    app.say(&jun, &room, "first").await;
    schedule(&app, &jun, &room, json!({ "text": "second", "at": soon() })).await;
    let waits = format!(
        "SELECT COUNT(*) FROM outbox WHERE kind = 'scheduled' AND tries = 1 AND deferrals = 1 AND due_at > {}",
        now_ms() + 300_000
    );
    app.counts(&waits, 1).await;
    assert_eq!(list(&app, &jun).await[0]["refused"], Value::Null);
    // Once the room is faster it can go at once.
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "slowSeconds": 0 })).await.is(200);
    let [waiting] = &list(&app, &jun).await[..] else { panic!("it waits") };
    let sent = app.call(&jun, "POST", &format!("{}/send", path(waiting)), Value::Null).await.is(200);
    assert_eq!(sent["text"], "second");
    app.outbox_is_empty().await;
}

/// Abuse: M14
#[tokio::test]
async fn what_is_scheduled_is_changed_and_cancelled_by_its_user_alone() {
    let app = App::start().await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    let scheduled = schedule(&app, &minji, &room, json!({ "text": "draft", "at": in_hours(1) })).await;
    for (method, body) in [("PATCH", json!({ "text": "mine" })), ("DELETE", Value::Null)] {
        app.call(&jun, method, &path(&scheduled), body).await.refused(404, "not_found");
    }
    app.call(&jun, "POST", &format!("{}/send", path(&scheduled)), Value::Null).await.refused(404, "not_found");
    let own = path(&scheduled);
    let change = |body: Value| app.call(&minji, "PATCH", &own, body);
    let changed = change(json!({ "text": "final" })).await.is(200);
    assert_eq!((&changed["text"], &changed["at"]), (&json!("final"), &scheduled["at"]));
    // A local time is in the zone of before.
    let moved = change(json!({ "at": &in_hours(30)[..16], "zone": "Asia/Seoul" })).await.is(200);
    let kept = change(json!({ "at": moved["localTime"] })).await.is(200);
    assert_eq!((&kept["zone"], &kept["at"]), (&json!("Asia/Seoul"), &moved["at"]));
    for (body, field) in [
        (json!({ "at": "2020-01-01T00:00:00Z" }), "at"),
        (json!({ "at": in_hours(24 * 400) }), "at"),
        (json!({ "at": "soon" }), "at"),
        (json!({ "at": "2026-12-01T09:00", "zone": "서울" }), "zone"),
        (json!({ "zone": "Asia/Seoul" }), "at"),
        (json!({ "text": "" }), "text"),
    ] {
        assert_eq!(change(body.clone()).await.refused(422, "invalid")["field"], field, "{body}");
    }
    app.call(&minji, "DELETE", &path(&scheduled), Value::Null).await.is(204);
    app.call(&minji, "DELETE", &path(&scheduled), Value::Null).await.refused(404, "not_found");
    assert_eq!(app.count("SELECT COUNT(*) FROM outbox"), 0);

    let answers = json!({ "text": "re", "replyTo": 999, "at": in_hours(1) });
    let call = format!("/rooms/{}/scheduled", room.id);
    assert_eq!(app.call(&minji, "POST", &call, answers).await.refused(422, "invalid")["field"], "replyTo");
    // A reminder has a bell before its text.
    let (full, short) = ("x".repeat(10_000), "x".repeat(9_900));
    let reminder = |text: &str| json!({ "kind": "reminder", "text": text, "at": in_hours(1) });
    assert_eq!(app.call(&minji, "POST", &call, reminder(&full)).await.refused(422, "too_long")["field"], "text");
    schedule(&app, &minji, &room, reminder(&short)).await;
    for _ in 1..100 {
        schedule(&app, &minji, &room, json!({ "text": "many", "at": in_hours(1) })).await;
    }
    let one_more = json!({ "text": "too many", "at": in_hours(1) });
    app.call(&minji, "POST", &call, one_more).await.refused(409, "too_many");
    // They end with the account.
    let goes = json!({ "password": crate::support::fixtures::PASSWORD, "messages": "keep" });
    app.call(&minji, "DELETE", "/me", goes).await.is(204);
    app.counts("SELECT COUNT(*) FROM scheduled_messages", 0).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM outbox WHERE kind = 'scheduled'"), 0);
}

#[tokio::test]
async fn a_local_time_stays_right_when_the_rules_of_its_zone_change() {
    let mut app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let due = (now_ms() / 60_000 + 48 * 60) * 60_000;
    let local = &rfc3339(due + 9 * 3_600_000)[..16];
    let scheduled = schedule(&app, &minji, &room, json!({ "text": "9시", "at": local, "zone": "Asia/Seoul" })).await;
    assert_eq!((&scheduled["at"], &scheduled["localTime"]), (&json!(rfc3339(due)), &json!(local)));
    // As if it had been stored under the rules of before.
    for table in ["scheduled_messages", "outbox"] {
        app.alter(&format!("UPDATE {table} SET due_at = due_at - 3600000"));
    }
    app.restart().await;
    app.counts(&format!("SELECT COUNT(*) FROM outbox WHERE due_at = {due}"), 1).await;
    let [corrected] = &list(&app, &minji).await[..] else { panic!("it is still there") };
    assert_eq!((&corrected["at"], &corrected["localTime"]), (&scheduled["at"], &scheduled["localTime"]));
}

#[tokio::test]
async fn the_page_lists_changes_sends_and_cancels_without_scripts() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let form = format!("/room/{}/scheduled", room.id);
    let at = in_hours(5);
    let fields = |text| [("text", text), ("at", &at[..16]), ("zone", "Europe/Berlin")];
    let made = app.form(&minji, &form, &fields("<b>점심</b>")).await;
    assert_eq!(made.header("location"), Some("/me/scheduled"));
    let page = app.page(&minji, "/me/scheduled").await.text();
    assert!(page.contains("&#60;b&#62;점심&#60;/b&#62;") && page.contains("Europe/Berlin"), "{page}");
    let [scheduled] = &list(&app, &minji).await[..] else { panic!("one") };
    app.form(&minji, &path(scheduled), &fields("저녁")).await;
    assert_eq!(list(&app, &minji).await[0]["text"], "저녁");
    let past = [("text", "late"), ("at", "2020-01-01T00:00"), ("zone", "UTC")];
    let refused = app.form(&minji, &form, &past).await;
    assert_eq!(refused.header("location"), Some(&*format!("/room/{}?refused=invalid&field=at", room.id)));
    let sent = app.form(&minji, &format!("{}/send", path(scheduled)), &[]).await;
    assert_eq!(sent.header("location"), Some(&*format!("/room/{}", room.id)));
    assert!(texts(&app.history(&minji, &room).await).contains(&"저녁"));
    app.form(&minji, &form, &fields("취소할 것")).await;
    let [scheduled] = &list(&app, &minji).await[..] else { panic!("one") };
    app.form(&minji, &format!("{}/cancel", path(scheduled)), &[]).await;
    assert_eq!(list(&app, &minji).await, [Value::Null; 0]);
}
