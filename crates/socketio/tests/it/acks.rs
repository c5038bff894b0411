//! Acknowledgements, both ways.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use socketio::{AckError, Args, Config, Namespace, Rate, Refusal, Reply, Socket};

use crate::support::{Frame, TestServer, Ws, config, echoes, ms, soon, until};

async fn connected() -> (TestServer, Ws, Socket) {
    let server = TestServer::open(config(), echoes()).await;
    let ws = Ws::join(server.at, "/").await;
    let socket = server.of_name("/").to_all().sockets().remove(0);
    (server, ws, socket)
}

fn placeholder(number: usize) -> serde_json::Value {
    serde_json::json!({"_placeholder": true, "num": number})
}

fn ask(socket: &Socket, milliseconds: u64) -> tokio::task::JoinHandle<Result<String, AckError>> {
    let socket = socket.clone();
    let asked = async move { socket.emit_with_ack("ask", "why?", ms(milliseconds)).await };
    tokio::spawn(async { asked.await.map(|args: Args| args.first().unwrap()) })
}

#[tokio::test]
async fn a_client_acknowledges() {
    let (_server, mut ws, socket) = connected().await;
    let (first, second) = (ask(&socket, 3_000), ask(&socket, 3_000));
    let questions = [ws.text().await, ws.text().await];
    assert_eq!(questions, ["421[\"ask\",\"why?\"]", "422[\"ask\",\"why?\"]"]);
    ws.send("432[\"second\"]").await;
    ws.send("431[\"first\"]").await;
    assert_eq!(soon(first).await.unwrap().as_deref(), Ok("first"));
    assert_eq!(soon(second).await.unwrap().as_deref(), Ok("second"));
}

#[tokio::test]
async fn an_acknowledgement_may_have_attachments() {
    let (_server, mut ws, socket) = connected().await;
    let request = tokio::spawn(async move { socket.emit_with_ack("ask", &(), ms(3_000)).await });
    assert_eq!(ws.text().await, "421[\"ask\",null]");
    ws.send("461-1[{\"_placeholder\":true,\"num\":0}]").await;
    ws.send_frame(0x82, b"attached").await;
    let args = soon(request).await.unwrap().unwrap();
    assert_eq!(args.attachments, [&b"attached"[..]]);
}

#[tokio::test]
async fn a_broadcast_may_ask_each_of_its_sockets() {
    let server = TestServer::open(config(), echoes()).await;
    let (mut answering, _silent) = (Ws::join(server.at, "/").await, Ws::join(server.at, "/").await);
    let mut leaving = Ws::join(server.at, "/").await;
    let namespace = server.of_name("/");
    let args = Args { attachments: vec![Bytes::from_static(b"one")], ..Args::one(&placeholder(0)).unwrap() };
    let asked = tokio::spawn(async move { namespace.to_all().emit_args_with_ack("ask", &args, ms(300)).await });
    for ws in [&mut answering, &mut leaving] {
        assert_eq!(ws.text().await, "451-1[\"ask\",{\"_placeholder\":true,\"num\":0}]");
        assert_eq!(ws.next().await, Frame::Binary(b"one".to_vec()));
    }
    answering.send("431[\"yes\",2]").await;
    leaving.cut();
    let answers = soon(asked).await.unwrap();
    let mut answers: Vec<_> = answers.into_iter().map(|(_, answer)| answer.map(|args| args.values.len())).collect();
    answers.sort_by_key(|answer| format!("{answer:?}"));
    assert_eq!(answers, [Err(AckError::Disconnected), Err(AckError::Timeout), Ok(2)]);
}

/// Abuse: S16
#[tokio::test]
async fn a_missing_acknowledgement_times_out_and_a_late_one_is_ignored() {
    let (_server, mut ws, socket) = connected().await;
    assert_eq!(soon(ask(&socket, 30)).await.unwrap(), Err(AckError::Timeout));
    assert_eq!(ws.text().await, "421[\"ask\",\"why?\"]");
    ws.send("431[\"late\"]").await;
    ws.send("42[\"echo\"]").await;
    assert_eq!(ws.text().await, "42[\"echo\"]");
}

/// Abuse: S16
#[tokio::test]
async fn a_dropped_request_ignores_its_acknowledgement() {
    let (_server, mut ws, socket) = connected().await;
    let request = ask(&socket, 3_000);
    assert_eq!(ws.text().await, "421[\"ask\",\"why?\"]");
    request.abort();
    ws.send("431[\"late\"]").await;
    ws.send("42[\"echo\"]").await;
    assert_eq!(ws.text().await, "42[\"echo\"]");
}

/// Abuse: S16
#[tokio::test]
async fn a_socket_that_ends_gets_no_acknowledgement() {
    let (_server, mut ws, socket) = connected().await;
    let request = ask(&socket, 3_000);
    assert_eq!(ws.text().await, "421[\"ask\",\"why?\"]");
    ws.cut();
    assert_eq!(soon(request).await.unwrap(), Err(AckError::Disconnected));
    assert_eq!(soon(ask(&socket, 3_000)).await.unwrap(), Err(AckError::Disconnected));
}

fn answering(handled: Arc<Mutex<Vec<String>>>) -> Namespace {
    Namespace::new("/")
        .on("text", move |_, text: String| {
            handled.lock().push(text.clone());
            async move { Reply::json(&text).unwrap() }
        })
        .on("early", |_, number: u32| {
            assert!(number > 0, "planned");
            async { Reply::json("fine").unwrap() }
        })
        .on("late", |_, number: u32| async move {
            tokio::task::yield_now().await;
            assert!(number > 0, "planned");
            Reply::json("fine").unwrap().then(|| panic!("planned"))
        })
        .refusals(|refusal| match refusal {
            Refusal::Undecodable(_) => "undecodable",
            Refusal::UnknownEvent => "unknown",
            Refusal::RateLimited => "limited",
            Refusal::Panicked => "panicked",
        })
}

/// Abuse: N7
#[tokio::test]
async fn every_outcome_of_an_event_is_acknowledged() {
    let server = TestServer::open(config(), [answering(Arc::default())]).await;
    let mut ws = Ws::join(server.at, "/").await;
    for (event, answer) in [
        (r#"["text","hi"]"#, "hi"),
        (r#"["text",1]"#, "undecodable"),
        (r#"["text"]"#, "undecodable"),
        (r#"["texts","hi"]"#, "unknown"),
        (r#"["early",0]"#, "panicked"),
        (r#"["late",0]"#, "panicked"),
        (r#"["early",1]"#, "fine"),
        (r#"["late",1]"#, "fine"),
        (r#"["text","still here"]"#, "still here"),
    ] {
        ws.send(&format!("423{event}")).await;
        assert_eq!(ws.text().await, format!("433[\"{answer}\"]"), "{event}");
    }
}

/// Abuse: S14
#[tokio::test]
async fn over_the_rate_events_are_refused_and_then_the_session_ends() {
    let handled = Arc::new(Mutex::new(Vec::new()));
    let packets = Some(Rate::per_second(1).burst(10));
    let server = TestServer::open(Config { packets, ..config() }, [answering(Arc::clone(&handled))]).await;
    let mut ws = Ws::join(server.at, "/").await;
    let flood: Vec<u8> = (0..100)
        .flat_map(|number| crate::support::frame(0x81, format!("42{number}[\"text\",\"{number}\"]").as_bytes()))
        .collect();
    ws.send_bytes(&flood).await;
    let mut answers = Vec::new();
    let code = loop {
        match ws.next().await {
            Frame::Text(text) => answers.push(text),
            Frame::Close(code) => break code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, Some(1008));
    // The CONNECT was the first of ten packets.
    let refused = answers.iter().filter(|answer| answer.ends_with("[\"limited\"]")).count();
    assert_eq!(refused, 10, "{answers:?}");
    let expected: Vec<_> = (0..9).map(|number| number.to_string()).collect();
    until(|| handled.lock().len() >= 9).await;
    assert_eq!(*handled.lock(), expected, "events within the rate were handled");
    server.wait_until_empty().await;
}

/// Abuse: S14
#[tokio::test]
async fn the_rate_recovers_with_time() {
    let packets = Some(Rate::per_second(100).burst(2));
    let server = TestServer::open(Config { packets, ..config() }, [answering(Arc::default())]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send("421[\"text\",\"a\"]").await;
    ws.send("422[\"text\",\"b\"]").await;
    let mut answers = [ws.text().await, ws.text().await];
    answers.sort();
    assert_eq!(answers, ["431[\"a\"]", "432[\"limited\"]"]);
    tokio::time::sleep(ms(40)).await;
    ws.send("423[\"text\",\"c\"]").await;
    assert_eq!(ws.text().await, "433[\"c\"]");
}

#[tokio::test]
async fn an_event_with_several_arguments_and_attachments_is_acknowledged() {
    let (_server, mut ws, socket) = connected().await;
    let json = |text: &str| serde_json::value::RawValue::from_string(text.into()).unwrap();
    let values = vec![json("1"), json(r#"{"_placeholder":true,"num":0}"#), json("\"two\"")];
    let args = Args { values, attachments: vec![Bytes::from_static(b"attached")] };
    let request = tokio::spawn(async move { socket.emit_args_with_ack("ask", &args, ms(3_000)).await });
    assert_eq!(ws.text().await, r#"451-1["ask",1,{"_placeholder":true,"num":0},"two"]"#);
    assert_eq!(ws.next().await, Frame::Binary(b"attached".to_vec()));
    ws.send("431[\"here\",2]").await;
    let values = soon(request).await.unwrap().unwrap().values;
    assert_eq!(values.iter().map(|value| value.get()).collect::<Vec<_>>(), ["\"here\"", "2"]);
}

#[tokio::test]
async fn a_reply_need_not_acknowledge() {
    let namespace = Namespace::new("/").on("silent", |_, (): ()| async { Reply::none() });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send("421[\"silent\"]").await;
    ws.send("422[\"unknown\"]").await;
    assert_eq!(ws.text().await, r#"432[{"error":"unknown event"}]"#);
}
