//! One-time links: first admin, forgotten password. The operator creates them.

use std::collections::HashSet;

use madang::chat::admin::Act;
use madang::config::{Config, RoomCreators};
use madang::ops::admin::Admin;
use serde_json::{Value, json};

use crate::support::fixtures::{PASSWORD, blob};
use crate::support::{App, Person};

/// Returns the admin commands for a running server.
fn desk(app: &App) -> Admin {
    Admin::open(&app.config(), app.address.port()).unwrap()
}

/// Returns the path of a link with our own address.
fn path(link: &str, app: &App) -> String {
    link.strip_prefix(&format!("http://localhost:{}", app.address.port())).expect("a link to this house").to_owned()
}

async fn admin_path(app: &App) -> String {
    path(&desk(app).admin_link().await.unwrap(), app)
}

async fn is_admin(app: &App, who: &Person) -> bool {
    app.call(who, "GET", "/me", Value::Null).await.is(200)["isAdmin"] == true
}

/// Abuse: A14
#[tokio::test]
async fn the_first_admin_link_works_once_after_confirmation() {
    let app = App::start().await;
    let (guest, minji, jun) = (app.guest("guest").await, app.signed_up("minji").await, app.signed_up("jun").await);
    assert_eq!(app.count("SELECT COUNT(*) FROM links WHERE kind = 'admin'"), 0, "a log gets no link");
    let path = admin_path(&app).await;
    // A GET neither uses the link nor makes an admin; a guest is sent to sign up and back.
    for _ in 0..2 {
        let shown = app.page(&minji, &path).await;
        assert_eq!((shown.status, shown.header("cache-control")), (200, Some("no-store")));
    }
    assert!(!is_admin(&app, &minji).await);
    assert!(app.page(&guest, &path).await.text().contains(&format!("/signup?next={path}")));
    assert_eq!(app.form(&guest, "/admin/%00", &[]).await.status, 410);
    let led = app.form(&guest, &path, &[]).await;
    assert_eq!(led.leads_to(), format!("/login?next={path}"));
    // A11: of two concurrent attempts one succeeds.
    let (hers, his) = tokio::join!(app.form(&minji, &path, &[]), app.form(&jun, &path, &[]));
    let statuses: HashSet<u16> = [hers.status, his.status].into();
    assert_eq!(statuses, HashSet::from([303, 410]));
    assert_ne!(is_admin(&app, &minji).await, is_admin(&app, &jun).await);
    assert_eq!(app.page(&minji, &path).await.status, 410);
    assert_eq!(app.count("SELECT COUNT(*) FROM links"), 0);
    // A link that was replaced, is too old or made up does nothing.
    let (first, second) = (admin_path(&app).await, admin_path(&app).await);
    assert_eq!((app.page(&minji, &first).await.status, app.page(&minji, &second).await.status), (410, 200));
    app.alter("UPDATE links SET ends_at = 1");
    // What cannot be a code is no page of admins.
    for (path, status) in
        [(second.as_str(), 410), ("/admin/x", 404), ("/admin/%00", 404), (&format!("/admin/{}", "A".repeat(43)), 410)]
    {
        assert_eq!(app.page(&minji, path).await.status, status, "{path}");
        assert_eq!(app.form(&minji, path, &[]).await.status, 410, "{path}");
    }
    // A link works for its own purpose only.
    let reset = self::path(&desk(&app).reset_link("jun@example.org").await.unwrap(), &app);
    assert_eq!(app.page(&minji, &reset.replace("reset", "admin")).await.status, 410);
}

#[tokio::test]
async fn with_an_admin_the_server_logs_no_link() {
    let mut app = App::start().await;
    let minji = app.signed_up("minji").await;
    let path = admin_path(&app).await;
    assert_eq!(app.form(&minji, &path, &[]).await.leads_to(), "/admin");
    app.restart().await;
    assert!(is_admin(&app, &minji).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM links"), 0);
}

#[tokio::test]
async fn an_admin_has_the_owners_powers_where_they_are_and_removes_any_open_room() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let admin = app.signed_up("hana").await;
    let call = |method: &'static str, path: String, body: Value| {
        let (app, admin) = (&app, &admin);
        async move { app.call(admin, method, &path, body).await }
    };
    let at = |rest: &str| format!("/rooms/{}{rest}", room.id);
    call("DELETE", at(""), Value::Null).await.refused(403, "not_a_member");
    let path = admin_path(&app).await;
    app.form(&admin, &path, &[]).await.leads_to();
    // A profile does not reveal that its user is an admin.
    let profile = app.call(&jun, "GET", &format!("/users/{}", admin.id), Value::Null).await.is(200);
    assert_eq!(profile.get("isAdmin"), None);
    // Outside the room: an admin can delete a public message, cannot see a whisper, and cannot
    // change settings.
    let said = his.say(&room, "unkind").await;
    let whisper = json!({ "room": room.id, "key": "w", "text": "hush", "to": minji.id });
    let whispered = his.ok("message", whisper).await;
    let message = |id: &Value| format!("/messages/{}", id.as_str().unwrap());
    call("PATCH", at(""), json!({ "title": "tidy" })).await.refused(403, "not_a_member");
    assert_eq!(call("DELETE", message(&said["id"]), Value::Null).await.is(200)["text"], "");
    call("DELETE", message(&whispered["id"]), Value::Null).await.refused(403, "forbidden");
    // Inside the room an admin has the owner's powers.
    app.join(&admin, &room).await;
    assert_eq!(call("PATCH", at(""), json!({ "title": "tidy" })).await.is(200)["title"], "tidy");
    call("DELETE", at(&format!("/members/{}", jun.id)), Value::Null).await.is(204);
    his.take("kicked").await;
    call("DELETE", at(&format!("/members/{}", minji.id)), Value::Null).await.refused(403, "forbidden");
    let page = app.page(&admin, &format!("/room/{}", room.id)).await.text();
    assert!(
        page.contains(&format!("/room/{}/settings", room.id)),
        "the settings are shown to users who may change them"
    );
    // An admin who leaves hands nothing over: the room has another owner.
    call("DELETE", at("/members/me"), Value::Null).await.is(204);
    assert_eq!(app.show(&room).await["owner"]["id"], minji.id);
    call("DELETE", at(""), Value::Null).await.is(204);
    hers.take("removeRoom").await;
    // A direct room belongs to its two users.
    let direct = app.call(&minji, "POST", "/direct", json!({ "userId": jun.id })).await.is(201);
    call("DELETE", format!("/rooms/{}", direct["id"].as_str().unwrap()), Value::Null)
        .await
        .refused(404, "room_not_found");
}

/// Abuse: A11
#[tokio::test]
async fn a_reset_link_works_once_ends_all_sessions_and_ignores_the_host_header() {
    let app = App::start().await;
    let (minji, other) = (app.signed_up("minji").await, app.guest("other").await);
    let socket = app.connect(&minji).await;
    let desk = desk(&app);
    assert!(desk.reset_link("nobody@example.org").await.unwrap_err().contains("no account has the e-mail address"));
    let path = path(&desk.reset_link("MINJI@example.org").await.unwrap(), &app);
    let shown = app.page(&other, &path).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, Some("no-store")));
    // A refused password does not use the link up.
    let refused = app.form(&other, &path, &[("password", "password")]).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.text().contains("value=\"password\""));
    let tries = [
        app.form(&other, &path, &[("password", "a new gate")]),
        app.form(&other, &path, &[("password", "a newer gate")]),
    ];
    let [first, second] = tries;
    let (first, second) = tokio::join!(first, second);
    let statuses: HashSet<u16> = [first.status, second.status].into();
    assert_eq!(statuses, HashSet::from([303, 410]));
    socket.take("close").await;
    app.call(&minji, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    let old = json!({ "email": "minji@example.org", "password": PASSWORD });
    app.request("POST", "/api/session").json(&old).send().await.refused(401, "bad_credentials");
    assert_eq!(app.page(&other, &path).await.status, 410);
    // Without a mail server there is no page to request an e-mail.
    assert_eq!(app.page(&other, "/forgot").await.status, 404);
    assert_eq!(app.form(&other, "/forgot", &[("email", "minji@example.org")]).await.status, 404);
}

/// Abuse: N2
#[tokio::test]
async fn no_other_site_acts_for_an_admin_and_no_name_runs_as_script() {
    let app = App::start().await;
    let (minji, sora) = (app.signed_up("minji").await, app.signed_up("sora").await);
    let first = admin_path(&app).await;
    app.form(&minji, &first, &[]).await.leads_to();
    let jun = app.guest("<img src=x onerror=alert(1)>").await;
    let cell = app.guest("=cmd|'/c calc'!A1").await;
    let room = app.courtyard(&jun).await;
    app.join(&cell, &room).await;
    app.join(&minji, &room).await;
    let second = admin_path(&app).await;
    let (remove, kick) = (format!("/room/{}/delete", room.id), format!("/room/{}/kick", room.id));
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let from = |method: &str, path: &str| app.request(method, path).cookie(&minji.token).header(name, value);
        from("POST", &remove).form(&[]).send().await.refused(403, "forbidden");
        from("POST", &kick).form(&[("userId", &cell.id)]).send().await.refused(403, "forbidden");
        let by_rest = from("DELETE", &format!("/api/rooms/{}", room.id)).send().await;
        by_rest.refused(403, "forbidden");
        // Another site cannot use the link either.
        let sent = app.request("POST", &second).cookie(&sora.token).header(name, value);
        sent.form(&[]).send().await.refused(403, "forbidden");
    }
    assert!(!is_admin(&app, &sora).await);
    assert_eq!(app.show(&room).await["memberCount"], 3);
    app.say(&jun, &room, "<script>alert(1)</script>").await;
    for path in ["/".to_owned(), format!("/room/{}", room.id), "/search?q=alert".to_owned(), "/people".to_owned()] {
        let page = app.page(&minji, &path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text().contains("<img src=x") && !page.text().contains("<script>alert"), "{path}");
        assert!(!page.header("content-security-policy").unwrap().contains("unsafe"), "{path}");
    }
}

fn suspend() -> Act {
    Act::Suspend { hours: None, reason: None }
}

/// Abuse: N1
#[tokio::test]
async fn a_suspended_account_is_logged_out_and_in_no_more_until_the_operator_lifts_it() {
    let app = App::start().await;
    let minji = app.signed_up("minji").await;
    let desk = desk(&app);
    app.alter(&format!("UPDATE users SET is_admin = 1 WHERE id = {}", blob(&minji.id)));
    desk.act_on_user("minji@example.org", suspend()).await.unwrap();
    app.call(&minji, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    let form = json!({ "email": "minji@example.org", "password": PASSWORD });
    let log_in = || app.request("POST", "/api/session").json(&form).send();
    assert_eq!(log_in().await.refused(403, "suspended")["message"], "this account is suspended");
    desk.act_on_user("minji@example.org", Act::Restore).await.unwrap();
    // For a time, with a reason: the log-in says both, to those who know the password.
    let act = Act::Suspend { hours: Some(24), reason: Some("posted spam".to_owned()) };
    desk.act_on_user("minji@example.org", act).await.unwrap();
    let refused = log_in().await.refused(403, "suspended");
    assert_eq!((&refused["message"], &refused["reason"]), (&json!("this account is suspended"), &json!("posted spam")));
    assert!(refused["retryAfterMs"].as_i64().is_some_and(|left| left > 86_000_000), "{refused}");
    let typed = [("email", "minji@example.org"), ("password", PASSWORD)];
    let page = app.request("POST", "/login").form(&typed).send().await;
    assert!(page.status == 403 && page.text().contains("posted spam"), "{}", page.text());
    let guessed = [("email", "minji@example.org"), ("password", "not the password")];
    assert!(!app.request("POST", "/login").form(&guessed).send().await.text().contains("posted spam"));
    desk.act_on_user("minji@example.org", Act::Restore).await.unwrap();
    log_in().await.is(201);
    let minji = app.log_in("minji").await;
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.is(200)["isAdmin"], false);
    app.alter(&format!("UPDATE users SET is_admin = 1 WHERE id = {}", blob(&minji.id)));
    desk.act_on_user("minji@example.org", Act::RemoveAdmin).await.unwrap();
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.is(200)["isAdmin"], false);
    assert_eq!(
        desk.act_on_user("minji@example.org", Act::RemoveAdmin).await.unwrap_err(),
        "minji@example.org is no admin"
    );
    let unknown = "no account has the e-mail address sora@example.org";
    assert_eq!(desk.act_on_user("sora@example.org", suspend()).await.unwrap_err(), unknown);
    desk.close().await;
}

/// Abuse: B5
#[tokio::test]
async fn only_those_whom_the_settings_name_create_open_rooms() {
    type Case = (fn(&mut Config), [bool; 3]);
    let cases: [Case; 3] = [
        (|config| config.room_creators = RoomCreators::Everyone, [true, true, true]),
        (|config| config.room_creators = RoomCreators::Accounts, [false, true, true]),
        (|config| config.room_creators = RoomCreators::Admins, [false, false, true]),
    ];
    for (settings, may) in cases {
        let app = App::with(settings).await;
        let users = [app.guest("guest").await, app.signed_up("minji").await, app.signed_up("hana").await];
        app.form(&users[2], &admin_path(&app).await, &[]).await.leads_to();
        for (user, may) in users.iter().zip(may) {
            let created = app.call(user, "POST", "/rooms", json!({ "title": "open" })).await;
            if may {
                created.is(201)
            } else {
                created.refused(403, "forbidden")
            };
            assert_eq!(app.page(user, "/").await.text().contains("id=\"new-room\""), may);
        }
        // Direct rooms are not meant.
        let opened = app.call(&users[0], "POST", "/direct", json!({ "userId": users[1].id })).await;
        opened.is(201);
    }
}

/// Returns the path of a new link to another device.
async fn device_path(app: &App, who: &Person) -> String {
    let page = app.form(who, "/transfer", &[]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let code = page.text().split("/transfer/").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    format!("/transfer/{code}")
}

#[tokio::test]
async fn a_link_to_another_device_signs_in_once_and_ends_with_the_sessions() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    // Looking at it uses nothing up, and the same user needs none.
    let path = device_path(&app, &minji).await;
    for _ in 0..2 {
        assert!(app.get(&path).send().await.text().contains("minji"));
    }
    assert_eq!(app.page(&minji, &format!("{path}?next=/people")).await.leads_to(), "/people");
    let next = format!("/room/{}", room.id);
    let entered = app.form(&jun, &path, &[("next", &next)]).await;
    assert_eq!(entered.leads_to(), next);
    let cookie = entered.header("set-cookie").unwrap();
    let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    let me = app.get("/api/me").cookie(&token).send().await.is(200);
    assert_eq!((&me["id"], me["kind"].as_str()), (&Value::from(minji.id.clone()), Some("guest")));
    app.call(&jun, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(app.form(&minji, &path, &[("next", "/")]).await.status, 410);
    // A foreign address leads home; a new link, another purpose, an old one and the end of the sessions end it.
    let sora = app.guest("sora").await;
    let path = device_path(&app, &minji).await;
    assert_eq!(app.form(&sora, &path, &[("next", "//evil.example")]).await.leads_to(), "/");
    let (first, second) = (device_path(&app, &minji).await, device_path(&app, &minji).await);
    assert_eq!((app.get(&first).send().await.status, app.get(&second).send().await.status), (410, 200));
    assert_eq!(app.get(&second.replace("transfer", "reset")).send().await.status, 410);
    app.form(&minji, "/me/sessions", &[("others", "on")]).await;
    assert_eq!(app.get(&second).send().await.status, 410);
    let taemin = app.guest("taemin").await;
    let left = device_path(&app, &taemin).await;
    app.call(&taemin, "DELETE", "/session", Value::Null).await.is(204);
    assert_eq!(app.form(&sora, &left, &[("next", "/")]).await.status, 410);
    let old = device_path(&app, &minji).await;
    app.alter("UPDATE links SET ends_at = 1");
    assert_eq!(app.get(&old).send().await.status, 410);
}
