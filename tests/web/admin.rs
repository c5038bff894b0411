//! What admins do with the whole server, by REST and by the pages.

use serde_json::{Value, json};

use crate::support::fixtures::{PASSWORD, blob};
use crate::support::{App, Person, picture};

impl App {
    /// Creates an account that is an admin.
    pub async fn admin(&self, name: &str) -> Person {
        let admin = self.signed_up(name).await;
        self.alter(&format!("UPDATE users SET is_admin = 1 WHERE id = {}", blob(&admin.id)));
        admin
    }

    async fn set(&self, admin: &Person, settings: Value) -> Value {
        self.call(admin, "PATCH", "/admin/settings", settings).await.is(200)
    }

    async fn try_sign_up(&self, email: &str, invite: Option<&str>) -> (u16, Value) {
        let mut form = json!({ "email": email, "password": PASSWORD, "name": "somebody" });
        if let Some(code) = invite {
            form["invite"] = code.into();
        }
        let answer = self.request("POST", "/api/users").json(&form).send().await;
        (answer.status, answer.json())
    }

    pub async fn audited(&self, admin: &Person) -> Vec<String> {
        let log = self.call(admin, "GET", "/admin/audit?limit=100", Value::Null).await.is(200);
        let entries = log["entries"].as_array().unwrap().iter().rev();
        entries.map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn an_admin_searches_suspends_logs_out_appoints_and_deletes_users() {
    let app = App::start().await;
    let (admin, minji, jun) = (app.admin("warden").await, app.signed_up("minji").await, app.guest("jun").await);
    let found = app.call(&admin, "GET", "/admin/users?q=MINJI%40", Value::Null).await.is(200);
    assert_eq!(found["users"][0]["email"], "minji@example.org");
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    let guests = app.call(&admin, "GET", "/admin/users?show=guests&limit=1", Value::Null).await.is(200);
    assert_eq!((&guests["users"][0]["id"], &guests["next"]), (&jun.user["id"], &Value::Null));

    let of = |person: &Person, rest: &str| format!("/admin/users/{}{rest}", person.id);
    // An open socket ends with the suspension, and nothing lets them in again.
    let socket = app.connect(&minji).await;
    let suspended = json!({ "suspended": true, "hours": 2 });
    let answer = app.call(&admin, "PATCH", &of(&minji, ""), suspended).await.is(200);
    assert!(answer["suspendedUntil"].is_string(), "{answer}");
    socket.take("close").await;
    app.call(&minji, "GET", "/me", Value::Null).await.is(401);
    let log_in = json!({ "email": "minji@example.org", "password": PASSWORD });
    app.request("POST", "/api/session").json(&log_in).send().await.is(403);
    // Suspending again changes the end and the reason.
    let for_good = json!({ "suspended": true, "reason": "spam" });
    let answer = app.call(&admin, "PATCH", &of(&minji, ""), for_good).await.is(200);
    assert_eq!(answer["suspendedUntil"], Value::Null);
    app.call(&admin, "PATCH", &of(&minji, ""), json!({ "suspended": true, "reason": "much spam" })).await.is(200);
    let refused = app.request("POST", "/api/session").json(&log_in).send().await.is(403);
    assert_eq!(refused["reason"], "much spam", "{refused}");
    // It ends by itself.
    app.alter(&format!("UPDATE users SET suspended_until = 1 WHERE id = {}", blob(&minji.id)));
    let minji = app.log_in("minji").await;

    app.call(&admin, "PATCH", &of(&minji, ""), json!({ "isAdmin": true })).await.is(200);
    app.call(&minji, "GET", "/admin/users", Value::Null).await.is(200);
    app.call(&admin, "PATCH", &of(&minji, ""), json!({ "isAdmin": false })).await.is(200);
    app.call(&minji, "GET", "/admin/users", Value::Null).await.is(403);
    app.call(&admin, "PATCH", &of(&jun, ""), json!({ "isAdmin": true })).await.is(403);
    app.call(&admin, "DELETE", &of(&jun, "/sessions"), Value::Null).await.is(204);
    app.call(&jun, "GET", "/me", Value::Null).await.is(401);
    app.call(&admin, "POST", &of(&jun, "/reset"), Value::Null).await.is(404);
    let link = app.call(&admin, "POST", &of(&minji, "/reset"), Value::Null).await.is(201);
    let path = link["link"].as_str().unwrap().split("/reset/").nth(1).unwrap();
    assert_eq!(app.get(&format!("/reset/{path}")).send().await.status, 200);
    // One admin is always left.
    for own in [json!({ "isAdmin": false }), json!({ "suspended": true })] {
        app.call(&admin, "PATCH", &of(&admin, ""), own).await.is(422);
    }
    app.call(&admin, "DELETE", &of(&admin, ""), json!({ "messages": "keep" })).await.is(422);
    app.call(&admin, "DELETE", &of(&minji, ""), json!({ "messages": "remove" })).await.is(204);
    app.call(&minji, "GET", "/me", Value::Null).await.is(401);
    let expected = [
        "account.suspended",
        "account.suspended",
        "account.suspended",
        "admin.made",
        "admin.removed",
        "account.sessionsEnded",
        "account.resetLink",
        "account.suspended",
        "account.deleted",
    ];
    assert_eq!(app.audited(&admin).await, expected);
}

#[tokio::test]
async fn a_closed_room_is_read_and_not_written_by_any_client() {
    let app = App::start().await;
    let (admin, minji, jun) = (app.admin("warden").await, app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    let said = app.say(&minji, &room, "hello").await;
    let of = |rest: &str| format!("/admin/rooms/{}{rest}", room.id);
    let found = app.call(&admin, "GET", "/admin/rooms?q=COURT", Value::Null).await.is(200);
    assert_eq!(found["rooms"][0]["id"], room.id);
    let closed = app.call(&admin, "PATCH", &of(""), json!({ "closed": true })).await.is(200);
    assert_eq!(closed["closed"], true);
    let at = |rest: &str| format!("/rooms/{}{rest}", room.id);
    let message = format!("/messages/{}", said["id"].as_str().unwrap());
    for (method, path, body) in [
        ("POST", at("/messages"), json!({ "text": "again" })),
        ("PATCH", message.clone(), json!({ "text": "changed" })),
        ("PUT", format!("{message}/reactions/%F0%9F%91%8D"), Value::Null),
    ] {
        let refused = app.call(&minji, method, &path, body).await;
        assert_eq!(refused.is(403)["code"], "room_closed", "{method} {path}");
    }
    let refused = app.call(&jun, "POST", &at("/members"), json!({})).await;
    assert_eq!(refused.is(403)["code"], "room_closed");
    app.call(&minji, "GET", &at("/messages"), Value::Null).await.is(200);
    app.call(&minji, "DELETE", &message, Value::Null).await.is(200);
    app.call(&admin, "PATCH", &of(""), json!({ "closed": false })).await.is(200);
    app.join(&jun, &room).await;
    app.say(&jun, &room, "hello").await;
    // Hand over without being a member, by the page, too.
    app.call(&admin, "PUT", &of("/owner"), json!({ "userId": jun.id })).await.is(200);
    app.call(&admin, "PUT", &of("/owner"), json!({ "userId": admin.id })).await.is(404);
    let form = [("act", "handOver"), ("to", minji.id.as_str())];
    let done = app.form(&admin, &format!("/admin/rooms/{}", room.id), &form).await;
    assert_eq!(done.header("location"), Some("/admin/rooms?done=saved"));
    let now = app.call(&jun, "GET", &at(""), Value::Null).await.is(200);
    assert_eq!(now["owner"]["id"], minji.id);
    assert_eq!(app.audited(&admin).await, ["room.closed", "room.opened", "room.handedOver", "room.handedOver"]);
}

#[tokio::test]
async fn settings_decide_at_once_who_comes_in_and_what_they_may_do() {
    let app = App::start().await;
    let (admin, minji, jun) = (app.admin("warden").await, app.signed_up("minji").await, app.guest("jun").await);
    // Who signs up.
    app.set(
        &admin,
        json!({ "signUp": "closed", "name": "우리 동네", "welcome": "어서 와요", "rules": "1. 서로 존중해요" }),
    )
    .await;
    assert_eq!(app.try_sign_up("a@example.org", None).await.0, 403);
    app.set(&admin, json!({ "signUp": "invite" })).await;
    let (status, why) = app.try_sign_up("b@example.org", None).await;
    assert_eq!((status, &why["field"]), (422, &json!("invite")));
    assert_eq!(app.try_sign_up("b@example.org", Some("guessed")).await.0, 410);
    let invite = app.call(&admin, "POST", "/admin/invites", json!({ "uses": 1 })).await.is(201);
    let code = invite["code"].as_str().unwrap();
    assert!(app.get(&format!("/signup?invite={code}")).send().await.text().contains(code));
    assert_eq!(app.try_sign_up("minji@example.org", Some(code)).await.0, 409, "it is not used up by a failure");
    assert_eq!(app.try_sign_up("b@example.org", Some(code)).await.0, 201);
    assert_eq!(app.try_sign_up("c@example.org", Some(code)).await.0, 410);
    let second = app.call(&admin, "POST", "/admin/invites", json!({})).await.is(201);
    let path = format!("/admin/invites/{}", second["code"].as_str().unwrap());
    app.call(&admin, "DELETE", &path, Value::Null).await.is(204);
    app.call(&admin, "DELETE", &path, Value::Null).await.is(404);

    // Guests, rooms, direct rooms.
    app.set(&admin, json!({ "guests": "off", "roomCreators": "admins" })).await;
    app.request("POST", "/api/guests").json(&json!({})).send().await.is(403);
    app.call(&minji, "POST", "/rooms", json!({ "title": "garden" })).await.is(403);
    app.call(&admin, "POST", "/rooms", json!({ "title": "garden" })).await.is(201);
    app.set(&admin, json!({ "guests": null, "roomCreators": null, "directFrom": "accounts" })).await;
    app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(403);
    app.call(&minji, "POST", "/direct", json!({ "userId": jun.id })).await.is(201);
    app.call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(200);
    app.set(&admin, json!({ "directFrom": "nobody" })).await;
    app.call(&admin, "POST", "/direct", json!({ "userId": jun.id })).await.is(201);

    // What everybody sees, escaped.
    app.set(&admin, json!({ "announcement": "<b>점검</b> 22시" })).await;
    let lobby = app.get("/").send().await.text();
    for text in ["우리 동네", "어서 와요", "1. 서로 존중해요", "&#60;b&#62;점검&#60;/b&#62; 22시"] {
        assert!(lobby.contains(text), "{text}");
    }
    let server = app.get("/api/server").send().await.is(200);
    assert_eq!((&server["name"], &server["signUp"]), (&json!("우리 동네"), &json!("invite")));
    for (wrong, field) in [
        (json!({ "name": "x".repeat(41) }), "name"),
        (json!({ "signUp": "sometimes" }), "signUp"),
        (json!({ "emailDomains": ["no host"] }), "emailDomains"),
        (json!({ "number": 7 }), "number"),
    ] {
        let refused = app.call(&admin, "PATCH", "/admin/settings", wrong).await.is(422);
        assert_eq!(refused["field"], field);
    }
    // A restart keeps them.
    let mut app = app;
    app.restart().await;
    assert_eq!(app.get("/api/server").send().await.is(200)["name"], "우리 동네");
}

#[tokio::test]
async fn the_pages_for_admins_show_and_do_the_same() {
    let app = App::with(|config| {
        let folder = config.data_dir.join("backups/scheduled");
        let every = std::time::Duration::from_secs(3_600);
        let backups = madang::config::Backups {
            every,
            keep: 2,
            place: madang::config::BackupPlace::Folder(folder),
            encryption: None,
        };
        config.backups = Some(backups).filter(|_| !testkit::postgres::is_wanted());
    })
    .await;
    let (admin, minji) = (app.admin("warden").await, app.signed_up("minji").await);
    let room = app.courtyard(&minji).await;
    for (path, text) in [
        ("/admin", "<svg class=\"chart__plot\""),
        ("/admin/charts", "<svg class=\"chart__plot\""),
        ("/admin/people?q=minji", "minji@example.org"),
        ("/admin/rooms", room.id.as_str()),
        ("/admin/settings", "name=\"emailDomains\""),
    ] {
        let page = app.page(&admin, path).await;
        assert!(page.status == 200 && page.text().contains(text), "{path}: {}", page.text());
        assert_eq!(app.page(&minji, path).await.status, 403, "{path}");
    }
    let at = format!("/admin/people/{}", minji.id);
    let done = app.form(&admin, &at, &[("act", "suspend"), ("hours", "1"), ("q", "minji")]).await;
    assert_eq!(done.header("location"), Some("/admin/people?q=minji&show=all&done=saved"));
    // What is no number is not taken for no end.
    let typed = app.form(&admin, &at, &[("act", "suspend"), ("hours", "1d"), ("q", "minji")]).await;
    assert_eq!(typed.header("location"), Some("/admin/people?q=minji&show=all&refused=invalid&field=hours"));
    for hours in ["0", "8761"] {
        let done = app.form(&admin, &at, &[("act", "suspend"), ("hours", hours)]).await;
        assert_eq!(done.header("location"), Some("/admin/people?show=all&refused=invalid&field=hours"), "{hours}");
    }
    let for_good = app.form(&admin, &at, &[("act", "suspend"), ("q", "minji")]).await;
    assert_eq!(for_good.header("location"), Some("/admin/people?q=minji&show=all&done=saved"));
    app.form(&admin, &at, &[("act", "restore")]).await;
    let shown = app.form(&admin, &at, &[("act", "reset")]).await;
    assert!(shown.status == 200 && shown.text().contains("/reset/"), "{}", shown.text());
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let fields = [
        ("name", "Village"),
        ("announcement", ""),
        ("welcome", ""),
        ("rules", "one\r\ntwo"),
        ("signUp", "open"),
        ("emailDomains", "a.example\r\nb.example"),
        ("guests", "rooms"),
        ("roomCreators", ""),
        ("directFrom", "known"),
    ];
    // Two admins have the page open. The one who is slower overwrites nothing.
    let page = app.page(&admin, "/admin/settings").await.text();
    let number = page.split("name=\"number\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let with_number = [&[("number", number)], &fields[..]].concat();
    for result in ["done=saved", "refused=conflict"] {
        let saved = app.form(&admin, "/admin/settings", &with_number).await;
        assert_eq!(saved.header("location"), Some(&*format!("/admin/settings?{result}")));
    }
    let settings = app.call(&admin, "GET", "/admin/settings", Value::Null).await.is(200);
    assert_eq!(settings["rules"], "one\ntwo");
    assert_eq!((&settings["guests"], &settings["roomCreators"]), (&json!("rooms"), &Value::Null));
    assert_eq!(settings["emailDomains"], json!(["a.example", "b.example"]));
    app.form(&admin, "/admin/jobs/retry", &[]).await;
    let log = app.page(&admin, "/admin/log").await.text();
    for action in ["account.suspended", "account.restored", "settings.changed", "jobs.retried"] {
        assert!(log.contains(action), "{action}");
    }
    // Each act has a sentence, and leads to whom it was done to.
    let link = format!(r#"href="/admin/people?q=minji#u-{}""#, minji.id);
    assert!(log.contains("이용을 정지했어요.") && log.contains(&link), "{log}");
    if testkit::postgres::is_wanted() {
        app.call(&admin, "POST", "/admin/backups", json!({})).await.is(404);
        return;
    }
    // The schedule makes one at the start; the button makes another.
    let backups = async || {
        let status = app.call(&admin, "GET", "/admin/status", Value::Null).await.is(200);
        status["backups"].as_array().unwrap().len()
    };
    let wait_for = async |count: usize| {
        while backups().await < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::TIMEOUT, wait_for(1)).await.unwrap();
    let before = backups().await;
    let done = app.form(&admin, "/admin/backups", &[]).await;
    assert_eq!((done.header("location"), before), (Some("/admin?done=backup"), 1));
}

/// Abuse: U2
#[tokio::test]
async fn the_logo_is_a_small_square_for_everybody_and_goes_with_its_bytes() {
    let app = App::start().await;
    let (admin, minji) = (app.admin("warden").await, app.signed_up("minji").await);
    let put = async |who: &Person, bytes: &[u8]| {
        app.request("PUT", "/api/admin/logo").bearer(&who.token).multipart(Some(("logo.png", bytes)), &[]).send().await
    };
    put(&minji, &picture::png(900, 600)).await.refused(403, "forbidden");
    for bytes in [b"<svg onload=alert(1)/>".as_slice(), &picture::pixel_flood()] {
        let refused = put(&admin, bytes).await;
        assert!(matches!(refused.status, 415 | 422), "{}", refused.text());
    }
    assert!(app.stored_files().is_empty());
    let logo = put(&admin, &picture::png(900, 600)).await.is(200)["logo"].as_str().unwrap().to_owned();
    assert!(logo.starts_with("/logo/") && logo.len() == 70, "{logo}");
    assert_eq!(app.get("/api/server").send().await.is(200)["logo"], logo.as_str());
    let shown = app.get(&logo).send().await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, Some("public, max-age=31536000, immutable")));
    assert!(shown.header("content-security-policy").unwrap().contains("sandbox"));
    let made = image::load_from_memory(&shown.body).unwrap();
    assert_eq!((made.width(), made.height()), (256, 256));
    let room = app.courtyard(&minji).await;
    let manifest = app.get("/manifest.webmanifest").send().await.text();
    assert!(manifest.contains(&logo), "{manifest}");
    for path in ["/", "/login", "/signup", &format!("/room/{}", room.id)] {
        let page = app.get(path).send().await.text();
        assert!(page.contains(&format!("src=\"{logo}\"")), "{path}: {page}");
    }
    // A picture of somebody has the same bytes, and files of messages are no logos.
    let same = app.request("PUT", "/api/me/picture").bearer(&minji.token);
    same.multipart(Some(("me.png", &picture::png(900, 600))), &[]).send().await.is(200);
    assert_eq!(app.stored_files().len(), 1);
    for other in ["..", &"0".repeat(64)] {
        app.get(&format!("/logo/{other}")).send().await.refused(404, "not_found");
    }
    let upload = app.request("POST", "/admin/logo").cookie(&admin.token);
    let changed = upload.multipart(Some(("logo.gif", &picture::gif(3))), &[]).send().await;
    assert_eq!(changed.header("location"), Some("/admin/settings?done=saved"));
    app.get(&logo).send().await.refused(404, "not_found");
    assert_eq!(app.stored_files().len(), 2);
    app.call(&minji, "DELETE", "/admin/logo", Value::Null).await.refused(403, "forbidden");
    let removed = app.form(&admin, "/admin/logo/remove", &[]).await;
    assert_eq!(removed.header("location"), Some("/admin/settings?done=saved"));
    assert_eq!(app.call(&admin, "GET", "/admin/settings", Value::Null).await.is(200)["logo"], Value::Null);
    app.call(&minji, "DELETE", "/me/picture", Value::Null).await.is(200);
    assert!(app.stored_files().is_empty());
    let log = app.call(&admin, "GET", "/admin/audit", Value::Null).await.is(200);
    let of_logo = log["entries"].as_array().unwrap().iter().filter(|entry| entry["subject"] == "logo").count();
    assert_eq!(of_logo, 3);
}

#[tokio::test]
async fn an_admin_creates_an_account_whose_owner_chooses_the_password() {
    let app = App::start().await;
    let (admin, minji) = (app.admin("warden").await, app.signed_up("minji").await);
    let words = json!([{ "word": "casino", "action": "refuse" }]);
    app.call(&admin, "PATCH", "/admin/settings", json!({ "signUp": "closed", "words": words })).await.is(200);
    let create = async |by: &Person, email: &str, name: &str| {
        app.call(by, "POST", "/admin/users", json!({ "email": email, "name": name })).await
    };
    create(&minji, "hana@example.org", "hana").await.refused(403, "forbidden");
    let made = create(&admin, "hana@example.org", "hana").await.is(201);
    assert_eq!((&made["user"]["email"], &made["user"]["isAdmin"]), (&json!("hana@example.org"), &json!(false)));
    for (email, name, status, code) in [
        ("HANA@example.org", "hana", 409, "email_taken"),
        ("hana", "hana", 422, "invalid"),
        ("jun@example.org", "warden", 422, "invalid"),
        ("jun@example.org", "", 422, "invalid"),
        ("jun@example.org", &"j".repeat(41), 422, "too_long"),
        ("jun@example.org", "casino", 422, "filtered"),
    ] {
        create(&admin, email, name).await.refused(status, code);
    }
    let link = made["link"].as_str().unwrap();
    let path = &link[link.find("/reset/").unwrap()..];
    let password = "a tree by the gate";
    let log_in = json!({ "email": "hana@example.org", "password": password });
    app.request("POST", "/api/session").json(&log_in).send().await.refused(401, "bad_credentials");
    app.request("POST", path).form(&[("password", password)]).send().await.leads_to();
    app.request("POST", "/api/session").json(&log_in).send().await.is(201);
    assert_eq!(app.get(path).send().await.status, 410, "once");

    let page = app.form(&admin, "/admin/people", &[("email", "jun@example.org"), ("name", "jun")]).await;
    assert!(page.status == 200 && page.text().contains("/reset/"), "{}", page.text());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let refused = app.form(&admin, "/admin/people", &[("email", "jun@example.org"), ("name", "jun jun")]).await;
    let text = refused.text();
    assert!(
        refused.status == 409 && text.contains("이미 쓰고 있는 이메일") && text.contains(r#"value="jun jun""#),
        "{text}"
    );
    assert_eq!(app.audited(&admin).await, ["settings.changed", "account.created", "account.created"]);
}
