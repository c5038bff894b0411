//! Signing up where only e-mail addresses of some domains may: a link shows that the address is theirs.

use std::sync::Arc;

use madang::config::Config;
use madang::mail::Settings;
use madang::secret::Secret;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use crate::support::fixtures::PASSWORD;
use crate::support::mail::{Answers, Email, mail_server, next, plain};
use crate::support::{App, Person, Response};

/// Starts a server for addresses at `school.example`, and returns it with its admin and the mail that it sends.
async fn school() -> (App, Person, Receiver<Email>) {
    school_with(Answers::default()).await
}

/// Like [`school`], with a mail server that gives these answers first.
async fn school_with(answers: Answers) -> (App, Person, Receiver<Email>) {
    let (port, post) = mail_server(answers).await;
    let app = App::with(move |config: &mut Config| {
        let url = Secret::new(format!("smtp://127.0.0.1:{port}"));
        config.has_rate_limits = true;
        config.mail = Some(Settings { url, from: "Madang <madang@example.org>".into() });
    })
    .await;
    let admin = app.admin("warden").await;
    let settings = json!({ "signUp": "emailDomain", "emailDomains": ["school.example"] });
    app.call(&admin, "PATCH", "/admin/settings", settings).await.is(200);
    (app, admin, post)
}

async fn ask_by_rest(app: &App, email: &str) -> Response {
    let request = app.request("POST", "/api/users/link").header("accept-language", "en");
    request.json(&json!({ "email": email })).send().await
}

async fn ask(app: &App, email: &str) -> Response {
    let request = app.request("POST", "/signup/link").header("accept-language", "en");
    request.form(&[("email", email), ("next", "/room/garden")]).send().await
}

/// Returns the code of the link in the next e-mail.
async fn mailed_code(post: &mut Receiver<Email>) -> String {
    let text = plain(&next(post).await.body);
    let (_, rest) = text.split_once("/signup/").unwrap_or_else(|| panic!("a link in {text}"));
    rest.split(|c: char| c.is_whitespace() || c == '?').next().unwrap().to_owned()
}

fn filled<'a>(email: &'a str, code: &'a str) -> [(&'a str, &'a str); 4] {
    [("email", email), ("name", "minji"), ("password", PASSWORD), ("code", code)]
}

/// Abuse: A16
#[tokio::test]
async fn an_address_of_the_domain_signs_up_only_with_the_link_that_was_mailed_to_it() {
    let (app, admin, mut post) = school().await;
    // The page asks for the address first, and says which.
    let page = app.get("/signup").send().await.text();
    assert!(page.contains("school.example") && page.contains("action=\"/signup/link\""), "{page}");
    assert!(!page.contains("name=\"password\""), "{page}");
    assert_eq!(app.get("/signup/link").send().await.leads_to(), "/signup");
    let refused = ask(&app, "minji@evil.example").await;
    assert!(refused.status == 422 && refused.text().contains("minji@evil.example"), "{}", refused.text());
    let sign_up = |body: Value| app.request("POST", "/api/users").json(&body).send();
    let of = |email: &str| json!({ "email": email, "password": PASSWORD, "name": "minji" });
    let with = |email: &str, code: &str| {
        let mut body = of(email);
        body["code"] = code.into();
        body
    };
    assert_eq!(sign_up(of("minji@school.example")).await.refused(422, "invalid")["field"], "code");
    assert_eq!(sign_up(with("minji@school.example", "guessed")).await.refused(410, "gone")["field"], "code");

    let sent = ask(&app, "minji@school.example").await;
    assert!(sent.status == 200 && sent.text().contains("minji@school.example"), "{}", sent.text());
    let code = mailed_code(&mut post).await;
    // It opens for its own address only, and looking does not use it.
    let path = format!("/signup/{code}");
    for _ in 0..2 {
        let form = app.get(&path).send().await;
        assert_eq!((form.status, form.header("cache-control")), (200, Some("no-store")));
        assert!(form.text().contains("value=\"minji@school.example\" readonly"), "{}", form.text());
    }
    assert_eq!(sign_up(with("jun@school.example", &code)).await.refused(422, "invalid")["field"], "email");
    let weak = [("email", "minji@school.example"), ("name", "minji"), ("password", "12345678"), ("code", &code)];
    let refused = app.request("POST", "/signup").form(&weak).send().await;
    assert!(refused.status == 422 && refused.text().contains(&code), "the form comes again with its code");
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    // Without the code, as from a form that was opened before the settings changed, the link comes first.
    let refused = app.request("POST", "/signup").form(&filled("jun@school.example", "")).send().await;
    assert!(refused.status == 422 && refused.text().contains("action=\"/signup/link\""), "{}", refused.text());
    // A guest keeps who they are.
    let guest = app.guest("jun").await;
    let done = app.form(&guest, "/signup", &filled("MINJI@school.example", &code)).await;
    assert_eq!(done.leads_to(), "/");
    app.call(&guest, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE email = 'minji@school.example'"), 1, "as it was mailed to");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE kind = 'account' AND email_confirmed_at IS NOT NULL"), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM links"), 0);
    let log_in = json!({ "email": "minji@school.example", "password": PASSWORD });
    let logged_in = app.request("POST", "/api/session").json(&log_in).send().await.is(201);
    assert_eq!(logged_in["user"]["id"], guest.id);
    for gone in [path.as_str(), "/signup/guessed", "/signup/%00"] {
        assert_eq!(app.get(gone).send().await.status, 410, "{gone}");
    }
    assert_eq!(app.request("POST", "/signup").form(&filled("jun@school.example", &code)).send().await.status, 410);

    // Who asks is not told that an address has an account; its owner is.
    let again = ask(&app, "minji@school.example").await;
    assert_eq!((again.status, again.text()), (sent.status, sent.text()));
    let text = plain(&next(&mut post).await.body);
    assert!(text.contains("already has an account") && !text.contains("/signup/"), "{text}");
    // An e-mail is no way to let in who was let out: the policy may have changed.
    ask(&app, "jun@school.example").await;
    let code = mailed_code(&mut post).await;
    app.call(&admin, "PATCH", "/admin/settings", json!({ "signUp": "closed" })).await.is(200);
    assert_eq!(app.get(&format!("/signup/{code}")).send().await.status, 410);
    assert_eq!(sign_up(with("jun@school.example", &code)).await.is(403)["code"], "forbidden");
    assert_eq!(ask(&app, "jun@school.example").await.status, 404);
}

#[tokio::test]
async fn of_two_sign_ups_with_one_link_one_succeeds() {
    let (app, _, mut post) = school().await;
    ask_by_rest(&app, "minji@school.example").await.is(204);
    let code = mailed_code(&mut post).await;
    let body = json!({ "email": "minji@school.example", "password": PASSWORD, "name": "minji", "code": code });
    let sign_up = || app.request("POST", "/api/users").json(&body).send();
    let (one, other) = tokio::join!(sign_up(), sign_up());
    let refused = if one.status == 201 { other } else { one };
    assert_eq!(refused.refused(410, "gone")["field"], "code");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE email = 'minji@school.example'"), 1);
}

#[tokio::test]
async fn links_to_one_address_are_few_and_end_after_a_day() {
    let (app, _, mut post) = school().await;
    for _ in 0..6 {
        assert_eq!(ask(&app, "minji@school.example").await.status, 200);
    }
    let code = mailed_code(&mut post).await;
    app.outbox_is_empty().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM links"), 1);
    app.alter("UPDATE links SET ends_at = 1");
    assert_eq!(app.get(&format!("/signup/{code}")).send().await.status, 410);
}

#[tokio::test]
async fn a_mailed_link_leads_on_to_the_page_that_was_wanted() {
    let (app, admin, mut post) = school().await;
    ask(&app, "minji@school.example").await;
    let text = plain(&next(&mut post).await.body);
    let (_, rest) = text.split_once("/signup/").unwrap();
    let path = format!("/signup/{}", rest.split_whitespace().next().unwrap());
    assert!(path.ends_with("?next=%2Froom%2Fgarden"), "{path}");
    let page = app.get(&path).send().await.text();
    assert!(page.contains("name=\"next\" value=\"/room/garden\""), "{page}");
    // Nobody comes in while the server is locked.
    app.call(&admin, "PATCH", "/admin/settings", json!({ "lockMinutes": 5 })).await.is(200);
    ask_by_rest(&app, "jun@school.example").await.refused(403, "joins_locked");
}

#[tokio::test]
async fn without_mail_no_domain_can_be_asked_for() {
    let app = App::start().await;
    let admin = app.admin("warden").await;
    let settings = json!({ "signUp": "emailDomain", "emailDomains": ["school.example"] });
    let refused = app.call(&admin, "PATCH", "/admin/settings", settings).await.refused(422, "invalid");
    assert_eq!(refused["field"], "signUp");
    // The mail server was taken out of the settings later.
    let stored = r#"{"number":9,"signUp":"emailDomain","emailDomains":["school.example"]}"#;
    app.alter(&format!("INSERT INTO meta (key, value) VALUES ('server settings', '{stored}')"));
    let mut app = app;
    app.restart().await;
    let page = app.get("/signup").send().await.text();
    assert!(!page.contains("<form class=\"form\""), "{page}");
    app.request("POST", "/api/users/link")
        .json(&json!({ "email": "a@school.example" }))
        .send()
        .await
        .refused(404, "not_found");
}

/// Abuse: A16
#[tokio::test]
async fn an_account_changes_to_an_address_of_the_domain_by_the_link_that_was_mailed_to_it() {
    let answers = Answers::default();
    let (app, _, mut post) = school_with(Arc::clone(&answers)).await;
    ask(&app, "minji@school.example").await;
    let code = mailed_code(&mut post).await;
    let body = json!({ "email": "minji@school.example", "password": PASSWORD, "name": "minji", "code": code });
    let made = app.request("POST", "/api/users").json(&body).send().await.is(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let minji = Person { id: text(&made["id"]), token: text(&made["token"]), user: made.clone() };
    let change = async |email: &str| {
        let body = json!({ "email": email, "password": PASSWORD });
        let request = app.request("PATCH", "/api/me").bearer(&minji.token).header("accept-language", "en");
        request.json(&body).send().await
    };
    change("minji@evil.example").await.refused(422, "invalid");
    assert_eq!(change("other@school.example").await.is(200)["email"], "minji@school.example", "not yet");
    let mail = next(&mut post).await;
    assert!(mail.to.contains("other@school.example"), "{}", mail.to);
    let text = plain(&mail.body);
    let path = |text: &str| {
        let rest = text.split_once("/email/new/").unwrap_or_else(|| panic!("a link in {text}")).1;
        format!("/email/new/{}", rest.split_whitespace().next().unwrap())
    };
    let first = path(&text);
    // Another wish takes the place of this one.
    let typed = [("email", "third@school.example"), ("password", PASSWORD)];
    let request = app.request("POST", "/me/email").cookie(&minji.token).header("accept-language", "en");
    assert_eq!(request.form(&typed).send().await.leads_to(), "/me?done=mailed");
    assert!(app.page(&minji, "/me?done=mailed").await.text().contains("새 주소로 링크를 보냈어요."));
    let third = path(&plain(&next(&mut post).await.body));
    assert_eq!(app.get(&first).send().await.status, 410);
    // Looking changes nothing, and no session is needed to prove whose the address is.
    let shown = app.get(&third).send().await;
    assert!(shown.status == 200 && shown.text().contains("third@school.example"), "{}", shown.text());
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.is(200)["email"], "minji@school.example");
    assert_eq!(app.request("POST", &third).form(&[]).send().await.status, 200);
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.is(200)["email"], "third@school.example");
    assert_eq!(app.request("POST", &third).form(&[]).send().await.status, 410, "once");
    let confirmed =
        "SELECT COUNT(*) FROM users WHERE email = 'third@school.example' AND email_confirmed_at IS NOT NULL";
    assert_eq!(app.count(confirmed), 1);
    // A mail that waits ends with the password.
    answers.lock().push("451 later\r\n");
    change("fourth@school.example").await.is(200);
    while app.count("SELECT COUNT(*) FROM outbox WHERE kind = 'newEmail' AND tries = 1") == 0
        || !answers.lock().is_empty()
    {
        tokio::task::yield_now().await;
    }
    let new = json!({ "current": PASSWORD, "password": "a gate by the tree" });
    app.call(&minji, "PUT", "/me/password", new).await.is(204);
    assert_eq!(app.count("SELECT COUNT(*) FROM outbox WHERE kind = 'newEmail'"), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM links WHERE kind = 'newEmail'"), 0);
    assert!(post.try_recv().is_err());
}
