//! The packets of a whole session, with attachments between them, handled by a session without a
//! connection.

use std::cell::LazyCell;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use socketio::internals::{self, TestSession};
use socketio::{Admission, Args, Config, ConnectError, DisconnectReason, Namespace, Reply};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

thread_local! {
    static RUNTIME: LazyCell<Runtime> =
        LazyCell::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
}

/// The packets of a session, each ended by `\x1e`. One that begins with `b` is a raw attachment, not
/// in base 64.
///
/// # Panics
/// When a handler gets an incomplete event, a packet to the client is malformed, or a socket remains.
pub fn conversation(data: &[u8]) {
    RUNTIME.with(|runtime| runtime.block_on(run(data)));
}

async fn run(data: &[u8]) {
    let handled = Arc::new(Mutex::new(Vec::new()));
    let config = Config { packets: None, ..Config::default() };
    let session = TestSession::new(config, namespaces(&handled));
    let mut reason = DisconnectReason::TransportClose;
    for packet in data.split(|&byte| byte == 0x1e) {
        while session.is_paused() {
            yield_now().await;
        }
        let received = match packet {
            [b'b', attachment @ ..] => session.receive_binary(attachment),
            _ => session.receive_text(std::str::from_utf8(packet).ok()),
        };
        if let Err(error) = received {
            reason = error;
            break;
        }
        // Some packets arrive while a handler runs, others do not.
        if packet.len() % 2 == 0 {
            yield_now().await;
        }
    }
    wait_for_handlers(&session).await;
    check_queued_packets(&session);
    session.end(reason);
    wait_for_handlers(&session).await;
    assert_eq!(session.socket_count(), 0, "a socket remains");
    handled.lock().iter().for_each(check_attachments);
}

async fn wait_for_handlers(session: &TestSession) {
    while session.has_running_handlers() {
        yield_now().await;
    }
}

/// Creates the main namespace, which is open, and `/chat`, whose payload may request a refusal.
fn namespaces(handled: &Arc<Mutex<Vec<Args>>>) -> [Namespace; 2] {
    let echo = |namespace: Namespace| {
        let handled = Arc::clone(handled);
        namespace.on_args("echo", move |_, args| {
            handled.lock().push(args.clone());
            async move { Reply::new(args) }
        })
    };
    let chat = Namespace::new("/chat").connect_middleware(|socket, auth| async move {
        yield_now().await;
        socket.join("room");
        let is_refused = auth.is_some_and(|auth| auth.get().contains("refuse"));
        if is_refused { Err(ConnectError::new("refused")) } else { Ok(Admission::new()) }
    });
    [echo(Namespace::new("/")), echo(chat)]
}

/// Checks that the queued packets are such that a client can read them.
fn check_queued_packets(session: &TestSession) {
    while let Some(payload) = session.poll() {
        for packet in payload.split('\x1e') {
            let is_valid = match packet.as_bytes() {
                [b'4', b'4', ..] => packet.ends_with('}'),
                [b'4', ..] => internals::count_attachments(&packet[1..]).is_some(),
                // An empty attachment, which clients accept.
                b"b" => true,
                [b'b', ..] => internals::decode_payload(packet)[0].is_some(),
                other => matches!(other, b"1" | b"2" | b"6"),
            };
            assert!(is_valid, "{packet:?} is queued");
        }
        if payload == "1" || payload == "6" {
            return;
        }
    }
}

/// Checks that an event has exactly the attachments that its arguments name.
fn check_attachments(args: &Args) {
    fn placeholders(value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(placeholders).sum(),
            Value::Object(fields) if fields.get("_placeholder") == Some(&Value::Bool(true)) => 1,
            Value::Object(fields) => fields.values().map(placeholders).sum(),
            _ => 0,
        }
    }
    if !args.attachments.is_empty() {
        let values = args.values.iter().map(|value| serde_json::from_str(value.get()).expect("JSON"));
        assert_eq!(values.map(|value| placeholders(&value)).sum::<usize>(), args.attachments.len());
    }
}
