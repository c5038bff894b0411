//! An hour away: one push, one mail, and nothing of what was read on another device.

use madang::mail::Settings;
use madang::secret::Secret;
use serde_json::json;

use crate::support::mail::{Answers, mail_server, next, plain};
use crate::support::push::Browser;
use crate::support::receiver::Receiver;
use crate::support::{App, TIMEOUT};

/// Lets the time pass until waiting jobs of a kind are due.
async fn passes(app: &App, kind: &str) {
    app.alter(&format!("UPDATE outbox SET due_at = 0 WHERE kind = '{kind}'"));
    // A queued job wakes the worker.
    app.request("POST", "/forgot").form(&[("email", "jun@example.org")]).send().await;
    app.counts(&format!("SELECT COUNT(*) FROM outbox WHERE kind = '{kind}'"), 0).await;
}

#[tokio::test]
async fn an_hour_away_is_one_push_and_one_mail_and_what_is_read_elsewhere_is_neither() {
    let (port, mut post) = mail_server(Answers::default()).await;
    let app = App::with(move |config| {
        config.origins.public = madang::origin::Origin::parse("http://chat.example.org").ok();
        let url = Secret::new(format!("smtp://127.0.0.1:{port}"));
        config.mail = Some(Settings { url, from: "Madang <madang@example.org>".into() });
        config.http_client.may_reach = |_, address| address.is_loopback();
        config.http_client.timeout = TIMEOUT;
    })
    .await;
    let (minji, jun) = (app.signed_up("minji").await, app.signed_up("jun").await);
    let room = app.courtyard(&jun).await;
    app.join(&minji, &room).await;
    let mut service = Receiver::open().await;
    Browser::subscribe(&app, &minji, &service.url("/phone")).await;
    app.alter("UPDATE users SET email_confirmed_at = 1 WHERE email IS NOT NULL");
    let in_english = app.request("PUT", "/api/me/digest").bearer(&minji.token).header("accept-language", "en");
    in_english.json(&json!({ "minutes": 60 })).send().await.is(200);

    for text in ["is anybody there?", "@minji lunch?", "anybody else?"] {
        app.say(&jun, &room, text).await;
    }
    passes(&app, "notify").await;
    assert_eq!(service.next().await.path, "/phone");
    passes(&app, "digest").await;
    let mail = loop {
        let mail = next(&mut post).await;
        if mail.to.contains("minji") {
            break plain(&mail.body);
        }
    };
    assert!(mail.contains("@minji lunch?") && !mail.contains("anybody"), "{mail}");

    // She reads the next one on her laptop, before the phone rings.
    let sent = app.say(&jun, &room, "@minji dinner?").await;
    let laptop = app.log_in("minji").await;
    app.enter(&laptop, &room).await.ok("read", json!({ "room": room.id, "seq": sent["seq"] })).await;
    app.has_read(&minji, &sent).await;
    passes(&app, "notify").await;
    app.outbox_is_empty().await;
    assert!(service.is_empty());
    while let Ok(mail) = post.try_recv() {
        assert!(!mail.to.contains("minji"), "{}", mail.body);
    }
}
