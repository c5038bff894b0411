//! Namespaces: who is let in, what each event does, and whom a broadcast reaches.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::adapter::{Adapter, MemoryAdapter};
use crate::broadcast::Broadcast;
use crate::packet::{self, Args, Event};
use crate::payload::Packet;
use crate::peer::Reason;
use crate::socket::{Socket, SocketId};

/// A future behind a pointer, as traits and tables of handlers need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

type Guard =
    Box<dyn Fn(Socket, Option<Box<RawValue>>) -> BoxFuture<'static, Result<Admission, ConnectError>> + Send + Sync>;
type Handler = Box<dyn Fn(Socket, Args) -> BoxFuture<'static, Result<Reply, Refusal>> + Send + Sync>;
type EndHandler = Box<dyn Fn(Socket, Reason) -> BoxFuture<'static, ()> + Send + Sync>;
type Refuse = Box<dyn Fn(Refusal) -> Args + Send + Sync>;

/// The room that every socket of a namespace is in.
pub(crate) const EVERYBODY: &str = "";

/// A namespace: built before the server starts, unchanged after.
pub struct Namespace {
    name: String,
    guard: Option<Guard>,
    handlers: HashMap<&'static str, Handler>,
    disconnected: Option<EndHandler>,
    refuse: Refuse,
    adapter: Box<dyn Adapter>,
    sockets: Mutex<HashMap<SocketId, Socket>>,
}

/// Why an event was not handled. The namespace's [`Namespace::refusals`] makes the answer of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments are not of the form the event asks for; the text says what is wrong.
    Undecodable(String),
    /// Nobody handles this event.
    UnknownEvent,
    /// The session sends too much.
    RateLimited,
    /// The handler panicked.
    Panicked,
}

/// A refused connect: the client gets it as its `connect_error`.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectError {
    /// For people.
    pub message: String,
    /// For programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

impl ConnectError {
    /// A refusal without details.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds details for programs. What does not serialize is left out.
    pub fn with_data(mut self, data: &impl Serialize) -> Self {
        self.data = serde_json::value::to_raw_value(data).ok();
        self
    }
}

/// A guard's leave to connect, with what shall happen right behind the answer to the client.
#[derive(Default)]
pub struct Admission {
    pub(crate) then: Option<Box<dyn FnOnce() + Send>>,
}

impl Admission {
    /// Leave to connect, and nothing more.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `then` after the client has been told that it is connected and before its first event.
    pub fn then(mut self, then: impl FnOnce() + Send + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }
}

/// The answer to an event.
pub struct Reply {
    pub(crate) args: Args,
    pub(crate) is_paced: bool,
    pub(crate) then: Option<Box<dyn FnOnce() + Send>>,
}

impl Reply {
    /// Acknowledges with these arguments.
    pub fn new(args: Args) -> Self {
        Self { args, is_paced: false, then: None }
    }

    /// Acknowledges with one value.
    ///
    /// # Errors
    /// When the value does not serialize to JSON.
    pub fn json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        Args::one(value).map(Self::new)
    }

    /// Lets the client take a long answer at its own pace.
    pub fn paced(mut self) -> Self {
        self.is_paced = true;
        self
    }

    /// Runs `then` right behind the acknowledgement, before anything else is sent by this socket's
    /// handlers.
    pub fn then(mut self, then: impl FnOnce() + Send + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }
}

impl Namespace {
    /// A namespace that lets everybody in and handles nothing; the main one is `/`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            guard: None,
            handlers: HashMap::new(),
            disconnected: None,
            refuse: Box::new(default_refusal),
            adapter: Box::new(MemoryAdapter::default()),
            sockets: Mutex::default(),
        }
    }

    /// Asks `guard` for each socket that wants to connect, with the handshake's payload as it came.
    ///
    /// It may keep data with the socket and let it join rooms, but not emit: the client does not
    /// know yet that it is connected. See [`Admission::then`].
    pub fn guard<F, Fut>(mut self, guard: F) -> Self
    where
        F: Fn(Socket, Option<Box<RawValue>>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Admission, ConnectError>> + Send + 'static,
    {
        self.guard = Some(Box::new(move |socket, auth| Box::pin(guard(socket, auth))));
        self
    }

    /// Handles an event whose first argument is a `T`. Events of one socket are handled one after
    /// the other, in the order they were sent.
    pub fn on<T, F, Fut>(self, event: &'static str, handler: F) -> Self
    where
        T: DeserializeOwned + Send + 'static,
        F: Fn(Socket, T) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.handle_with(event, move |socket, args| {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let argument = args.first().map_err(|error| Refusal::Undecodable(error.to_string()))?;
                // The arguments are not kept while the handler works.
                drop(args);
                Ok(handler(socket, argument).await)
            })
        })
    }

    /// Handles an event with all its arguments and attachments as they came.
    pub fn on_args<F, Fut>(self, event: &'static str, handler: F) -> Self
    where
        F: Fn(Socket, Args) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.handle_with(event, move |socket, args| {
            let handler = Arc::clone(&handler);
            Box::pin(async move { Ok(handler(socket, args).await) })
        })
    }

    fn handle_with<F>(mut self, event: &'static str, handler: F) -> Self
    where
        F: Fn(Socket, Args) -> BoxFuture<'static, Result<Reply, Refusal>> + Send + Sync + 'static,
    {
        self.handlers.insert(event, Box::new(handler));
        self
    }

    /// Hears of each socket that has ended, once, behind all its events: also of one whose session
    /// ended while its guard was about to let it in.
    pub fn on_disconnect<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, Reason) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.disconnected = Some(Box::new(move |socket, reason| Box::pin(handler(socket, reason))));
        self
    }

    /// How events that were not handled are answered.
    pub fn refusals<R: Serialize>(mut self, answer: impl Fn(Refusal) -> R + Send + Sync + 'static) -> Self {
        self.refuse = Box::new(move |refusal| Args::one(&answer(refusal)).unwrap_or_default());
        self
    }

    /// Keeps rooms elsewhere than in this process's memory alone.
    pub fn with_adapter(mut self, adapter: impl Adapter) -> Self {
        self.adapter = Box::new(adapter);
        self
    }

    /// Its name, with the slash it begins with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its rooms are kept.
    pub fn adapter(&self) -> &dyn Adapter {
        &*self.adapter
    }

    /// The events that are handled.
    pub fn events(&self) -> impl Iterator<Item = &'static str> {
        self.handlers.keys().copied()
    }

    /// Encodes an event once, for any number of receivers.
    ///
    /// # Errors
    /// When the argument does not serialize to JSON.
    pub fn packet(&self, event: &str, argument: &(impl Serialize + ?Sized)) -> serde_json::Result<Packet> {
        Ok(packet::event(&self.name, event, None, &Args::one(argument)?))
    }

    /// Encodes an event whose argument is JSON in pieces, text that is UTF-8 when it is put together.
    /// Pieces are shared and not copied, so that long packets to many cost what they differ in.
    pub fn packet_in_pieces(&self, event: &str, argument: impl IntoIterator<Item = Bytes>) -> Packet {
        packet::event_in_pieces(&self.name, event, argument)
    }

    /// A broadcast to a room.
    pub fn to<'a>(&'a self, room: &'a str) -> Broadcast<'a> {
        Broadcast::new(self, vec![room])
    }

    /// A broadcast to all sockets of the namespace.
    pub fn to_all(&self) -> Broadcast<'_> {
        self.to(EVERYBODY)
    }

    /// The socket of that id, if it is connected here.
    pub fn socket(&self, id: SocketId) -> Option<Socket> {
        self.sockets.lock().get(&id).cloned()
    }

    /// How many sockets are connected.
    pub fn socket_count(&self) -> usize {
        self.sockets.lock().len()
    }

    /// The sockets in a room.
    pub fn sockets_in(&self, room: &str) -> Vec<Socket> {
        self.adapter.sockets(room)
    }

    pub(crate) async fn admit(&self, socket: Socket, auth: Option<Box<RawValue>>) -> Result<Admission, ConnectError> {
        match &self.guard {
            Some(guard) => guard(socket, auth).await,
            None => Ok(Admission::new()),
        }
    }

    pub(crate) async fn handle(&self, socket: Socket, event: Event) -> Reply {
        let handled = match self.handlers.get(event.name.as_str()) {
            Some(handler) => handler(socket, event.args).await,
            None => Err(Refusal::UnknownEvent),
        };
        handled.unwrap_or_else(|refusal| self.refuse(refusal))
    }

    pub(crate) fn refuse(&self, refusal: Refusal) -> Reply {
        Reply::new((self.refuse)(refusal))
    }

    pub(crate) fn disconnected(&self, socket: &Socket, reason: Reason) -> BoxFuture<'static, ()> {
        match &self.disconnected {
            Some(disconnected) => disconnected(socket.clone(), reason),
            None => Box::pin(std::future::ready(())),
        }
    }

    pub(crate) fn remember(&self, socket: &Socket) {
        self.sockets.lock().insert(socket.id(), socket.clone());
        self.adapter.join(socket, EVERYBODY, false);
    }

    pub(crate) fn forget(&self, socket: &Socket) {
        self.sockets.lock().remove(&socket.id());
    }
}

fn default_refusal(refusal: Refusal) -> Args {
    let message = match refusal {
        Refusal::Undecodable(message) => message,
        Refusal::UnknownEvent => "unknown event".into(),
        Refusal::RateLimited => "rate limited".into(),
        Refusal::Panicked => "internal error".into(),
    };
    Args::one(&serde_json::json!({ "error": message })).unwrap_or_default()
}
