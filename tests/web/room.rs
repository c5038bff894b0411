//! Rooms over REST: created, listed, changed, handed over, deleted.

use serde_json::{Value, json};

use crate::support::App;
use crate::support::fixtures::{fields, texts};

const ROOM: [&str; 20] = [
    "closed",
    "createdAt",
    "ephemeral",
    "epoch",
    "history",
    "id",
    "joinsLockedUntil",
    "keepFilesDays",
    "keepMessagesDays",
    "kind",
    "listed",
    "locked",
    "max",
    "memberCount",
    "onlineCount",
    "owner",
    "rev",
    "slowSeconds",
    "title",
    "writers",
];

#[tokio::test]
async fn the_creator_of_a_room_owns_it_and_is_a_member() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let answer = app.call(&minji, "POST", "/rooms", json!({ "title": " court\u{202e}yard " })).await;
    let room = answer.is(201);
    assert_eq!(fields(&room), ROOM);
    for (field, value) in [
        ("title", json!("courtyard")),
        ("kind", json!("open")),
        ("max", json!(50)),
        ("locked", json!(false)),
        ("ephemeral", json!(false)),
        ("owner", minji.user.clone()),
        ("memberCount", json!(1)),
        ("onlineCount", json!(0)),
        ("rev", json!(1)),
    ] {
        assert_eq!(room[field], value, "{field}");
    }
    let made_at = room["createdAt"].as_str().unwrap();
    assert!(made_at.len() == 24 && made_at.ends_with('Z'), "{made_at}");
    let path = format!("/rooms/{}", room["id"].as_str().unwrap());
    assert_eq!(app.get(&format!("/api{path}")).send().await.is(200), room);
    let members = app.call(&minji, "GET", &format!("{path}/members"), Value::Null).await.is(200);
    assert_eq!(fields(&members["members"][0]), ["joinedAt", "online", "presence", "readSeq", "role", "user"]);
    assert_eq!((&members["members"][0]["role"], &members["next"]), (&json!("owner"), &Value::Null));
}

#[tokio::test]
async fn an_invalid_room_is_refused_with_the_field() {
    let app = App::with(|config| config.limits.room_max = 100).await;
    let minji = app.guest("minji").await;
    for (asked, code, field) in [
        (json!({}), "invalid", "title"),
        (json!({ "title": " \u{200b}" }), "invalid", "title"),
        (json!({ "title": "x".repeat(81) }), "too_long", "title"),
        (json!({ "title": 7 }), "invalid", "title"),
        (json!({ "title": "x", "max": 1 }), "invalid", "max"),
        (json!({ "title": "x", "max": 101 }), "invalid", "max"),
        (json!({ "title": "x", "max": -2 }), "invalid", "max"),
        (json!({ "title": "x", "max": "9" }), "invalid", "max"),
        (json!({ "title": "x", "password": "x".repeat(257) }), "too_long", "password"),
        (json!({ "title": "x", "password": ["x"] }), "invalid", "password"),
        (json!({ "title": "x", "ephemeral": "yes" }), "invalid", "ephemeral"),
        (json!({ "title": "x", "owner": minji.id }), "invalid", "owner"),
        (json!({ "title": "x", "memberCount": 9 }), "invalid", "memberCount"),
    ] {
        let refused = app.call(&minji, "POST", "/rooms", asked.clone()).await.refused(422, code);
        assert_eq!(refused["field"], field, "{asked}");
    }
    app.room(&minji, json!({ "title": "x".repeat(80), "max": 100, "password": "", "ephemeral": true })).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM rooms"), 1);
}

#[tokio::test]
async fn neither_a_password_nor_its_hash_leaves_the_server() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.room(&minji, json!({ "title": "courtyard", "password": "sesame" })).await;
    assert_eq!(room.made["locked"], true);
    let minji_hers = app.enter(&minji, &room).await;
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "password": "simsim" })).await.is(200);
    let change = minji_hers.take("changeRoom").await;
    let pages = [
        app.get("/api/rooms").send().await.text(),
        app.get("/").send().await.text(),
        app.page(&minji, &format!("/room/{}", room.id)).await.text(),
        app.get(&format!("/room/{}", room.id)).send().await.text(),
        format!("{:?} {change}", minji_hers.log()),
    ];
    for page in pages {
        assert!(!page.contains("sesame") && !page.contains("simsim") && !page.contains("argon2"), "{page}");
    }
}

#[tokio::test]
async fn the_lobby_lists_the_busiest_first_page_by_page() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let mut rooms = Vec::new();
    for number in 0..7 {
        rooms.push(app.room(&minji, json!({ "title": format!("Room {number}") })).await);
    }
    let (jun, sora) = (app.guest("jun").await, app.guest("sora").await);
    let _busiest = (app.enter(&jun, &rooms[2]).await, app.enter(&sora, &rooms[2]).await);
    let _busy = app.enter(&minji, &rooms[5]).await;
    let (mut titles, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/api/rooms?limit=2{after}")).send().await.is(200);
        assert_eq!(fields(&page), ["next", "rooms"]);
        let listed = page["rooms"].as_array().unwrap();
        titles.extend(listed.iter().map(|room| room["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(listed.len(), 2);
        after = format!("&after={next}");
    }
    assert_eq!(titles[..2], ["Room 2", "Room 5"]);
    assert_eq!(titles[2..], ["Room 6", "Room 4", "Room 3", "Room 1", "Room 0"]);
    let counts = app.get("/api/rooms?limit=1").send().await.is(200);
    assert_eq!((&counts["rooms"][0]["onlineCount"], &counts["rooms"][0]["memberCount"]), (&json!(2), &json!(3)));
}

#[tokio::test]
async fn the_lobby_finds_a_part_of_a_title_whatever_the_case() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    for title in ["Courtyard", "한옥 마당", "100%", "a_b", "axb"] {
        app.room(&minji, json!({ "title": title })).await;
    }
    for (q, found) in [
        ("COURT", vec!["Courtyard"]),
        ("%EB%A7%88%EB%8B%B9", vec!["한옥 마당"]),
        ("%25", vec!["100%"]),
        ("a_", vec!["a_b"]),
        ("nowhere", vec![]),
        ("%27%20OR%201=1", vec![]),
    ] {
        let page = app.get(&format!("/api/rooms?q={q}")).send().await.is(200);
        let titles: Vec<_> = page["rooms"].as_array().unwrap().iter().map(|room| room["title"].clone()).collect();
        assert_eq!(titles, found, "{q}");
    }
}

/// Abuse: R5, R12
#[tokio::test]
async fn queries_are_parsed_strictly() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let (rooms, messages) = ("/rooms".to_owned(), format!("/rooms/{}/messages", room.id));
    let members = format!("/rooms/{}/members", room.id);
    for (path, query, field) in [
        (&rooms, "limit=0", "limit"),
        (&rooms, "limit=101", "limit"),
        (&rooms, "limit=-1", "limit"),
        (&rooms, "limit=1e9", "limit"),
        (&rooms, "after=b1", "after"),
        (&rooms, "after=q9-zz", "after"),
        (&rooms, "page=2", "page"),
        (&messages, "limit=0", "limit"),
        (&messages, "before=-1", "before"),
        (&messages, "before=x", "before"),
        (&messages, "since=-1", "since"),
        (&messages, "since=9223372036854775808", "since"),
        (&messages, "since=NaN", "since"),
        (&messages, "since=1&before=2", "since"),
        (&members, "limit=1000000000", "limit"),
        (&members, "after=nobody", "after"),
    ] {
        let answer = app.call(&minji, "GET", &format!("{path}?{query}"), Value::Null).await;
        assert_eq!(answer.refused(422, "invalid")["field"], field, "{path}?{query}");
    }
    let twice = app.call(&minji, "GET", &format!("{rooms}?limit=1&limit=2"), Value::Null).await;
    twice.refused(400, "bad_request");
}

#[tokio::test]
async fn an_owner_changes_settings_with_a_line_for_each() {
    let app = App::start().await;
    let ([minji, jun, _], room, [_, his, _]) = app.room_of_three().await;
    let path = format!("/rooms/{}", room.id);
    let change = json!({ "title": "garden", "max": 9, "password": "sesame" });
    let changed = app.call(&minji, "PATCH", &path, change.clone()).await.is(200);
    assert_eq!((&changed["title"], &changed["max"], &changed["locked"]), (&json!("garden"), &json!(9), &json!(true)));
    let told = his.take_where("changeRoom", |room| room["title"] == "garden").await;
    assert_eq!((&told["id"], &told["locked"], &told["max"]), (&json!(room.id), &json!(true), &json!(9)));
    let lines = app.history(&jun, &room).await;
    let last = &lines[lines.len() - 3..];
    assert_eq!(texts(last), ["title", "max", "password"]);
    assert_eq!((&last[0]["system"]["title"], &last[1]["system"]["max"]), (&json!("garden"), &json!(9)));
    assert_eq!(last[2]["user"]["id"], minji.id);
    // Setting the same values changes nothing and takes no rev.
    let again = app.call(&minji, "PATCH", &path, json!({ "title": "garden", "max": 9 })).await.is(200);
    assert_eq!((&again["rev"], &again["epoch"]), (&changed["rev"], &changed["epoch"]));
    let open = app.call(&minji, "PATCH", &path, json!({ "password": null })).await.is(200);
    assert_eq!(open["locked"], false);
    for (asked, field) in
        [(json!({ "max": 2 }), "max"), (json!({ "title": "" }), "title"), (json!({ "rev": 1 }), "rev")]
    {
        let refused = app.call(&minji, "PATCH", &path, asked).await.refused(422, "invalid");
        assert_eq!(refused["field"], field);
    }
    app.call(&jun, "PATCH", &path, change.clone()).await.refused(403, "forbidden");
    let stranger = app.guest("stranger").await;
    app.call(&stranger, "PATCH", &path, change).await.refused(403, "not_a_member");
}

/// Abuse: Z3
#[tokio::test]
async fn a_new_password_concerns_newcomers_only() {
    let app = App::start().await;
    let ([minji, jun, _], room, [_, his, _]) = app.room_of_three().await;
    app.call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "password": "sesame" })).await.is(200);
    his.say(&room, "still here").await;
    his.join(&room).await;
    app.join(&jun, &room).await;
    let stranger = app.guest("stranger").await;
    let members = format!("/rooms/{}/members", room.id);
    app.call(&stranger, "POST", &members, json!({})).await.refused(403, "wrong_password");
    app.call(&stranger, "POST", &members, json!({ "password": "sesame" })).await.is(200);
}

#[tokio::test]
async fn an_owner_hands_the_room_over() {
    let app = App::start().await;
    let ([minji, jun, _], room, [_, his, hers]) = app.room_of_three().await;
    let path = format!("/rooms/{}/owner", room.id);
    app.call(&jun, "PUT", &path, json!({ "userId": jun.id })).await.refused(403, "forbidden");
    let stranger = app.guest("stranger").await;
    let to_a_stranger = app.call(&minji, "PUT", &path, json!({ "userId": stranger.id })).await;
    assert_eq!(to_a_stranger.refused(404, "not_found")["field"], "userId");
    let unchanged = app.call(&minji, "PUT", &path, json!({ "userId": minji.id })).await.is(200);
    let changed = app.call(&minji, "PUT", &path, json!({ "userId": jun.id })).await.is(200);
    assert_eq!(changed["owner"], jun.user);
    assert_eq!(changed["rev"].as_i64().unwrap(), unchanged["rev"].as_i64().unwrap() + 1);
    let line = hers.take_where("message", |line| line["system"]["event"] == "owner").await;
    assert_eq!((&line["system"]["user"], &line["user"]), (&jun.user, &minji.user));
    app.call(&minji, "PUT", &path, json!({ "userId": minji.id })).await.refused(403, "forbidden");
    // And back, over the socket.
    let answer = his.ok("owner", json!({ "room": room.id, "userId": minji.id })).await;
    assert_eq!(fields(&answer), ["ok", "rev"]);
    his.refused("owner", json!({ "room": room.id, "userId": jun.id }), "forbidden").await;
    assert_eq!(app.show(&room).await["owner"], minji.user);
}

/// Abuse: E6, R6
#[tokio::test]
async fn an_invalid_room_id_is_not_found() {
    let app = App::start().await;
    let minji = app.guest("minji").await;
    let client = app.connect(&minji).await;
    let long = "x".repeat(5_000);
    for id in ["nowhere", "%F0%9F%92%A5", "'%20OR%201=1", "0123456789abcdefghjkmnpqrs", "..%2F..%2Fetc", &long] {
        for path in ["", "/members", "/messages"] {
            let answer = app.call(&minji, "GET", &format!("/rooms/{id}{path}"), Value::Null).await;
            answer.refused(404, "room_not_found");
        }
    }
    let long = "x".repeat(60_000);
    for id in ["nowhere", "💥", "' OR 1=1", "../../etc", "0123456789abcdefghjkmnpqrs", "", &long] {
        client.refused("join", json!({ "room": id }), "room_not_found").await;
        client.refused("message", json!({ "room": id, "key": "k", "text": "x" }), "room_not_found").await;
        client.refused("members", json!({ "room": id }), "room_not_found").await;
    }
    for id in [json!(7), json!({}), Value::Null] {
        assert_eq!(client.refused("join", json!({ "room": id }), "invalid").await["field"], "room");
    }
    for path in ["/../", "/%2e%2e%2f", "/room/%00", "//", "/;", "/ROOMS", "/api", "/api/", "/api/Rooms", "/api/rooms/"]
    {
        let answer = app.get(path).send().await;
        assert!(matches!(answer.status, 303 | 404), "{path}: {}", answer.status);
    }
}
