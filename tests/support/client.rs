//! A Socket.IO client for tests: it keeps everything it hears, in order, for ever.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;

use super::PATIENCE;
use super::factory::{Person, Room};
use super::frame::{self, Frame};
use super::http::Request;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    #[default]
    WebSocket,
    Polling,
}

/// How a socket is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    pub namespace: String,
    /// The handshake's payload; null sends none.
    pub auth: Value,
    /// Added to the address, `room=…` say.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub transport: Transport,
}

impl Default for Opening {
    fn default() -> Self {
        let (query, headers, transport) = (String::new(), Vec::new(), Transport::WebSocket);
        Self { namespace: "/chat".into(), auth: Value::Null, query, headers, transport }
    }
}

impl Opening {
    pub fn of(person: &Person) -> Self {
        Self { auth: json!({ "token": person.token }), ..Self::default() }
    }

    /// Adds to the handshake's payload.
    pub fn auth(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.auth[name] = value.into();
        self
    }

    pub fn room(self, room: &Room) -> Self {
        self.auth("room", room.id.as_str())
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn query(self, query: &str) -> Self {
        Self { query: format!("&{query}"), ..self }
    }

    pub fn polling(self) -> Self {
        Self { transport: Transport::Polling, ..self }
    }
}

/// What was heard. `connect`, `connect_error`, `disconnect` and `close` (of the transport) are
/// among the events.
#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub body: Value,
}

#[derive(Default)]
struct Heard {
    log: Vec<Event>,
    /// Which of the log a test has taken.
    taken: Vec<bool>,
    answers: HashMap<u64, oneshot::Sender<Value>>,
    last_id: u64,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Heard>,
    more: Notify,
}

enum Out {
    Packet(String),
    Close,
}

pub struct Client {
    namespace: String,
    shared: Arc<Shared>,
    out: mpsc::Sender<Out>,
    tasks: Mutex<JoinSet<()>>,
}

/// An answer on its way.
pub struct Pending(oneshot::Receiver<Value>);

impl Pending {
    /// The answer; `None` when the connection went first.
    pub async fn answer(self) -> Option<Value> {
        tokio::time::timeout(PATIENCE, self.0).await.expect("no acknowledgement").ok()
    }
}

impl Client {
    pub async fn open(address: SocketAddr, opening: Opening) -> Self {
        let (out, outgoing) = mpsc::channel(4_096);
        let shared = Arc::new(Shared::default());
        let client = Self { namespace: opening.namespace.clone(), shared, out, tasks: Mutex::default() };
        let auth = if opening.auth.is_null() { String::new() } else { opening.auth.to_string() };
        client.raw(&format!("40{},{auth}", opening.namespace));
        let link = Link { shared: client.shared.clone(), out: client.out.clone() };
        match opening.transport {
            Transport::WebSocket => client.web_socket(address, opening, link, outgoing).await,
            Transport::Polling => client.polling(address, opening, link, outgoing).await,
        }
        client
    }

    async fn web_socket(&self, address: SocketAddr, opening: Opening, link: Link, mut outgoing: mpsc::Receiver<Out>) {
        let path = format!("/socket.io/?EIO=4&transport=websocket{}", opening.query);
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut reader, mut writer) = match frame::open(stream, &path, &opening.headers).await {
            Ok(open) => open,
            Err(refused) => return link.push("close", json!({ "status": refused.status, "text": refused.text })),
        };
        let mut tasks = self.tasks.lock();
        tasks.spawn(async move {
            while let Some(frame) = reader.next().await {
                match frame {
                    Frame::Text(packet) => link.packet(&packet),
                    Frame::Close(code) => return link.push("close", json!({ "code": code })),
                }
            }
            link.push("close", json!({}));
        });
        tasks.spawn(async move {
            while let Some(out) = outgoing.recv().await {
                let sent = match out {
                    Out::Packet(packet) => writer.text(&packet).await,
                    Out::Close => writer.close().await,
                };
                if sent.is_err() {
                    return;
                }
            }
        });
    }

    async fn polling(&self, address: SocketAddr, opening: Opening, link: Link, mut outgoing: mpsc::Receiver<Out>) {
        let path = format!("/socket.io/?EIO=4&transport=polling{}", opening.query);
        let request = move |method: &str, path: &str| {
            let request = Request::new(address, method, path);
            opening.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
        };
        let opened = request("GET", &path).send().await;
        let Some(sid) = opened.text().strip_prefix('0').and_then(|open| serde_json::from_str::<Value>(open).ok())
        else {
            return link.push("close", json!({ "status": opened.status, "text": opened.text() }));
        };
        let path = format!("{path}&sid={}", sid["sid"].as_str().unwrap());
        let (poll, poll_path) = (request.clone(), path.clone());
        let mut tasks = self.tasks.lock();
        tasks.spawn(async move {
            while let Ok(answer) = poll("GET", &poll_path).try_send().await {
                if answer.status != 200 {
                    break;
                }
                answer.text().split('\u{1e}').for_each(|packet| link.packet(packet));
            }
            link.push("close", json!({}));
        });
        tasks.spawn(async move {
            while let Some(out) = outgoing.recv().await {
                let packet = match out {
                    Out::Packet(packet) => packet,
                    Out::Close => "1".to_owned(),
                };
                if request("POST", &path).body("text/plain", packet).try_send().await.is_err() {
                    return;
                }
            }
        });
    }

    // Speaking.

    /// Sends a packet of Engine.IO as it is.
    pub fn raw(&self, packet: &str) {
        // A connection that is gone hears nothing, which the test will see.
        let _ = self.out.try_send(Out::Packet(packet.to_owned()));
    }

    /// Sends an event without waiting for its answer.
    pub fn start(&self, event: &str, payload: Value) -> Pending {
        self.start_args(event, &[payload])
    }

    pub fn start_args(&self, event: &str, payload: &[Value]) -> Pending {
        let (answer, answered) = oneshot::channel();
        let id = {
            let mut heard = self.shared.heard.lock();
            heard.last_id += 1;
            let id = heard.last_id;
            heard.answers.insert(id, answer);
            id
        };
        let mut args = vec![json!(event)];
        args.extend(payload.iter().cloned());
        self.raw(&format!("42{},{id}{}", self.namespace, Value::Array(args)));
        Pending(answered)
    }

    pub async fn emit(&self, event: &str, payload: Value) -> Value {
        self.start(event, payload).answer().await.expect("the connection went before the answer")
    }

    /// The answer, which must be yes.
    #[track_caller]
    pub fn ok(&self, event: &str, payload: Value) -> impl Future<Output = Value> {
        let (caller, name, pending) = (std::panic::Location::caller(), event.to_owned(), self.start(event, payload));
        async move {
            let answer = pending.answer().await.expect("the connection went before the answer");
            assert_eq!(answer["ok"], true, "{name} at {caller}: {answer}");
            answer
        }
    }

    /// The error, which must have this code.
    #[track_caller]
    pub fn refused(&self, event: &str, payload: Value, code: &str) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        let (name, code, pending) = (event.to_owned(), code.to_owned(), self.start(event, payload));
        async move {
            let answer = pending.answer().await.expect("the connection went before the answer");
            assert_eq!(
                (&answer["ok"], &answer["error"]["code"]),
                (&json!(false), &json!(code)),
                "{name} at {caller}: {answer}"
            );
            answer["error"].clone()
        }
    }

    pub async fn join(&self, room: &Room) -> Value {
        self.ok("join", json!({ "room": room.id })).await
    }

    /// Says something under a new key.
    pub async fn say(&self, room: &Room, text: &str) -> Value {
        self.ok("message", json!({ "room": room.id, "key": super::factory::key(), "text": text })).await
    }

    // Hearing.

    /// The first event of this name that was not taken before; waits for it.
    pub async fn take(&self, name: &str) -> Value {
        self.take_where(name, |_| true).await
    }

    pub async fn take_where(&self, name: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let more = self.shared.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                if let Some(body) = self.find(name, &is_it) {
                    return body;
                }
                more.await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(body) => body,
            Err(_) => panic!("no {name} came; heard were {:#?}", self.log()),
        }
    }

    fn find(&self, name: &str, is_it: &impl Fn(&Value) -> bool) -> Option<Value> {
        let mut heard = self.shared.heard.lock();
        let place = (0..heard.log.len())
            .find(|&place| !heard.taken[place] && heard.log[place].name == name && is_it(&heard.log[place].body))?;
        heard.taken[place] = true;
        Some(heard.log[place].body.clone())
    }

    /// The message with this text.
    pub async fn hears(&self, text: &str) -> Value {
        self.take_where("message", |message| message["text"] == text).await
    }

    /// Everything heard so far.
    pub fn log(&self) -> Vec<Event> {
        self.shared.heard.lock().log.clone()
    }

    /// The bodies of all events of a name so far.
    pub fn all(&self, name: &str) -> Vec<Value> {
        self.log().into_iter().filter(|event| event.name == name).map(|event| event.body).collect()
    }

    /// Waits until everything that the server had to tell this socket before now has come: what
    /// is answered stands behind it.
    pub async fn settle(&self) {
        self.emit("members", json!({ "room": "nowhere" })).await;
    }

    // Ending.

    /// Ends as the stock client does, with a word.
    pub async fn disconnect(&self) {
        self.raw(&format!("41{},", self.namespace));
        let _ = self.out.try_send(Out::Close);
        self.take("close").await;
    }

    /// Ends without a word.
    pub fn cut(self) {}
}

/// What the server may tell, by its own table.
static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    madang::socket::server_events(&mut schemars::SchemaGenerator::default()).iter().map(|told| told.name).collect()
});

/// The receiving end of a client.
struct Link {
    shared: Arc<Shared>,
    out: mpsc::Sender<Out>,
}

impl Link {
    fn push(&self, name: &str, body: Value) {
        let mut heard = self.shared.heard.lock();
        heard.log.push(Event { name: name.to_owned(), body });
        heard.taken.push(false);
        if name == "close" {
            heard.answers.clear();
        }
        drop(heard);
        self.shared.more.notify_waiters();
    }

    fn packet(&self, packet: &str) {
        match packet.as_bytes().first() {
            Some(b'2') => drop(self.out.try_send(Out::Packet("3".into()))),
            Some(b'4') => self.message(&packet[1..]),
            Some(b'1') => self.push("close", json!({})),
            Some(b'0' | b'3' | b'6') => {}
            _ => panic!("not a packet: {packet}"),
        }
    }

    fn message(&self, message: &str) {
        let (kind, rest) = message.split_at(1);
        let rest = rest.split_once(',').map_or("", |(_namespace, rest)| rest);
        let id_end = rest.bytes().take_while(u8::is_ascii_digit).count();
        let body: Value = serde_json::from_str(&rest[id_end..]).unwrap_or_default();
        match kind {
            "0" => self.push("connect", body),
            "1" => self.push("disconnect", body),
            "2" => {
                assert_eq!(body.as_array().map(Vec::len), Some(2), "an event carries one thing: {body}");
                let name = body[0].as_str().unwrap();
                assert!(KNOWN.contains(name), "{name} is not in the table of what is told");
                self.push(name, body[1].clone());
            }
            "3" => {
                let answer = self.shared.heard.lock().answers.remove(&rest[..id_end].parse().unwrap());
                let _ = answer.expect("an answer to nothing").send(body[0].clone());
            }
            "4" => self.push("connect_error", body),
            _ => panic!("not a message: {message}"),
        }
    }
}
