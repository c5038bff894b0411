//! Jobs that several servers share: each is run by one of them, and by another when that one has ended.

use std::collections::BTreeMap;
use std::time::Duration;

use madang::config::Config;
use serde_json::{Value, json};

use super::Nodes;
use crate::support::push::Browser;
use crate::support::receiver::Receiver;
use crate::support::{App, Person, Room, TIMEOUT};

/// Webhooks and push services may be on this machine, and nothing waits.
fn hurried(config: &mut Config) {
    config.http_client.may_reach = |_, address| address.is_loopback();
    config.http_client.timeout = TIMEOUT;
    config.limits.notify_after_ms = 0;
    config.limits.notify_pause_ms = 0;
    config.limits.jobs.hook.first_pause_ms = 0;
    config.limits.jobs.push.first_pause_ms = 0;
}

async fn hook(app: &App, by: &Person, room: &Room, url: &str) {
    let body = json!({ "url": url, "events": ["message"] });
    app.call(by, "POST", &format!("/rooms/{}/outgoing-hooks", room.id), body).await.is(201);
}

/// Returns the text of the message that a delivery tells of.
fn text(body: &Value) -> String {
    body["data"]["message"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_delivery_is_made_by_one_server_in_the_order_of_its_hook() {
    let nodes = Nodes::start_with(3, None, hurried).await;
    let minji = nodes.node(0).guest("minji").await;
    let rooms = [nodes.node(0).courtyard(&minji).await, nodes.node(1).courtyard(&minji).await];
    let mut receiver = Receiver::open().await;
    for (number, room) in rooms.iter().enumerate() {
        hook(nodes.node(number), &minji, room, &receiver.url(&format!("/{number}"))).await;
    }
    for number in 0..30 {
        nodes.node(number).say(&minji, &rooms[number % 2], &number.to_string()).await;
    }
    let mut received = BTreeMap::<String, Vec<String>>::new();
    for _ in 0..30 {
        let request = receiver.next().await;
        received.entry(request.path.clone()).or_default().push(text(&request.json()));
    }
    for (path, first) in [("/0", 0), ("/1", 1)] {
        let expected: Vec<String> = (first..30).step_by(2).map(|number| number.to_string()).collect();
        assert_eq!(received[path], expected, "{path}");
    }
    nodes.node(0).outbox_is_empty().await;
    assert!(receiver.is_empty(), "each is delivered once");
}

/// It hangs in the middle of a delivery and a push, and the others take both over under the same id.
#[tokio::test]
async fn the_jobs_of_a_server_that_has_ended_are_taken_over() {
    let mut nodes = Nodes::start_with(2, None, |config| {
        hurried(config);
        config.limits.jobs.push.at_once = 0;
        config.limits.jobs.hook.at_once = 0;
    })
    .await;
    let minji = nodes.node(0).guest("minji").await;
    let jun = nodes.node(0).guest("jun").await;
    let room = nodes.node(0).courtyard(&minji).await;
    nodes.node(0).join(&jun, &room).await;
    let (mut hooked, mut pushed) = (Receiver::open().await, Receiver::open().await);
    hook(nodes.node(0), &minji, &room, &hooked.url("/hook")).await;
    Browser::subscribe(nodes.node(0), &jun, &pushed.url("/push")).await;
    // Only this one runs such jobs, and it shows no life: the others take it for ended.
    nodes.change = std::sync::Arc::new(|config: &mut Config| {
        hurried(config);
        config.nodes.as_mut().unwrap().heartbeat = Duration::from_secs(3_600);
    });
    nodes.add().await;
    hooked.answer(["hang", "200 OK", "200 OK"]);
    pushed.answer(["hang", "201 Created"]);
    for text in ["first", "second"] {
        nodes.node(0).say(&minji, &room, text).await;
    }
    let first = hooked.next().await;
    assert_eq!(text(&first.json()), "first");
    pushed.next().await;
    // From now on another may run them.
    nodes.change = std::sync::Arc::new(hurried);
    nodes.add().await;
    let again = hooked.next().await;
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(text(&hooked.next().await.json()), "second");
    pushed.next().await;
    nodes.node(0).outbox_is_empty().await;
}
