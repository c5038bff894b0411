//! Joining and leaving namespaces, and the order of the application's handlers.

use std::sync::Arc;

use parking_lot::Mutex;
use socketio::{Admission, Args, Closing, ConnectError, DisconnectReason, Namespace, Reply};
use tokio::sync::{Notify, Semaphore};

use crate::support::{Frame, Polling, TestServer, Ws, config, echo, echoes, ms, soon, until};

/// Events in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

#[tokio::test]
async fn one_session_joins_several_namespaces() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::open(server.at).await;
    let first = ws.enter("/", "").await;
    let second = ws.enter("/chat", "{}").await;
    assert_ne!(first, second);
    ws.send("42/chat,5[\"echo\",1]").await;
    assert_eq!(ws.text().await, "42/chat,[\"echo\",1]");
    assert_eq!(ws.text().await, "43/chat,5[1]");
    ws.send("41/chat,").await;
    let third = ws.enter("/chat", "").await;
    assert_ne!(second, third, "each join makes a new socket");
    assert_eq!(
        (server.of_name("/").to_all().sockets().len(), server.of_name("/chat").to_all().sockets().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn connect_middleware_gets_the_payload_and_its_packets_follow_the_response() {
    let namespace = echo("/").connect_middleware(|socket, auth| async move {
        let auth: serde_json::Value = serde_json::from_str(auth.as_deref().map_or("null", |auth| auth.get())).unwrap();
        if auth["token"] != "good" {
            return Err(ConnectError::new("who are you?").with_data(&serde_json::json!({"code": "unauthenticated"})));
        }
        socket.join("members");
        let greeted = socket.clone();
        Ok(Admission::new().then(move || greeted.emit("hello", "you").unwrap()))
    });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::open(server.at).await;
    ws.send("40").await;
    assert_eq!(ws.text().await, r#"44{"message":"who are you?","data":{"code":"unauthenticated"}}"#);
    ws.enter("/", r#"{"token":"good"}"#).await;
    ws.send("42[\"echo\"]").await;
    assert_eq!(ws.text().await, "42[\"hello\",\"you\"]");
    assert_eq!(ws.text().await, "42[\"echo\"]");
    assert_eq!(server.of_name("/").sockets_in("members").len(), 1);
}

#[tokio::test]
async fn event_middleware_runs_before_every_handler_and_may_reply_itself() {
    let namespace = echo("/").on_any(|_, event| async move { Reply::json(&event.name).unwrap() }).event_middleware(
        |_, mut event| async move {
            tokio::task::yield_now().await;
            match event.name.as_str() {
                "forbidden" => Err(Reply::json("no").unwrap()),
                "silent" => Err(Reply::none()),
                "broken" => panic!("of the middleware"),
                "old" => {
                    event.name = "echo".into();
                    Ok(event)
                }
                _ => Ok(event),
            }
        },
    );
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    for (sent, received) in [
        ("421[\"forbidden\"]", "431[\"no\"]"),
        ("422[\"other\"]", "432[\"other\"]"),
        ("423[\"broken\"]", "433[{\"error\":\"internal error\"}]"),
        ("42[\"old\",5]", "42[\"echo\",5]"),
    ] {
        ws.send(sent).await;
        assert_eq!(ws.text().await, received);
    }
    ws.send("424[\"silent\"]").await;
    ws.send("42[\"echo\",6]").await;
    assert_eq!(ws.text().await, "42[\"echo\",6]");
}

#[tokio::test]
async fn a_refused_client_may_try_again_at_once() {
    let namespace =
        Namespace::new("/").connect_middleware(|_, _| async { Err::<Admission, _>(ConnectError::new("no")) });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::open(server.at).await;
    for _ in 0..500 {
        ws.send("40").await;
        assert_eq!(ws.text().await, r#"44{"message":"no"}"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disconnected_client_may_reconnect_at_once() {
    let namespace = Namespace::new("/").on("out", |socket, (): ()| async move {
        socket.disconnect();
        Reply::json(&()).unwrap()
    });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::open(server.at).await;
    for _ in 0..300 {
        ws.enter("/", "").await;
        ws.send("420[\"out\",null]").await;
        assert_eq!(ws.text().await, "41", "and no acknowledgement behind it");
    }
}

#[tokio::test]
async fn a_connect_middleware_that_panics_refuses() {
    let namespace = Namespace::new("/").connect_middleware(|_, auth| async move {
        assert!(auth.is_some(), "planned");
        Ok(Admission::new())
    });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::open(server.at).await;
    ws.send("40").await;
    assert_eq!(ws.text().await, r#"44{"message":"internal error"}"#);
    ws.enter("/", "{}").await;
}

fn logging(log: &Log, permits: &Arc<Semaphore>) -> Namespace {
    let (events, ends, permits) = (log.clone(), log.clone(), Arc::clone(permits));
    Namespace::new("/")
        .on("event", move |_, number: u32| {
            let (events, permits) = (events.clone(), Arc::clone(&permits));
            async move {
                permits.acquire().await.unwrap().forget();
                events.note(number.to_string());
                Reply::json(&number).unwrap()
            }
        })
        .on_disconnect(move |socket, reason| {
            assert!(!socket.is_in("room"));
            ends.note(reason.as_str());
            async {}
        })
}

#[tokio::test]
async fn a_socket_leaves_its_rooms_at_once_and_its_disconnect_handler_runs_once_after_its_events() {
    let (log, permits) = (Log::default(), Arc::new(Semaphore::new(0)));
    let server = TestServer::open(config(), [logging(&log, &permits)]).await;
    let namespace = server.of_name("/");
    for end in ["client", "server", "transport", "close"] {
        log.0.lock().clear();
        let mut ws = Ws::join(server.at, "/").await;
        let socket = namespace.to_all().sockets().remove(0);
        socket.join("room");
        for number in 0..3 {
            ws.send(&format!("42{number}[\"event\",{number}]")).await;
        }
        let reason = match end {
            "client" => {
                ws.send("41").await;
                "client namespace disconnect"
            }
            "server" => {
                tokio::time::sleep(ms(20)).await;
                socket.disconnect();
                socket.disconnect();
                assert_eq!(ws.text().await, "41");
                "server namespace disconnect"
            }
            "transport" => {
                tokio::time::sleep(ms(20)).await;
                ws.cut();
                "transport close"
            }
            _ => {
                tokio::time::sleep(ms(20)).await;
                socket.disconnect_and_close();
                assert_eq!(ws.text().await, "41");
                assert_eq!(ws.close_code().await, 1000);
                "server namespace disconnect"
            }
        };
        until(|| namespace.sockets_in("room").is_empty() && namespace.to_all().sockets().is_empty()).await;
        assert!(!socket.is_connected());
        assert!(log.lines().is_empty(), "its first event is still handled");
        socket.join("room");
        assert!(!socket.is_in("room"), "a socket that has ended joins no room");
        permits.add_permits(3);
        until(|| log.lines().len() >= 4).await;
        tokio::time::sleep(ms(10)).await;
        assert_eq!(log.lines(), ["0", "1", "2", reason], "{end}");
    }
}

#[tokio::test]
async fn a_session_that_ends_during_connect_runs_the_disconnect_handler_and_leaves_no_room() {
    let (asked, answer, log) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Log::default());
    let (asks, answers, ends) = (Arc::clone(&asked), Arc::clone(&answer), log.clone());
    let namespace = Namespace::new("/")
        .connect_middleware(move |socket, _| {
            let (asks, answers) = (Arc::clone(&asks), Arc::clone(&answers));
            async move {
                asks.notify_one();
                answers.notified().await;
                socket.join("room");
                Ok(Admission::new())
            }
        })
        .on_disconnect(move |_, reason| {
            ends.note(reason.as_str());
            async {}
        });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::open(server.at).await;
    ws.send("40").await;
    soon(asked.notified()).await;
    ws.cut();
    server.wait_until_empty().await;
    answer.notify_one();
    until(|| log.lines() == ["transport close"]).await;
    assert!(server.of_name("/").sockets_in("room").is_empty());
    assert_eq!(server.of_name("/").to_all().sockets().len(), 0);
}

#[tokio::test]
async fn a_session_closed_by_the_server_ends_all_its_sockets() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::open(server.at).await;
    ws.enter("/", "").await;
    ws.enter("/chat", "").await;
    let session = Arc::clone(server.of_name("/").to_all().sockets()[0].session());
    session.close(Closing::Now(DisconnectReason::ServerClose));
    assert_eq!(ws.close_code().await, 1001);
    server.wait_until_empty().await;
    assert_eq!(
        (server.of_name("/").to_all().sockets().len(), server.of_name("/chat").to_all().sockets().len()),
        (0, 0)
    );

    let polling = Polling::open(server.at).await;
    polling.join("/").await;
    let mut waiting = polling.start_poll().await;
    tokio::time::sleep(ms(20)).await;
    server.of_name("/").to_all().sockets()[0].disconnect_and_close();
    assert_eq!(waiting.response().await.unwrap().body, "41\x1e1");
    server.wait_until_empty().await;
}

#[tokio::test]
async fn events_without_a_handler_of_their_own_go_to_the_one_for_all() {
    let namespace =
        Namespace::new("/").on("known", |_, (): ()| async { Reply::json(&"own").unwrap() }).on_any(
            |_, event| async move {
                Reply::json(&(event.name, event.args.values.len(), event.args.attachments.len())).unwrap()
            },
        );
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send("421[\"known\"]").await;
    ws.send(r#"452-2["other",{"_placeholder":true,"num":0},1,{"_placeholder":true,"num":1}]"#).await;
    ws.send_frame(0x82, b"a").await;
    ws.send_frame(0x82, b"b").await;
    assert_eq!(ws.text().await, r#"431["own"]"#);
    assert_eq!(ws.text().await, r#"432[["other",3,2]]"#);
}

#[tokio::test]
async fn a_socket_is_in_its_rooms_while_it_is_disconnecting() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ends);
    let namespace = Namespace::new("/").on_disconnecting(move |socket, reason| {
        let mut rooms = socket.rooms();
        rooms.sort();
        seen.lock().push((reason, rooms, socket.namespace().sockets_in("a").len()));
        panic!("planned: the socket ends all the same");
    });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    let socket = server.of_name("/").to_all().sockets().remove(0);
    socket.join("a");
    socket.join("b");
    ws.send("41").await;
    until(|| socket.rooms().is_empty()).await;
    let expected = (DisconnectReason::ClientDisconnect, vec!["a".to_owned(), "b".to_owned()], 1);
    assert_eq!(*ends.lock(), [expected]);
    assert!(server.of_name("/").to_all().sockets().is_empty());
}

#[tokio::test]
async fn a_broadcast_may_have_several_arguments_and_attachments() {
    let server = TestServer::open(config(), echoes()).await;
    let (mut ws, polling) = (Ws::join(server.at, "/").await, Polling::open(server.at).await);
    polling.join("/").await;
    let json = |text: &str| serde_json::value::RawValue::from_string(text.into()).unwrap();
    let values = vec![json("1"), json(r#"{"_placeholder":true,"num":0}"#)];
    let args = Args { values, attachments: vec![vec![1, 2, 3, 4].into()] };
    server.of_name("/").to_all().emit_args("n", &args).await;
    let text = r#"451-["n",1,{"_placeholder":true,"num":0}]"#;
    assert_eq!(ws.text().await, text);
    assert_eq!(ws.next().await, Frame::Binary(vec![1, 2, 3, 4]));
    assert_eq!(polling.poll().await.body, format!("{text}\x1ebAQIDBA=="));
}
