//! The outbox, tested through previews: retries, order, limits, restarts.

use std::time::Duration;

use madang::config::Config;
use serde_json::{Value, json};

use crate::support::site::Site;
use crate::support::{App, Client, TIMEOUT};

/// Links may lead to this machine, and failed jobs are retried at once.
fn hurried(config: &mut Config) {
    config.has_link_previews = true;
    config.http_client.may_reach = |_, address| address.is_loopback();
    config.http_client.timeout = TIMEOUT;
    config.preview_retry_delay = Duration::ZERO;
    config.limits.jobs.preview.first_pause_ms = 0;
}

const QUEUED: &str = "SELECT COUNT(*) FROM outbox";

async fn previewed(client: &Client, title: &str) -> Value {
    client.take_where("message", |message| message["preview"]["title"] == title).await
}

#[tokio::test]
async fn a_failed_preview_is_retried_until_it_succeeds() {
    let app = App::with(|config| {
        hurried(config);
        config.limits.jobs.preview.tries = u32::MAX;
    })
    .await;
    let site = Site::failing().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let socket = app.enter(&minji, &room).await;
    let sent = socket.say(&room, &site.page("/a")).await;
    site.is_requested_times("/a", 3).await;
    assert_eq!(app.count(QUEUED), 1);
    site.respond();
    let heard = previewed(&socket, "/a").await;
    // However many attempts it took, it is one change.
    assert_eq!(heard["rev"].as_i64(), sent["seq"].as_i64().map(|seq| seq + 1));
    app.outbox_is_empty().await;
}

#[tokio::test]
async fn a_preview_that_never_succeeds_is_given_up() {
    let (app, site) = (App::with(hurried).await, Site::failing().await);
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, &site.page("/a")).await;
    app.outbox_is_empty().await;
    assert_eq!(site.requests(), ["/a"; 4]);
    assert!(app.history(&minji, &room).await.last().unwrap()["preview"].is_null());
}

#[tokio::test]
async fn a_permanent_failure_is_not_retried() {
    let (app, site) = (App::with(hurried).await, Site::open().await);
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, &site.page("/none")).await;
    app.outbox_is_empty().await;
    assert_eq!(site.requests(), ["/none"]);
}

#[tokio::test]
async fn a_panic_ends_one_attempt_and_not_the_outbox() {
    let app = App::with(|config| {
        hurried(config);
        config.http_client.may_reach = |url, address| {
            assert_ne!(url.path(), "/panic");
            address.is_loopback()
        };
    })
    .await;
    let site = Site::open().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let socket = app.enter(&minji, &room).await;
    for path in ["/panic", "/a"] {
        socket.say(&room, &site.page(path)).await;
    }
    previewed(&socket, "/a").await;
    app.outbox_is_empty().await;
    assert_eq!(site.requests(), ["/a"]);
}

#[tokio::test]
async fn jobs_of_one_message_run_in_order_and_others_do_not_wait() {
    let (app, site) = (App::with(hurried).await, Site::silent().await);
    let ([..], room, [hers, his, _]) = app.room_of_three().await;
    let id = hers.say(&room, &site.page("/earlier")).await["id"].clone();
    site.is_requested("/earlier").await;
    hers.ok("edit", json!({ "id": id, "text": site.page("/later") })).await;
    hers.say(&room, &site.page("/other")).await;
    site.is_requested("/other").await;
    assert_eq!(site.requests(), ["/earlier", "/other"]);
    site.respond();
    assert_eq!(previewed(&his, "/later").await["id"], id);
    previewed(&his, "/other").await;
    app.outbox_is_empty().await;
    assert!(his.all("message").iter().all(|message| message["preview"]["title"] != "/earlier"));
}

/// Abuse: M8
#[tokio::test]
async fn waiting_previews_of_a_user_are_limited() {
    let (app, site) = (App::with(hurried).await, Site::silent().await);
    let ([..], room, [hers, his, _]) = app.room_of_three().await;
    for door in 0..25 {
        hers.say(&room, &site.page(&format!("/{door}"))).await;
    }
    assert_eq!(app.count(QUEUED), 20);
    his.say(&room, &site.page("/his")).await;
    site.respond();
    previewed(&hers, "/his").await;
    app.outbox_is_empty().await;
    assert_eq!(site.requests().len(), 21);
}

#[tokio::test]
async fn a_job_interrupted_by_shutdown_continues_after_the_next_start() {
    let (mut app, site) = (App::with(hurried).await, Site::silent().await);
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let sent = app.say(&minji, &room, &site.page("/a")).await;
    site.is_requested("/a").await;
    app.restart().await;
    site.is_requested_times("/a", 2).await;
    let socket = app.enter(&minji, &room).await;
    site.respond();
    assert_eq!(previewed(&socket, "/a").await["rev"].as_i64(), sent["seq"].as_i64().map(|seq| seq + 1));
    app.outbox_is_empty().await;
}

/// Abuse: M8
#[tokio::test]
async fn waiting_previews_are_dropped_once_previews_are_switched_off() {
    let (mut app, site) = (App::with(hurried).await, Site::silent().await);
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, &site.page("/a")).await;
    site.is_requested("/a").await;
    app.restart_with(|_| {}).await;
    app.outbox_is_empty().await;
    assert_eq!(site.requests(), ["/a"]);
}

#[tokio::test]
async fn waiting_jobs_are_removed_with_their_message_room_and_user() {
    let (app, site) = (App::with(hurried).await, Site::silent().await);
    let ([minji, jun, _], room, [hers, his, _]) = app.room_of_three().await;
    let id = hers.say(&room, &site.page("/deleted")).await["id"].clone();
    hers.ok("delete", json!({ "id": id })).await;
    assert_eq!(app.count(QUEUED), 0);
    his.say(&room, &site.page("/left")).await;
    app.call(&jun, "DELETE", "/me", json!({ "messages": "keep" })).await.is(204);
    assert_eq!(app.count(QUEUED), 0);
    hers.say(&room, &site.page("/removed")).await;
    assert_eq!(app.count(QUEUED), 1);
    app.call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    assert_eq!(app.count(QUEUED), 0);
}

#[tokio::test]
async fn shutdown_waits_only_for_running_jobs() {
    let mut app = App::with(|config| {
        hurried(config);
        config.limits.jobs.preview.first_pause_ms = 1_000_000;
        config.http_client.timeout = Duration::from_millis(50);
        // A shutdown that waited for more than it must would wait for minutes.
        config.shutdown = Duration::from_secs(3_600);
    })
    .await;
    let site = Site::silent().await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    app.say(&minji, &room, &site.page("/a")).await;
    site.is_requested("/a").await;
    app.begin_stop();
    app.ended().await;
    // The attempt ended, which postponed the job.
    assert_eq!(app.count("SELECT COUNT(*) FROM outbox WHERE due_at > created_at + 900000"), 1);
}
