//! Invites: codes that replace a room's password, and nothing else.

use madang::origin::Origin;
use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::fields;
use crate::support::{App, Person, Room};

async fn invite(app: &App, by: &Person, room: &Room, asked: Value) -> Value {
    app.call(by, "POST", &format!("/rooms/{}/invites", room.id), asked).await.is(201)
}

fn code(invite: &Value) -> &str {
    invite["code"].as_str().unwrap()
}

async fn locked(app: &App, owner: &Person) -> Room {
    app.room(owner, json!({ "title": "courtyard", "password": "sesame" })).await
}

/// Joins with a code over one transport: the error code, or `None` on success.
async fn show(app: &App, door: EntryPoint, who: &Person, room: &Room, invite: &str) -> Option<String> {
    let error = match door {
        EntryPoint::Rest => {
            let path = format!("/rooms/{}/members", room.id);
            let answer = app.call(who, "POST", &path, json!({ "invite": invite })).await;
            (answer.status != 200).then(|| answer.json())
        }
        EntryPoint::Socket => {
            let client = app.connect(who).await;
            let answer = client.emit("join", json!({ "room": room.id, "invite": invite })).await;
            (answer["ok"] == false).then(|| answer["error"].clone())
        }
    }?;
    if error["code"] == "gone" {
        assert_eq!(error["field"], "invite");
    }
    Some(error["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn moderators_create_list_and_end_invites() {
    let app = App::start().await;
    let ([minji, jun, sora], room, _) = app.room_of_three().await;
    let path = format!("/rooms/{}/invites", room.id);
    let made = invite(&app, &minji, &room, json!({ "uses": 3, "hours": 24 })).await;
    assert_eq!(fields(&made), ["by", "code", "createdAt", "endsAt", "url", "usesLeft"]);
    assert_eq!((&made["usesLeft"], &made["by"]), (&json!(3), &minji.user));
    assert_eq!(made["url"], format!("/invite/{}", code(&made)));
    assert_eq!((code(&made).len(), made["endsAt"].as_str().unwrap().len()), (22, 24));
    app.call(&minji, "PUT", &format!("/rooms/{}/moderators/{}", room.id, jun.id), Value::Null).await.is(204);
    let endless = invite(&app, &jun, &room, json!({ "uses": null })).await;
    assert_eq!((&endless["usesLeft"], &endless["endsAt"]), (&Value::Null, &Value::Null));
    let list = app.call(&jun, "GET", &path, Value::Null).await.is(200);
    let mut listed: Vec<_> = list["invites"].as_array().unwrap().iter().map(code).collect();
    listed.sort_unstable();
    let mut all = [code(&made), code(&endless)];
    all.sort_unstable();
    assert_eq!(listed, all);
    for (asked, field) in [
        (json!({ "uses": 0 }), "uses"),
        (json!({ "uses": 1001 }), "uses"),
        (json!({ "uses": -1 }), "uses"),
        (json!({ "hours": 0 }), "hours"),
        (json!({ "hours": 8761 }), "hours"),
        (json!({ "days": 1 }), "days"),
    ] {
        assert_eq!(app.call(&minji, "POST", &path, asked).await.refused(422, "invalid")["field"], field);
    }
    let stranger = app.guest("stranger").await;
    for (who, refusal) in [(&sora, "forbidden"), (&stranger, "not_a_member")] {
        app.call(who, "POST", &path, json!({})).await.refused(403, refusal);
        app.call(who, "GET", &path, Value::Null).await.refused(403, refusal);
        let one = format!("{path}/{}", code(&made));
        app.call(who, "DELETE", &one, Value::Null).await.refused(403, refusal);
        let picture = format!("/room/{}/invites/{}/qr.svg", room.id, code(&made));
        app.page(who, &picture).await.refused(403, refusal);
    }
    let one = format!("{path}/{}", code(&made));
    app.call(&jun, "DELETE", &one, Value::Null).await.is(204);
    app.call(&jun, "DELETE", &one, Value::Null).await.refused(404, "not_found");
    assert_eq!(show(&app, EntryPoint::Rest, &stranger, &room, code(&made)).await.as_deref(), Some("gone"));
}

/// Abuse: Z2, A11
#[tokio::test]
async fn an_invite_replaces_the_password_as_often_as_allowed() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let [minji, jun, sora] = app.three_guests().await;
        let (room, other) = (locked(&app, &minji).await, locked(&app, &minji).await);
        let once = invite(&app, &minji, &room, json!({ "uses": 1 })).await;
        let elsewhere = invite(&app, &minji, &other, json!({})).await;
        for wrong in [code(&elsewhere), "AAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1", "💥"] {
            assert_eq!(show(&app, door, &jun, &room, wrong).await.as_deref(), Some("gone"), "{door:?} {wrong}");
        }
        // An empty code counts as none.
        assert_eq!(show(&app, door, &jun, &room, "").await.as_deref(), Some("wrong_password"), "{door:?}");
        assert_eq!(show(&app, door, &jun, &room, code(&once)).await, None, "{door:?}");
        assert_eq!(show(&app, door, &sora, &room, code(&once)).await.as_deref(), Some("gone"), "{door:?}");
        // A member needs no code.
        assert_eq!(show(&app, door, &jun, &room, "x").await, None, "{door:?}");
        // An invite overrides neither a ban nor the member limit.
        let endless = invite(&app, &minji, &room, json!({})).await;
        let ban = format!("/rooms/{}/members/{}?ban=true", room.id, sora.id);
        app.call(&minji, "DELETE", &ban, Value::Null).await.is(204);
        assert_eq!(show(&app, door, &sora, &room, code(&endless)).await.as_deref(), Some("banned"), "{door:?}");
        app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "max": 2 })).await.is(200);
        let late = app.guest("late").await;
        assert_eq!(show(&app, door, &late, &room, code(&endless)).await.as_deref(), Some("room_full"), "{door:?}");
    }
}

#[tokio::test]
async fn the_handshake_takes_an_invite_too() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = locked(&app, &minji).await;
    let once = invite(&app, &minji, &room, json!({ "uses": 1 })).await;
    let opening = |who: &Person| ConnectOptions::of(who).room(&room).auth("invite", code(&once));
    let his = app.open_socket(opening(&jun)).await;
    assert_eq!(his.take("joined").await["me"]["user"], jun.user);
    assert_eq!(app.turned_away(opening(&sora)).await["code"], "gone");
}

/// Abuse: A11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_concurrent_joins_the_last_use_admits_one() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    for _ in 0..10 {
        let room = locked(&app, &minji).await;
        let once = invite(&app, &minji, &room, json!({ "uses": 1 })).await;
        let (first, second) = tokio::join!(
            show(&app, EntryPoint::Rest, &jun, &room, code(&once)),
            show(&app, EntryPoint::Socket, &sora, &room, code(&once)),
        );
        assert_eq!(usize::from(first.is_none()) + usize::from(second.is_none()), 1, "{first:?} {second:?}");
        assert_eq!(app.show(&room).await["memberCount"], 2);
    }
}

/// Abuse: A11
#[tokio::test]
async fn invalid_codes_count_as_guesses_and_valid_ones_do_not() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let [minji, jun, _] = app.three_guests().await;
    let room = locked(&app, &minji).await;
    let endless = invite(&app, &minji, &room, json!({})).await;
    let mut refusals = Vec::new();
    for _ in 0..8 {
        refusals.push(show(&app, EntryPoint::Rest, &jun, &room, "AAAAAAAAAAAAAAAAAAAAAA").await.unwrap());
    }
    assert_eq!(refusals[..5], ["gone"; 5]);
    assert_eq!(refusals[5..], ["rate_limited"; 3]);
    // Codes and passwords share the limit of five guesses.
    let path = format!("/rooms/{}/members", room.id);
    app.call(&jun, "POST", &path, json!({ "password": "sesame" })).await.refused(429, "rate_limited");
    assert_eq!(show(&app, EntryPoint::Rest, &jun, &room, code(&endless)).await, None);
    for number in 0..40 {
        let pupil = app.guest(&format!("pupil {number}")).await;
        assert_eq!(show(&app, EntryPoint::Rest, &pupil, &room, code(&endless)).await, None, "{number}");
    }
}

#[tokio::test]
async fn an_invites_page_is_the_join_page_and_only_its_button_joins() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = locked(&app, &minji).await;
    let once = invite(&app, &minji, &room, json!({ "uses": 1 })).await;
    let path = format!("/invite/{}", code(&once));
    for _ in 0..2 {
        let door = app.get(&path).send().await;
        let html = door.text();
        assert!(door.status == 200 && html.contains("courtyard") && html.contains(code(&once)), "{html}");
        assert!(!html.contains(r#"name="password""#), "{html}");
    }
    assert_eq!(app.show(&room).await["memberCount"], 1);
    assert_eq!(app.page(&minji, &path).await.leads_to(), format!("/room/{}", room.id));
    let found = app.form(&jun, "/find", &[("room", &format!("https://chat.example{path}"))]).await;
    assert_eq!(found.leads_to(), path);
    let enter = format!("/room/{}/enter", room.id);
    let entered = app.form(&jun, &enter, &[("name", "jun"), ("invite", code(&once))]).await;
    assert_eq!(entered.leads_to(), format!("/room/{}", room.id));
    // A used-up code gets the same answer as an unknown one.
    for dead in [path.as_str(), "/invite/x", "/invite/%3Cscript%3E"] {
        assert_eq!(app.get(dead).send().await.leads_to(), "/?refused=gone");
    }
    assert_eq!(app.form(&jun, "/find", &[("room", &path)]).await.leads_to(), "/?refused=gone&field=invite");
    let late = app.request("POST", &enter).form(&[("name", "late"), ("invite", code(&once))]).send().await;
    assert_eq!(late.leads_to(), "/?refused=gone&field=invite");
}

#[tokio::test]
async fn invites_are_managed_by_form_and_shown_only_to_moderators() {
    let app = App::start().await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let path = format!("/room/{}", room.id);
    let made = app.form(&minji, &format!("{path}/invites"), &[("uses", "5"), ("hours", "")]).await;
    assert_eq!(made.leads_to(), format!("{path}#share"));
    let wrong = app.form(&minji, &format!("{path}/invites"), &[("uses", "many"), ("hours", "")]).await;
    assert_eq!(wrong.leads_to(), format!("{path}?refused=invalid&field=uses"));
    let list = app.call(&minji, "GET", &format!("/rooms/{}/invites", room.id), Value::Null).await.is(200);
    assert_eq!(list["invites"][0]["usesLeft"], 5);
    let code = code(&list["invites"][0]);
    assert!(app.page(&minji, &path).await.text().contains(code));
    assert!(!app.page(&jun, &path).await.text().contains(code));
    assert_eq!(
        app.form(&jun, &format!("{path}/invites/{code}/delete"), &[]).await.leads_to(),
        format!("{path}?refused=forbidden")
    );
    assert_eq!(
        app.form(&minji, &format!("{path}/invites/{code}/delete"), &[]).await.leads_to(),
        format!("{path}#share")
    );
    assert!(!app.page(&minji, &path).await.text().contains(code));
}

#[tokio::test]
async fn a_picture_of_an_invite_is_an_image_and_nothing_more() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = locked(&app, &minji).await;
    let made = invite(&app, &minji, &room, json!({})).await;
    for path in [format!("/room/{}/qr.svg", room.id), format!("/room/{}/invites/{}/qr.svg", room.id, code(&made))] {
        let picture = app.page(&minji, &path).await;
        let svg = picture.text();
        assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/svg+xml")), "{path}");
        assert!(svg.starts_with("<svg xmlns=") && !svg.contains("style") && !svg.contains("script"), "{svg}");
        assert!(picture.header("cache-control").unwrap().contains("private"));
        app.get(&path).send().await.refused(401, "unauthenticated");
    }
    let other = format!("/room/{}/invites/x/qr.svg", room.id);
    app.page(&minji, &other).await.refused(404, "not_found");
}

/// Abuse: A11, R9
#[tokio::test]
async fn links_are_built_only_from_our_own_address() {
    let app = App::with(|config| config.origins.public = Origin::parse("https://chat.example").ok()).await;
    let made = app.request("POST", "/api/guests").header("host", "chat.example").json(&json!({})).send().await.is(201);
    let token = made["token"].as_str().unwrap();
    let asked = |method: &str, path: &str| {
        app.request(method, path)
            .header("host", "chat.example")
            .header("referer", "https://evil.example/")
            .bearer(token)
    };
    let room = asked("POST", "/api/rooms").json(&json!({ "title": "courtyard" })).send().await.is(201);
    let path = format!("/api/rooms/{}/invites", room["id"].as_str().unwrap());
    let made = asked("POST", &path).json(&json!({})).send().await.is(201);
    assert_eq!(made["url"], format!("https://chat.example/invite/{}", code(&made)));
    asked("POST", &path).header("host", "evil.example").json(&json!({})).send().await;
    let poisoned =
        app.request("POST", &path).header("host", "evil.example").bearer(token).json(&json!({})).send().await;
    poisoned.refused(421, "misdirected");
}

/// Abuse: B10
#[tokio::test]
async fn a_ban_or_a_new_password_ends_the_invites_if_one_says_so() {
    let app = App::start().await;
    let (owner, jun) = (app.guest("owner").await, app.guest("jun").await);
    let room = app.room(&owner, json!({ "title": "courtyard", "password": "sesame" })).await;
    let path = format!("/rooms/{}", room.id);
    let invite = async || {
        let made = app.call(&owner, "POST", &format!("{path}/invites"), json!({})).await.is(201);
        json!({ "invite": made["code"] })
    };
    let kept = invite().await;
    app.call(&jun, "POST", &format!("{path}/members"), kept.clone()).await.is(200);
    let ban = format!("{path}/members/{}?ban=true", jun.id);
    app.call(&owner, "DELETE", &ban, Value::Null).await.is(204);
    // A guest comes back under another name, as long as the invite is valid.
    let jun = app.guest("somebody else").await;
    app.call(&jun, "POST", &format!("{path}/members"), kept.clone()).await.is(200);
    let ban = format!("{path}/members/{}?ban=true&revokeInvites=true", jun.id);
    app.call(&owner, "DELETE", &ban, Value::Null).await.is(204);
    let back = app.guest("yet another").await;
    app.call(&back, "POST", &format!("{path}/members"), kept).await.refused(410, "gone");
    let kept = invite().await;
    app.call(&owner, "PATCH", &path, json!({ "password": "other", "revokeInvites": true })).await.is(200);
    app.call(&back, "POST", &format!("{path}/members"), kept).await.refused(410, "gone");
}

#[tokio::test]
async fn an_invite_is_kept_by_the_log_in_where_guests_cannot_come_in() {
    let app = App::start().await;
    let admin = app.admin("warden").await;
    let room = locked(&app, &admin).await;
    let made = invite(&app, &admin, &room, json!({})).await;
    app.call(&admin, "PATCH", "/admin/settings", json!({ "guests": "off" })).await.is(200);
    let path = format!("/invite/{}", code(&made));
    let answer = app.get(&path).send().await;
    assert_eq!(answer.leads_to(), format!("/login?next=%2Finvite%2F{}", code(&made)));
    let minji = app.signed_up("minji").await;
    assert!(app.page(&minji, &path).await.text().contains(code(&made)), "the form to join has it");
}
