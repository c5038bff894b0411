//! A Socket.IO client that logs every event it receives, in order.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use crate::TIMEOUT;
use crate::connection::{ConnectOptions, Connection, Incoming, Receiver, Sender};
use crate::packet::Packet;

/// Somebody with an identity.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub token: String,
    pub user: Value,
}

#[derive(Clone, Debug)]
pub struct Room {
    pub id: String,
    /// The room as it was created.
    pub made: Value,
}

/// Returns a key that no other send of this process has.
pub fn key() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("key {}", LAST.fetch_add(1, Ordering::Relaxed))
}

impl ConnectOptions {
    /// Connects as this person.
    pub fn of(person: &Person) -> Self {
        Self { auth: json!({ "token": person.token }), ..Self::default() }
    }

    pub fn room(self, room: &Room) -> Self {
        self.auth("room", room.id.as_str())
    }
}

/// A received event. `connect`, `connect_error`, `disconnect` and `close` (of the transport) count
/// as events.
#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub body: Value,
}

#[derive(Default)]
struct State {
    log: Vec<Event>,
    /// Which entries of the log a test has taken.
    taken: Vec<bool>,
    acks: HashMap<u64, oneshot::Sender<Value>>,
    is_closed: bool,
    last_id: u64,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

pub struct Client {
    namespace: String,
    shared: Arc<Shared>,
    sender: Option<Sender>,
    _tasks: JoinSet<()>,
}

/// An ack on its way.
pub struct Pending(oneshot::Receiver<Value>);

impl Pending {
    /// Returns the ack, or `None` if the connection went first.
    pub async fn ack(self) -> Option<Value> {
        tokio::time::timeout(TIMEOUT, self.0).await.expect("no ack").ok()
    }
}

impl Client {
    /// Opens a connection. A refused one logs `close` with the status and text of the refusal.
    pub async fn open(address: SocketAddr, options: ConnectOptions) -> Self {
        let (namespace, is_known_event) = (options.namespace.clone(), options.is_known_event);
        let shared = Arc::<Shared>::default();
        match Connection::open(address, options).await {
            Ok(Connection { sender, receiver, mut tasks }) => {
                tasks.spawn(Arc::clone(&shared).receive(receiver, is_known_event));
                Self { namespace, shared, sender: Some(sender), _tasks: tasks }
            }
            Err(refused) => {
                shared.push("close", json!({ "status": refused.status, "text": refused.text }));
                Self { namespace, shared, sender: None, _tasks: JoinSet::new() }
            }
        }
    }

    // Sending.

    /// Sends an Engine.IO packet as it is.
    pub fn raw(&self, packet: &str) {
        if let Some(sender) = &self.sender {
            sender.packet(packet);
        }
    }

    /// Sends an event without waiting for its ack.
    pub fn start(&self, event: &str, payload: Value) -> Pending {
        self.start_args(event, &[payload])
    }

    pub fn start_args(&self, event: &str, payload: &[Value]) -> Pending {
        let (ack, acked) = oneshot::channel();
        let id = {
            let mut state = self.shared.state.lock();
            state.last_id += 1;
            let id = state.last_id;
            // None comes after the end of the connection.
            if !state.is_closed {
                state.acks.insert(id, ack);
            }
            id
        };
        let mut args = vec![json!(event)];
        args.extend(payload.iter().cloned());
        self.raw(&format!("42{},{id}{}", self.namespace, Value::Array(args)));
        Pending(acked)
    }

    pub async fn emit(&self, event: &str, payload: Value) -> Value {
        self.start(event, payload).ack().await.expect("the connection went before the ack")
    }

    /// Sends an event, checks that it succeeds and returns the ack.
    #[track_caller]
    pub fn ok(&self, event: &str, payload: Value) -> impl Future<Output = Value> {
        let (caller, name, pending) = (std::panic::Location::caller(), event.to_owned(), self.start(event, payload));
        async move {
            let ack = pending.ack().await.expect("the connection went before the ack");
            assert_eq!(ack["ok"], true, "{name} at {caller}: {ack}");
            ack
        }
    }

    /// Sends an event, checks that it fails with this code and returns the error.
    #[track_caller]
    pub fn refused(&self, event: &str, payload: Value, code: &str) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        let (name, code, pending) = (event.to_owned(), code.to_owned(), self.start(event, payload));
        async move {
            let ack = pending.ack().await.expect("the connection went before the ack");
            assert_eq!((&ack["ok"], &ack["error"]["code"]), (&json!(false), &json!(code)), "{name} at {caller}: {ack}");
            ack["error"].clone()
        }
    }

    pub async fn join(&self, room: &Room) -> Value {
        self.ok("join", json!({ "room": room.id })).await
    }

    /// Sends a message under a new key.
    pub async fn say(&self, room: &Room, text: &str) -> Value {
        self.ok("message", json!({ "room": room.id, "key": key(), "text": text })).await
    }

    // Receiving.

    /// Takes the first event of this name that was not taken before; waits for it.
    pub async fn take(&self, name: &str) -> Value {
        self.take_where(name, |_| true).await
    }

    pub async fn take_where(&self, name: &str, matches: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let changed = self.shared.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(body) = self.find(name, &matches) {
                    return body;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(TIMEOUT, found).await {
            Ok(body) => body,
            Err(_) => panic!("no {name} came; the log is {:#?}", self.log()),
        }
    }

    fn find(&self, name: &str, matches: &impl Fn(&Value) -> bool) -> Option<Value> {
        let mut state = self.shared.state.lock();
        let index = (0..state.log.len()).find(|&index| {
            let event = &state.log[index];
            !state.taken[index] && event.name == name && matches(&event.body)
        })?;
        state.taken[index] = true;
        Some(state.log[index].body.clone())
    }

    /// Waits for the message with this text.
    pub async fn receives(&self, text: &str) -> Value {
        self.take_where("message", |message| message["text"] == text).await
    }

    /// Returns every event so far.
    pub fn log(&self) -> Vec<Event> {
        self.shared.state.lock().log.clone()
    }

    /// Returns the bodies of every event of this name so far.
    pub fn all(&self, name: &str) -> Vec<Value> {
        self.log().into_iter().filter(|event| event.name == name).map(|event| event.body).collect()
    }

    /// Waits until everything that the server has sent so far has arrived: an ack comes after it.
    pub async fn settle(&self) {
        self.emit("members", json!({ "room": "nowhere" })).await;
    }

    // Ending.

    /// Disconnects as the stock client does.
    pub async fn disconnect(&self) {
        self.raw(&format!("41{},", self.namespace));
        if let Some(sender) = &self.sender {
            sender.close();
        }
        self.take("close").await;
    }

    /// Drops the connection without a packet.
    pub fn cut(self) {}
}

impl Shared {
    async fn receive(self: Arc<Self>, mut receiver: Receiver, is_known_event: fn(&str) -> bool) {
        loop {
            match receiver.next().await {
                Incoming::Packet(packet) => match Packet::parse(&packet) {
                    Some(Packet::Connect(body)) => self.push("connect", body),
                    Some(Packet::ConnectError(body)) => self.push("connect_error", body),
                    Some(Packet::Disconnect(body)) => self.push("disconnect", body),
                    Some(Packet::Event(name, body)) => {
                        assert!(is_known_event(&name), "{name} is not in the table of events");
                        self.push(&name, body);
                    }
                    Some(Packet::Ack(id, body)) => {
                        let ack = self.state.lock().acks.remove(&id);
                        let _ = ack.expect("an ack of nothing").send(body);
                    }
                    Some(Packet::Close) => self.push("close", json!({})),
                    None => {}
                },
                Incoming::Closed(code) => {
                    let body = code.map_or(json!({}), |code| json!({ "code": code }));
                    return self.push("close", body);
                }
            }
        }
    }

    fn push(&self, name: &str, body: Value) {
        let mut state = self.state.lock();
        state.log.push(Event { name: name.to_owned(), body });
        state.taken.push(false);
        if name == "close" {
            state.acks.clear();
            state.is_closed = true;
        }
        drop(state);
        self.changed.notify_waiters();
    }
}
