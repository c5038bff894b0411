//! Pages: what they show, and where their forms lead; all of it without JavaScript.

use serde_json::{Value, json};

use crate::support::fixtures::texts;
use crate::support::{App, Person, Room, picture};

fn room_of(path: &str) -> Room {
    Room { id: path.strip_prefix("/room/").unwrap().to_owned(), made: Value::Null }
}

#[tokio::test]
async fn a_get_creates_no_user() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let jun = app.guest("jun").await;
    for path in ["/", "/room/nowhere", &format!("/room/{}", room.id), &format!("/room/{}?enter=1", room.id)] {
        let stranger = app.get(path).send().await;
        assert_eq!(stranger.header("set-cookie"), None, "{path}");
        app.page(&jun, path).await;
    }
    assert_eq!((app.count("SELECT COUNT(*) FROM users"), app.count("SELECT COUNT(*) FROM members")), (2, 1));
}

#[tokio::test]
async fn a_path_that_is_not_text_is_not_found() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for path in ["/files/%ff", "/invite/%C3%28", "/admin/%ff", "/reset/%80", "/assets/%ff", "/socket.io/%ff"] {
        let page = app.get(path).bearer(&minji.token).header("accept", "text/html").send().await;
        assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")), "{path}");
        app.get(path).bearer(&minji.token).send().await.refused(404, "not_found");
    }
    app.get("/api/rooms/%ff").send().await.refused(404, "room_not_found");
}

#[tokio::test]
async fn a_form_creates_room_user_and_session_at_once() {
    let app = App::start().await;
    let form = [("title", "마당 <b>"), ("max", "3"), ("password", ""), ("name", "민지")];
    let answer = app.request("POST", "/rooms").form(&form).send().await;
    let room = room_of(answer.leads_to());
    let minji = Person { id: String::new(), token: answer.session().unwrap(), user: Value::Null };
    let shown = app.show(&room).await;
    assert_eq!((&shown["title"], &shown["max"], &shown["locked"]), (&json!("마당 <b>"), &json!(3), &json!(false)));
    assert_eq!((&shown["ephemeral"], &shown["owner"]["name"]), (&json!(false), &json!("민지")));
    let page = app.page(&minji, &format!("/room/{}", room.id)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("마당 &#60;b&#62;") || page.text().contains("마당 &lt;b&gt;"), "{}", page.text());
    let again = app.form(&minji, "/rooms", &[("title", "garden"), ("ephemeral", "on")]).await;
    assert_eq!(again.session(), None, "who is known stays who they are");
    assert_eq!(app.show(&room_of(again.leads_to())).await["ephemeral"], true);
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn the_join_page_shows_the_room_and_joins_by_its_form() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    app.say(&minji, &room, "a secret").await;
    let path = format!("/room/{}", room.id);
    let door = app.get(&path).header("accept-language", "en").send().await;
    assert_eq!(door.status, 200);
    let html = door.text();
    assert!(html.contains("courtyard") && html.contains(&format!("action=\"{path}/enter\"")), "{html}");
    assert!(html.contains("name=\"password\"") && html.contains("method=\"post\""), "{html}");
    assert!(!html.contains("a secret") && !html.contains(&minji.id), "{html}");
    let wrong = app.request("POST", &format!("{path}/enter")).form(&[("name", "jun"), ("password", "x")]).send().await;
    assert_eq!(wrong.leads_to(), format!("{path}?refused=wrong_password&field=password"));
    // The identity stays for the next attempt.
    let jun = Person { id: String::new(), token: wrong.session().unwrap(), user: Value::Null };
    let right = app.form(&jun, &format!("{path}/enter"), &[("name", "jun"), ("password", "sesame")]).await;
    assert_eq!((right.leads_to(), right.session()), (path.as_str(), None));
    assert!(app.page(&jun, &path).await.text().contains("a secret"));
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 2);
}

#[tokio::test]
async fn refusals_stay_on_the_page_to_join_with_the_reason() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let full = app.room(&minji, json!({ "title": "courtyard", "max": 2 })).await;
    app.join(&jun, &full).await;
    let locked = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    let barred = app.courtyard(&minji).await;
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/{}?ban=true", barred.id, sora.id), Value::Null)
        .await
        .is(204);
    let nowhere = Room { id: "0123456789abcdefghjkmnpqrs".into(), made: Value::Null };
    for (room, code, says) in [
        (&nowhere, "room_not_found", "없는 방이에요."),
        (&locked, "wrong_password&field=password", "비밀번호가 맞지 않아요."),
        (&full, "room_full", "정원이 다 찼어요."),
        (&barred, "banned", ""),
    ] {
        let answer = app.form(&sora, &format!("/room/{}/enter", room.id), &[("password", "x")]).await;
        let place = if code == "room_not_found" { "/".to_owned() } else { format!("/room/{}", room.id) };
        assert_eq!(answer.leads_to(), format!("{place}?refused={code}"));
        let page = app.get(answer.leads_to()).bearer(&sora.token).header("accept-language", "ko").send().await.text();
        assert!(page.contains(says), "{code}: {page}");
    }
    assert_eq!(app.page(&sora, "/room/nowhere").await.leads_to(), "/?refused=room_not_found");
    // Text from the URL is not shown.
    let odd = app.get("/?refused=your+account+is+locked").send().await.text();
    assert!(!odd.contains("account is locked"));
}

#[tokio::test]
async fn the_first_html_holds_the_last_page_of_history() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 1..=60 {
        app.say(&minji, &room, &format!("message no. {number}.")).await;
    }
    app.say(&minji, &room, "<script>alert(1)</script> & https://chat.example/a?b=1&c=2").await;
    let path = format!("/room/{}", room.id);
    let html = app.page(&minji, &path).await.text();
    assert!(html.contains("message no. 60.") && html.contains("message no. 12.") && !html.contains("message no. 11."));
    assert!(!html.contains("<script>alert") && html.contains("noopener noreferrer nofollow"), "{html}");
    let at = app.history(&minji, &room).await.last().unwrap()["createdAt"].as_str().unwrap().to_owned();
    assert!(html.contains(&format!("datetime=\"{at}\"")), "times are in <time>");
    let older = app.page(&minji, &format!("{path}?before=13")).await.text();
    assert!(older.contains("message no. 11.") && !older.contains("message no. 12."), "{older}");
    let part = app.page(&minji, &format!("{path}/messages?before=13")).await.text();
    assert!(part.contains("message no. 11.") && !part.contains("<html"), "{part}");
    let stranger = app.guest("stranger").await;
    app.page(&stranger, &format!("{path}/messages?before=13")).await.refused(403, "not_a_member");
    app.page(&minji, &format!("{path}/messages")).await.refused(422, "invalid");
}

#[tokio::test]
async fn every_form_of_a_room_works_without_javascript() {
    let app = App::start().await;
    let ([minji, jun, sora], room, [hers, ..]) = app.room_of_three().await;
    let path = format!("/room/{}", room.id);
    let form = async |who: &Person, act: &str, fields: &[(&str, &str)]| {
        app.form(who, &format!("{path}/{act}"), fields).await.leads_to().to_owned()
    };
    let say = |who: &Person, file: Option<(&'static str, Vec<u8>)>, text: &'static str| {
        let call = app.request("POST", &format!("{path}/messages")).cookie(&who.token);
        let file = file.as_ref().map(|(name, bytes)| (*name, bytes.as_slice()));
        call.multipart(file, &[("text", text), ("key", crate::support::key().as_str())]).send()
    };
    assert_eq!(say(&jun, None, "by form").await.leads_to(), format!("{path}#end"));
    assert_eq!(say(&jun, Some(("a.png", picture::png(4, 4))), "").await.leads_to(), format!("{path}#end"));
    // A form with an empty file field is a message without a file.
    assert_eq!(say(&jun, Some(("", Vec::new())), "no file").await.leads_to(), format!("{path}#end"));
    assert_eq!(say(&jun, None, " ").await.leads_to(), format!("{path}?refused=invalid&field=text"));
    hers.receives("no file").await;
    assert_eq!(form(&minji, "settings", &[("title", "garden"), ("max", "9"), ("password", "")]).await, path);
    assert_eq!(form(&minji, "settings", &[("title", "garden"), ("password", "sesame")]).await, path);
    assert_eq!(app.show(&room).await["locked"], true);
    assert_eq!(form(&minji, "settings", &[("title", "garden"), ("clearPassword", "on"), ("password", "")]).await, path);
    assert_eq!(app.show(&room).await["locked"], false);
    assert_eq!(form(&jun, "kick", &[("userId", &sora.id)]).await, format!("{path}?refused=forbidden"));
    assert_eq!(form(&minji, "kick", &[("userId", &sora.id), ("ban", "on")]).await, path);
    assert_eq!(form(&minji, "owner", &[("userId", &jun.id)]).await, path);
    assert_eq!(form(&jun, "messages", &[("text", "x")]).await, format!("{path}?refused=unsupported_type"));
    assert_eq!(form(&minji, "leave", &[]).await, "/");
    assert_eq!(say(&minji, None, "x").await.leads_to(), format!("{path}?refused=not_a_member"));
    let file = Some(("a.txt", b"a".to_vec()));
    assert_eq!(say(&minji, file, "").await.leads_to(), format!("{path}?refused=not_a_member"));
    assert_eq!(form(&jun, "delete", &[]).await, "/?done=deleted");
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 0);
    assert_eq!(form(&jun, "leave", &[]).await, "/?refused=gone");
    let nobody = app.request("POST", &format!("{path}/leave")).form(&[]).send().await;
    assert_eq!(nobody.leads_to(), "/?refused=unauthenticated");
}

#[tokio::test]
async fn a_room_is_found_by_its_id_or_the_link_to_it() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let upper = room.id.to_uppercase();
    for typed in
        [&room.id, &format!(" https://chat.example/room/{}?a=b#c ", room.id), &format!("/room/{}/", room.id), &upper]
    {
        let answer = app.request("POST", "/find").form(&[("room", typed)]).send().await;
        assert_eq!(answer.leads_to(), format!("/room/{}", room.id), "{typed}");
    }
    for typed in ["", "nowhere", "https://evil.example/", "//evil.example", "javascript:alert(1)"] {
        let answer = app.request("POST", "/find").form(&[("room", typed)]).send().await;
        assert_eq!(answer.leads_to(), "/?refused=room_not_found", "{typed}");
    }
}

/// Abuse: R10
#[tokio::test]
async fn forms_redirect_only_within_the_server() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for (referer, leads_to) in [
        (format!("{}/room/x?a=b", app.url()), "/room/x"),
        ("https://evil.example/room/y".to_owned(), "/room/y"),
        ("https://evil.example//evil.example".to_owned(), "/"),
        ("//evil.example".to_owned(), "/"),
        ("/\\evil.example".to_owned(), "/"),
        ("javascript:alert(1)".to_owned(), "/"),
        (String::new(), "/"),
    ] {
        for (path, field) in [("/me", ("name", "Minji")), ("/lang", ("lang", "en"))] {
            let call = app.request("POST", path).cookie(&minji.token).header("referer", &referer);
            let answer = call.form(&[field]).send().await;
            assert_eq!(answer.leads_to(), leads_to, "{path} from {referer}");
        }
    }
    assert_eq!(app.call(&minji, "GET", "/me", Value::Null).await.is(200)["name"], "Minji");
}

#[tokio::test]
async fn a_chosen_language_stays() {
    let app = App::start().await;
    let answer = app.request("POST", "/lang").header("accept-language", "ko").form(&[("lang", "en")]).send().await;
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = |cookie: &str| app.get("/").header("accept-language", "ko").header("cookie", cookie).send();
    assert!(page(&cookie).await.text().contains("<html lang=\"en\""));
    assert!(page("a=b").await.text().contains("<html lang=\"ko\""));
    app.request("POST", "/lang").form(&[("lang", "xx")]).send().await.refused(422, "invalid");
}

#[tokio::test]
async fn a_form_may_change_the_name() {
    let app = App::start().await;
    let ([minji, ..], room, [_, his, _]) = app.room_of_three().await;
    assert_eq!(app.form(&minji, "/me", &[("name", "Minji Kim")]).await.leads_to(), "/");
    assert_eq!(his.take("user").await["name"], "Minji Kim");
    let long = "x".repeat(41);
    assert_eq!(app.form(&minji, "/me", &[("name", &long)]).await.leads_to(), "/?refused=too_long&field=name");
    let nobody = app.request("POST", "/me").form(&[("name", "x")]).send().await;
    assert_eq!(nobody.leads_to(), "/?refused=unauthenticated");
    assert_eq!(texts(&app.history(&minji, &room).await), ["join", "join", "join"]);
}
