//! Rights that somebody has lost do not live on in what they have made, and no other way leads around them.

use serde_json::{Value, json};

use crate::support::fixtures::PASSWORD;
use crate::support::{App, ConnectOptions, Person};

#[tokio::test]
async fn an_edit_and_a_webhook_are_ways_to_write() {
    let app = App::start().await;
    let ([minji, jun, _], room, _) = app.room_of_three().await;
    let at = |rest: &str| format!("/rooms/{}{rest}", room.id);
    app.call(&minji, "PUT", &at(&format!("/moderators/{}", jun.id)), Value::Null).await.is(204);
    let said = app.say(&jun, &room, "before").await;
    let hook = app.call(&jun, "POST", &at("/hooks"), json!({ "name": "builds" })).await.is(201);
    let path = hook["url"].as_str().unwrap().split_once("/hooks/").unwrap().1.to_owned();
    let post = async |text: &str| app.request("POST", &format!("/hooks/{path}")).body("text/plain", text).send().await;
    assert!([200, 204].contains(&post("allowed").await.status));

    app.call(&minji, "PATCH", &at(""), json!({ "writers": "owner" })).await.is(200);
    let message = format!("/messages/{}", said["id"].as_str().unwrap());
    app.call(&jun, "PATCH", &message, json!({ "text": "after" })).await.refused(403, "read_only");
    post("not allowed").await.refused(403, "read_only");
    app.call(&minji, "PATCH", &at(""), json!({ "writers": "all" })).await.is(200);
    app.call(&minji, "PUT", &at(&format!("/mutes/{}", jun.id)), json!({ "minutes": 5 })).await.is(204);
    post("by a muted maker").await.refused(403, "muted");
}

#[tokio::test]
async fn what_an_admin_has_made_ends_with_their_rights() {
    let app = App::start().await;
    let [first, second, third] = [app.admin("first").await, app.admin("second").await, app.admin("third").await];
    let room = app.courtyard(&second).await;
    let invite = app.call(&second, "POST", &format!("/rooms/{}/invites", room.id), json!({})).await.is(201);
    let server_invite = app.call(&second, "POST", "/admin/invites", json!({})).await.is(201);
    let reset_link = async |admin: &Person, user: &Person| {
        let made = app.call(admin, "POST", &format!("/admin/users/{}/reset", user.id), Value::Null).await.is(201);
        format!("/reset/{}", made["link"].as_str().unwrap().rsplit('/').next().unwrap())
    };
    let minji = app.signed_up("minji").await;
    let (reset, of_another) = (reset_link(&second, &third).await, reset_link(&first, &minji).await);
    assert_eq!(app.get(&reset).send().await.status, 200);

    app.call(&first, "PATCH", &format!("/admin/users/{}", second.id), json!({ "suspended": true })).await.is(200);
    assert_eq!(app.get(&reset).send().await.status, 410, "it would be a way to take over another admin");
    assert_eq!(app.get(&of_another).send().await.status, 200);
    let invites = app.call(&first, "GET", "/admin/invites", Value::Null).await.is(200);
    assert_eq!(invites["invites"], json!([]), "{server_invite}");
    assert_eq!(app.count("SELECT COUNT(*) FROM invites"), 0, "{invite}");
}

#[tokio::test]
async fn the_only_admin_stays_and_two_admins_do_not_delete_each_other() {
    let app = App::start().await;
    let [first, second] = [app.admin("first").await, app.admin("second").await];
    let rooms = [app.courtyard(&first).await, app.courtyard(&second).await];
    let delete = async |by: &_, whom: &crate::support::Person| {
        app.call(by, "DELETE", &format!("/admin/users/{}", whom.id), json!({ "messages": "keep" })).await.status
    };
    let (one, other) = tokio::join!(delete(&first, &second), delete(&second, &first));
    let stays = if one == 204 { 0 } else { 1 };
    assert!((one == 204) != (other == 204), "{one} {other}");
    let survivor = [&first, &second][stays];
    assert_eq!(app.show(&rooms[stays]).await["owner"]["id"], json!(survivor.id), "who stays keeps their rooms");
    let leave = json!({ "password": PASSWORD, "messages": "keep" });
    app.call(survivor, "DELETE", "/me", leave.clone()).await.refused(403, "forbidden");
    assert_eq!(app.show(&rooms[stays]).await["owner"]["id"], json!(survivor.id));
    let third = app.signed_up("third").await;
    app.call(survivor, "PATCH", &format!("/admin/users/{}", third.id), json!({ "isAdmin": true })).await.is(200);
    app.call(survivor, "DELETE", "/me", leave).await.is(204);
    assert_eq!(app.audited(&third).await.last().map(String::as_str), Some("account.deleted"));
}

#[tokio::test]
async fn somebody_who_has_left_does_not_come_back_by_a_resume() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [_, his, _]) = app.room_of_three().await;
    let resume = |who| ConnectOptions::of(who).room(&room).auth("since", 1).auth("resume", true);
    assert!(app.open_socket(resume(&jun)).await.take("joined").await["me"].is_object());
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/{}", room.id, jun.id), Value::Null).await.is(204);
    assert_eq!(app.turned_away(resume(&jun)).await["code"], "not_a_member");
    let asked = json!({ "room": room.id, "since": 1, "resume": true });
    assert_eq!(his.emit("join", asked).await["error"]["code"], "not_a_member");
    app.form(&sora, &format!("/room/{}/leave", room.id), &[]).await;
    assert_eq!(app.turned_away(resume(&sora)).await["code"], "not_a_member");
    // Without it they join as anybody.
    his.join(&room).await;
}

#[tokio::test]
async fn a_proxy_that_no_setting_names_and_the_run_are_told_to_the_doctor() {
    let app = App::start().await;
    let plain = app.get("/healthz").send().await;
    assert_eq!((plain.header("x-madang-proxy"), plain.header("x-madang-run").map(str::len)), (None, Some(32)));
    let forwarded = app.get("/healthz").header("x-forwarded-for", "192.0.2.1").send().await;
    assert_eq!(forwarded.header("x-madang-proxy"), Some("unknown"));
}

#[tokio::test]
async fn the_last_two_admins_do_not_delete_themselves_at_the_same_moment() {
    let app = App::start().await;
    let [first, second] = [app.admin("first").await, app.admin("second").await];
    let body = json!({ "password": PASSWORD, "messages": "keep" });
    let leave = |admin| app.call(admin, "DELETE", "/me", body.clone());
    let (one, other) = tokio::join!(leave(&first), leave(&second));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [204, 403]);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE is_admin = 1"), 1);
}
