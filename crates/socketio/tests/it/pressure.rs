//! Clients that send more than is handled at once: they wait, and nothing is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use socketio::{Config, Namespace, Reply};
use tokio::sync::Semaphore;

use crate::support::{House, Http, Polling, Ws, config, frame, ms, soon, until};

/// A namespace whose handlers wait for leave, and what they did.
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
    let house = House::open(config(), [namespace]).await;
    works.leave.add_permits(100);
    let mut ws = Ws::join(house.at, "/").await;
    ws.send_bytes(&events(0..100)).await;
    for number in 0..100 {
        assert_eq!(ws.text().await, format!("43{number}[{number}]"));
    }
    assert_eq!(*works.done.lock(), (0..100).collect::<Vec<_>>());
}

/// Abuse: S14
#[tokio::test]
async fn a_full_inbox_stops_the_reading_and_loses_nothing() {
    let (works, namespace) = Works::new();
    let house = House::open(config(), [namespace]).await;
    let ws = Ws::join(house.at, "/").await;
    // Far more than inbox, buffers and kernel hold, so the client itself must stop.
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
    assert!(!sending.is_finished(), "24 MB do not fit into the kernel: the client is held back");
    assert!(works.done.lock().is_empty());
    works.leave.add_permits(201);
    let _writer = soon(sending).await.unwrap();
    until(|| works.done.lock().len() == 201).await;
    assert_eq!(*works.done.lock(), (0..201).collect::<Vec<_>>());
    let mut byte = [0];
    soon(tokio::io::AsyncReadExt::read_exact(&mut reader, &mut byte)).await.unwrap();
}

#[tokio::test]
async fn a_polling_client_is_held_back_too() {
    let (works, namespace) = Works::new();
    let house = House::open(config(), [namespace]).await;
    let session = Polling::open(house.at).await;
    session.join("/").await;
    let packets: Vec<_> = (0..100).map(|number| format!("42[\"work\",{number}]")).collect();
    let mut post = Http::connect(house.at).await;
    post.send(Http::request(&format!("POST {}", session.target()), "", &packets.join("\x1e"))).await;
    let early = tokio::time::timeout(ms(60), post.answer()).await;
    assert!(early.is_err(), "{early:?}");
    works.leave.add_permits(100);
    assert_eq!(post.answer().await.unwrap().body, "ok");
    until(|| works.done.lock().len() == 100).await;
    assert_eq!(*works.done.lock(), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_post_that_waits_for_room_ends_with_its_session() {
    let (_works, namespace) = Works::new();
    let house = House::open(config(), [namespace]).await;
    let session = Polling::open(house.at).await;
    session.join("/").await;
    let packets: Vec<_> = (0..100).map(|number| format!("42[\"work\",{number}]")).collect();
    let mut post = Http::connect(house.at).await;
    post.send(Http::request(&format!("POST {}", session.target()), "", &packets.join("\x1e"))).await;
    tokio::time::sleep(ms(30)).await;
    house.of_name("/").to_all().reached()[0].session().close(socketio::Reason::ServerClose);
    assert_eq!(post.answer().await.unwrap().status, 400);
    house.is_empty().await;
}

#[tokio::test]
async fn the_pong_clock_stands_while_nobody_reads() {
    let (works, namespace) = Works::new();
    let beating = Config { ping_interval: ms(60), ping_timeout: ms(40), ..config() };
    let house = House::open(beating, [namespace]).await;
    let mut ws = Ws::join(house.at, "/").await;
    ws.send_bytes(&events(0..60)).await;
    assert_eq!(ws.text().await, "2");
    // The pong waits behind events that are not read.
    ws.send("3").await;
    ws.silence(ms(150)).await;
    works.leave.add_permits(60);
    for number in 0..60 {
        assert_eq!(ws.text().await, format!("43{number}[{number}]"));
    }
    assert_eq!(ws.text().await, "2", "and it beats again");
}

#[tokio::test]
async fn other_clients_do_not_wait_for_one_whose_inbox_is_full() {
    let (works, namespace) = Works::new();
    let house = House::open(config(), [namespace, crate::support::echo("/chat")]).await;
    let mut stuck = Ws::join(house.at, "/").await;
    stuck.send_bytes(&events(0..60)).await;
    let mut other = Ws::join(house.at, "/chat").await;
    for number in 0..50 {
        other.send(&format!("42/chat,[\"echo\",{number}]")).await;
        assert_eq!(other.text().await, format!("42/chat,[\"echo\",{number}]"));
    }
    assert!(works.done.lock().is_empty());
}

#[tokio::test]
async fn a_socket_that_ends_with_a_full_inbox_has_all_its_events_handled() {
    let (works, namespace) = Works::new();
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::join(house.at, "/").await;
    ws.send_bytes(&events(0..33)).await;
    tokio::time::sleep(ms(30)).await;
    house.of_name("/").to_all().disconnect();
    assert_eq!(ws.text().await, "41");
    works.leave.add_permits(33);
    until(|| works.done.lock().len() >= 32).await;
    // The session is read again, and what was on its way to the socket does not end it.
    ws.send("42[\"work\",99]").await;
    ws.enter("/", "").await;
}
