//! The resources of a session are freed when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use socketio::{
    Admission, Application, Closing, Config, DisconnectReason, Engine, FloodCheck, Message, Namespace, Packet, Reply,
    Session, SessionHandler, Socket,
};

use crate::support::{Frame, Polling, TestServer, Upgrade, Ws, config, ms, soon, until};

/// Counts its living instances.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Creates a namespace whose sockets have data and are in rooms.
fn counted(alive: &Arc<AtomicUsize>) -> Namespace {
    let alive = Arc::clone(alive);
    Namespace::new("/")
        .connect_middleware(move |socket, _| {
            socket.set_data(Alive::new(&alive));
            socket.join("room");
            socket.join_held("held");
            async { Ok(Admission::new()) }
        })
        .on("echo", |_, text: String| async move { Reply::json(&text).unwrap() })
        .on("ask", |socket, (): ()| async move {
            let answer = socket.emit_with_ack("ask", &(), ms(60_000)).await;
            Reply::json(&answer.is_ok()).unwrap()
        })
}

/// Delivery: I14
#[tokio::test]
async fn sockets_and_sessions_are_freed_whatever_ends_them() {
    let alive = Arc::default();
    let short_heartbeat = Config { ping_interval: ms(150), ping_timeout: ms(50), ..config() };
    let server = TestServer::open(short_heartbeat, [counted(&alive)]).await;
    let namespace = server.of_name("/");
    for end in 0..9 {
        let mut ws = Ws::join(server.at, "/").await;
        assert_eq!(alive.load(Ordering::SeqCst), 1);
        namespace.to("held").at(1).emit("n", &1).await.unwrap();
        let session = Arc::downgrade(namespace.to_all().sockets()[0].session());
        match end {
            0 => ws.cut(),
            1 => ws.send("1").await,
            2 => ws.send_frame(0x88, b"").await,
            3 => ws.send("nonsense").await,
            4 => ws.send("41").await,
            5 => namespace.to_all().disconnect(),
            6 => namespace.to_all().sockets()[0].disconnect_and_close(),
            7 => ws.send("42[\"ask\",null]").await,
            _ => {}
        }
        // Sessions that only left the namespace, or do nothing, end by the pong timeout.
        until(|| alive.load(Ordering::SeqCst) == 0).await;
        until(|| session.upgrade().is_none()).await;
        assert_eq!((server.engine.session_count(), namespace.to_all().sockets().len()), (0, 0), "{end}");
        assert!(namespace.sockets_in("room").is_empty() && namespace.sockets_in("held").is_empty());
    }
}

/// Delivery: I14
#[tokio::test]
async fn polling_sessions_and_upgraded_ones_are_freed() {
    let alive = Arc::default();
    let server = TestServer::open(config(), [counted(&alive)]).await;
    for end in 0..4 {
        let polling = Polling::open(server.at).await;
        polling.join("/").await;
        let session = Arc::downgrade(server.of_name("/").to_all().sockets()[0].session());
        match end {
            0 => assert_eq!(polling.post("1").await.status, 200),
            1 => drop(polling.start_poll().await),
            2 => {
                let mut ws = Upgrade::of(&polling).connect(server.at).await.unwrap();
                ws.send("2probe").await;
                assert_eq!(ws.text().await, "3probe");
                assert_eq!(polling.post("1").await.status, 200);
            }
            _ => {
                let mut ws = Upgrade::of(&polling).connect(server.at).await.unwrap();
                ws.send("2probe").await;
                assert_eq!(ws.text().await, "3probe");
                ws.send("5").await;
            }
        }
        until(|| alive.load(Ordering::SeqCst) == 0 && session.upgrade().is_none()).await;
        assert_eq!(server.engine.session_count(), 0, "{end}");
    }
}

/// Delivery: I14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_that_races_with_the_end_of_its_session_leaves_no_socket() {
    let alive = Arc::default();
    let server = TestServer::open(config(), [counted(&alive)]).await;
    for _ in 0..200 {
        let polling = Polling::open(server.at).await;
        let (posting, closing) = (polling.clone(), polling.clone());
        // Two posts at once end the session, while the packets of one may still be handled.
        let (_first, _second) = tokio::join!(posting.post("40"), closing.post("3"));
        polling.post("1").await;
    }
    server.wait_until_empty().await;
    until(|| alive.load(Ordering::SeqCst) == 0).await;
    assert_eq!(server.of_name("/").to_all().sockets().len(), 0);
    assert!(server.of_name("/").sockets_in("room").is_empty());
}

#[tokio::test]
async fn a_stored_socket_holds_neither_its_connection_nor_its_permit() {
    let server = TestServer::open(Config { sessions_per_address: 1, ..config() }, [counted(&Arc::default())]).await;
    let kept: Mutex<Vec<Socket>> = Mutex::default();
    for reason in [DisconnectReason::SlowClient, DisconnectReason::ServerClose] {
        let mut ws = Ws::join(server.at, "/").await;
        let socket = server.of_name("/").to_all().sockets().remove(0);
        socket.session().close(Closing::Now(reason));
        kept.lock().push(socket);
        ws.ended().await;
        server.wait_until_empty().await;
    }
    assert!(kept.lock().iter().all(|socket| socket.emit("n", &1).is_ok() && !socket.is_connected()));
    assert!(server.of_name("/").to_all().sockets().is_empty());
}

/// Engine.IO alone: echoes messages, and panics at one of them.
struct PanickingApp {
    ends: Arc<Mutex<Vec<DisconnectReason>>>,
}

struct PanickingHandler(Arc<Mutex<Vec<DisconnectReason>>>);

impl Application for PanickingApp {
    fn open(&self, _session: &Arc<Session>) -> Box<dyn SessionHandler> {
        Box::new(PanickingHandler(Arc::clone(&self.ends)))
    }
}

impl SessionHandler for PanickingHandler {
    fn message(&self, session: &Arc<Session>, message: Message, _flood: FloodCheck) -> Result<(), DisconnectReason> {
        match message {
            Message::Text(text) if text == "panic" => panic!("planned"),
            Message::Text(text) => session.send(&Packet::text(&text)),
            Message::Binary(data) => session.send(&Packet::binary(&data)),
        }
        Ok(())
    }

    fn closed(&self, reason: DisconnectReason) {
        self.0.lock().push(reason);
    }
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_session_and_no_other() {
    let ends = Arc::default();
    let engine = Engine::new(config(), PanickingApp { ends: Arc::clone(&ends) });
    let server = TestServer::engine(engine).await;
    let mut good = Ws::open(server.at).await;
    let mut panicking = Ws::open(server.at).await;
    panicking.send("4panic").await;
    panicking.ended().await;
    until(|| server.engine.session_count() == 1).await;
    let polling = Polling::open(server.at).await;
    let mut http = crate::support::Http::connect(server.at).await;
    http.send(crate::support::Http::encode_request(&format!("POST {}", polling.target()), "", "4panic")).await;
    assert!(http.response().await.is_none());
    until(|| server.engine.session_count() == 1).await;
    assert_eq!(*ends.lock(), [DisconnectReason::ServerClose, DisconnectReason::TransportError]);
    good.send("4still here").await;
    assert_eq!(good.text().await, "4still here");
    good.send_frame(0x82, b"bytes").await;
    assert_eq!(good.next().await, Frame::Binary(b"bytes".to_vec()));
}

/// Delivery: I14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connecting_and_leaving_during_broadcasts_leaves_nothing() {
    let alive = Arc::default();
    let server = TestServer::open(config(), [counted(&alive)]).await;
    let namespace = server.of_name("/");
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let broadcaster = tokio::spawn(async move {
        while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            namespace.to("room").to("held").emit("n", &1).await.unwrap();
            tokio::time::sleep(ms(1)).await;
        }
    });
    let clients = (0..100).map(|number| {
        let at = server.at;
        tokio::spawn(async move {
            for round in 0..3 {
                let mut ws = Ws::open(at).await;
                ws.send("40").await;
                match (number + round) % 3 {
                    0 => ws.cut(),
                    1 => ws.send("1").await,
                    _ => {
                        for _ in 0..5 {
                            ws.text().await;
                        }
                    }
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        soon(client).await.unwrap();
    }
    stop.send(()).unwrap();
    broadcaster.await.unwrap();
    server.wait_until_empty().await;
    until(|| alive.load(Ordering::SeqCst) == 0).await;
    assert_eq!(server.of_name("/").to_all().sockets().len(), 0);
}
