//! Moderators and bans: who may do what to whom.

use serde_json::{Value, json};

use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::{blob, fields};
use crate::support::{App, Client, Person, Room};

/// Requests an action over one transport: the error code, or `None` on success.
async fn act(
    app: &App,
    door: EntryPoint,
    client: &Client,
    by: &Person,
    room: &Room,
    act: &str,
    whom: &Person,
) -> Option<String> {
    let error = match door {
        EntryPoint::Rest => {
            let (method, path) = match act {
                "kick" => ("DELETE", format!("members/{}", whom.id)),
                "ban" => ("DELETE", format!("members/{}?ban=true", whom.id)),
                "raise" => ("PUT", format!("moderators/{}", whom.id)),
                "lower" => ("DELETE", format!("moderators/{}", whom.id)),
                "hand over" => ("PUT", "owner".to_owned()),
                _ => panic!("{act}"),
            };
            let body = if act == "hand over" { json!({ "userId": whom.id }) } else { Value::Null };
            let answer = app.call(by, method, &format!("/rooms/{}/{path}", room.id), body).await;
            (!matches!(answer.status, 200 | 204)).then(|| answer.json())
        }
        EntryPoint::Socket => {
            let (event, more) = match act {
                "kick" => ("kick", json!({})),
                "ban" => ("kick", json!({ "ban": true })),
                "raise" => ("moderator", json!({ "on": true })),
                "lower" => ("moderator", json!({ "on": false })),
                "hand over" => ("owner", json!({})),
                _ => panic!("{act}"),
            };
            let mut asked = json!({ "room": room.id, "userId": whom.id });
            asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = client.emit(event, asked).await;
            (answer["ok"] == false).then(|| answer["error"].clone())
        }
    }?;
    let code = error["code"].as_str().unwrap();
    Some(match error["field"].as_str() {
        Some(field) => format!("{code} {field}"),
        None => code.to_owned(),
    })
}

/// Every cell of the table of powers, over both transports: who acts, what, on whom, and the
/// result.
/// Abuse: Z13
#[tokio::test]
async fn the_table_of_powers() {
    const OWNER: usize = 0;
    const MODERATOR: usize = 1;
    const OTHER_MODERATOR: usize = 2;
    const MEMBER: usize = 3;
    const OTHER_MEMBER: usize = 4;
    const GONE: usize = 5;
    const ADMIN: usize = 6;
    let forbidden = Some("forbidden");
    let none = Some("not_found userId");
    let own = Some("invalid userId");
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let mut people = Vec::new();
        for name in ["owner", "moderator", "other moderator", "member", "other member", "gone", "admin"] {
            people.push(app.guest(&format!("the {name}")).await);
        }
        app.alter(&format!("UPDATE users SET is_admin = 1 WHERE id = {}", blob(&people[ADMIN].id)));
        for (by, table) in [
            (
                OWNER,
                [
                    ("kick", [own, None, None, None, None, none]),
                    ("ban", [own, None, None, None, None, None]),
                    ("raise", [own, None, None, None, None, none]),
                    ("lower", [own, None, None, None, None, none]),
                    ("hand over", [None, None, None, None, None, none]),
                ],
            ),
            (
                MODERATOR,
                [
                    ("kick", [forbidden, own, forbidden, None, None, none]),
                    ("ban", [forbidden, own, forbidden, None, None, None]),
                    ("raise", [forbidden; 6]),
                    ("lower", [forbidden; 6]),
                    ("hand over", [forbidden; 6]),
                ],
            ),
            (
                MEMBER,
                [
                    ("kick", [forbidden; 6]),
                    ("ban", [forbidden; 6]),
                    ("raise", [forbidden; 6]),
                    ("lower", [forbidden; 6]),
                    ("hand over", [forbidden; 6]),
                ],
            ),
            // An admin has the owner's powers, and the owner stays owner.
            (
                ADMIN,
                [
                    ("kick", [forbidden, None, None, None, None, none]),
                    ("ban", [forbidden, None, None, None, None, None]),
                    ("raise", [own, None, None, None, None, none]),
                    ("lower", [own, None, None, None, None, none]),
                    ("hand over", [None, None, None, None, None, none]),
                ],
            ),
            (
                GONE,
                [
                    ("kick", [Some("not_a_member"); 6]),
                    ("ban", [Some("not_a_member"); 6]),
                    ("raise", [Some("not_a_member"); 6]),
                    ("lower", [Some("not_a_member"); 6]),
                    ("hand over", [Some("not_a_member"); 6]),
                ],
            ),
        ] {
            let client = app.connect(&people[by]).await;
            for (what, row) in table {
                for (whom, expected) in row.into_iter().enumerate() {
                    // A new room for each cell, because each may change it.
                    let room = app.courtyard(&people[OWNER]).await;
                    for person in &people[MODERATOR..] {
                        app.join(person, &room).await;
                    }
                    for moderator in [MODERATOR, OTHER_MODERATOR] {
                        let path = format!("/rooms/{}/moderators/{}", room.id, people[moderator].id);
                        app.call(&people[OWNER], "PUT", &path, Value::Null).await.is(204);
                    }
                    let path = format!("/rooms/{}/members/me", room.id);
                    app.call(&people[GONE], "DELETE", &path, Value::Null).await.is(204);
                    let done = act(&app, door, &client, &people[by], &room, what, &people[whom]).await;
                    assert_eq!(done.as_deref(), expected, "{door:?}: {by} {what} {whom}");
                    let is_out = expected.is_none() && matches!(what, "kick" | "ban") && whom != GONE;
                    let left = app.show(&room).await["memberCount"].as_u64().unwrap();
                    assert_eq!(left, 6 - u64::from(is_out), "{door:?}: {by} {what} {whom}");
                }
            }
        }
        let _ = OTHER_MEMBER;
    }
}

#[tokio::test]
async fn a_moderator_is_appointed_and_removed_with_a_line_each() {
    for door in ENTRY_POINTS {
        let app = App::start().await;
        let ([minji, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
        assert_eq!(act(&app, door, &hers, &minji, &room, "raise", &jun).await, None);
        let line = soras.take_where("message", |line| line["system"]["event"] == "moderator").await;
        assert_eq!((&line["system"]["user"], &line["system"]["by"]), (&jun.user, &minji.user), "{door:?}");
        assert_eq!(line["text"], "minji님이 jun님을 방지기로 정하셨습니다.");
        let members = soras.ok("members", json!({ "room": room.id })).await["members"].clone();
        let role =
            |id: &str| members.as_array().unwrap().iter().find(|one| one["user"]["id"] == id).unwrap()["role"].clone();
        assert_eq!(
            (role(&minji.id), role(&jun.id), role(&sora.id)),
            (json!("owner"), json!("moderator"), json!("member"))
        );
        // Repeating it changes nothing and takes no rev.
        let rev = app.show(&room).await["rev"].clone();
        assert_eq!(act(&app, door, &hers, &minji, &room, "raise", &jun).await, None);
        assert_eq!(app.show(&room).await["rev"], rev);
        assert_eq!(act(&app, door, &his, &jun, &room, "kick", &sora).await, None, "{door:?}");
        assert_eq!(act(&app, door, &hers, &minji, &room, "lower", &jun).await, None);
        let line = his.take_where("message", |line| line["system"]["event"] == "member").await;
        assert_eq!((&line["system"]["user"], &line["rev"]), (&jun.user, &app.show(&room).await["rev"]));
        assert_eq!(act(&app, door, &his, &jun, &room, "kick", &minji).await.as_deref(), Some("forbidden"));
    }
}

#[tokio::test]
async fn the_moderator_event_is_read_strictly() {
    let app = App::start().await;
    let ([_, jun, _], room, [hers, ..]) = app.room_of_three().await;
    for (asked, field) in [
        (json!({ "room": room.id, "userId": jun.id }), "on"),
        (json!({ "room": room.id, "on": true }), "userId"),
        (json!({ "room": room.id, "userId": "x", "on": true }), "userId"),
        (json!({ "room": room.id, "userId": jun.id, "on": true, "role": "owner" }), "role"),
    ] {
        assert_eq!(hers.refused("moderator", asked, "invalid").await["field"], field);
    }
    let answer = hers.ok("moderator", json!({ "room": room.id, "userId": jun.id, "on": true })).await;
    assert_eq!(fields(&answer), ["ok", "rev"]);
}

#[tokio::test]
async fn bans_are_listed_latest_first_and_lifted() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, _, soras]) = app.room_of_three().await;
    let path = format!("/rooms/{}/bans", room.id);
    assert_eq!(act(&app, EntryPoint::Socket, &hers, &minji, &room, "raise", &sora).await, None);
    let mut banned = vec![jun.clone()];
    for number in 0..4 {
        banned.push(app.guest(&format!("loud {number}")).await);
    }
    for person in &banned {
        let asked = json!({ "room": room.id, "userId": person.id, "ban": true, "reason": "too loud" });
        soras.ok("kick", asked).await;
    }
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.call(&sora, "GET", &format!("{path}?limit=2{after}"), Value::Null).await.is(200);
        listed.extend(page["bans"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(fields(&listed[0]), ["by", "createdAt", "endsAt", "reason", "user"]);
    assert_eq!((&listed[0]["by"], &listed[0]["reason"]), (&sora.user, &json!("too loud")));
    let mut ids: Vec<_> = listed.iter().map(|ban| ban["user"]["id"].as_str().unwrap().to_owned()).collect();
    let mut all: Vec<_> = banned.iter().map(|person| person.id.clone()).collect();
    ids.sort();
    all.sort();
    assert_eq!(ids, all);
    let one = format!("{path}/{}", jun.id);
    let stranger = app.guest("stranger").await;
    app.call(&stranger, "GET", &path, Value::Null).await.refused(403, "not_a_member");
    app.call(&stranger, "DELETE", &one, Value::Null).await.refused(403, "not_a_member");
    app.call(&jun, "POST", &format!("/rooms/{}/members", room.id), json!({})).await.refused(403, "banned");
    app.call(&sora, "DELETE", &one, Value::Null).await.is(204);
    app.call(&sora, "DELETE", &one, Value::Null).await.refused(404, "not_found");
    app.join(&jun, &room).await;
    app.call(&jun, "GET", &path, Value::Null).await.refused(403, "forbidden");
    app.call(&jun, "DELETE", &one, Value::Null).await.refused(403, "forbidden");
}

#[tokio::test]
async fn roles_and_bans_work_by_form_too() {
    let app = App::start().await;
    let ([minji, jun, sora], room, _) = app.room_of_three().await;
    let path = format!("/room/{}", room.id);
    let moderators = format!("{path}/moderators");
    let raised = app.form(&minji, &moderators, &[("userId", &jun.id), ("on", "true")]).await;
    assert_eq!(raised.leads_to(), path);
    let refused = app.form(&jun, &moderators, &[("userId", &sora.id), ("on", "true")]).await;
    assert_eq!(refused.leads_to(), format!("{path}?refused=forbidden"));
    app.form(&jun, &format!("{path}/kick"), &[("userId", &sora.id), ("ban", "on")]).await;
    // A moderator sees the bans alone.
    let settings = format!("{path}/settings");
    let (shown, of_owner) = (app.page(&jun, &settings).await.text(), app.page(&minji, &settings).await.text());
    for (form, is_for_moderators) in [("bans/lift", true), ("settings", false), ("delete", false)] {
        let form = format!("action=\"{path}/{form}\"");
        assert!(of_owner.contains(&form) && shown.contains(&form) == is_for_moderators, "{form}: {shown}");
    }
    // What is refused leads back to the page.
    for (title, max, field) in [("", "8", "title"), ("garden", "many", "max")] {
        let refused = app.form(&minji, &settings, &[("title", title), ("max", max)]).await;
        assert_eq!(refused.leads_to(), format!("{settings}?refused=invalid&field={field}"));
    }
    let unknown = app.form(&minji, &format!("{path}/bans/lift"), &[("userId", &minji.id)]).await;
    assert_eq!(unknown.leads_to(), format!("{settings}?refused=not_found&field=userId"));
    let lifted = app.form(&jun, &format!("{path}/bans/lift"), &[("userId", &sora.id)]).await;
    assert_eq!(lifted.leads_to(), format!("{path}/settings"));
    app.join(&sora, &room).await;
    let lowered = app.form(&minji, &moderators, &[("userId", &jun.id), ("on", "false")]).await;
    assert_eq!(lowered.leads_to(), path);
}

/// Abuse: Z13
#[tokio::test]
async fn a_moderator_removes_no_admin_from_a_room() {
    let app = App::start().await;
    let ([minji, jun, sora], room, _) = app.room_of_three().await;
    let members = format!("/rooms/{}/members", room.id);
    let moderator = format!("/rooms/{}/moderators/{}", room.id, jun.id);
    assert!(app.call(&minji, "PUT", &moderator, Value::Null).await.status < 300);
    app.alter(&format!("UPDATE users SET is_admin = 1 WHERE id = {}", blob(&sora.id)));
    let kick = format!("{members}/{}", sora.id);
    let ban = format!("{kick}?ban=true");
    for path in [&kick, &ban] {
        app.call(&jun, "DELETE", path, Value::Null).await.refused(403, "forbidden");
    }
    app.call(&sora, "DELETE", &format!("{members}/me"), Value::Null).await.is(204);
    app.call(&jun, "DELETE", &ban, Value::Null).await.refused(403, "forbidden");
    app.join(&sora, &room).await;
}
