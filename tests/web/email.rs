//! E-mails for forgotten passwords, as a mail server receives them.

use std::sync::{Arc, OnceLock};

use madang::mail::Settings;
use madang::secret::Secret;
use serde_json::{Value, json};

use crate::support::mail::{Answers, mail_server, next, plain};
use crate::support::site::Site;
use crate::support::{App, TIMEOUT};

static RETRIED: OnceLock<u16> = OnceLock::new();

#[tokio::test]
async fn a_mail_server_that_is_busy_gets_the_letter_later_and_one_that_refuses_it_does_not() {
    let answers = Answers::default();
    let (port, mut post) = mail_server(Arc::clone(&answers)).await;
    RETRIED.set(port).unwrap();
    let app = App::with(|config| {
        let url = Secret::new(format!("smtp://127.0.0.1:{}", RETRIED.get().unwrap()));
        config.mail = Some(Settings { url, from: "마당 <madang@example.org>".into() });
        config.limits.jobs.reset_email.first_pause_ms = 1;
    })
    .await;
    app.signed_up("minji").await;
    app.signed_up("jun").await;
    let ask = |email: &str| app.request("POST", "/forgot").form(&[("email", email)]).send();
    // Greylisting, and a log-in that the operator can mend; then a mailbox that does not exist.
    answers.lock().extend(["451 later\r\n", "450 later\r\n", "530 log in first\r\n"]);
    assert_eq!(ask("minji@example.org").await.status, 200);
    assert!(next(&mut post).await.to.contains("minji@example.org"));
    answers.lock().push("550 no such user\r\n");
    ask("minji@example.org").await;
    while !answers.lock().is_empty() {
        tokio::task::yield_now().await;
    }
    ask("jun@example.org").await;
    assert!(next(&mut post).await.to.contains("jun@example.org"));
    while app.count("SELECT COUNT(*) FROM outbox") > 0 {
        tokio::task::yield_now().await;
    }
    assert!(post.try_recv().is_err());
}

static GIVEN_UP: OnceLock<u16> = OnceLock::new();

#[tokio::test]
async fn an_email_that_was_given_up_is_listed_for_admins_and_can_be_sent_again() {
    let answers = Answers::default();
    let (port, mut post) = mail_server(Arc::clone(&answers)).await;
    GIVEN_UP.set(port).unwrap();
    let app = App::with(|config| {
        let url = Secret::new(format!("smtp://127.0.0.1:{}", GIVEN_UP.get().unwrap()));
        config.mail = Some(Settings { url, from: "마당 <madang@example.org>".into() });
        config.limits.jobs.reset_email.first_pause_ms = 0;
    })
    .await;
    let minji = app.signed_up("minji").await;
    app.alter("UPDATE users SET is_admin = 1");
    answers.lock().extend(["451 later\r\n"; 4]);
    app.request("POST", "/forgot").form(&[("email", "minji@example.org")]).send().await;
    while !answers.lock().is_empty() {
        tokio::task::yield_now().await;
    }
    app.outbox_is_empty().await;
    let listed = app.call(&minji, "GET", "/admin/jobs", Value::Null).await.is(200);
    let job = &listed["jobs"][0];
    assert_eq!((&job["kind"], &job["tries"]), (&json!("resetEmail"), &json!(4)), "{listed}");
    assert_eq!(job["why"], "the mail server did not take it");
    assert!(!listed.to_string().contains("example.org"), "{listed}");
    let path = format!("/admin/jobs/{}", job["number"]);
    let page = app.page(&minji, "/admin").await.text();
    assert!(page.contains("the mail server did not take it") && page.contains(&format!("action=\"{path}\"")), "{page}");
    assert_eq!(app.form(&minji, &path, &[("act", "retry")]).await.leads_to(), "/admin?done=saved");
    assert!(next(&mut post).await.to.contains("minji@example.org"));
    app.call(&minji, "POST", &format!("{path}/retry"), Value::Null).await.refused(404, "not_found");
    app.call(&minji, "DELETE", &path, Value::Null).await.refused(404, "not_found");
}

static BESIDE: OnceLock<u16> = OnceLock::new();

#[tokio::test]
async fn slow_links_do_not_hold_up_an_email() {
    let (port, mut post) = mail_server(Answers::default()).await;
    BESIDE.set(port).unwrap();
    let app = App::with(|config| {
        let url = Secret::new(format!("smtp://127.0.0.1:{}", BESIDE.get().unwrap()));
        config.mail = Some(Settings { url, from: "마당 <madang@example.org>".into() });
        config.has_link_previews = true;
        config.http_client.may_reach = |_, address| address.is_loopback();
        config.http_client.timeout = TIMEOUT;
    })
    .await;
    let (minji, site) = (app.signed_up("minji").await, Site::silent().await);
    let room = app.courtyard(&minji).await;
    // More than are fetched at a time.
    for page in 0..10 {
        app.say(&minji, &room, &site.page(&format!("/{page}"))).await;
    }
    for page in 0..8 {
        site.is_requested(&format!("/{page}")).await;
    }
    app.request("POST", "/forgot").form(&[("email", "minji@example.org")]).send().await;
    assert!(next(&mut post).await.to.contains("minji@example.org"));
    assert_eq!(app.count("SELECT COUNT(*) FROM outbox WHERE kind = 'preview'"), 10);
}

static FORM: OnceLock<u16> = OnceLock::new();

#[tokio::test]
async fn an_email_says_what_it_is_and_a_host_in_hangul_is_written_in_ascii() {
    let (port, mut post) = mail_server(Answers::default()).await;
    FORM.set(port).unwrap();
    let app = App::with(|config| {
        let url = Secret::new(format!("smtp://127.0.0.1:{}", FORM.get().unwrap()));
        config.mail = Some(Settings { url, from: "마당 <madang@example.org>".into() });
    })
    .await;
    let sign_up = |email: &str| {
        let asked = json!({ "email": email, "password": "a tree by the gate", "name": "minji" });
        app.request("POST", "/api/users").json(&asked).send()
    };
    sign_up("minji@예시.한국").await.is(201);
    sign_up("minji@xn--vv4b11d.xn--3e0b707e").await.refused(409, "email_taken");
    let log_in = json!({ "email": "minji@xn--vv4b11d.xn--3e0b707e", "password": "a tree by the gate" });
    app.request("POST", "/api/session").json(&log_in).send().await.is(201);
    app.request("POST", "/forgot").form(&[("email", "minji@예시.한국")]).send().await;
    let email = next(&mut post).await;
    assert_eq!(email.to, "RCPT TO:<minji@xn--vv4b11d.xn--3e0b707e>");
    let (head, _) = email.body.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let mut values = head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let value = values.next().unwrap_or_else(|| panic!("no {name} in {head}"));
        assert_eq!(values.next(), None, "{name} twice");
        value.to_owned()
    };
    assert_eq!(header("MIME-Version"), "1.0");
    assert_eq!(header("Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(header("To"), "minji@xn--vv4b11d.xn--3e0b707e");
    assert!(header("Message-ID").ends_with("@example.org>") && header("Date").len() > 20);
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("From").starts_with("=?utf-8?b?") && email.body.is_ascii(), "{head}");
}

static PORT: OnceLock<u16> = OnceLock::new();

#[tokio::test]
async fn a_reset_link_is_mailed_to_accounts_and_the_answer_is_always_the_same() {
    let (port, mut post) = mail_server(Answers::default()).await;
    PORT.set(port).unwrap();
    let app = App::with(|config| {
        config.origins.public = madang::origin::Origin::parse("http://chat.example.org").ok();
        let url = Secret::new(format!("smtp://127.0.0.1:{}", PORT.get().unwrap()));
        config.mail = Some(Settings { url, from: "Madang <madang@example.org>".into() });
    })
    .await;
    app.signed_up("minji").await;
    let admin = app.admin("warden").await;
    app.call(&admin, "PATCH", "/admin/settings", json!({ "name": "Village" })).await.is(200);
    let ask = |email: &str| {
        // The link has our public address, whatever host the request names.
        let request = app.request("POST", "/forgot").header("x-forwarded-host", "evil.example");
        request.header("accept-language", "en").form(&[("email", email)]).send()
    };
    assert_eq!(app.get("/forgot").send().await.status, 200);
    assert!(app.get("/login").send().await.text().contains("/forgot"));
    let (unknown, known) = (ask("nobody@example.org").await, ask("MINJI@example.org").await);
    assert_eq!((unknown.status, unknown.text()), (known.status, known.text()));
    assert_eq!(ask("no e-mail").await.status, 422);
    let email = next(&mut post).await;
    // The address comes from the account, not from the request.
    assert!(email.to.contains("minji@example.org"), "{}", email.to);
    let text = plain(&email.body);
    assert!(text.contains("A new password for Village") && !text.contains("evil"), "{text}");
    let (_, rest) = text.split_once("http://chat.example.org").expect("a link to our own address");
    let path = rest.split_whitespace().next().unwrap().to_owned();
    let used = app.request("POST", &path).form(&[("password", "a gate by the tree")]).send().await;
    assert_eq!(used.leads_to(), "/login?done=reset");
    let log_in = json!({ "email": "minji@example.org", "password": "a gate by the tree" });
    app.request("POST", "/api/session").json(&log_in).send().await.is(201);
    assert!(post.try_recv().is_err(), "nobody else gets an email");
    assert_eq!(app.audited(&admin).await, ["settings.changed"], "nobody has made the link for somebody else");

    // A stranger who asks for a mail does not end the first link of a new account. Another link by an admin does.
    let new = json!({ "email": "hana@example.org", "name": "hana" });
    let made = app.call(&admin, "POST", "/admin/users", new).await.is(201);
    let path_of = |made: &Value| made["link"].as_str().unwrap().replace("http://chat.example.org", "");
    ask("hana@example.org").await;
    next(&mut post).await;
    let first = app.get(&path_of(&made)).send().await.text();
    assert!(first.contains("hana@example.org") && first.contains("Village"), "{first}");
    let day = "SELECT COUNT(*) FROM links WHERE kind = 'firstPassword' AND ends_at - created_at = 86400000";
    assert_eq!(app.count(day), 1);
    let reset = format!("/admin/users/{}/reset", made["user"]["id"].as_str().unwrap());
    let second = app.call(&admin, "POST", &reset, Value::Null).await.is(201);
    assert_eq!(app.get(&path_of(&made)).send().await.status, 410);
    // A link ends with the rights of its maker.
    let other = app.admin("keeper").await;
    app.call(&other, "PATCH", &format!("/admin/users/{}", admin.id), json!({ "isAdmin": false })).await.is(200);
    assert_eq!(app.get(&path_of(&second)).send().await.status, 410);
}
