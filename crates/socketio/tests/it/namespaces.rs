//! Joining and leaving namespaces, in the order the application is told of it.

use std::sync::Arc;

use parking_lot::Mutex;
use socketio::{Admission, ConnectError, Namespace, Reason, Reply};
use tokio::sync::{Notify, Semaphore};

use crate::support::{House, Polling, Ws, config, echo, echoes, ms, soon, until};

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

#[tokio::test]
async fn one_session_joins_several_namespaces() {
    let house = House::open(config(), echoes()).await;
    let mut ws = Ws::open(house.at).await;
    let first = ws.enter("/", "").await;
    let second = ws.enter("/chat", "{}").await;
    assert_ne!(first, second);
    ws.send("42/chat,5[\"echo\",1]").await;
    assert_eq!(ws.text().await, "42/chat,[\"echo\",1]");
    assert_eq!(ws.text().await, "43/chat,5[1]");
    ws.send("41/chat,").await;
    let third = ws.enter("/chat", "").await;
    assert_ne!(second, third, "each join makes a new socket");
    assert_eq!((house.of_name("/").socket_count(), house.of_name("/chat").socket_count()), (1, 1));
}

#[tokio::test]
async fn a_guard_sees_the_payload_and_what_it_wants_sent_comes_behind_the_answer() {
    let namespace = echo("/").guard(|socket, auth| async move {
        let auth: serde_json::Value = serde_json::from_str(auth.as_deref().map_or("null", |auth| auth.get())).unwrap();
        if auth["token"] != "good" {
            return Err(ConnectError::new("who are you?").with_data(&serde_json::json!({"code": "unauthenticated"})));
        }
        socket.join("members");
        let greeted = socket.clone();
        Ok(Admission::new().then(move || greeted.emit("hello", "you").unwrap()))
    });
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::open(house.at).await;
    ws.send("40").await;
    assert_eq!(ws.text().await, r#"44{"message":"who are you?","data":{"code":"unauthenticated"}}"#);
    ws.enter("/", r#"{"token":"good"}"#).await;
    ws.send("42[\"echo\"]").await;
    assert_eq!(ws.text().await, "42[\"hello\",\"you\"]");
    assert_eq!(ws.text().await, "42[\"echo\"]");
    assert_eq!(house.of_name("/").sockets_in("members").len(), 1);
}

#[tokio::test]
async fn a_refused_client_may_try_again_in_the_same_moment() {
    let namespace = Namespace::new("/").guard(|_, _| async { Err::<Admission, _>(ConnectError::new("no")) });
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::open(house.at).await;
    for _ in 0..500 {
        ws.send("40").await;
        assert_eq!(ws.text().await, r#"44{"message":"no"}"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_was_put_out_may_come_back_in_the_same_moment() {
    let namespace = Namespace::new("/").on("out", |socket, (): ()| async move {
        socket.disconnect();
        Reply::json(&()).unwrap()
    });
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::open(house.at).await;
    for _ in 0..300 {
        ws.enter("/", "").await;
        ws.send("420[\"out\",null]").await;
        assert_eq!(ws.text().await, "41", "and no acknowledgement behind it");
    }
}

#[tokio::test]
async fn a_guard_that_panics_refuses() {
    let namespace = Namespace::new("/").guard(|_, auth| async move {
        assert!(auth.is_some(), "planned");
        Ok(Admission::new())
    });
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::open(house.at).await;
    ws.send("40").await;
    assert_eq!(ws.text().await, r#"44{"message":"internal error"}"#);
    ws.enter("/", "{}").await;
}

fn diary_of(diary: &Diary, gate: &Arc<Semaphore>) -> Namespace {
    let (events, ends, gate) = (diary.clone(), diary.clone(), Arc::clone(gate));
    Namespace::new("/")
        .on("event", move |_, number: u32| {
            let (events, gate) = (events.clone(), Arc::clone(&gate));
            async move {
                gate.acquire().await.unwrap().forget();
                events.note(number.to_string());
                Reply::json(&number).unwrap()
            }
        })
        .on_disconnect(move |socket, reason| {
            ends.note(format!("{} {}", reason.as_str(), socket.room_count()));
            async {}
        })
}

#[tokio::test]
async fn a_socket_leaves_its_rooms_at_once_and_is_told_of_once_behind_its_events() {
    let (diary, gate) = (Diary::default(), Arc::new(Semaphore::new(0)));
    let house = House::open(config(), [diary_of(&diary, &gate)]).await;
    let namespace = house.of_name("/");
    for end in ["client", "server", "transport", "close"] {
        diary.0.lock().clear();
        let mut ws = Ws::join(house.at, "/").await;
        let socket = namespace.to_all().reached().remove(0);
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
        until(|| namespace.sockets_in("room").is_empty() && namespace.socket_count() == 0).await;
        assert!(!socket.is_connected());
        assert!(diary.lines().is_empty(), "its first event is still being handled");
        socket.join("room");
        assert!(!socket.is_in("room"), "who has ended enters no room");
        gate.add_permits(3);
        until(|| diary.lines().len() >= 4).await;
        tokio::time::sleep(ms(10)).await;
        assert_eq!(diary.lines(), ["0", "1", "2", &format!("{reason} 0")], "{end}");
    }
}

#[tokio::test]
async fn a_session_that_ends_under_a_guard_is_told_of_and_leaves_no_room_behind() {
    let (asked, answer, diary) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Diary::default());
    let (asks, answers, ends) = (Arc::clone(&asked), Arc::clone(&answer), diary.clone());
    let namespace = Namespace::new("/")
        .guard(move |socket, _| {
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
    let house = House::open(config(), [namespace]).await;
    let mut ws = Ws::open(house.at).await;
    ws.send("40").await;
    soon(asked.notified()).await;
    ws.cut();
    house.is_empty().await;
    answer.notify_one();
    until(|| diary.lines() == ["transport close"]).await;
    assert!(house.of_name("/").sockets_in("room").is_empty());
    assert_eq!(house.of_name("/").socket_count(), 0);
}

#[tokio::test]
async fn a_session_closed_by_the_server_ends_all_its_sockets() {
    let house = House::open(config(), echoes()).await;
    let mut ws = Ws::open(house.at).await;
    ws.enter("/", "").await;
    ws.enter("/chat", "").await;
    let session = Arc::clone(house.of_name("/").to_all().reached()[0].session());
    session.close(Reason::ServerClose);
    assert_eq!(ws.close_code().await, 1000);
    house.is_empty().await;
    assert_eq!((house.of_name("/").socket_count(), house.of_name("/chat").socket_count()), (0, 0));

    let polling = Polling::open(house.at).await;
    polling.join("/").await;
    let mut hanging = polling.hang().await;
    tokio::time::sleep(ms(20)).await;
    house.of_name("/").to_all().reached()[0].disconnect_and_close();
    assert_eq!(hanging.answer().await.unwrap().body, "41\x1e1");
    house.is_empty().await;
}
