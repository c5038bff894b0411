//! One evening in a room, over all transports, from the first visitor to the last one; and, in
//! `life`, the life of an account.

mod away;
mod life;

use serde_json::{Value, json};

use crate::support::ConnectOptions;
use crate::support::fixtures::texts;
use crate::support::{App, Person, Room, picture};

#[tokio::test]
async fn an_evening_in_the_courtyard() {
    let mut app = App::start().await;
    let lobby = app.lobby().await;

    // minji visits with a browser and creates a room, in Korean, without JavaScript.
    let front = app.get("/").header("accept-language", "ko").send().await;
    assert!(front.status == 200 && front.session().is_none());
    let form = [("title", "마당"), ("max", "3"), ("password", "sesame"), ("name", "민지")];
    let opened = app.request("POST", "/rooms").form(&form).send().await;
    let room = Room { id: opened.leads_to().strip_prefix("/room/").unwrap().to_owned(), made: Value::Null };
    let token = opened.session().unwrap();
    let user = app.get("/api/me").cookie(&token).send().await.is(200);
    let minji = Person { id: user["id"].as_str().unwrap().to_owned(), token, user };
    assert_eq!(lobby.take("newRoom").await["title"], "마당");

    // Her page connects with its cookie and takes the room from its own URL.
    let page = format!("{}/room/{}", app.url(), room.id);
    let opening = ConnectOptions { auth: json!({ "view": "html" }), ..ConnectOptions::default() }
        .header("cookie", &format!("madang_session={}", minji.token))
        .header("origin", &app.url())
        .header("referer", &page);
    let hers = app.open_socket(opening).await;
    assert_eq!(hers.take("joined").await["me"]["role"], "owner");

    // jun is a program: REST for himself, a socket for the room. The room needs a password.
    let jun = app.guest("jun").await;
    assert_eq!(app.turned_away(ConnectOptions::of(&jun).room(&room)).await["code"], "wrong_password");
    let his = app.open_socket(ConnectOptions::of(&jun).room(&room).auth("password", "sesame").auth("lang", "en")).await;
    let joined = his.take("joined").await;
    assert_eq!(texts(joined["messages"].as_array().unwrap()), ["join", "join"]);
    assert_eq!(joined["messages"][1]["text"], "jun joined.");
    let line = hers.take_where("message", |line| line["user"]["id"] == jun.id).await;
    assert_eq!(line["text"], "jun님이 입장하셨습니다.");
    assert!(line["html"].as_str().unwrap().contains("jun님이 손님으로 들어왔어요."));

    // sora joins by the form of the join page; the room is full.
    let sora = app.guest("sora").await;
    let entered =
        app.form(&sora, &format!("/room/{}/enter", room.id), &[("name", "sora"), ("password", "sesame")]).await;
    assert_eq!(entered.leads_to(), format!("/room/{}", room.id));
    let soras = app.open_socket(ConnectOptions::of(&sora).room(&room).polling()).await;
    soras.take("joined").await;
    let late = app.guest("late").await;
    let opening = ConnectOptions::of(&late).room(&room).auth("password", "sesame");
    assert_eq!(app.turned_away(opening).await["code"], "room_full");

    // They talk: messages, an animation, a whisper.
    his.ok("typing", json!({ "room": room.id })).await;
    assert_eq!(hers.take("typing").await["user"]["name"], "jun");
    let hello = his.say(&room, "hello").await;
    let upload = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    let gif = upload.multipart(Some(("cat.gif", &picture::gif(4))), &[("text", "고양이")]).send().await.is(201);
    let aside = json!({ "room": room.id, "key": "aside", "text": "psst", "to": jun.id, "replyTo": hello["seq"] });
    hers.ok("message", aside).await;
    for (client, hears_the_aside) in [(&hers, true), (&his, true), (&soras, false)] {
        client.receives("hello").await;
        assert_eq!(client.receives("고양이").await["files"], gif["files"]);
        client.settle().await;
        assert_eq!(texts(&client.all("message")).contains(&"psst"), hears_the_aside);
    }
    let url = gif["files"][0]["url"].as_str().unwrap();
    assert_eq!(picture::frame_count(&app.page(&sora, url).await.body), 4);

    // jun loses the connection and gets what he missed when it is back.
    let rev = gif["rev"].as_i64().unwrap() + 1;
    his.cut();
    hers.take("exit").await;
    app.form(&sora, "/me", &[("name", "소라")]).await;
    soras.say(&room, "아직 있어요?").await;
    let his = app.open_socket(ConnectOptions::of(&jun).room(&room).auth("since", rev)).await;
    let missed = his.take("joined").await;
    assert_eq!(texts(missed["messages"].as_array().unwrap()), ["아직 있어요?"]);
    assert_eq!(missed["messages"][0]["user"]["name"], "소라");

    // sora is banned; she cannot see her files any more.
    hers.ok("kick", json!({ "room": room.id, "userId": sora.id, "ban": true, "reason": "쉿" })).await;
    assert_eq!(soras.take("kicked").await["reason"], "쉿");
    app.page(&sora, url).await.refused(404, "not_found");
    assert_eq!(app.turned_away(ConnectOptions::of(&sora).room(&room)).await["code"], "banned");

    // The server restarts; nobody has to enter a password again.
    for client in [&hers, &his] {
        client.settle().await;
    }
    app.restart().await;
    let hers = app.enter(&minji, &room).await;
    let his = app.enter(&jun, &room).await;
    hers.say(&room, "잘 자요").await;
    his.receives("잘 자요").await;

    // minji hands the room over and leaves; the room ends with its last member.
    hers.ok("owner", json!({ "room": room.id, "userId": jun.id })).await;
    hers.ok("leave", json!({ "room": room.id })).await;
    let lobby = app.lobby().await;
    let remove = app.call(&jun, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await;
    remove.is(204);
    assert_eq!((his.take("removeRoom").await, lobby.take("removeRoom").await), (json!(room.id), json!(room.id)));
    assert_eq!((app.count("SELECT COUNT(*) FROM messages"), app.stored_files()), (0, Vec::new()));
}
