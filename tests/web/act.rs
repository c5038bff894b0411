//! Actions on messages by form, and the parts and pages around them.

use serde_json::{Value, json};

use crate::support::{App, Person, Room};

async fn acts(app: &App, by: &Person, room: &Room, id: &Value, act: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("id", id.as_str().unwrap()), ("act", act)];
    fields.extend(more);
    app.form(by, &format!("/room/{}/acts", room.id), &fields).await.leads_to().to_owned()
}

#[tokio::test]
async fn every_action_has_a_form_that_redirects_to_the_message() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let said = app.say(&jun, &room, "hello").await;
    let (id, seq) = (&said["id"], &said["seq"]);
    let there = format!("/room/{}?at={seq}#m-{seq}", room.id);
    assert_eq!(acts(&app, &jun, &room, id, "edit", &[("text", "hello there")]).await, there);
    assert_eq!(acts(&app, &minji, &room, id, "react", &[("emoji", "👍")]).await, there);
    assert_eq!(acts(&app, &minji, &room, id, "pin", &[]).await, there);
    let message = app.history(&jun, &room).await.pop().unwrap();
    assert_eq!((&message["text"], &message["reactions"][0]["count"]), (&json!("hello there"), &json!(1)));
    // The same button removes the reaction.
    acts(&app, &minji, &room, id, "react", &[("emoji", "👍")]).await;
    assert_eq!(app.history(&jun, &room).await.pop().unwrap()["reactions"], json!([]));
    let pins = app.page(&jun, &format!("/room/{}/pins", room.id)).await.text();
    assert!(pins.contains("hello there") && !pins.contains("value=\"unpin\""), "{pins}");
    let pins = app.page(&minji, &format!("/room/{}/pins", room.id)).await.text();
    assert!(pins.contains("value=\"unpin\""), "{pins}");
    acts(&app, &minji, &room, id, "reply", &[("text", "and you")]).await;
    let answer = app.history(&jun, &room).await.pop().unwrap();
    assert_eq!((&answer["text"], &answer["replyTo"]["seq"]), (&json!("and you"), seq));
    acts(&app, &minji, &room, id, "delete", &[]).await;
    assert!(!app.page(&jun, &format!("/room/{}", room.id)).await.text().contains("hello there"));
}

#[tokio::test]
async fn a_form_does_no_more_than_its_sender_may() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    for person in [&jun, &sora] {
        app.join(person, &room).await;
    }
    let said = app.say(&minji, &room, "hello").await;
    let refused = format!("/room/{}?refused=forbidden", room.id);
    for act in ["edit", "delete", "pin"] {
        assert_eq!(acts(&app, &jun, &room, &said["id"], act, &[("text", "mine now")]).await, refused, "{act}");
    }
    let hush = app.send(&minji, &room, json!({ "text": "hush", "to": jun.id })).await;
    assert_eq!(acts(&app, &sora, &room, &hush["id"], "reply", &[("text", "I hear")]).await, refused);
    // A reply to a whisper is a whisper to the other user.
    acts(&app, &jun, &room, &hush["id"], "reply", &[("text", "yes")]).await;
    let answer = app.history(&jun, &room).await.pop().unwrap();
    assert_eq!((&answer["kind"], &answer["to"]["id"]), (&json!("whisper"), &json!(minji.id)));
    assert!(!app.page(&sora, &format!("/room/{}", room.id)).await.text().contains(">yes<"));
    let stranger = app.guest("stranger").await;
    assert_eq!(acts(&app, &stranger, &room, &said["id"], "react", &[("emoji", "👍")]).await, refused);
    app.page(&stranger, &format!("/room/{}/pins", room.id)).await.refused(403, "not_a_member");
}

#[tokio::test]
async fn history_is_read_around_a_seq_or_since_a_time() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let mut seqs = Vec::new();
    for number in 1..=120 {
        seqs.push(app.say(&minji, &room, &format!("message no. {number}.")).await["seq"].clone());
    }
    let path = format!("/room/{}", room.id);
    let page = app.page(&minji, &format!("{path}?at={}", seqs[59])).await.text();
    assert!(page.contains("message no. 60.") && page.contains("class=\"older\"") && page.contains("class=\"newer\""));
    assert!(page.contains(&format!("data-timeline-at-value=\"{}\"", seqs[59])));
    let part = app.page(&minji, &format!("{path}/messages?around={}", seqs[59])).await.text();
    assert!(part.contains("message no. 60.") && part.contains("data-older") && part.contains("data-newer"));
    let since = app.page(&minji, &format!("{path}/messages?since=2020-01-01T00:00:00%2B09:00")).await.text();
    assert!(since.contains("message no. 1.") && since.contains("data-newer") && !since.contains("data-older"));
    for query in ["since=yesterday", "around=1&since=2020-01-01T00:00:00Z", "around=-1"] {
        app.page(&minji, &format!("{path}/messages?{query}")).await.refused(422, "invalid");
    }
}

#[tokio::test]
async fn a_direct_room_has_the_other_users_name_and_is_in_both_lobbies() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let path = app.form(&minji, "/direct", &[("userId", &jun.id)]).await.leads_to().to_owned();
    let page = app.page(&minji, &path).await.text();
    assert!(page.contains("<title>jun") && page.contains("data-kind=\"direct\""), "{page}");
    for gone in ["popovertarget=\"settings\"", "popovertarget=\"share\""] {
        assert!(!page.contains(gone), "{gone}");
    }
    let room = Room { id: path.rsplit('/').next().unwrap().to_owned(), made: Value::Null };
    app.say(&minji, &room, "are you there?").await;
    let lobby = app.page(&jun, "/").await.text();
    assert!(
        lobby.contains(&path) && lobby.contains("are you there?") && lobby.contains("data-unread=\"1\""),
        "{lobby}"
    );
    assert!(!app.page(&sora, "/").await.text().contains(&path));
    assert_eq!(app.page(&sora, &path).await.leads_to(), "/?refused=room_not_found");
}
