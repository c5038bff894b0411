//! What a client says in a session, packet after packet, with attachments between: to a server as
//! it is, over the transport that has no stream.

use std::cell::LazyCell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::address::Addresses;
use crate::client::{Client, ClientPeer};
use crate::outlet::{Polling, Transport};
use crate::packet::Incoming;
use crate::payload::{self, Malformed, Message};
use crate::peer::Peer;
use crate::server::Namespaces;
use crate::session::Poll;
use crate::{Admission, Application, Args, Config, ConnectError, Engine, Namespace, Reason, Reply, Session};

thread_local! {
    static RUNTIME: LazyCell<Runtime> =
        LazyCell::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
}

/// The packets of a session, each ended by `\x1e`. One that begins with `b` is an attachment as it
/// is, not in base 64.
///
/// # Panics
/// Where a handler hears what is not whole, an answer is none, or something stays behind.
pub fn conversation(data: &[u8]) {
    RUNTIME.with(|runtime| runtime.block_on(talk(data)));
}

async fn talk(data: &[u8]) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let namespaces = namespaces(&heard);
    let session = session(&namespaces);
    let mut reason = Reason::TransportClose;
    for packet in data.split(|&byte| byte == 0x1e) {
        while session.is_paused() {
            yield_now().await;
        }
        if let Err(why) = session.receive(read(packet)) {
            reason = why;
            break;
        }
        // Some packets meet an answer that is under way, others do not.
        if packet.len() % 2 == 0 {
            yield_now().await;
        }
    }
    settle(&session).await;
    is_told(&session);
    session.end(reason);
    settle(&session).await;
    for namespace in namespaces.values() {
        assert_eq!(namespace.socket_count(), 0, "a socket stays in {}", namespace.name());
    }
    heard.lock().iter().for_each(is_whole);
}

/// Waits until all that has come is handled.
async fn settle(session: &Session) {
    while session.is_at_work() {
        yield_now().await;
    }
}

fn read(packet: &[u8]) -> Result<payload::Incoming, Malformed> {
    match packet {
        [b'b', attachment @ ..] => Ok(payload::Incoming::Message(Message::Binary(Bytes::copy_from_slice(attachment)))),
        _ => payload::decode(std::str::from_utf8(packet).map_err(|_| Malformed)?),
    }
}

/// The main namespace, open, and `/chat`, which refuses whoever asks for that.
fn namespaces(heard: &Arc<Mutex<Vec<Args>>>) -> Arc<Namespaces> {
    let echo = |namespace: Namespace| {
        let heard = Arc::clone(heard);
        namespace.on_args("echo", move |_, args| {
            heard.lock().push(args.clone());
            async move { Reply::new(args) }
        })
    };
    let chat = Namespace::new("/chat").guard(|socket, auth| async move {
        yield_now().await;
        socket.join("courtyard");
        let is_refused = auth.is_some_and(|auth| auth.get().contains("refuse"));
        if is_refused { Err(ConnectError::new("refused")) } else { Ok(Admission::new()) }
    });
    let by_name = |namespace: Namespace| (namespace.name().to_owned(), Arc::new(namespace));
    Arc::new([echo(Namespace::new("/")), echo(chat)].map(by_name).into())
}

/// Gives its sessions the client that was made for them.
struct Given(Mutex<Option<Box<dyn Peer>>>);

impl Application for Given {
    fn open(&self, _: &Arc<Session>) -> Box<dyn Peer> {
        self.0.lock().take().expect("one session")
    }
}

fn session(namespaces: &Arc<Namespaces>) -> Arc<Session> {
    let peer: Box<dyn Peer> = Box::new(ClientPeer(Client::new(Arc::clone(namespaces))));
    let engine = Engine::new(Config { packets: None, ..Config::default() }, Given(Mutex::new(None)));
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let permit = Addresses::new(0).acquire(address).expect("no limit");
    let transport = Transport::Polling(Polling::default());
    let session = Arc::new(Session::new(engine, [b'a'; 20], transport, Arc::new(()), 0, address, permit));
    session.set_peer(peer);
    session
}

/// What waits for the client is packets, which its library would read.
fn is_told(session: &Session) {
    while let Poll::Payload(payload) = session.poll() {
        for packet in payload.split('\x1e') {
            let is_answer = match packet.as_bytes() {
                [b'4', b'4', ..] => packet.ends_with('}'),
                [b'4', ..] => Incoming::parse(&packet[1..], usize::MAX).is_ok(),
                // An attachment of nothing; clients read what we refuse from them.
                b"b" => true,
                [b'b', ..] => payload::decode(packet).is_ok(),
                other => matches!(other, b"1" | b"2" | b"6"),
            };
            assert!(is_answer, "{packet:?} is told");
        }
        if payload == "1" || payload == "6" {
            return;
        }
    }
}

/// An event has the attachments that its arguments name, and no other.
fn is_whole(args: &Args) {
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
