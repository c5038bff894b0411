//! The user directory.

use form_urlencoded::byte_serialize;
use serde_json::{Value, json};

use crate::support::fixtures::{blob, fields};
use crate::support::{App, Person, Response};

impl App {
    async fn people(&self, who: &Person, query: &str) -> Response {
        self.call(who, "GET", &format!("/users?{query}"), Value::Null).await
    }

    async fn named(&self, who: &Person, q: &str) -> Vec<String> {
        let q: String = byte_serialize(q.as_bytes()).collect();
        names(&self.people(who, &format!("q={q}")).await.is(200))
    }
}

fn names(page: &Value) -> Vec<String> {
    let users = page["users"].as_array().unwrap();
    users.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn accounts_are_listed_by_name_and_found_by_any_part_of_it() {
    let app = App::start().await;
    for name in ["홍길동", "김수현", "Minji Kim", "임꺽정", "100%_\\"] {
        app.account(name).await;
    }
    let magpie = app.account("까치").await;
    let guest = app.guest("길동이").await;
    let page = app.people(&guest, "").await.is(200);
    assert_eq!(fields(&page), ["next", "users"]);
    assert_eq!(names(&page), ["100%_\\", "Minji Kim", "김수현", "까치", "임꺽정", "홍길동"]);
    for user in page["users"].as_array().unwrap() {
        assert_eq!(fields(user), ["color", "id", "kind", "name", "picture"], "no more than everybody may know");
        assert_eq!(user["kind"], "account");
    }
    for (q, found) in [
        ("길동", &["홍길동"][..]),
        ("ㅎㄱㄷ", &["홍길동"]),
        ("ㄱㄷ", &["홍길동"]),
        ("홍ㄱ", &["홍길동"]),
        ("ㄱㅅ", &["김수현"]),
        ("ㄲ", &["까치", "임꺽정"]),
        ("KIM", &["Minji Kim"]),
        ("i k", &["Minji Kim"]),
        ("\u{1112}\u{1169}\u{11bc}", &["홍길동"]),
        ("%", &["100%_\\"]),
        ("_", &["100%_\\"]),
        ("\\", &["100%_\\"]),
        ("' OR 1=1", &[]),
        ("없음", &[]),
        (" ", &["100%_\\", "Minji Kim", "김수현", "까치", "임꺽정", "홍길동"]),
    ] {
        assert_eq!(app.named(&guest, q).await, found, "{q}");
    }
    app.alter(&format!("UPDATE users SET deleted_at = 1 WHERE id = {}", blob(&magpie.id)));
    assert!(app.named(&guest, "까치").await.is_empty(), "who has left the house");
}

#[tokio::test]
async fn pages_of_the_list_hold_everybody_once() {
    let app = App::start().await;
    let guest = app.guest("minji").await;
    for number in 0..7 {
        // Two accounts of each name, as names are not unique.
        app.account(&format!("이웃 {}", number / 2)).await;
    }
    let mut query = "limit=3".to_owned();
    let mut ids = Vec::new();
    loop {
        let page = app.people(&guest, &query).await.is(200);
        let users = page["users"].as_array().unwrap();
        assert!(users.len() <= 3);
        ids.extend(users.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("limit=3&after={}", byte_serialize(next.as_bytes()).collect::<String>());
    }
    assert_eq!(ids.len(), 7);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 7);
    for (query, field) in [("limit=0", "limit"), ("limit=101", "limit"), ("after=x", "after"), ("sort=x", "sort")] {
        assert_eq!(app.people(&guest, query).await.refused(422, "invalid")["field"], field, "{query}");
    }
    let long = format!("q={}", "x".repeat(41));
    assert_eq!(app.people(&guest, &long).await.refused(422, "too_long")["field"], "q");
    app.get("/api/users").send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn the_directory_opens_a_direct_room() {
    let app = App::start().await;
    let [minji, jun] = [app.account("민지").await, app.account("준").await];
    let page = app.page(&minji, "/people?q=%E3%85%88").await;
    let html = page.text();
    assert_eq!(page.status, 200);
    assert!(html.contains(&format!("name=\"userId\" value=\"{}\"", jun.id)), "{html}");
    assert!(html.contains("data-presence=\"offline\""), "{html}");
    let direct = app.form(&minji, "/direct", &[("userId", &jun.id)]).await;
    assert!(direct.leads_to().starts_with("/room/"), "{}", direct.leads_to());
    assert!(app.page(&minji, "/").await.text().contains("href=\"/people\""));
    assert_eq!(app.get("/people").send().await.leads_to(), "/login?next=%2Fpeople");
}

/// Abuse: Q4, Q7
#[tokio::test]
async fn reading_lists_is_rate_limited() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let minji = app.guest("minji").await;
    let refused = |statuses: Vec<u16>| {
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        statuses.iter().filter(|&&status| status == 429).count()
    };
    let mut people = Vec::new();
    for _ in 0..200 {
        people.push(app.people(&minji, "q=x").await.status);
    }
    assert!(refused(people) > 0);
    let mut rooms = Vec::new();
    for _ in 0..200 {
        rooms.push(app.get("/api/rooms?q=x").send().await.status);
    }
    assert!(refused(rooms) > 0);
    app.get("/api/rooms").send().await.is(200);
    let long = format!("/api/rooms?q={}", "x".repeat(81));
    assert_eq!(app.call(&minji, "GET", &long[4..], json!(null)).await.refused(422, "too_long")["field"], "q");
}
