//! Messages are found by their words, only by users who can see them.

use form_urlencoded::byte_serialize;
use serde_json::{Value, json};

use crate::support::fixtures::{fields, texts};
use crate::support::{App, Person, Response};

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

impl App {
    async fn search(&self, who: &Person, q: &str, rest: &str) -> Response {
        self.call(who, "GET", &format!("/search?q={}{rest}", encoded(q)), Value::Null).await
    }

    async fn found(&self, who: &Person, q: &str) -> Vec<Value> {
        self.search(who, q, "").await.is(200)["messages"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_message_is_found_by_its_text_with_the_words_marked() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let said = app.say(&minji, &room, "밤하늘에서\n<b>유성우</b>가 보인대요").await;
    let answer = app.search(&minji, "하늘 유성우", "").await.is(200);
    assert_eq!((fields(&answer), &answer["next"]), (vec!["messages", "next"], &Value::Null));
    let hit = &answer["messages"][0];
    assert_eq!(hit["excerpt"], json!({ "text": "밤하늘에서 <b>유성우</b>가 보인대요", "marks": [[1, 3], [9, 12]] }));
    for field in ["id", "seq", "roomId", "text", "user", "kind", "createdAt"] {
        assert_eq!(hit[field], said[field], "{field}");
    }
    let page = app.page(&minji, &format!("/search?q={}", encoded("유성우"))).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("&#60;b&#62;<mark>유성우</mark>&#60;/b&#62;가"), "{}", page.text());
    let link = format!("/room/{}?at={}#m-{}", room.id, said["seq"], said["seq"]);
    assert!(page.text().contains(&link), "{}", page.text());
}

#[tokio::test]
async fn what_narrows_a_search() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let room = app.courtyard(&minji).await;
    let garden = app.room(&minji, json!({ "title": "뒷뜰 정원" })).await;
    app.join(&jun, &room).await;
    app.say(&minji, &room, "김밥 하나").await;
    app.say(&jun, &room, "김밥 둘").await;
    app.say(&minji, &garden, "김밥 셋").await;
    for (q, found) in [
        ("김밥", &["김밥 셋", "김밥 둘", "김밥 하나"][..]),
        ("김밥 from:jun", &["김밥 둘"]),
        ("from:MINJI 김밥", &["김밥 셋", "김밥 하나"]),
        ("in:정원 김밥", &["김밥 셋"]),
        ("in:\"뒷뜰 정원\"", &["김밥 셋"]),
        ("in:courtyard from:minji", &["김밥 하나"]),
        ("in:nowhere 김밥", &[]),
        ("from:nobody 김밥", &[]),
        ("has:file 김밥", &[]),
        ("before:2020-01-01 김밥", &[]),
        ("after:2020-01-01 김밥 -", &[]),
        ("after:2020-01-01 before:2100-01-01 셋", &["김밥 셋"]),
        ("\"김밥 둘\"", &["김밥 둘"]),
        ("둘 김밥", &["김밥 둘"]),
    ] {
        assert_eq!(texts(&app.found(&minji, q).await), found, "{q}");
    }
    assert_eq!(texts(&app.found(&minji, &format!("from:{} 김밥", jun.id)).await), ["김밥 둘"]);
    assert_eq!(texts(&app.found(&minji, &format!("in:{} 김밥", garden.id)).await), ["김밥 셋"]);
    for (rest, count) in [
        (format!("&room={}", room.id), 2),
        (format!("&from={}", jun.id), 1),
        ("&from=jun".into(), 1),
        ("&before=2020-01-01".into(), 0),
        ("&after=2020-01-01T00:00:00Z".into(), 3),
        ("&after=2020-01-01&zone=540".into(), 3),
    ] {
        let found = app.search(&minji, "김밥", &rest).await.is(200);
        assert_eq!(found["messages"].as_array().unwrap().len(), count, "{rest}");
    }
    let first = app.search(&minji, "김밥", "&limit=2").await.is(200);
    let next = format!("&limit=2&before={}", first["next"].as_str().unwrap());
    let second = app.search(&minji, "김밥", &next).await.is(200);
    assert_eq!((texts(second["messages"].as_array().unwrap()), &second["next"]), (vec!["김밥 하나"], &Value::Null));
}

#[tokio::test]
async fn a_word_is_found_however_it_was_typed() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for text in ["don’t be “shy”", "밤하\u{200b}늘", "ΟΔΟΣ", "Straße"] {
        app.say(&minji, &room, text).await;
    }
    for (q, text) in [
        ("don't", "don’t be “shy”"),
        ("하늘", "밤하\u{200b}늘"),
        ("밤\u{200d}하늘", "밤하\u{200b}늘"),
        ("οδος", "ΟΔΟΣ"),
        ("οδοσ", "ΟΔΟΣ"),
        ("STRASSE", "Straße"),
    ] {
        assert_eq!(texts(&app.found(&minji, q).await), [text], "{q}");
    }
}

#[tokio::test]
async fn a_word_is_found_by_its_initial_consonants() {
    let app = App::start().await;
    let [minji, jun, _] = app.three_guests().await;
    let (room, other) = (app.courtyard(&minji).await, app.courtyard(&jun).await);
    for text in ["홍길동이 왔어요", "우리홍길동", "ㅎㄱㄷ이 누구?", "하고 다시", "고맙습니다 감사", "ㄱㅅ!"]
    {
        app.say(&minji, &room, text).await;
    }
    app.say(&jun, &other, "홍길동은 비밀이에요").await;
    let texts_of =
        async |q: &str| texts(&app.found(&minji, q).await).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts_of("ㅎㄱㄷ").await, ["ㅎㄱㄷ이 누구?", "홍길동이 왔어요"]);
    assert_eq!(texts_of("ㅎㄱㄷ 왔어요").await, ["홍길동이 왔어요"]);
    assert_eq!(texts_of("ㄳ").await, ["ㄱㅅ!", "고맙습니다 감사"]);
    app.search(&minji, "ㅎ", "").await.is(200);
}

/// Abuse: Q1, Q2, Q3, Q4
#[tokio::test]
async fn query_operators_are_plain_text() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, "plain").await;
    for q in [
        "a AND plain",
        "NEAR(plain)",
        "words:plain",
        "plain*",
        "^plain",
        "(plain",
        "plain OR x",
        "NOT plain",
        "%",
        "_lain",
        "pl%",
        ".*",
        "plain & x",
        "plain:*",
        "'; DROP TABLE messages; --",
        "\\",
        "plain\0",
        "{plain}",
        "search:x",
        "-plain",
        "\u{e000}plain",
        "🎉",
        "\u{202e}",
    ] {
        let answer = app.search(&minji, q, "").await;
        assert!([200, 422].contains(&answer.status), "{q}: {}", answer.text());
        if answer.status == 200 {
            assert!(answer.json()["messages"].as_array().unwrap().is_empty(), "{q}");
        }
    }
    for q in ["", " ", "!", "\"\"", "before:noon", &"a ".repeat(17)] {
        assert_eq!(app.search(&minji, q, "").await.refused(422, "invalid")["field"], "q", "{q}");
    }
    assert_eq!(app.search(&minji, &"가".repeat(201), "").await.refused(422, "too_long")["field"], "q");
    let terms = vec!["plain"; 1_000].join(" ");
    assert_eq!(app.search(&minji, &terms, "").await.refused(422, "too_long")["field"], "q");
    for (rest, field) in [
        ("&limit=0", "limit"),
        ("&limit=101", "limit"),
        ("&before=x", "before"),
        ("&after=x", "after"),
        ("&zone=9999", "zone"),
        ("&sort=x", "sort"),
    ] {
        assert_eq!(app.search(&minji, "plain", rest).await.refused(422, "invalid")["field"], field, "{rest}");
    }
    for q in ["PLAIN", "pl", "\"plain"] {
        assert_eq!(texts(&app.found(&minji, q).await), ["plain"], "{q}");
    }
}

/// Abuse: Q5, Z2
#[tokio::test]
async fn only_visible_messages_are_found() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let room = app.room(&minji, json!({ "title": "잠긴 방", "password": "열려라" })).await;
    let said = app.say(&minji, &room, "암호는 수박").await;
    assert!(app.found(&jun, "수박").await.is_empty(), "of a locked room one is not in");
    app.search(&jun, "수박", &format!("&room={}", room.id)).await.refused(403, "not_a_member");
    app.search(&jun, "수박", "&room=nowhere").await.refused(404, "room_not_found");
    assert_eq!(app.page(&jun, &format!("/search?room={}", room.id)).await.leads_to(), "/?refused=not_a_member");
    let joined = app.call(&jun, "POST", &format!("/rooms/{}/members", room.id), json!({ "password": "열려라" })).await;
    joined.is(200);
    assert_eq!(app.found(&jun, "수박").await.len(), 1);
    app.call(&minji, "DELETE", &format!("/rooms/{}/members/{}", room.id, jun.id), Value::Null).await.is(204);
    assert!(app.found(&jun, "수박").await.is_empty(), "after a kick");

    let direct = app.call(&minji, "POST", "/direct", json!({ "userId": sora.id })).await.is(201);
    let path = format!("/rooms/{}/messages", direct["id"].as_str().unwrap());
    app.call(&minji, "POST", &path, json!({ "text": "둘만의 수박" })).await.is(201);
    assert_eq!(app.found(&sora, "수박").await.len(), 1);
    assert!(app.found(&jun, "수박").await.is_empty(), "of others' direct room");
    let elsewhere = format!("&room={}", direct["id"].as_str().unwrap());
    app.search(&jun, "수박", &elsewhere).await.refused(404, "room_not_found");
    let page = app.page(&sora, &format!("/search?q={}", encoded("수박"))).await.text();
    assert!(page.contains("minji</a></h2>"), "a direct room is called by the other: {page}");

    let id = said["id"].as_str().unwrap();
    app.call(&minji, "PATCH", &format!("/messages/{id}"), json!({ "text": "암호는 참외" })).await.is(200);
    assert_eq!(texts(&app.found(&minji, "암호").await), ["암호는 참외"]);
    assert_eq!(texts(&app.found(&minji, "수박").await), ["둘만의 수박"]);
    app.call(&minji, "DELETE", &format!("/messages/{id}"), Value::Null).await.is(200);
    assert!(app.found(&minji, "참외").await.is_empty());
    app.get("/api/search?q=x").send().await.refused(401, "unauthenticated");
    assert_eq!(app.get("/search?q=x").send().await.leads_to(), "/login?next=%2Fsearch%3Fq%3Dx");
}

/// Abuse: Q7
#[tokio::test]
async fn searches_are_rate_limited() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let searches: Vec<_> = (0..100).map(|_| app.search(&minji, "x", "")).collect();
    let mut statuses = Vec::new();
    for search in searches {
        statuses.push(search.await.status);
    }
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(statuses.iter().filter(|&&status| status == 429).count() >= 20, "{statuses:?}");
}

#[tokio::test]
async fn without_an_index_search_says_so_and_a_reindex_restores_it() {
    let mut app = App::with(|config| config.has_search = false).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, "옛날 이야기").await;
    app.search(&minji, "옛날", "").await.refused(503, "search_unavailable");
    let page = app.page(&minji, &format!("/search?q={}", encoded("옛날"))).await;
    assert!(page.status == 503 && page.text().contains("class=\"notice\""), "{}", page.text());
    assert!(!app.page(&minji, "/").await.text().contains("href=\"/search\""), "what cannot work is not offered");
    let index = if testkit::postgres::is_wanted() { "search" } else { "search_docsize" };
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM {index}")), 0);

    app.restart_with(|_| {}).await;
    app.search(&minji, "옛날", "").await.refused(503, "search_unavailable");
    app.say(&minji, &room, "새 이야기").await;
    app.reindex().await.unwrap();
    assert_eq!(texts(&app.found(&minji, "이야기").await), ["새 이야기", "옛날 이야기"]);

    // Switched off again: messages sent meanwhile are missing from the index, and the server knows it.
    app.restart_with(|config| config.has_search = false).await;
    assert!(app.reindex().await.unwrap_err().contains("SEARCH=off"));
    app.say(&minji, &room, "끼어든 이야기").await;
    app.restart_with(|_| {}).await;
    app.search(&minji, "이야기", "").await.refused(503, "search_unavailable");
    app.reindex().await.unwrap();
    assert_eq!(app.found(&minji, "이야기").await.len(), 3);
    app.restart().await;
    assert_eq!(app.found(&minji, "이야기").await.len(), 3);
}

/// Abuse: Q6
#[tokio::test]
async fn invisible_messages_change_no_count_and_no_page() {
    let app = App::start().await;
    let [minji, jun, sora] = app.three_guests().await;
    let (room, hidden) = (app.courtyard(&minji).await, app.courtyard(&minji).await);
    for person in [&jun, &sora] {
        app.join(person, &room).await;
    }
    for number in 0..5 {
        app.say(&minji, &room, &format!("수박 {number}")).await;
        // Messages in between that jun may not see: from another room, and a whisper.
        app.say(&minji, &hidden, "수박 몰래").await;
        app.send(&minji, &room, json!({ "text": "수박 귓속말", "to": sora.id })).await;
    }
    let first = app.search(&jun, "수박", "&limit=3").await.is(200);
    assert_eq!(texts(first["messages"].as_array().unwrap()), ["수박 4", "수박 3", "수박 2"], "a page is full");
    let rest = format!("&limit=3&before={}", first["next"].as_str().unwrap());
    let second = app.search(&jun, "수박", &rest).await.is(200);
    assert_eq!(
        (texts(second["messages"].as_array().unwrap()), &second["next"]),
        (vec!["수박 1", "수박 0"], &Value::Null)
    );
    // The last page is the last, although more messages match.
    assert_eq!(app.search(&jun, "수박", "&limit=5").await.is(200)["next"], Value::Null);
    // A word that only others can see and a word that does not exist get the same answer, also on
    // the page.
    let answers = [app.search(&jun, "몰래", "").await, app.search(&jun, "참외", "").await];
    assert_eq!(answers[0].body, answers[1].body);
    let page = async |q: &str| app.page(&jun, &format!("/search?q={}", encoded(q))).await.text().replace(q, "…");
    assert_eq!(page("귓속말").await.matches("<mark>").count(), 0);
    assert_eq!(page("몰래").await, page("참외").await);
    assert_eq!(app.found(&sora, "귓속말").await.len(), 5);
}

/// Abuse: Q7
#[tokio::test]
async fn concurrent_searches_delay_no_send() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    for number in 0..20 {
        app.say(&minji, &room, &format!("수박 {number}")).await;
    }
    let searches = (0..100).map(|_| {
        let path = format!("/api/search?q={}", encoded("수박"));
        tokio::spawn(app.get(&path).bearer(&minji.token).send())
    });
    let searches: Vec<_> = searches.collect();
    let client = app.enter(&minji, &room).await;
    for number in 0..20 {
        client.say(&room, &format!("참외 {number}")).await;
    }
    for search in searches {
        let answer = search.await.unwrap();
        assert!(matches!(answer.status, 200 | 503), "{}", answer.text());
    }
}
