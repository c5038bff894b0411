//! What people on different servers see of each other.

use madang::secret::Secret;
use serde_json::{Value, json};
use testkit::pgbouncer::Pgbouncer;
use testkit::postgres::Cluster;
use testkit::redis::Redis;

use super::Nodes;
use crate::support::fixtures::texts;
use crate::support::{Client, ConnectOptions, Person, Room, TIMEOUT, picture};

#[tokio::test]
async fn an_evening_on_three_servers_with_redis() {
    let redis = Redis::start();
    an_evening(Nodes::start(3, Some(&redis)).await).await;
}

#[tokio::test]
async fn an_evening_on_three_servers_without_redis() {
    an_evening(Nodes::start(3, None).await).await;
}

/// A connection to PostgreSQL is for one transaction: nothing that lasts with a session works.
#[tokio::test]
async fn an_evening_on_three_servers_behind_pgbouncer() {
    let redis = Redis::start();
    let pgbouncer = Pgbouncer::start(Cluster::shared());
    let nodes = Nodes::start_with(3, Some(&redis), move |config| {
        let postgres = config.postgres.as_mut().unwrap();
        let address = postgres.url.reveal().to_owned();
        postgres.url = Secret::new(pgbouncer.url(address.rsplit('/').next().unwrap()));
        postgres.prepares = false;
    });
    an_evening(nodes.await).await;
}

async fn an_evening(nodes: Nodes) {
    let lobby = nodes.node(2).lobby().await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "마당" })).await;
    assert_eq!(lobby.take("newRoom").await["title"], "마당");
    let hers = nodes.enter(0, &minji, &room).await;
    let jun = nodes.node(1).guest("jun").await;
    let his = nodes.enter(1, &jun, &room).await;
    assert_eq!(hers.take("join").await["user"]["id"], jun.id);

    // Messages in both directions, edits, reactions, typing, read marks.
    for (from, to, text) in [(&hers, &his, "안녕"), (&his, &hers, "hello"), (&hers, &his, "잘 지냈어?")] {
        from.say(&room, text).await;
        assert_eq!(to.receives(text).await["text"], text);
    }
    let said = his.say(&room, "wrogn").await;
    hers.receives("wrogn").await;
    his.ok("edit", json!({ "id": said["id"], "text": "wrong" })).await;
    hers.receives("wrong").await;
    hers.ok("react", json!({ "id": said["id"], "emoji": "👍", "on": true })).await;
    his.take_where("message", |message| !message["reactions"].as_array().is_none_or(Vec::is_empty)).await;
    hers.ok("typing", json!({ "room": room.id })).await;
    assert_eq!(his.take("typing").await["user"]["id"], minji.id);
    hers.ok("read", json!({ "room": room.id, "seq": said["seq"] })).await;
    assert_eq!(his.take_where("read", |read| read["userId"] == minji.id.as_str()).await["seq"], said["seq"]);

    // A third member on the third server sees both, and everything that was said.
    let sora = nodes.node(2).guest("sora").await;
    let joined = nodes.node(2).open_socket(ConnectOptions::of(&sora).room(&room)).await;
    let snapshot = joined.take("joined").await;
    assert!(texts(snapshot["messages"].as_array().unwrap()).contains(&"wrong"));
    for client in [&joined, &hers, &his] {
        until_online(client, &room, 3).await;
    }
    let listed = nodes.node(1).get("/api/rooms").bearer(&jun.token).send().await.is(200);
    assert_eq!(listed["rooms"][0]["onlineCount"], 3);

    // A member leaves a server; the others see it.
    joined.disconnect().await;
    hers.take_where("exit", |exit| exit["user"]["id"] == sora.id.as_str()).await;
    until_online(&his, &room, 2).await;

    // Kicked on one server, gone on the other, and nothing more of the room.
    hers.ok("kick", json!({ "room": room.id, "userId": jun.id })).await;
    hers.say(&room, "without him").await;
    his.take("kicked").await;
    his.settle().await;
    assert!(!texts(&his.all("message")).contains(&"without him"));
    his.join(&room).await;
    hers.say(&room, "welcome back").await;
    his.receives("welcome back").await;

    // A session that ends on one server closes its sockets on another.
    nodes.node(2).request("DELETE", "/api/session").bearer(&jun.token).send().await.is(204);
    his.take("close").await;
    nodes.node(1).get("/api/me").bearer(&jun.token).send().await.refused(401, "unauthenticated");

    // The room is removed on one server.
    let again = nodes.node(2).lobby().await;
    nodes.node(1).call(&minji, "DELETE", &format!("/rooms/{}", room.id), Value::Null).await.is(204);
    assert_eq!(hers.take("removeRoom").await, json!(room.id));
    assert_eq!(again.take("removeRoom").await, json!(room.id));
}

#[tokio::test]
async fn a_report_on_one_server_is_heard_on_another() {
    let nodes = Nodes::start(2, None).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "courtyard" })).await;
    let hers = nodes.enter(0, &minji, &room).await;
    let (jun, sora) = (nodes.node(1).guest("jun").await, nodes.node(1).guest("sora").await);
    let (his, _soras) = (nodes.enter(1, &jun, &room).await, nodes.enter(1, &sora, &room).await);
    let said = his.say(&room, "you fool").await;
    let path = format!("/messages/{}/reports", said["id"].as_str().unwrap());
    nodes.node(1).call(&sora, "POST", &path, json!({ "reason": "abuse" })).await.is(201);
    assert_eq!(hers.take("reports").await, json!({ "room": room.id, "open": 1 }));
    his.settle().await;
    assert!(his.all("reports").is_empty());
}

/// Waits until so many members are online.
pub(super) async fn until_online(client: &Client, room: &Room, count: usize) {
    let online = async {
        loop {
            let listed = client.ok("members", json!({ "room": room.id })).await;
            let members = listed["members"].as_array().unwrap();
            if members.iter().filter(|member| member["online"] == true).count() == count {
                return;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, online).await.unwrap_or_else(|_| panic!("expected {count} members online"));
}

#[tokio::test]
async fn messages_of_many_servers_reach_everyone_in_one_order() {
    let redis = Redis::start();
    let nodes = Nodes::start(3, Some(&redis)).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "race" })).await;
    let mut clients = Vec::new();
    for number in 0..6 {
        let who = nodes.node(number).guest(&format!("guest {number}")).await;
        clients.push(nodes.enter(number, &who, &room).await);
    }
    let room_ref = &room;
    let sends = clients.iter().enumerate().flat_map(|(number, client)| {
        (0..20).map(move |count| {
            let text = format!("{number}/{count}");
            client.start("message", json!({ "room": room_ref.id, "key": text, "text": text }))
        })
    });
    for send in sends.collect::<Vec<_>>() {
        assert_eq!(send.ack().await.unwrap()["ok"], true);
    }
    nodes.enter(1, &minji, &room).await.say(&room, "the last").await;
    for client in &clients {
        client.receives("the last").await;
        let revs: Vec<i64> = client.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect();
        assert!(revs.is_sorted_by(|one, next| one < next), "{revs:?}");
        let said =
            client.all("message").iter().filter(|message| message["text"].as_str().unwrap().contains('/')).count();
        assert_eq!(said, 120);
    }
}

#[tokio::test]
async fn an_ephemeral_room_lives_as_long_as_somebody_is_on_any_server() {
    let nodes = Nodes::start(2, None).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "for now", "ephemeral": true })).await;
    let hers = nodes.enter(0, &minji, &room).await;
    // She goes over to the other server, with a second screen first.
    let other = nodes.enter(1, &minji, &room).await;
    hers.disconnect().await;
    let jun = nodes.node(0).guest("jun").await;
    let his = nodes.enter(0, &jun, &room).await;
    his.say(&room, "still here").await;
    other.receives("still here").await;
    // The last of them ends the room, wherever they are.
    his.ok("leave", json!({ "room": room.id })).await;
    let lobby = nodes.node(0).lobby().await;
    other.disconnect().await;
    assert_eq!(lobby.take("removeRoom").await, json!(room.id));
}

/// News that arrive late leave nobody behind as online.
#[tokio::test]
async fn a_member_who_comes_and_leaves_at_once_is_online_nowhere() {
    let nodes = Nodes::start(2, None).await;
    let minji = nodes.node(1).guest("minji").await;
    let room = nodes.node(1).room(&minji, json!({ "title": "in and out" })).await;
    let hers = nodes.enter(1, &minji, &room).await;
    let jun = nodes.node(0).guest("jun").await;
    for _ in 0..10 {
        let his = nodes.enter(0, &jun, &room).await;
        his.ok("leave", json!({ "room": room.id })).await;
    }
    let his = nodes.enter(0, &jun, &room).await;
    until_online(&hers, &room, 2).await;
    his.ok("leave", json!({ "room": room.id })).await;
    until_online(&hers, &room, 1).await;
    // By its count, too, and after all that was still on its way.
    hers.say(&room, "alone").await;
    hers.receives("alone").await;
    until_online(&hers, &room, 1).await;
    // Nothing orders what a server says of its members with the messages of others.
    let counted = async {
        while nodes.node(1).show(&room).await["onlineCount"] != 1 {
            hers.settle().await;
        }
    };
    tokio::time::timeout(TIMEOUT, counted).await.expect("somebody stays online");
}

#[tokio::test]
async fn a_hidden_presence_is_hidden_on_every_server() {
    let nodes = Nodes::start(2, None).await;
    let minji = nodes.node(0).account("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "here" })).await;
    let _hers = nodes.enter(0, &minji, &room).await;
    let jun = nodes.node(1).guest("jun").await;
    let his = nodes.enter(1, &jun, &room).await;
    // By a request to the server where she is not connected.
    nodes.node(1).call(&minji, "PATCH", "/me", json!({ "hidesPresence": true })).await.is(200);
    assert_eq!(his.take("exit").await["user"]["id"], minji.id);
    nodes.node(1).call(&minji, "PATCH", "/me", json!({ "hidesPresence": false })).await.is(200);
    assert_eq!(his.take_where("join", |join| join["user"]["id"] == minji.id.as_str()).await["count"], 2);
}

#[tokio::test]
async fn who_keeps_read_marks_to_themselves_comes_as_such_on_every_server() {
    let nodes = Nodes::start(2, None).await;
    let (minji, jun) = (nodes.node(0).account("minji").await, nodes.node(1).guest("jun").await);
    let room = nodes.node(1).room(&jun, json!({ "title": "here" })).await;
    let his = nodes.enter(1, &jun, &room).await;
    nodes.node(0).call(&minji, "PATCH", "/me", json!({ "hidesReads": true })).await.is(200);
    let _hers = nodes.enter(0, &minji, &room).await;
    let join = his.take_where("join", |join| join["user"]["id"] == minji.id.as_str()).await;
    assert_eq!(join["hidesReads"], true);
}

#[tokio::test]
async fn a_stranger_on_another_server_sees_nothing_until_their_room_is_accepted() {
    let nodes = Nodes::start(2, None).await;
    let (minji, sora) = (nodes.node(0).guest("minji").await, nodes.node(1).guest("sora").await);
    let room = nodes.node(0).room(&minji, json!({ "title": "here" })).await;
    let _hers = nodes.enter(0, &minji, &room).await;
    // The other server knows that she is there.
    let known = async {
        let hers = nodes.enter(1, &sora, &room).await;
        while seen(&nodes, &sora, &room.id, &minji.id).await != "online" {
            hers.settle().await;
        }
    };
    tokio::time::timeout(TIMEOUT, known).await.expect("her presence reaches the other server");

    let jun = nodes.node(1).guest("jun").await;
    let his = nodes.node(1).connect(&jun).await;
    let asked = nodes.node(1).call(&jun, "POST", "/direct", json!({ "userId": minji.id })).await.is(201);
    let direct = asked["id"].as_str().unwrap();
    let page = async || nodes.node(1).page(&jun, &format!("/room/{direct}")).await.text();
    let shows = "data-presence=\"online\"><i";
    assert_eq!(seen(&nodes, &jun, direct, &minji.id).await, "offline");
    assert!(!page().await.contains(shows));

    nodes.node(0).call(&minji, "POST", &format!("/rooms/{direct}/accept"), Value::Null).await.is(204);
    his.take_where("presence", |one| one["userId"] == minji.id.as_str() && one["state"] == "online").await;
    assert_eq!(seen(&nodes, &jun, direct, &minji.id).await, "online");
    assert!(page().await.contains(shows));
}

/// Returns the presence of a user in a room, as another member on the second server sees it.
async fn seen(nodes: &Nodes, viewer: &Person, room: &str, user: &str) -> Value {
    let members = nodes.node(1).call(viewer, "GET", &format!("/rooms/{room}/members"), Value::Null).await.is(200);
    let members = members["members"].as_array().unwrap();
    members.iter().find(|member| member["user"]["id"] == user).map_or(Value::Null, |one| one["presence"].clone())
}

#[tokio::test]
async fn a_picture_that_came_by_one_server_is_shown_by_another() {
    let bucket = crate::support::Bucket::start();
    let s3 = bucket.settings();
    let nodes = Nodes::start_with(2, None, move |config| config.s3 = Some(s3.clone())).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "pictures" })).await;
    let jun = nodes.node(1).guest("jun").await;
    let his = nodes.enter(1, &jun, &room).await;
    let upload = nodes.node(0).request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    upload.multipart(Some(("cat.gif", &picture::gif(4))), &[("text", "고양이")]).send().await.is(201);
    let message = his.receives("고양이").await;
    let shown = nodes.node(1).page(&jun, message["files"][0]["url"].as_str().unwrap()).await;
    assert_eq!(picture::frame_count(&shown.body), 4);
}
