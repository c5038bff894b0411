//! Link previews (M8, M9, Z10): they follow the message, disappear with the link, and whispers are
//! never looked up.

use madang::config::Config;
use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::app::{ENTRY_POINTS, EntryPoint};
use crate::support::fixtures::fields;
use crate::support::key;
use crate::support::site::Site;
use crate::support::{App, Client, picture};

/// The test sites are on this machine, which only a test can allow.
fn previews(config: &mut Config) {
    config.has_link_previews = true;
    config.http_client.may_reach = |_, address| address.is_loopback();
}

async fn previewed(client: &Client, title: &str) -> Value {
    client.take_where("message", |message| message["preview"]["title"] == title).await
}

/// Abuse: M9
#[tokio::test]
async fn a_preview_follows_its_message_and_is_plain_text() {
    for door in ENTRY_POINTS {
        let (app, site) = (App::with(previews).await, Site::open().await);
        let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
        let htmls = app.open_socket(ConnectOptions::of(&jun).room(&room).auth("view", "html")).await;
        // A later joiner gets the preview in the snapshot.
        htmls.take("joined").await;
        let (url, text) = (site.page("/a"), format!("see {} and {}", site.page("/a"), site.page("/b")));
        let sent = match door {
            EntryPoint::Socket => hers.say(&room, &text).await,
            EntryPoint::Rest => app.say(&minji, &room, &text).await,
        };
        let first = his.receives(&text).await;
        assert!(first["preview"].is_null(), "{door:?}");
        let heard = previewed(&his, "/a").await;
        let expected = json!({ "url": url, "title": "/a", "description": "a <b>quiet</b> page", "site": "Site" });
        assert_eq!(heard["preview"], expected);
        assert_eq!((&heard["id"], &heard["seq"], &heard["text"]), (&sent["id"], &sent["seq"], &json!(text)));
        assert!(heard["rev"].as_i64() > heard["seq"].as_i64() && heard["editedAt"].is_null());
        assert_eq!(fields(&heard["preview"]), ["description", "site", "title", "url"]);
        // The sender's own sockets get it too, and so do later joiners and page reads.
        previewed(&hers, "/a").await;
        assert_eq!(app.history(&jun, &room).await.last().unwrap()["preview"], expected);
        let html = previewed(&htmls, "/a").await["html"].as_str().unwrap().to_owned();
        assert!(html.contains(&format!("<a class=\"preview\" href=\"{url}\" target=\"_blank\"")), "{html}");
        assert!(html.contains("a &#60;b&#62;quiet&#60;/b&#62; page") && !html.contains("<img"), "{html}");
        assert_eq!(site.requests(), ["/a"]);
    }
}

#[tokio::test]
async fn a_preview_goes_with_its_link() {
    let (app, site) = (App::with(previews).await, Site::open().await);
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let id = hers.say(&room, &site.page("/a")).await["id"].clone();
    previewed(&his, "/a").await;
    // The same link in another text keeps its preview, another link gets its own, no link has none.
    let edit = async |text: &str| hers.ok("edit", json!({ "id": id, "text": text })).await;
    edit(&format!("look: {}", site.page("/a"))).await;
    assert_eq!(his.receives(&format!("look: {}", site.page("/a"))).await["preview"]["title"], "/a");
    edit(&site.page("/b")).await;
    assert!(his.receives(&site.page("/b")).await["preview"].is_null());
    previewed(&his, "/b").await;
    edit("nothing to see").await;
    assert!(his.receives("nothing to see").await["preview"].is_null());
    edit(&site.page("/a")).await;
    previewed(&his, "/a").await;
    hers.ok("delete", json!({ "id": id })).await;
    let gone = his.take_where("message", |message| message["deletedAt"].is_string()).await;
    assert!(gone["preview"].is_null());
    assert!(app.history(&minji, &room).await.iter().all(|message| message["preview"].is_null()));
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE preview IS NOT NULL"), 0);
    // A cached page is not fetched again.
    assert_eq!(site.requests(), ["/a", "/b"]);
}

#[tokio::test]
async fn what_was_edited_meanwhile_gets_nothing() {
    let (app, site) = (App::with(previews).await, Site::silent().await);
    let ([minji, ..], room, [hers, his, _]) = app.room_of_three().await;
    let edited = hers.say(&room, &site.page("/edited")).await["id"].clone();
    let deleted = hers.say(&room, &site.page("/deleted")).await["id"].clone();
    for path in ["/edited", "/deleted"] {
        site.is_requested(path).await;
    }
    let rev = hers.ok("edit", json!({ "id": edited, "text": "never mind" })).await["rev"].clone();
    hers.ok("delete", json!({ "id": deleted })).await;
    site.respond();
    hers.say(&room, &site.page("/last")).await;
    previewed(&his, "/last").await;
    let history = app.history(&minji, &room).await;
    let kept = history.iter().find(|message| message["id"] == edited).unwrap();
    assert_eq!((&kept["rev"], &kept["preview"]), (&rev, &Value::Null));
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE preview IS NOT NULL"), 1);
}

/// Abuse: Z10
#[tokio::test]
async fn links_in_whispers_are_not_fetched_and_outsiders_get_no_preview() {
    let (app, site) = (App::with(previews).await, Site::open().await);
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let outsider = app.guest("outsider").await;
    let outside = app.connect(&outsider).await;
    let whisper = json!({ "room": room.id, "key": key(), "text": site.page("/secret"), "to": jun.id });
    let whispered = hers.ok("message", whisper).await;
    let other = site.page("/other-secret");
    hers.ok("edit", json!({ "id": whispered["id"], "text": other })).await;
    hers.say(&room, &site.page("/open")).await;
    previewed(&his, "/open").await;
    assert_eq!(site.requests(), ["/open"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE preview IS NOT NULL"), 1);
    // A direct room of two has previews.
    let direct = app.call(&minji, "POST", "/direct", json!({ "userId": jun.id })).await.is(201)["id"].clone();
    hers.ok("join", json!({ "room": direct })).await;
    his.ok("join", json!({ "room": direct })).await;
    hers.ok("message", json!({ "room": direct, "key": key(), "text": site.page("/for-two") })).await;
    previewed(&his, "/for-two").await;
    outside.settle().await;
    assert_eq!(outside.all("message"), [] as [Value; 0]);
}

#[tokio::test]
async fn a_link_beside_a_picture_has_one_too() {
    let (app, site) = (App::with(previews).await, Site::open().await);
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let socket = app.enter(&minji, &room).await;
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    call.multipart(Some(("a.png", &picture::png(4, 4))), &[("text", &site.page("/a"))]).send().await.is(201);
    let heard = previewed(&socket, "/a").await;
    assert_eq!(heard["files"].as_array().unwrap().len(), 1);
}

/// Abuse: M8
#[tokio::test]
async fn links_are_only_fetched_if_enabled_and_never_from_private_networks() {
    let site = Site::open().await;
    let off: fn(&mut Config) = |config| config.http_client.may_reach = |_, _| true;
    let guarded: fn(&mut Config) = |config| config.has_link_previews = true;
    for config in [off, guarded] {
        let app = App::with(config).await;
        let minji = app.guest("minji").await;
        let room = app.courtyard(&minji).await;
        let socket = app.enter(&minji, &room).await;
        for link in [site.page("/a"), "http://localhost/".into(), "http://169.254.169.254/latest".into()] {
            socket.say(&room, &link).await;
            socket.receives(&link).await;
        }
        socket.settle().await;
        assert!(socket.all("message").iter().all(|message| message["preview"].is_null()));
    }
    assert_eq!(site.requests(), [] as [&str; 0]);
}

/// Abuse: M8
#[tokio::test]
async fn previews_are_limited_by_user() {
    let app = App::with(|config| {
        previews(config);
        config.has_rate_limits = true;
    })
    .await;
    let site = Site::open().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let (hers, his) = (app.enter(&minji, &room).await, app.enter(&jun, &room).await);
    for door in 0..25 {
        hers.say(&room, &site.page(&format!("/{door}"))).await;
    }
    // All the messages were sent. Another user's link is looked up, after hers.
    his.say(&room, &site.page("/his")).await;
    for door in 0..20 {
        previewed(&his, &format!("/{door}")).await;
    }
    previewed(&his, "/his").await;
    assert_eq!(site.requests().len(), 21);
}
