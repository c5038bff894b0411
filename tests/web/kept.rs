//! Pages that are kept for a moment: the same for who asks again, never another's, never old.

use crate::support::App;

#[tokio::test]
async fn a_kept_page_shows_each_change_at_once() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let path = format!("/room/{}", room.id);
    for text in ["one", "two", "three"] {
        app.say(&jun, &room, text).await;
        for _ in 0..2 {
            assert!(app.page(&minji, &path).await.text().contains(text), "{text}");
        }
    }
    let here = |count| format!("<b data-room-target=\"online\">{count}</b>");
    assert!(app.page(&minji, &path).await.text().contains(&here(0)));
    let _here = app.enter(&jun, &room).await;
    assert!(app.page(&minji, &path).await.text().contains(&here(1)));
}

#[tokio::test]
async fn who_knows_a_page_is_told_so_before_and_after_it_is_kept() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let path = format!("/room/{}", room.id);
    let tag = app.page(&minji, &path).await.header("etag").unwrap().to_owned();
    let ask = || app.get(&path).cookie(&minji.token).header("if-none-match", &tag).header("accept-encoding", "gzip");
    for _ in 0..2 {
        let answer = ask().send().await;
        assert_eq!((answer.status, answer.header("etag"), answer.text().as_str()), (304, Some(tag.as_str()), ""));
        assert_eq!((answer.header("content-encoding"), answer.header("content-type")), (None, None));
    }
    let other = app.get("/").cookie(&minji.token).header("if-none-match", "*").send().await;
    assert_eq!(other.status, 304, "pages that are not kept, too");
    app.say(&minji, &room, "new").await;
    assert!(app.page(&minji, &path).await.text().contains("new"));
    assert_eq!(ask().send().await.status, 200);
}

#[tokio::test]
async fn a_kept_page_is_for_who_asked_and_as_they_asked() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let path = format!("/room/{}", room.id);
    for person in [&minji, &jun, &minji, &jun] {
        let page = app.page(person, &path).await.text();
        assert!(page.contains(&format!(" data-me=\"{}\"", person.id)));
    }
    let asked = |lang: &str| app.get(&path).cookie(&minji.token).header("accept-language", lang);
    for (lang, html) in [("ko", "lang=\"ko\""), ("en", "lang=\"en\""), ("ko", "lang=\"ko\"")] {
        assert!(asked(lang).send().await.text().contains(html), "{lang}");
    }
    for _ in 0..2 {
        let packed = asked("ko").header("accept-encoding", "gzip").send().await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        let plain = asked("ko").send().await;
        assert_eq!(plain.header("content-encoding"), None);
        let tag = plain.header("etag").unwrap();
        assert_eq!(packed.header("etag"), Some(tag));
        assert_eq!(asked("ko").header("if-none-match", tag).send().await.status, 304);
    }
    let foreign = asked("ko").header("origin", "https://evil.example").send().await;
    assert_eq!(foreign.status, 403);
    app.form(&minji, "/logout", &[]).await;
    let after = asked("ko").send().await;
    assert!(!after.text().contains(&minji.id.to_string()), "the page of a session that has ended");
}
