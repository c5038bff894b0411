//! Socket.IO packets, valid and invalid.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use socketio::{Args, Config, Namespace, Refusal, Reply};

use crate::support::{Frame, TestServer, Ws, config, echo, echoes, frame, ms};

fn mark(number: impl std::fmt::Display) -> String {
    format!(r#"{{"_placeholder":true,"num":{number}}}"#)
}

/// Asserts that each text closes the session of a connected client, and no other session.
async fn each_closes(texts: impl IntoIterator<Item = impl AsRef<str>>) {
    let server = TestServer::open(config(), echoes()).await;
    let mut other = Ws::join(server.at, "/").await;
    for text in texts {
        let text = text.as_ref();
        let mut ws = Ws::join(server.at, "/").await;
        ws.send(text).await;
        assert_eq!(ws.close_code().await, 1000, "{}", &text[..text.len().min(80)]);
    }
    other.send(r#"42["echo"]"#).await;
    assert_eq!(other.text().await, r#"42["echo"]"#);
    crate::support::until(|| server.engine.session_count() == 1).await;
}

/// Abuse: S1
#[tokio::test]
async fn text_that_is_not_a_packet_closes() {
    let packets =
        ["4abc", "42{}", "42abc[\"x\"]", "42", "42[", "42[null]", "42[]", "42[{\"a\":1},2]", "42[\"x\"]y", "47"];
    each_closes(packets).await;
}

#[tokio::test]
async fn packets_that_some_clients_write_in_their_own_way_do_not_close() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    for (number, packet) in ["42N[5,\"x\"]", r#"42N["\ud83d"]"#].iter().enumerate() {
        ws.send(&packet.replace('N', &number.to_string())).await;
        assert_eq!(ws.text().await, format!(r#"43{number}[{{"error":"unknown event"}}]"#), "{packet}");
    }
    // A binary event without attachments, and an upgrade of what is a WebSocket already.
    ws.send("5").await;
    ws.send(r#"450-["echo",1]"#).await;
    assert_eq!(ws.text().await, r#"42["echo",1]"#);
}

/// Abuse: S2
#[tokio::test]
async fn a_second_connect_to_a_joined_namespace_closes() {
    each_closes(["40", "40{}", "40/,"]).await;
}

/// Abuse: S2
#[tokio::test]
async fn ten_thousand_connects_run_the_middleware_once_and_end_once() {
    let (called, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = |counter: &Arc<AtomicUsize>| {
        let counter = Arc::clone(counter);
        move || counter.fetch_add(1, Ordering::SeqCst)
    };
    let (ask, end) = (count(&called), count(&ended));
    let counted = Namespace::new("/")
        .connect_middleware(move |_, _| {
            ask();
            async { Ok(socketio::Admission::new()) }
        })
        .on_disconnect(move |_, _| {
            end();
            async {}
        });
    let server = TestServer::open(config(), [counted]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send_bytes(&frame(0x81, b"40").repeat(10_000)).await;
    assert_eq!(ws.close_code().await, 1000);
    server.wait_until_empty().await;
    crate::support::until(|| ended.load(Ordering::SeqCst) == 1).await;
    assert_eq!(called.load(Ordering::SeqCst), 1);
    // Also while the middleware still runs for the first CONNECT.
    let slow = Namespace::new("/").connect_middleware(|_, _| std::future::pending());
    let server = TestServer::open(config(), [slow]).await;
    let mut ws = Ws::open(server.at).await;
    ws.send_bytes(&frame(0x81, b"40").repeat(2)).await;
    assert_eq!(ws.close_code().await, 1000);
}

/// Abuse: S3
#[tokio::test]
async fn events_without_a_joined_namespace_close() {
    each_closes([r#"42/chat,["echo"]"#, r#"42/unknown,["echo"]"#, "41/chat,", "43/chat,1[]"]).await;
    let server = TestServer::open(config(), echoes()).await;
    for text in [r#"42["echo"]"#, r#"42/chat,["echo"]"#, "431[]", "41"] {
        let mut ws = Ws::open(server.at).await;
        ws.send(text).await;
        assert_eq!(ws.close_code().await, 1000, "{text}");
    }
}

/// Abuse: S3
#[tokio::test]
async fn an_event_while_the_middleware_runs_closes() {
    let slow = Namespace::new("/").connect_middleware(|_, _| async {
        tokio::time::sleep(ms(200)).await;
        Ok(socketio::Admission::new())
    });
    let server = TestServer::open(config(), [slow]).await;
    let mut ws = Ws::open(server.at).await;
    ws.send("40").await;
    ws.send(r#"42["echo"]"#).await;
    assert_eq!(ws.close_code().await, 1000);
}

/// Abuse: S4
#[tokio::test]
async fn eight_unknown_namespaces_are_answered_and_the_ninth_closes() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    for number in 0..1_000 {
        ws.send(&format!("40/n{number},")).await;
    }
    for number in 0..8 {
        assert_eq!(ws.text().await, format!(r#"44/n{number},{{"message":"Invalid namespace"}}"#));
    }
    assert_eq!(ws.close_code().await, 1000);
}

/// Abuse: S5
#[tokio::test]
async fn a_connect_payload_that_is_not_an_object_is_a_connect_error() {
    let server = TestServer::open(config(), echoes()).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(20), "]".repeat(20));
    for auth in ["[]", "[1,2]", "null", "true", "\"token\"", "-1", &deep] {
        let mut ws = Ws::open(server.at).await;
        ws.send(&format!("40{auth}")).await;
        assert_eq!(ws.text().await, r#"44{"message":"invalid payload"}"#, "{auth}");
        ws.enter("/", "{}").await;
    }
    for broken in ["40{", "40{}x", "40\"", "4012"] {
        let mut ws = Ws::open(server.at).await;
        ws.send(broken).await;
        assert_eq!(ws.close_code().await, 1000, "{broken}");
    }
    let large = format!(r#"{{"token":"{}"}}"#, "x".repeat(60_000));
    Ws::open(server.at).await.enter("/", &large).await;
}

/// Abuse: S6
#[tokio::test]
async fn connect_errors_and_ids_out_of_range_close() {
    let ids = ["9007199254740992", "9223372036854775808", "18446744073709551616", "-1", "1e400", "1.5"];
    let events = ids.map(|id| format!("42{id}[\"echo\"]"));
    let acks = ids.map(|id| format!("43{id}[]"));
    let others = ["44", "44{}", "44{\"message\":\"x\"}", "43[]", "431", "431{}"].map(str::to_owned);
    each_closes(events.into_iter().chain(acks).chain(others)).await;
}

/// Abuse: S6
#[tokio::test]
async fn an_unrequested_ack_is_ignored_and_large_ids_are_returned_exactly() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send("431[\"hello\"]").await;
    ws.send("439007199254740991[]").await;
    ws.send("429007199254740991[\"echo\",1]").await;
    assert_eq!(ws.text().await, "42[\"echo\",1]");
    assert_eq!(ws.text().await, "439007199254740991[1]");
}

/// Abuse: S7
#[tokio::test]
async fn more_attachments_than_four_close() {
    let huge = "1".to_owned() + &"0".repeat(30);
    let counts = ["0", "5", "11", "9000", "5999999", &huge, "", "+1", "01x", " 1"];
    each_closes(counts.map(|count| format!("45{count}-[\"echo\",{}]", mark(0)))).await;
    each_closes([format!("451[\"echo\",{}]", mark(0))]).await;
}

/// Abuse: S7
#[tokio::test]
async fn four_attachments_arrive_in_order() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/chat").await;
    let header = format!("454-/chat,[\"echo\",{}]", [3, 1, 0, 2].map(mark).join(","));
    ws.send(&header).await;
    for number in 0..4u8 {
        ws.send_frame(0x82, &[number; 3]).await;
    }
    assert_eq!(ws.text().await, header);
    for number in 0..4u8 {
        assert_eq!(ws.next().await, Frame::Binary(vec![number; 3]));
    }
}

/// Abuse: S8
#[tokio::test]
async fn text_between_a_packet_and_its_attachments_closes() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send(&format!("451-[\"echo\",{}]", mark(0))).await;
    ws.send("42[\"echo\"]").await;
    assert_eq!(ws.close_code().await, 1000);
}

/// Abuse: S9
#[tokio::test]
async fn binary_without_a_packet_closes() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send_frame(0x82, b"bytes").await;
    assert_eq!(ws.close_code().await, 1000);
    let mut early = Ws::open(server.at).await;
    early.send_frame(0x82, b"bytes").await;
    assert_eq!(early.close_code().await, 1000);
}

/// Abuse: S10
#[tokio::test]
async fn each_attachment_has_one_placeholder() {
    let wrong = [
        mark(1),
        mark(7),
        mark(-1),
        mark("0.5"),
        mark("\"0\""),
        mark("null"),
        format!("{},{}", mark(0), mark(0)),
        r#"{"_placeholder":"x","num":0}"#.into(),
        r#"{"_placeholder":true}"#.into(),
        r#"{"{\"_placeholder\":true,\"num\":0}":1}"#.into(),
        r#"{"_placeholder":true,"num":0,"num":1}"#.into(),
        r#"{"_placeholder":true,"num":0,"more":1}"#.into(),
        r#"{"_placeholder":{"_placeholder":true,"num":0}}"#.into(),
        "1".into(),
        r#""_placeholder""#.into(),
    ];
    each_closes(wrong.map(|args| format!("451-[\"echo\",{args}]"))).await;
}

/// Abuse: S11
#[tokio::test]
async fn deep_nesting_closes_before_it_is_parsed() {
    let nested = |depth: usize| format!("42[\"echo\",{}{}]", "[".repeat(depth), "]".repeat(depth));
    each_closes([nested(16), nested(200), nested(30_000), format!("42[\"echo\",{}", "{\"a\":".repeat(10_000))]).await;
    let server = TestServer::open(Config { max_payload: 1_000_000, ..config() }, echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send(&nested(15)).await;
    assert_eq!(ws.text().await, nested(15));
    ws.send(&nested(100_000)).await;
    assert_eq!(ws.close_code().await, 1000);
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    id: String,
    count: f64,
}

/// Abuse: S12
#[tokio::test]
async fn odd_json_is_decoded_by_type_or_refused() {
    let namespace = Namespace::new("/")
        .on("strict", |_, strict: Strict| async move { Reply::json(&(strict.id, strict.count)).unwrap() })
        .refusals(|refusal| matches!(refusal, Refusal::Undecodable(_)).then_some("undecodable"));
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    for (argument, answer) in [
        (r#"{"id":"a","count":1}"#, r#"[["a",1.0]]"#),
        (r#"{"id":"a\u0000","count":9007199254740993}"#, r#"[["a\u0000",9007199254740992.0]]"#),
        (r#"{"id":"a","count":1,"__proto__":{}}"#, r#"["undecodable"]"#),
        (r#"{"id":"a","count":1,"constructor":1}"#, r#"["undecodable"]"#),
        (r#"{"id":"a","id":"b","count":1}"#, r#"["undecodable"]"#),
        (r#"{"id":"\ud800","count":1}"#, r#"["undecodable"]"#),
        (r#"{"id":"a","count":1e999}"#, r#"["undecodable"]"#),
        (r#"{"id":17,"count":1}"#, r#"["undecodable"]"#),
        (r#"{"id":"a"}"#, r#"["undecodable"]"#),
        ("null", r#"["undecodable"]"#),
        ("[]", r#"["undecodable"]"#),
    ] {
        ws.send(&format!("420[\"strict\",{argument}]")).await;
        assert_eq!(ws.text().await, format!("430{answer}"), "{argument}");
    }
    each_closes(["42[\"echo\",01]", "42[\"echo\",NaN]", "42[\"echo\",'x']"]).await;
}

/// Abuse: S13
#[tokio::test]
async fn reserved_and_long_names_close_and_unknown_ones_are_answered() {
    let long = "x".repeat(10_000);
    let names = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error"];
    each_closes(names.into_iter().chain([long.as_str()]).map(|name| format!("42[\"{name}\"]"))).await;
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send("427[\"toString\"]").await;
    assert_eq!(ws.text().await, r#"437[{"error":"unknown event"}]"#);
    ws.send("42[\"unknown, without acknowledgement\"]").await;
    ws.send("42[\"echo\"]").await;
    assert_eq!(ws.text().await, "42[\"echo\"]", "the connection stays open");
}

/// Abuse: S17
#[tokio::test]
async fn msgpack_is_not_supported() {
    let server = TestServer::open(config(), echoes()).await;
    let mut ws = Ws::join(server.at, "/").await;
    // {type: 2, nsp: "/", data: ["echo"]}
    ws.send_frame(0x82, b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa4echo").await;
    assert_eq!(ws.close_code().await, 1000);
}

/// Abuse: S18
#[tokio::test]
async fn recovery_is_neither_offered_nor_accepted() {
    let server = TestServer::open(config(), echoes()).await;
    let mut owner = Ws::open(server.at).await;
    owner.send("40").await;
    let connected = owner.text().await;
    assert!(connected.starts_with("40{\"sid\":") && !connected.contains("pid"), "{connected}");
    let id: serde_json::Value = serde_json::from_str(&connected[2..]).unwrap();
    let mut attacker = Ws::open(server.at).await;
    let other = attacker.enter("/", &format!(r#"{{"pid":{},"offset":"1"}}"#, id["sid"])).await;
    assert_ne!(other, id["sid"].as_str().unwrap());
    attacker.silence(ms(20)).await;
}

#[tokio::test]
async fn an_ack_may_have_attachments() {
    let namespace = echo("/").on_args("bytes", |_, _| async {
        let mut args = Args::one(&serde_json::json!({"_placeholder": true, "num": 0})).unwrap();
        args.attachments.push(bytes::Bytes::from_static(b"attached"));
        Reply::new(args)
    });
    let server = TestServer::open(config(), [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send("4212[\"bytes\"]").await;
    assert_eq!(ws.text().await, format!("461-12[{}]", mark(0)));
    assert_eq!(ws.next().await, Frame::Binary(b"attached".to_vec()));
}

#[tokio::test]
async fn the_limits_of_a_packet_are_settings() {
    let loose = Config { max_attachments: 10, max_event_name: 1_000, max_depth: 64, ..config() };
    let (name, deep) = ("n".repeat(1_000), format!("{}{}", "[".repeat(63), "]".repeat(63)));
    let namespace =
        Namespace::new("/").on_any(|_, event| async move { Reply::json(&event.args.attachments.len()).unwrap() });
    let server = TestServer::open(loose, [namespace]).await;
    let mut ws = Ws::join(server.at, "/").await;
    ws.send(&format!("421[\"{name}\",{deep}]")).await;
    assert_eq!(ws.text().await, "431[0]");
    ws.send(&format!("4510-2[\"x\",{}]", (0..10).map(mark).collect::<Vec<_>>().join(","))).await;
    for _ in 0..10 {
        ws.send_frame(0x82, b"x").await;
    }
    assert_eq!(ws.text().await, "432[10]");
    for over in [format!("42[\"{name}n\"]"), format!("42[\"x\",[{deep}]]"), "4511-[\"x\"]".to_owned()] {
        let mut ws = Ws::join(server.at, "/").await;
        ws.send(&over).await;
        assert_eq!(ws.close_code().await, 1000, "{}", &over[..10]);
    }
}
