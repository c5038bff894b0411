//! Rooms and broadcasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use socketio::{Closing, Config, DisconnectReason, Limits, Namespace, Recipient, Reply, Server, Socket, SocketId};

use crate::support::{TestServer, Ws, config, echo, echoes, ms, until};

/// A client and its socket on the server.
struct Member {
    ws: Ws,
    socket: Socket,
}

async fn member(server: &TestServer, rooms: &[&str]) -> Member {
    let mut ws = Ws::open(server.at).await;
    let id = ws.enter("/", "").await;
    let socket = find(&server.of_name("/"), &id);
    rooms.iter().for_each(|room| socket.join(room));
    Member { ws, socket }
}

fn find(namespace: &Namespace, id: &str) -> Socket {
    namespace.to_all().sockets().into_iter().find(|socket| socket.id().to_string() == id).unwrap()
}

async fn server() -> TestServer {
    TestServer::open(config(), echoes()).await
}

async fn receives(member: &mut Member, expected: &[&str]) {
    for text in expected {
        assert_eq!(member.ws.text().await, format!("42[\"{text}\",null]"));
    }
    member.ws.silence(ms(15)).await;
}

/// Returns the bytes of one read.
async fn one_read(member: &Member) -> Vec<u8> {
    let mut bytes = vec![0; 1_024];
    member.ws.stream.readable().await.unwrap();
    let count = member.ws.stream.try_read(&mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

/// Returns the frames of short texts, one after the other.
fn written(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| [&[0x81, text.len() as u8], text.as_bytes()].concat()).collect()
}

#[tokio::test]
async fn a_broadcast_reaches_its_rooms_members_each_once() {
    let server = server().await;
    let namespace = server.of_name("/");
    let (mut anna, mut both, mut berta) =
        (member(&server, &["a"]).await, member(&server, &["a", "b"]).await, member(&server, &["b"]).await);
    let mut no_rooms = member(&server, &[]).await;
    namespace.to("a").emit("to-a", &()).await.unwrap();
    namespace.to("a").to("b").emit("to-both", &()).await.unwrap();
    namespace.to("a").to("b").except("b").emit("but-b", &()).await.unwrap();
    namespace.to_all().except("a").except_socket(berta.socket.id()).emit("others", &()).await.unwrap();
    namespace.to("nowhere").emit("lost", &()).await.unwrap();
    receives(&mut anna, &["to-a", "to-both", "but-b"]).await;
    receives(&mut both, &["to-a", "to-both"]).await;
    receives(&mut berta, &["to-both"]).await;
    receives(&mut no_rooms, &["others"]).await;
}

#[tokio::test]
async fn packets_of_one_turn_to_a_small_room_arrive_in_one_write_and_in_order() {
    let server = server().await;
    let namespace = server.of_name("/");
    let mut anna = member(&server, &["a"]).await;
    for word in ["one", "two", "three"] {
        namespace.to("a").emit(word, &()).await.unwrap();
    }
    let texts = ["42[\"one\",null]", "42[\"two\",null]", "42[\"three\",null]"];
    assert_eq!(one_read(&anna).await, written(&texts));
    // A packet without a batch flushes the batch first, and so does the end of the session.
    namespace.to("a").emit("first", &()).await.unwrap();
    anna.socket.emit("second", &()).unwrap();
    namespace.to("a").emit("last", &()).await.unwrap();
    anna.socket.disconnect_and_close();
    for text in ["42[\"first\",null]", "42[\"second\",null]", "42[\"last\",null]", "41"] {
        assert_eq!(anna.ws.text().await, text);
    }
    anna.ws.ended().await;
    let mut berta = member(&server, &["a"]).await;
    namespace.to("a").emit("parting", &()).await.unwrap();
    berta.socket.session().close(Closing::Now(DisconnectReason::ServerClose));
    assert_eq!(berta.ws.text().await, "42[\"parting\",null]");
    berta.ws.ended().await;
}

#[tokio::test]
async fn an_acknowledgement_and_a_broadcast_to_a_small_room_share_a_write() {
    // Broadcasts to the room after its acknowledgement, from another task as an application does.
    let telling = Namespace::new("/").on("tell", |socket: Socket, room: String| async move {
        let namespace = Arc::clone(socket.namespace());
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            namespace.to(&room).emit("event", &()).await.unwrap();
        });
        Reply::json(&true).unwrap()
    });
    let server = TestServer::open(config(), [telling]).await;
    let mut anna = member(&server, &["small", "large"]).await;
    anna.ws.send("421[\"tell\",\"small\"]").await;
    assert_eq!(one_read(&anna).await, written(&["431[true]", "42[\"event\",null]"]));
    // In a large room nothing is batched, and the acknowledgement still comes first.
    let mut others = Vec::new();
    for _ in 0..20 {
        others.push(member(&server, &["large"]).await);
    }
    anna.ws.send("422[\"tell\",\"large\"]").await;
    assert_eq!([anna.ws.text().await, anna.ws.text().await], ["432[true]", "42[\"event\",null]"]);
    for other in &mut others {
        assert_eq!(other.ws.text().await, "42[\"event\",null]");
    }
}

#[tokio::test]
async fn more_batches_than_one_turn_flushes_all_arrive() {
    const ALL: usize = 300;
    let config = Config { sessions_per_address: ALL, ..config() };
    let limits = Limits { connections_per_address: ALL, ..Limits::default() };
    let server = TestServer::of(Server::new(config, echoes()), limits).await;
    let namespace = server.of_name("/");
    let mut members = Vec::new();
    for number in 0..ALL {
        members.push(member(&server, &[&(number / 10).to_string()]).await);
    }
    // More packets than fit into one write.
    for room in 0..ALL / 10 {
        for number in 0..40 {
            namespace.to(&room.to_string()).emit("n", &number).await.unwrap();
        }
    }
    for member in &mut members {
        for number in 0..40 {
            assert_eq!(member.ws.text().await, format!("42[\"n\",{number}]"));
        }
    }
}

#[tokio::test]
async fn joins_and_leaves_take_effect_at_once_and_repeats_change_nothing() {
    let server = server().await;
    let namespace = server.of_name("/");
    let mut anna = member(&server, &["a", "a"]).await;
    assert_eq!(namespace.sockets_in("a").len(), 1);
    namespace.to("a").emit("in", &()).await.unwrap();
    anna.socket.leave("a");
    anna.socket.leave("a");
    namespace.to("a").emit("out", &()).await.unwrap();
    anna.socket.join("a");
    namespace.to("a").emit("again", &()).await.unwrap();
    receives(&mut anna, &["in", "again"]).await;
    anna.ws.cut();
    until(|| namespace.sockets_in("a").is_empty() && namespace.to_all().sockets().is_empty()).await;
}

#[tokio::test]
async fn each_socket_may_get_another_packet_or_none() {
    let server = server().await;
    let namespace = server.of_name("/");
    let (mut anna, mut berta, mut carla) =
        (member(&server, &["a"]).await, member(&server, &["a", "vip"]).await, member(&server, &["a"]).await);
    let (plain, html) = (namespace.packet("plain", &()).unwrap(), namespace.packet("html", &()).unwrap());
    let without: SocketId = carla.socket.id();
    anna.socket.set_label(7);
    // A room stores the label that a socket had when it joined.
    anna.socket.join("labelled");
    namespace.to("a").each(|reader| (reader.label == 7).then(|| unreachable!())).await;
    let labelled = plain.clone();
    namespace.to("labelled").each(move |reader| (reader.label == 7).then(|| labelled.clone())).await;
    receives(&mut anna, &["plain"]).await;
    let pick = move |reader: &Recipient<'_>| match reader {
        socket if socket.id() == without => None,
        // It may check rooms, though it runs under the lock of one.
        socket if socket.is_in("vip") => Some(html.clone()),
        _ => Some(plain.clone()),
    };
    namespace.to("a").each(pick).await;
    receives(&mut anna, &["plain"]).await;
    receives(&mut berta, &["html"]).await;
    receives(&mut carla, &[]).await;
}

#[tokio::test]
async fn all_of_a_room_are_disconnected_and_others_stay() {
    let server = server().await;
    let namespace = server.of_name("/");
    let (mut anna, mut berta, mut carla) =
        (member(&server, &["a"]).await, member(&server, &["a", "spared"]).await, member(&server, &["a"]).await);
    namespace.to("a").except("spared").disconnect();
    for gone in [&mut anna, &mut carla] {
        assert_eq!(gone.ws.text().await, "41");
        assert!(!gone.socket.is_connected());
    }
    namespace.to_all().emit("hello", &()).await.unwrap();
    receives(&mut berta, &["hello"]).await;
    assert_eq!(namespace.sockets_in("a").len(), 1);
    // The transport stays, so that the client may join again.
    anna.ws.enter("/", "").await;
}

/// Delivery: I6
#[tokio::test]
async fn broadcasts_awaited_one_after_the_other_arrive_in_order() {
    let server = server().await;
    let namespace = server.of_name("/");
    let mut members = Vec::new();
    for _ in 0..10 {
        members.push(member(&server, &["a"]).await);
    }
    for number in 0..500 {
        namespace.to("a").emit("n", &number).await.unwrap();
    }
    for member in &mut members {
        for number in 0..500 {
            assert_eq!(member.ws.text().await, format!("42[\"n\",{number}]"));
        }
    }
}

#[tokio::test]
async fn held_broadcasts_are_released_after_a_position_and_unnumbered_ones_are_sent() {
    let server = server().await;
    let namespace = server.of_name("/");
    let mut anna = member(&server, &[]).await;
    anna.socket.join_held("a");
    for number in 1..=5u64 {
        namespace.to("a").at(number).emit("n", &number).await.unwrap();
    }
    namespace.to("a").emit("typing", &0).await.unwrap();
    anna.socket.release("a", 3);
    anna.socket.release("a", 0);
    namespace.to("a").at(6).emit("n", &6).await.unwrap();
    for expected in ["[\"typing\",0]", "[\"n\",4]", "[\"n\",5]", "[\"n\",6]"] {
        assert_eq!(anna.ws.text().await, format!("42{expected}"));
    }
    anna.socket.release("elsewhere", 0);
    anna.ws.silence(ms(15)).await;
}

#[tokio::test]
async fn a_hold_that_lasts_too_long_ends_the_session() {
    let server = server().await;
    let namespace = server.of_name("/");
    let mut anna = member(&server, &[]).await;
    anna.socket.join_held("a");
    let packet = namespace.packet("n", &()).unwrap();
    for number in 1..=2_001 {
        namespace.to("a").at(number).send(packet.clone()).await;
    }
    anna.ws.ended().await;
    server.wait_until_empty().await;
}

/// The join of a chat: join with a hold, read the current position, release after the acknowledgement.
fn snapshots(position: Arc<AtomicU64>) -> Namespace {
    echo("/").on("join", move |socket: Socket, (): ()| {
        let position = Arc::clone(&position);
        async move {
            socket.join_held("a");
            let now = position.load(Ordering::SeqCst);
            tokio::time::sleep(ms(2)).await;
            Reply::json(&now).unwrap().then(move || socket.release("a", now))
        }
    })
}

/// Delivery: I7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshot_and_live_meet_without_gap_under_a_racing_broadcaster() {
    let position = Arc::new(AtomicU64::new(0));
    let server = TestServer::open(config(), [snapshots(Arc::clone(&position))]).await;
    let namespace = server.of_name("/");
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let broadcaster = tokio::spawn(async move {
        while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            // Committed before the broadcast: a snapshot may be ahead of it, but not behind.
            let number = position.fetch_add(1, Ordering::SeqCst) + 1;
            namespace.to("a").at(number).emit("n", &number).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_micros(200)).await;
        }
    });
    for _ in 0..40 {
        let mut ws = Ws::join(server.at, "/").await;
        ws.send("421[\"join\",null]").await;
        let ack = ws.text().await;
        let snapshot: u64 = ack.strip_prefix("431[").expect("nothing before it").trim_end_matches(']').parse().unwrap();
        for number in snapshot + 1..snapshot + 11 {
            assert_eq!(ws.text().await, format!("42[\"n\",{number}]"));
        }
    }
    stop.send(()).unwrap();
    broadcaster.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_leaves_and_broadcasts_with_exceptions_do_not_deadlock() {
    let server = server().await;
    let namespace = server.of_name("/");
    let mut members = Vec::new();
    for _ in 0..8 {
        members.push(member(&server, &["a"]).await);
    }
    let broadcasters = (0..2).map(|_| {
        let namespace = Arc::clone(&namespace);
        tokio::spawn(async move {
            for _ in 0..3_000 {
                namespace.to("a").to("b").except("b").each(|socket| socket.is_in("c").then(|| unreachable!())).await;
                tokio::task::yield_now().await;
            }
        })
    });
    let joiners = members.iter().map(|member| {
        let socket = member.socket.clone();
        tokio::spawn(async move {
            for _ in 0..1_000 {
                socket.join_held("b");
                socket.leave("a");
                socket.release("b", 0);
                socket.join("a");
                socket.leave("b");
                tokio::task::yield_now().await;
            }
        })
    });
    for task in broadcasters.chain(joiners).collect::<Vec<_>>() {
        crate::support::soon(task).await.unwrap();
    }
    assert_eq!(namespace.sockets_in("a").len(), 8);
    assert!(namespace.sockets_in("b").is_empty());
}

/// Rooms of this size have shards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_of_a_large_room_get_what_is_sent_in_its_order_while_others_come_and_go() {
    let config = Config { sessions_per_address: 0, ..config() };
    let limits = Limits { connections_per_address: 0, ..Limits::default() };
    let server = TestServer::of(Server::new(config, echoes()), limits).await;
    let namespace = server.of_name("/");
    let mut members = Vec::new();
    for _ in 0..300 {
        members.push(member(&server, &["large"]).await);
    }
    assert_eq!(namespace.sockets_in("large").len(), members.len());
    // Every third leaves after the first broadcast; half of those come back before the third.
    let names = ["one", "two", "three", "four"];
    for (number, name) in names.iter().enumerate() {
        for (index, member) in members.iter().enumerate() {
            match (number, index % 6) {
                (1, 0 | 3) => member.socket.leave("large"),
                (2, 3) => member.socket.join("large"),
                _ => {}
            }
        }
        namespace.to("large").emit(name, &()).await.unwrap();
    }
    assert_eq!(namespace.sockets_in("large").len(), 250);
    namespace.to_all().emit("end", &()).await.unwrap();
    // One who is held is in the smaller shard.
    let mut held = member(&server, &[]).await;
    held.socket.join_held("large");
    for number in 1..=3u64 {
        namespace.to("large").except("elsewhere").at(number).emit("n", &number).await.unwrap();
    }
    held.socket.release("large", 1);
    namespace.to("large").at(4).emit("n", &4).await.unwrap();
    for number in 2..=4 {
        assert_eq!(held.ws.text().await, format!("42[\"n\",{number}]"));
    }
    for (index, member) in members.iter_mut().enumerate() {
        let wanted: &[&str] = match index % 6 {
            0 => &["one"],
            3 => &["one", "three", "four"],
            _ => &names,
        };
        for name in wanted.iter().chain(&["end"]) {
            assert_eq!(member.ws.text().await, format!("42[\"{name}\",null]"));
        }
    }
    // Few are left in its shards.
    members.iter().skip(3).for_each(|member| member.socket.leave("large"));
    namespace.to("large").emit("few", &()).await.unwrap();
    assert_eq!(held.ws.text().await, "42[\"few\",null]");
    members.iter().chain([&held]).for_each(|member| member.socket.leave("large"));
    assert!(namespace.sockets_in("large").is_empty());
}
