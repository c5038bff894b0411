//! Profiles as others see them.

use serde_json::{Value, json};

use crate::support::fixtures::fields;
use crate::support::{App, Client, Person, picture};

async fn put_picture(app: &App, who: &Person, bytes: &[u8]) -> Value {
    let call = app.request("PUT", "/api/me/picture").bearer(&who.token);
    call.multipart(Some(("me.png", bytes)), &[]).send().await.is(200)
}

#[tokio::test]
async fn a_picture_is_a_small_square_published_to_all_and_removed_with_its_last_owner() {
    let app = App::start().await;
    let ([minji, jun, _], _room, [_, his, _]) = app.room_of_three().await;
    let user = put_picture(&app, &minji, &picture::png(900, 600)).await;
    let url = user["picture"].as_str().unwrap().to_owned();
    assert!(url.starts_with("/pictures/") && url.len() == 74, "{url}");
    assert_eq!(his.take("user").await, user);
    let shown = app.get(&url).bearer(&jun.token).send().await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, Some("private, max-age=31536000, immutable")));
    assert!(shown.header("content-security-policy").unwrap().contains("sandbox"));
    let made = image::load_from_memory(&shown.body).unwrap();
    assert_eq!((made.width(), made.height()), (256, 256));
    app.get(&url).send().await.refused(401, "unauthenticated");
    // Two users with the same picture: the bytes are kept while one of them has it.
    assert_eq!(put_picture(&app, &jun, &picture::png(900, 600)).await["picture"], user["picture"]);
    assert_eq!(app.stored_files().len(), 1);
    assert_eq!(app.call(&minji, "DELETE", "/me/picture", Value::Null).await.is(200)["picture"], Value::Null);
    assert_eq!(app.stored_files().len(), 1);
    put_picture(&app, &jun, &picture::gif(3)).await;
    assert_eq!(app.stored_files().len(), 1);
    app.get(&url).bearer(&jun.token).send().await.refused(404, "not_found");
    app.call(&jun, "DELETE", "/me/picture", Value::Null).await.is(200);
    assert!(app.stored_files().is_empty());
}

#[tokio::test]
async fn other_files_are_refused_and_files_of_messages_are_not_profile_pictures() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for bytes in [b"<svg/>".as_slice(), b"%PDF-1.7", &picture::pixel_flood()] {
        let call = app.request("PUT", "/api/me/picture").bearer(&minji.token);
        let answer = call.multipart(Some(("me.png", bytes)), &[]).send().await;
        assert!(matches!(answer.status, 415 | 422), "{}", answer.text());
    }
    let room = app.courtyard(&minji).await;
    let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    call.multipart(Some(("cat.png", &picture::png(8, 8))), &[]).send().await.is(201);
    let hash = app.stored_files().pop().unwrap();
    for hash in [hash.as_str(), "..", "%2e%2e%2fmadang.db", &"A".repeat(64), &"0".repeat(64)] {
        app.get(&format!("/pictures/{hash}")).bearer(&minji.token).send().await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn an_accounts_profile_is_public_a_guests_only_for_shared_rooms() {
    let app = App::start().await;
    let (minji, guest, jun) = (app.signed_up("minji").await, app.guest("sora").await, app.guest("jun").await);
    let bio = app.call(&minji, "PATCH", "/me", json!({ "bio": " sea\nand sky " })).await.is(200);
    assert_eq!(bio["bio"], "sea and sky");
    let look = |id: &str| {
        let path = format!("/users/{id}");
        let (app, jun) = (&app, &jun);
        async move { app.call(jun, "GET", &path, Value::Null).await }
    };
    let profile = look(&minji.id).await.is(200);
    for field in ["bio", "color", "createdAt", "id", "kind", "name", "picture"] {
        assert!(fields(&profile).contains(&field), "{profile}");
    }
    assert_eq!(
        (profile["bio"].as_str(), profile.get("email"), profile.get("isAdmin")),
        (Some("sea and sky"), None, None)
    );
    look(&guest.id).await.refused(404, "not_found");
    look(&jun.id).await.is(200);
    let room = app.courtyard(&guest).await;
    app.join(&jun, &room).await;
    assert_eq!(look(&guest.id).await.is(200)["name"], "sora");
    look("nobody").await.refused(404, "not_found");
    let long = json!({ "bio": "x".repeat(161) });
    assert_eq!(app.call(&minji, "PATCH", "/me", long).await.refused(422, "too_long")["field"], "bio");
    let hidden = app.call(&minji, "PATCH", "/me", json!({ "hidesPresence": true })).await.is(200);
    assert_eq!((&hidden["hidesPresence"], &hidden["bio"]), (&json!(true), &json!("sea and sky")));
}

/// Abuse: Z9
#[tokio::test]
async fn nothing_tells_that_a_user_who_hides_their_presence_is_there() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _third]) = app.room_of_three().await;
    let members = || async {
        let members = app.call(&jun, "GET", &format!("/rooms/{}/members", room.id), Value::Null).await.is(200);
        let members = members["members"].as_array().unwrap().clone();
        let hidden = members.into_iter().find(|member| member["user"]["id"] == minji.id).unwrap();
        (hidden["online"].clone(), hidden["presence"].clone())
    };
    assert_eq!(members().await, (json!(true), json!("online")));
    app.call(&minji, "PATCH", "/me", json!({ "hidesPresence": true })).await.is(200);
    let left = his.take_where("exit", |exit| exit["user"]["id"] == minji.id).await;
    assert_eq!(left["count"], 2);
    assert_eq!(members().await, (json!(false), json!("offline")));
    assert_eq!(app.show(&room).await["onlineCount"], 2);
    hers.ok("typing", json!({ "room": room.id })).await;
    let is_hers = |event: &Value| event["user"]["id"] == minji.id;
    let told = || [his.all("join"), his.all("exit")].map(|events| events.iter().filter(|one| is_hers(one)).count());
    let before = told();
    // She comes back with another socket, is still hidden, and can talk.
    hers.cut();
    let again = app.enter(&minji, &room).await;
    again.ok("typing", json!({ "room": room.id })).await;
    again.say(&room, "here I am").await;
    his.receives("here I am").await;
    assert!(his.all("typing").is_empty());
    assert_eq!(told(), before);
    assert_eq!(app.show(&room).await["onlineCount"], 2);
    app.call(&minji, "PATCH", "/me", json!({ "hidesPresence": false })).await.is(200);
    his.take_where("join", |join| is_hers(join) && join["count"] == 3).await;
}

#[tokio::test]
async fn who_keeps_read_marks_to_themselves_shows_and_sees_none() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, his, soras]) = app.room_of_three().await;
    app.call(&minji, "PATCH", "/me", json!({ "hidesReads": true })).await.is(200);
    let seq = soras.say(&room, "read this").await["seq"].clone();
    hers.receives("read this").await;
    hers.ok("read", json!({ "room": room.id, "seq": seq })).await;
    // Her own screens know.
    assert_eq!(hers.take("read").await["userId"], minji.id);
    his.ok("read", json!({ "room": room.id, "seq": seq })).await;
    let told = json!({ "room": room.id, "userId": jun.id, "seq": seq });
    assert_eq!((his.take("read").await, soras.take("read").await), (told.clone(), told));
    // By REST, by the page and to a socket that joins now: hers are told to nobody, and nobody's to her.
    let marks = |members: &Value| {
        let members = members.as_array().unwrap().iter();
        let mark_of = |id: &str| members.clone().find(|one| one["user"]["id"] == id).unwrap()["readSeq"].clone();
        [mark_of(&minji.id), mark_of(&jun.id), mark_of(&sora.id)].map(|mark| !mark.is_null())
    };
    let listed = async |who: &Person| {
        let path = format!("/rooms/{}/members", room.id);
        marks(&app.call(who, "GET", &path, Value::Null).await.is(200)["members"])
    };
    assert_eq!(listed(&jun).await, [false, true, true]);
    assert_eq!(listed(&minji).await, [false, false, false]);
    let again = app.connect(&minji).await;
    let joined = again.ok("join", json!({ "room": room.id })).await;
    assert_eq!(marks(&joined["members"]), [false, false, false]);
    assert_eq!(joined["me"]["readSeq"], seq);
    let others = |client: &Client| client.all("read").iter().any(|read| read["userId"] != minji.id);
    assert!(!others(&hers) && !others(&again));
    app.call(&minji, "PATCH", "/me", json!({ "hidesReads": false })).await.is(200);
    assert_eq!(listed(&minji).await, [true; 3]);
    let seq = soras.say(&room, "and this").await["seq"].clone();
    his.receives("and this").await;
    his.ok("read", json!({ "room": room.id, "seq": seq })).await;
    assert_eq!(hers.take("read").await["userId"], jun.id);
}

#[tokio::test]
async fn who_hides_their_presence_does_not_see_that_of_others() {
    let app = App::start().await;
    let ([minji, jun, _], room, [hers, his, _third]) = app.room_of_three().await;
    app.call(&minji, "PATCH", "/me", json!({ "hidesPresence": true })).await.is(200);
    let path = format!("/rooms/{}/members", room.id);
    let online = async |who: &Person| {
        let members = app.call(who, "GET", &path, Value::Null).await.is(200)["members"].clone();
        let members = members.as_array().unwrap().iter().filter(|one| one["online"] == true);
        members.map(|one| one["user"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut seen = online(&jun).await;
    seen.sort();
    assert_eq!(seen, ["jun", "sora"]);
    assert_eq!(online(&minji).await, [""; 0]);
    let before = [hers.all("join").len(), hers.all("exit").len(), hers.all("presence").len()];
    his.cut();
    let again = app.enter(&jun, &room).await;
    again.say(&room, "I am back").await;
    hers.receives("I am back").await;
    assert_eq!([hers.all("join").len(), hers.all("exit").len(), hers.all("presence").len()], before);
}

#[tokio::test]
async fn of_two_changes_at_once_the_one_that_is_stored_decides_who_sees_a_user() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    let _sockets = (app.enter(&minji, &room).await, app.enter(&jun, &room).await);
    for _ in 0..40 {
        let hide = |hides: bool| app.call(&minji, "PATCH", "/me", json!({ "hidesPresence": hides }));
        let (one, other) = tokio::join!(hide(true), hide(false));
        one.is(200);
        other.is(200);
        let is_hidden = app.call(&minji, "GET", "/me", Value::Null).await.is(200)["hidesPresence"] == true;
        assert_eq!(app.show(&room).await["onlineCount"], if is_hidden { 1 } else { 2 });
    }
}
