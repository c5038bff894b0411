//! What one network may take from the others, and what many honest people behind one address still may.

use madang::config::Config;
use madang::network::Guests;
use serde_json::{Value, json};

use crate::support::fixtures::PASSWORD;
use crate::support::{App, Person, Response, TIMEOUT};

/// Abuse: B1
#[tokio::test]
async fn three_hundred_people_behind_one_address_come_in_and_talk() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let owner = app.guest("teacher").await;
    let room = app.room(&owner, json!({ "title": "school", "max": 400 })).await;
    let hers = app.enter(&owner, &room).await;
    let mut class = Vec::new();
    for number in 0..300 {
        let pupil = app.guest(&format!("pupil {number}")).await;
        let socket = app.enter(&pupil, &room).await;
        socket.say(&room, &format!("hello from {number}")).await;
        class.push(socket);
    }
    hers.receives("hello from 299").await;
    class[0].receives("hello from 299").await;
}

async fn create_room(app: &App, by: &Person) -> Response {
    app.call(by, "POST", "/rooms", json!({ "title": "spam" })).await
}

/// Abuse: B2
#[tokio::test]
async fn the_guests_of_a_network_create_so_many_rooms_and_its_accounts_more() {
    let app = App::with(|config| {
        config.has_rate_limits = true;
        config.networks.rooms_an_hour = 3;
    })
    .await;
    for number in 0..3 {
        create_room(&app, &app.guest(&format!("guest {number}")).await).await.is(201);
    }
    let another = app.guest("another").await;
    create_room(&app, &another).await.refused(429, "rate_limited");
    let direct = json!({ "userId": another.id });
    app.call(&app.guest("more").await, "POST", "/direct", direct).await.refused(429, "rate_limited");
    let account = app.account("neighbour").await;
    for _ in 0..4 {
        create_room(&app, &account).await.is(201);
    }
}

/// Abuse: B3
#[tokio::test]
async fn the_guests_of_a_network_store_so_much_and_its_accounts_more() {
    let app = App::with(|config| {
        config.has_rate_limits = true;
        config.networks.megabytes_a_day = 1;
    })
    .await;
    let (guest, account) = (app.guest("guest").await, app.account("neighbour").await);
    let room = app.courtyard(&account).await;
    app.join(&guest, &room).await;
    let path = format!("/rooms/{}/messages", room.id);
    let long = json!({ "text": "가".repeat(10_000) });
    let mut sent = 0;
    let refused = loop {
        let answer = app.call(&guest, "POST", &path, long.clone()).await;
        if answer.status != 201 {
            break answer;
        }
        sent += 1;
        assert!(sent < 30, "a quarter of a megabyte is 8 such messages");
    };
    refused.refused(429, "rate_limited");
    // Another guest of the network has no budget of their own.
    let other = app.guest("other").await;
    app.join(&other, &room).await;
    app.call(&other, "POST", &path, long.clone()).await.refused(429, "rate_limited");
    app.call(&account, "POST", &path, long).await.is(201);
}

/// Abuse: B3
#[tokio::test]
async fn a_file_larger_than_the_budget_is_paid_off_before_the_next_message() {
    let app = App::with(|config| {
        config.has_rate_limits = true;
        config.networks.megabytes_a_day = 1;
    })
    .await;
    let guest = app.guest("guest").await;
    let room = app.courtyard(&guest).await;
    let upload =
        || app.request("POST", "/api/uploads").bearer(&guest.token).multipart(Some(("a.bin", &[7; 900_000])), &[]);
    upload().send().await.is(201);
    upload().send().await.refused(429, "rate_limited");
    let path = format!("/rooms/{}/messages", room.id);
    let error = app.call(&guest, "POST", &path, json!({ "text": "hello" })).await.refused(429, "rate_limited");
    // More than half of what a day brings is still to be paid.
    assert!(error["retryAfterMs"].as_u64().unwrap() > 12 * 3_600_000, "{error}");
}

/// Abuse: B2
#[tokio::test]
async fn a_direct_room_that_exists_is_opened_without_a_budget() {
    let app = App::with(|config| {
        config.has_rate_limits = true;
        config.networks.rooms_an_hour = 1;
    })
    .await;
    let [minji, jun, sora] = app.three_guests().await;
    let open = |to: &Person| json!({ "userId": to.id });
    app.call(&minji, "POST", "/direct", open(&jun)).await.is(201);
    for _ in 0..3 {
        app.call(&jun, "POST", "/direct", open(&minji)).await.is(200);
    }
    app.call(&jun, "POST", "/direct", open(&sora)).await.refused(429, "rate_limited");
}

/// Abuse: B4
#[tokio::test]
async fn on_a_nearly_full_disk_accounts_write_when_guests_cannot_and_everybody_deletes() {
    fn free() -> u64 {
        let found = rustix::fs::statvfs(std::env::temp_dir().as_path()).unwrap();
        found.f_bavail * found.f_frsize
    }
    let mut app = App::start().await;
    let (guest, account) = (app.guest("guest").await, app.account("neighbour").await);
    let room = app.courtyard(&account).await;
    app.join(&guest, &room).await;
    let path = format!("/rooms/{}/messages", room.id);
    let say = json!({ "text": "hello" });
    let first = app.call(&guest, "POST", &path, say.clone()).await.is(201);
    // Between half of the reserve and all of it.
    app.restart_with(|config| config.disk_reserve = free() / 4 * 6).await;
    refused_soon(&app, &guest, &path).await;
    app.call(&account, "POST", &path, say.clone()).await.is(201);
    let guests = app.request("POST", "/api/guests").json(&json!({ "name": "late" })).send().await;
    guests.refused(503, "unavailable");
    assert_eq!(app.get("/readyz").send().await.status, 200);
    // Below half of it.
    app.restart_with(|config| config.disk_reserve = free().saturating_mul(8)).await;
    refused_soon(&app, &account, &path).await;
    let sign_up = json!({ "email": "late@example.org", "password": PASSWORD, "name": "late" });
    app.request("POST", "/api/users").json(&sign_up).send().await.refused(503, "unavailable");
    assert_eq!(app.get("/readyz").send().await.status, 503);
    let message = format!("/messages/{}", first["id"].as_str().unwrap());
    app.call(&guest, "DELETE", &message, Value::Null).await.is(200);
    app.call(&account, "GET", &path, Value::Null).await.is(200);
    app.call(&account, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
}

/// Waits for the first measurement of the disk.
async fn refused_soon(app: &App, by: &Person, path: &str) {
    loop {
        let answer = app.call(by, "POST", path, json!({ "text": "?" })).await;
        if answer.status == 503 {
            return drop(answer.refused(503, "unavailable"));
        }
        tokio::task::yield_now().await;
    }
}

/// Abuse: B5
#[tokio::test]
async fn a_server_without_guests_lets_in_accounts_alone() {
    let app = App::with(|config| config.networks.guests = Guests::Off).await;
    app.request("POST", "/api/guests").json(&json!({ "name": "guest" })).send().await.refused(403, "forbidden");
    let account = app.account("neighbour").await;
    let room = app.courtyard(&account).await;
    let form = [("title", "mine"), ("name", "guest")];
    let created = app.request("POST", "/rooms").form(&form).send().await;
    assert_eq!(created.leads_to(), "/?refused=unauthenticated");
    let path = format!("/room/{}", room.id);
    assert_eq!(app.get(&path).send().await.leads_to(), format!("/login?next={path}"));
    assert!(!app.get("/").send().await.text().contains("id=\"new-room\""));
    assert!(app.page(&account, "/").await.text().contains("id=\"new-room\""));
}

/// Abuse: B5
#[tokio::test]
async fn guests_who_may_only_join_make_no_rooms() {
    let app = App::with(|config| config.networks.guests = Guests::Rooms).await;
    let (guest, account) = (app.guest("guest").await, app.account("neighbour").await);
    create_room(&app, &guest).await.refused(403, "forbidden");
    assert!(!app.page(&guest, "/").await.text().contains("id=\"new-room\""));
    app.call(&guest, "POST", "/direct", json!({ "userId": account.id })).await.refused(403, "forbidden");
    let room = app.courtyard(&account).await;
    app.enter(&guest, &room).await.say(&room, "hello").await;
}

/// Abuse: B6
#[tokio::test]
async fn an_attack_on_an_account_does_not_lock_its_owner_out() {
    fn behind_a_proxy(config: &mut Config) {
        config.has_rate_limits = true;
        config.origins.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    }
    let app = App::with(behind_a_proxy).await;
    let log_in = |from: String, password: &'static str| {
        let form = json!({ "email": "minji@example.org", "password": password });
        let request = app.request("POST", "/api/session").header("x-forwarded-for", &from).json(&form);
        async move { request.send().await }
    };
    app.signed_up("minji").await;
    log_in("192.0.2.1".into(), PASSWORD).await.is(201);
    // Guesses from many networks use up what strangers may try.
    let mut network = 0;
    loop {
        network += 1;
        let guess = log_in(format!("198.51.100.{network}"), "a wrong guess").await;
        if guess.status == 429 {
            break;
        }
        guess.refused(401, "bad_credentials");
    }
    assert!(network < 60);
    log_in("203.0.113.5".into(), PASSWORD).await.refused(429, "rate_limited");
    log_in("192.0.2.1".into(), PASSWORD).await.is(201);
}

/// Asks from an address behind a trusted proxy.
async fn call_from(app: &App, from: &str, by: &Person, path: &str, body: &Value) -> Response {
    let request = app.request("POST", &format!("/api{path}")).bearer(&by.token);
    request.header("x-forwarded-for", from).json(body).send().await
}

/// Abuse: B8
#[tokio::test]
async fn a_network_that_creates_many_rooms_leaves_the_lobby_to_the_others() {
    let app = App::with(|config| config.origins.proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let (owner, spammer) = (app.account("owner").await, app.guest("spammer").await);
    let create = async |from: &str, by: &Person, title: &str| {
        call_from(&app, from, by, "/rooms", &json!({ "title": title })).await.is(201)["id"].as_str().unwrap().to_owned()
    };
    // The same network, but an account.
    create("192.0.2.1", &owner, "courtyard").await;
    let mut spam = Vec::new();
    for number in 0..30 {
        spam.push(create("192.0.2.1", &spammer, &format!("casino {number}")).await);
    }
    let titles = async |query: &str| {
        let lobby = app.get(&format!("/api/rooms?{query}")).send().await.is(200);
        let titles = lobby["rooms"].as_array().unwrap().iter().map(|room| room["title"].as_str().unwrap().to_owned());
        titles.collect::<Vec<_>>()
    };
    assert_eq!(titles("limit=15").await[10], "courtyard");
    // The rest follows, each room once, and a search finds all of it.
    assert_eq!(titles("limit=100").await.len(), 31);
    for limit in [1, 7, 11, 12] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let lobby = app.get(&format!("/api/rooms?limit={limit}{after}")).send().await.is(200);
            seen.extend(lobby["rooms"].as_array().unwrap().iter().map(|room| room["id"].to_string()));
            let Some(next) = lobby["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((count, seen.len()), (31, 31), "{limit}");
    }
    assert_eq!(titles("limit=100&q=casino").await.len(), 30);
    // A room that somebody elsewhere has joined counts for that network, so a second address does not lift the limit.
    let from_elsewhere = app.guest("from elsewhere").await;
    let join = async |room: &str| {
        let path = format!("/rooms/{room}/members");
        call_from(&app, "198.51.100.7", &from_elsewhere, &path, &json!({})).await.is(200);
    };
    join(&spam[0]).await;
    assert!(titles("limit=15").await.contains(&"casino 0".to_owned()));
    for room in &spam[1..] {
        join(room).await;
    }
    assert!(titles("limit=11").await.contains(&"courtyard".to_owned()));
}

/// Abuse: B9
#[tokio::test]
async fn guests_who_have_gone_leave_nothing_behind_for_good() {
    fn often(config: &mut Config) {
        config.housekeeping = std::time::Duration::from_millis(20);
        config.guest_sweep = std::time::Duration::from_millis(20);
    }
    let app = App::with(often).await;
    let (minji, jun, sora) = (app.guest("minji").await, app.guest("jun").await, app.guest("sora").await);
    let stranger = app.guest("stranger").await;
    let room = app.courtyard(&minji).await;
    // A ban of somebody who never came in does not keep them.
    let ban = format!("/rooms/{}/members/{}?ban=true", room.id, stranger.id);
    app.call(&minji, "DELETE", &ban, Value::Null).await.is(204);
    app.join(&jun, &room).await;
    app.call(&jun, "POST", &format!("/rooms/{}/messages", room.id), json!({ "text": "so long" })).await.is(201);
    let direct = |other: &Person| json!({ "userId": other.id });
    let kept = app.call(&jun, "POST", "/direct", direct(&minji)).await.is(201);
    app.call(&jun, "POST", "/direct", direct(&sora)).await.is(201);
    let week = 8 * 24 * 3_600_000_i64;
    app.alter(&format!("UPDATE users SET created_at = created_at - {week}"));
    app.alter(&format!("UPDATE sessions SET seen_at = seen_at - {week}"));
    // Jun and Sora have no way back; Minji still has her session.
    for gone in [&jun, &sora] {
        app.call(gone, "DELETE", "/session", Value::Null).await.is(204);
    }
    let swept = async {
        while app.count("SELECT COUNT(*) FROM users") != 3
            || app.count("SELECT COUNT(*) FROM rooms") != 2
            || app.count("SELECT COUNT(*) FROM members") != 2
        {
            app.get("/healthz").send().await;
        }
    };
    tokio::time::timeout(TIMEOUT, swept).await.expect("guests who have gone are still there");
    app.call(&stranger, "GET", "/me", Value::Null).await.refused(401, "unauthenticated");
    let history = app.call(&minji, "GET", &format!("/rooms/{}/messages", room.id), Value::Null).await.is(200);
    let last = history["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["text"], &last["user"]["name"]), (&json!("so long"), &json!("jun")));
    let id = kept["id"].as_str().unwrap();
    app.call(&minji, "GET", &format!("/rooms/{id}/messages"), Value::Null).await.is(200);
}

/// Abuse: B12
#[tokio::test]
async fn a_user_and_a_network_read_so_much_at_once() {
    let app = App::with(|config| config.has_rate_limits = true).await;
    let (reader, other) = (app.guest("reader").await, app.guest("other").await);
    let room = app.courtyard(&reader).await;
    let page = format!("/room/{}", room.id);
    let mut read = 0;
    let refused = loop {
        let answer = app.page(&reader, &page).await;
        if answer.status != 200 {
            break answer;
        }
        read += 1;
        assert!(read < 3_000, "nothing stops a reader");
    };
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (429, true));
    assert!(read >= 300, "{read}");
    app.call(&other, "GET", "/me/rooms", Value::Null).await.is(200);
    // On a slow machine there is time for a read or two meanwhile.
    let mut answer = app.call(&reader, "GET", "/me/rooms", Value::Null).await;
    while answer.status == 200 && read < 3_000 {
        read += 1;
        answer = app.call(&reader, "GET", "/me/rooms", Value::Null).await;
    }
    answer.refused(429, "rate_limited");
    // Acts go on.
    app.call(&reader, "POST", &format!("/rooms/{}/messages", room.id), json!({ "text": "hello" })).await.is(201);
}

/// Abuse: B13
#[tokio::test]
async fn guests_that_a_network_is_refused_do_not_count_for_the_others() {
    fn behind_a_proxy(config: &mut Config) {
        config.has_rate_limits = true;
        config.origins.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    }
    let app = App::with(behind_a_proxy).await;
    let enter = async |from: &str| {
        let call = app.request("POST", "/api/guests").header("x-forwarded-for", from);
        call.json(&json!({ "name": "guest" })).send().await.status
    };
    let mut refused = 0;
    // More than the guests of all networks together.
    for _ in 0..13_500 {
        refused += usize::from(enter("192.0.2.1").await == 429);
    }
    assert!(refused > 12_800, "{refused}");
    assert_eq!(enter("198.51.100.1").await, 201);
}
