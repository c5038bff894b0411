//! Mail for what was missed.

use madang::mail::Settings;
use madang::secret::Secret;
use serde_json::{Value, json};

use crate::support::mail::{Answers, Email, mail_server, next, plain};
use crate::support::{App, Person, Room};

async fn app_with_mail(port: u16) -> App {
    App::with(move |config| {
        config.origins.public = madang::origin::Origin::parse("http://chat.example.org").ok();
        let url = Secret::new(format!("smtp://127.0.0.1:{port}"));
        config.mail = Some(Settings { url, from: "마당 <madang@example.org>".into() });
        config.limits.notify_after_ms = 0;
        config.limits.jobs.digest.first_pause_ms = 0;
    })
    .await
}

/// Returns the path of the link in a mail that begins with a path.
fn link(email: &Email, begin: &str) -> String {
    let text = plain(&email.body);
    let at = text.find(&format!("http://chat.example.org{begin}")).unwrap_or_else(|| panic!("no {begin} in {text}"));
    let link = text[at..].split(['\r', '\n', '>', '"', ' ']).next().unwrap();
    link.strip_prefix("http://chat.example.org").unwrap().to_owned()
}

/// Turns the mails on after an hour, in English.
async fn turn_on(app: &App, who: &Person) -> Value {
    let request = app.request("PUT", "/api/me/digest").bearer(&who.token).header("accept-language", "en");
    request.json(&json!({ "minutes": 60 })).send().await.is(200)
}

/// Lets the hour pass after which mails are sent.
async fn an_hour_passes(app: &App, by: &Person, room: &Room) {
    app.counts("SELECT COUNT(*) FROM outbox WHERE kind = 'notify'", 0).await;
    app.alter("UPDATE outbox SET due_at = 0 WHERE kind = 'digest'");
    app.say(by, room, "wakes the worker").await;
    app.outbox_is_empty().await;
}

/// Abuse: N15
#[tokio::test]
async fn what_was_missed_is_mailed_once_to_a_confirmed_address_until_its_user_unsubscribes() {
    let answers = Answers::default();
    let (port, mut post) = mail_server(std::sync::Arc::clone(&answers)).await;
    let app = app_with_mail(port).await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    app.call(&jun, "PUT", "/me/digest", json!({ "minutes": 60 })).await.refused(403, "forbidden");
    let room = app.courtyard(&jun).await;
    app.join(&minji, &room).await;
    let refused = app.call(&minji, "PUT", "/me/digest", json!({ "minutes": 7 })).await.refused(422, "invalid");
    assert_eq!(refused["field"], "minutes");
    let digest = turn_on(&app, &minji).await;
    assert_eq!(digest, json!({ "minutes": 60, "confirmed": false }));
    let asked = next(&mut post).await;
    // Before the address is confirmed nothing is mailed.
    app.say(&jun, &room, "@minji are you there?").await;
    an_hour_passes(&app, &jun, &room).await;
    assert!(post.try_recv().is_err());
    let confirm = link(&asked, "/email/");
    for _ in 0..2 {
        assert_eq!(app.get(&confirm).send().await.status, 200, "a look uses nothing up");
    }
    assert_eq!(app.request("POST", &confirm).send().await.status, 200);
    assert_eq!(app.request("POST", &confirm).send().await.status, 410);
    assert_eq!(app.call(&minji, "GET", "/me/digest", Value::Null).await.is(200)["confirmed"], true);

    // Greylisted at first. What is for everybody is not in it.
    app.say(&jun, &room, "for everybody").await;
    app.say(&jun, &room, "@minji <b>lunch</b>?").await;
    // However much is said after it.
    for number in 0..60 {
        app.say(&jun, &room, &format!("more {number}")).await;
    }
    answers.lock().push("451 later\r\n");
    an_hour_passes(&app, &jun, &room).await;
    let email = next(&mut post).await;
    assert_eq!(email.to, "RCPT TO:<minji@example.org>");
    let text = plain(&email.body);
    for (part, is_there) in [
        ("multipart/alternative", true),
        ("@minji &#60;b&#62;lunch", true),
        ("courtyard", true),
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", true),
        ("Message-ID: <digest.", true),
        ("Date: ", true),
        ("MIME-Version: 1.0", true),
        ("for everybody", false),
        ("Reply-To", false),
    ] {
        assert_eq!(text.contains(part), is_there, "{part} in {text}");
    }
    // Nothing twice, and nothing that was read or deleted.
    app.say(&jun, &room, "@minji once more").await;
    let deleted = app.say(&jun, &room, "@minji taken back").await;
    app.call(&jun, "DELETE", &format!("/messages/{}", deleted["id"].as_str().unwrap()), Value::Null).await.is(200);
    an_hour_passes(&app, &jun, &room).await;
    let second = plain(&next(&mut post).await.body);
    assert!(second.contains("once more") && !second.contains("lunch") && !second.contains("taken back"), "{second}");
    let read = app.say(&jun, &room, "@minji this will be read").await;
    app.enter(&minji, &room).await.ok("read", json!({ "room": room.id, "seq": read["seq"] })).await;
    app.has_read(&minji, &read).await;
    an_hour_passes(&app, &jun, &room).await;
    assert!(post.try_recv().is_err());

    // A suspended user gets none.
    app.alter("UPDATE users SET suspended_at = 1 WHERE email IS NOT NULL");
    app.say(&jun, &room, "@minji while you are suspended").await;
    an_hour_passes(&app, &jun, &room).await;
    assert!(post.try_recv().is_err());
    app.alter("UPDATE users SET suspended_at = NULL WHERE email IS NOT NULL");

    // The one click of a mail program needs no session.
    let unsubscribe = link(&email, "/unsubscribe/");
    assert_eq!(app.get(&unsubscribe).send().await.status, 200);
    assert_eq!(app.call(&minji, "GET", "/me/digest", Value::Null).await.is(200)["minutes"], 60);
    let click = app.request("POST", &unsubscribe).form(&[("List-Unsubscribe", "One-Click")]).send().await;
    assert_eq!(click.status, 200);
    assert_eq!(app.call(&minji, "GET", "/me/digest", Value::Null).await.is(200)["minutes"], Value::Null);
    let forged = unsubscribe.replace(&minji.id, &jun.id);
    assert_eq!(app.request("POST", &forged).send().await.status, 410);
    app.say(&jun, &room, "@minji nobody mails this").await;
    an_hour_passes(&app, &jun, &room).await;
    assert!(post.try_recv().is_err());
    // Another address must be confirmed again.
    app.call(&minji, "PUT", "/me/digest", json!({ "minutes": 15 })).await.is(200);
    let change = json!({ "email": "other@example.org", "password": crate::support::fixtures::PASSWORD });
    app.call(&minji, "PATCH", "/me", change).await.is(200);
    assert_eq!(app.call(&minji, "GET", "/me/digest", Value::Null).await.is(200)["confirmed"], false);
}

#[tokio::test]
async fn a_mail_that_may_have_left_before_the_server_was_killed_is_not_sent_again() {
    let (port, mut post) = mail_server(Answers::default()).await;
    let app = app_with_mail(port).await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    let room = app.courtyard(&jun).await;
    app.join(&minji, &room).await;
    turn_on(&app, &minji).await;
    next(&mut post).await;
    app.outbox_is_empty().await;
    app.alter("UPDATE users SET email_confirmed_at = 1 WHERE email IS NOT NULL");
    app.say(&jun, &room, "@minji").await;
    app.counts("SELECT COUNT(*) FROM outbox WHERE kind = 'digest'", 1).await;
    // As a process leaves it that was killed while it sent.
    app.alter("UPDATE members SET mailed_seq = (SELECT r.rev FROM rooms r WHERE r.id = members.room_id)");
    an_hour_passes(&app, &jun, &room).await;
    assert!(post.try_recv().is_err());
    app.say(&jun, &room, "@minji again").await;
    an_hour_passes(&app, &jun, &room).await;
    let text = plain(&next(&mut post).await.body);
    assert!(text.contains("again") && text.matches("jun").count() == 2, "{text}");
}

/// Abuse: N15
#[tokio::test]
async fn nobody_is_asked_again_and_again_to_confirm_an_address() {
    let (port, _post) = mail_server(Answers::default()).await;
    let app = App::with(move |config| {
        config.has_rate_limits = true;
        let url = Secret::new(format!("smtp://127.0.0.1:{port}"));
        config.mail = Some(Settings { url, from: "Madang <madang@example.org>".into() });
    })
    .await;
    let minji = app.signed_up("minji").await;
    for _ in 0..100 {
        let answer = app.call(&minji, "PUT", "/me/digest", json!({ "minutes": 15 })).await;
        if answer.status == 429 {
            return;
        }
        app.call(&minji, "DELETE", "/me/digest", Value::Null).await.is(204);
    }
    panic!("a hundred mails were asked for");
}
