//! Clients that send more than is handled at once: they are delayed, and nothing is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use socketio::{Closing, Config, DisconnectReason, Namespace, Reply};
use tokio::sync::Semaphore;

use crate::support::{Http, Polling, TestServer, Ws, config, frame, ms, soon, until};

/// The state of a namespace whose handlers wait for permits.
#[derive(Clone)]
struct Works {
    leave: Arc<Semaphore>,
    done: Arc<Mutex<Vec<u32>>>,
    at_once: Arc<AtomicUsize>,
}

impl Works {
    fn new() -> (Self, Namespace) {
        let works = Self { leave: Arc::new(Semaphore::new(0)), done: Arc::default(), at_once: Arc::default() };
        let own = works.clone();
        let namespace = Namespace::new("/").on("work", move |_, number: u32| {
            let Works { leave, done, at_once } = own.clone();
            async move {
                assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                leave.acquire().await.unwrap().forget();
                tokio::task::yield_now().await;
                at_once.fetch_sub(1, Ordering::SeqCst);
                done.lock().push(number);
                Reply::json(&number).unwrap()
            }
        });
        (works, namespace)
    }
}

fn events(numbers: std::ops::Range<u32>) -> Vec<u8> {
    numbers.flat_map(|number| frame(0x81, format!("42{number}[\"work\",{number}]").as_bytes())).collect()
}

/// Abuse: S15
#[tokio::test]
async fn a_hundred_events_back_to_back_are_handled_in_order_one_at_a_time() {
    let (works, namespace) = Works::new();
    let server = TestServer::open(config(), [namespace]).await;
    works.leave.add_permits(100);
    let mut ws = Ws::join(server.at, "/").await;
    ws.send_bytes(&events(0..100)).await;
    for number in 0..100 {
        assert_eq!(ws.text().await, format!("43{number}[{number}]"));
    }
    assert_eq!(*works.done.lock(), (0..100).collect::<Vec<_>>());
}

/// Abuse: S14
#[tokio::test]
async fn a_full_inbox_pauses_reading_and_loses_nothing() {
    let (works, namespace) = Works::new();
    let server = TestServer::open(config(), [namespace]).await;
    let ws = Ws::join(server.at, "/").await;
    // More than the inbox and all buffers hold, so the client's writes must block.
    let padding = frame(0x81, format!("42[\"unknown\",\"{}\"]", "x".repeat(60_000)).as_bytes());
    let mut flood = events(0..200);
    (0..400).for_each(|_| flood.extend(&padding));
    flood.extend(events(200..201));
    let (mut reader, mut writer) = ws.stream.into_split();
    let sending = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut writer, &flood).await.unwrap();
        writer
    });
    tokio::time::sleep(ms(150)).await;
    assert!(!sending.is_finished(), "24 MB do not fit into the kernel: the client is delayed");
    assert!(works.done.lock().is_empty());
    works.leave.add_permits(201);
    let _writer = soon(sending).await.unwrap();
    until(|| works.done.lock().len() == 201).await;
    assert_eq!(*works.done.lock(), (0..201).collect::<Vec<_>>());
    let mut byte = [0];
    soon(tokio::io::AsyncReadExt::read_exact(&mut reader, &mut byte)).await.unwrap();
}

#[tokio::test]
async fn a_full_inbox_delays_polling_clients_as_well() {
    let (works, namespace) = Works::new();
    let server = TestServer::open(config(), [namespace]).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let packets: Vec<_> = (0..100).map(|number| format!("42[\"work\",{number}]")).collect();
    let mut post = Http::connect(server.at).await;
    post.send(Http::encode_request(&format!("POST {}", session.target()), "", &packets.join("\x1e"))).await;
    let early = tokio::time::timeout(ms(60), post.response()).await;
    assert!(early.is_err(), "{early:?}");
    works.leave.add_permits(100);
    assert_eq!(post.response().await.unwrap().body, "ok");
    until(|| works.done.lock().len() == 100).await;
    assert_eq!(*works.done.lock(), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_post_that_waits_for_an_inbox_ends_with_its_session() {
    let (_works, namespace) = Works::new();
    let server = TestServer::open(config(), [namespace]).await;
    let session = Polling::open(server.at).await;
    session.join("/").await;
    let packets: Vec<_> = (0..100).map(|number| format!("42[\"work\",{number}]")).collect();
    let mut post = Http::connect(server.at).await;
    post.send(Http::encode_request(&format!("POST {}", session.target()), "", &packets.join("\x1e"))).await;
    tokio::time::sleep(ms(30)).await;
    server.of_name("/").to_all().sockets()[0].session().close(Closing::Now(DisconnectReason::ServerClose));
    assert_eq!(post.response().await.unwrap().status, 400);
    server.wait_until_empty().await;
}

#[tokio::test]
async fn the_pong_timeout_does_not_run_while_reading_is_paused() {
    let (works, namespace) = Works::new();
    let short_heartbeat = Config { ping_interval: ms(60), ping_timeout: ms(40), ..config() };
    let server = TestServer::open(short_heartbeat, [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send_bytes(&events(0..60)).await;
    assert_eq!(ws.text().await, "2");
    // The pong is behind events that are not read.
    ws.send("3").await;
    ws.silence(ms(150)).await;
    works.leave.add_permits(60);
    for number in 0..60 {
        assert_eq!(ws.text().await, format!("43{number}[{number}]"));
    }
    assert_eq!(ws.text().await, "2", "and the heartbeat continues");
}

#[tokio::test]
async fn other_clients_do_not_wait_for_one_whose_inbox_is_full() {
    let (works, namespace) = Works::new();
    let server = TestServer::open(config(), [namespace, crate::support::echo("/chat")]).await;
    let mut stuck = Ws::join(server.at, "/").await;
    stuck.send_bytes(&events(0..60)).await;
    let mut other = Ws::join(server.at, "/chat").await;
    for number in 0..50 {
        other.send(&format!("42/chat,[\"echo\",{number}]")).await;
        assert_eq!(other.text().await, format!("42/chat,[\"echo\",{number}]"));
    }
    assert!(works.done.lock().is_empty());
}

#[tokio::test]
async fn all_events_of_a_socket_that_ends_with_a_full_inbox_are_handled() {
    let (works, namespace) = Works::new();
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send_bytes(&events(0..33)).await;
    tokio::time::sleep(ms(30)).await;
    server.of_name("/").to_all().disconnect();
    assert_eq!(ws.text().await, "41");
    works.leave.add_permits(33);
    until(|| works.done.lock().len() >= 32).await;
    // The session is read again, and an event that was on its way to the socket does not end it.
    ws.send("42[\"work\",99]").await;
    ws.enter("/", "").await;
}
