//! Namespaces: connect middleware, event handlers, and the rooms of their sockets.

use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload::Packet;
use crate::engine::write_batch::WriteBatches;
use crate::inbox::Item;
use crate::packet::{self, Args, Event};
use crate::reply::{Admission, ConnectError, Refusal, Reply, Then};
use crate::rooms::Rooms;
use crate::socket::Socket;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type ConnectMiddleware =
    Box<dyn Fn(Socket, Option<Box<RawValue>>) -> BoxFuture<Result<Admission, ConnectError>> + Send + Sync>;
type EventHandler = Box<dyn Fn(Socket, Args) -> BoxFuture<Result<Reply, Refusal>> + Send + Sync>;
type EventMiddleware = Box<dyn Fn(Socket, Event) -> BoxFuture<Result<Event, Reply>> + Send + Sync>;
type CatchAllHandler = Box<dyn Fn(Socket, Event) -> BoxFuture<Reply> + Send + Sync>;
type DisconnectingHandler = Box<dyn Fn(&Socket, DisconnectReason) + Send + Sync>;
type DisconnectHandler = Box<dyn Fn(Socket, DisconnectReason) -> BoxFuture<()> + Send + Sync>;
type RefusalHandler = Box<dyn Fn(Refusal) -> Args + Send + Sync>;

/// The namespaces of a server, by name.
pub(crate) type Namespaces = HashMap<String, Arc<Namespace>>;

/// The room that every socket of a namespace is in.
pub(crate) const ALL_SOCKETS: &str = "";

/// A namespace: built before the server starts, unchanged afterwards.
pub struct Namespace {
    name: String,
    connect_middleware: Option<ConnectMiddleware>,
    event_middleware: Option<EventMiddleware>,
    handlers: HashMap<&'static str, EventHandler>,
    catch_all_handler: Option<CatchAllHandler>,
    disconnecting_handler: Option<DisconnectingHandler>,
    disconnect_handler: Option<DisconnectHandler>,
    refusal_handler: RefusalHandler,
    rooms: Rooms<Socket>,
    /// Those of the server, once it has the namespace.
    write_batches: WriteBatches,
}

impl Namespace {
    /// Creates a namespace that admits everyone and handles no event; the main one is `/`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            connect_middleware: None,
            event_middleware: None,
            handlers: HashMap::new(),
            catch_all_handler: None,
            disconnecting_handler: None,
            disconnect_handler: None,
            refusal_handler: Box::new(default_refusal),
            rooms: Rooms::default(),
            write_batches: WriteBatches::default(),
        }
    }

    /// Runs `middleware` for each socket that connects, with the payload of its CONNECT.
    ///
    /// It may store data with the socket and let it join rooms, but not emit: the client does not know
    /// yet that it is connected. See [`Admission::then`].
    pub fn connect_middleware<F, Fut>(mut self, middleware: F) -> Self
    where
        F: Fn(Socket, Option<Box<RawValue>>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Admission, ConnectError>> + Send + 'static,
    {
        self.connect_middleware = Some(Box::new(move |socket, auth| Box::pin(middleware(socket, auth))));
        self
    }

    /// Runs `middleware` for each event before its handler: it passes the event on, changed or not, or
    /// replies itself.
    pub fn event_middleware<F, Fut>(mut self, middleware: F) -> Self
    where
        F: Fn(Socket, Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Event, Reply>> + Send + 'static,
    {
        self.event_middleware = Some(Box::new(move |socket, event| Box::pin(middleware(socket, event))));
        self
    }

    /// Handles an event whose first argument is a `T`. Events of one socket are handled one after the
    /// other, in the order they were sent.
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
                // Frees the arguments before the handler runs.
                drop(args);
                Ok(handler(socket, argument).await)
            })
        })
    }

    /// Handles an event with all its arguments and attachments, undecoded.
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
        F: Fn(Socket, Args) -> BoxFuture<Result<Reply, Refusal>> + Send + Sync + 'static,
    {
        self.handlers.insert(event, Box::new(handler));
        self
    }

    /// Handles the events that have no handler of their own. Without this they are refused as
    /// [`Refusal::UnknownEvent`].
    pub fn on_any<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
    {
        self.catch_all_handler = Some(Box::new(move |socket, event| Box::pin(handler(socket, event))));
        self
    }

    /// Runs `handler` once for each socket that ends, while it is still in its rooms: see
    /// [`Socket::rooms`]. It must be quick and must not block.
    pub fn on_disconnecting(mut self, handler: impl Fn(&Socket, DisconnectReason) + Send + Sync + 'static) -> Self {
        self.disconnecting_handler = Some(Box::new(handler));
        self
    }

    /// Runs `handler` once for each socket that has ended, after all its events: also for one whose
    /// session ended while its connect middleware was about to admit it.
    pub fn on_disconnect<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, DisconnectReason) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.disconnect_handler = Some(Box::new(move |socket, reason| Box::pin(handler(socket, reason))));
        self
    }

    /// Sets how refused events are acknowledged.
    pub fn refusals<R: Serialize>(mut self, handler: impl Fn(Refusal) -> R + Send + Sync + 'static) -> Self {
        self.refusal_handler = Box::new(move |refusal| Args::one(&handler(refusal)).unwrap_or_default());
        self
    }

    pub(crate) fn with_write_batches(mut self, write_batches: WriteBatches) -> Self {
        self.write_batches = write_batches;
        self
    }

    /// Returns its name, with the slash it begins with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the events that have a handler.
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

    /// Encodes an event with any number of arguments and attachments, once for any number of receivers.
    pub fn packet_of_args(&self, event: &str, args: &Args) -> Packet {
        packet::event(&self.name, event, None, args)
    }

    /// Encodes an event whose argument is JSON in pieces, which together must be UTF-8. The pieces are
    /// shared and not copied, so that long packets to many receivers cost only where they differ.
    pub fn packet_in_pieces(&self, event: &str, argument: impl IntoIterator<Item = Bytes>) -> Packet {
        packet::event_in_pieces(&self.name, event, argument)
    }

    /// Returns the sockets in a room.
    pub fn sockets_in(&self, room: &str) -> Vec<Socket> {
        self.rooms.members(room)
    }

    pub(crate) fn rooms(&self) -> &Rooms<Socket> {
        &self.rooms
    }

    pub(crate) fn write_batches(&self) -> &WriteBatches {
        &self.write_batches
    }

    pub(crate) fn refuse(&self, refusal: Refusal) -> Reply {
        Reply::new((self.refusal_handler)(refusal))
    }

    /// Runs the connect middleware.
    pub(crate) async fn admit(&self, socket: Socket, auth: Option<Box<RawValue>>) -> Result<Admission, ConnectError> {
        let Some(middleware) = &self.connect_middleware else { return Ok(Admission::new()) };
        // The call itself is inside, as the middleware may panic before its first await.
        let admitted = AssertUnwindSafe(async { middleware(socket, auth).await }).catch_unwind().await;
        admitted.unwrap_or_else(|_| {
            tracing::error!(namespace = self.name, "a connect middleware panicked");
            Err(ConnectError::new("internal error"))
        })
    }

    /// Runs the middleware and the handler of an event.
    async fn handle(&self, socket: Socket, event: Event) -> Reply {
        let handled = async {
            match &self.event_middleware {
                None => self.run_handler(socket, event).await,
                Some(middleware) => match middleware(socket.clone(), event).await {
                    Ok(event) => self.run_handler(socket, event).await,
                    Err(reply) => reply,
                },
            }
        };
        AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(namespace = self.name, "an event handler panicked");
            self.refuse(Refusal::Panicked)
        })
    }

    async fn run_handler(&self, socket: Socket, event: Event) -> Reply {
        let handled = match self.handlers.get(event.name.as_str()) {
            Some(handler) => handler(socket, event.args).await,
            None => match &self.catch_all_handler {
                Some(handler) => Ok(handler(socket, event).await),
                None => Err(Refusal::UnknownEvent),
            },
        };
        handled.unwrap_or_else(|refusal| self.refuse(refusal))
    }

    /// Runs the disconnecting handler. Its panic must not stop the end of the socket.
    pub(crate) fn disconnecting(&self, socket: &Socket, reason: DisconnectReason) {
        let Some(handler) = &self.disconnecting_handler else { return };
        if catch_unwind(AssertUnwindSafe(|| handler(socket, reason))).is_err() {
            tracing::error!(namespace = self.name, "a disconnecting handler panicked");
        }
    }

    /// Runs the disconnect handler.
    pub(crate) async fn disconnected(&self, socket: &Socket, reason: DisconnectReason) {
        let Some(handler) = &self.disconnect_handler else { return };
        let handled = AssertUnwindSafe(async { handler(socket.clone(), reason).await }).catch_unwind().await;
        if handled.is_err() {
            tracing::error!(namespace = self.name, "a disconnect handler panicked");
        }
    }
}

/// Handles the inbox of a socket until it is empty.
pub(crate) async fn handle_inbox(socket: Socket) {
    while let Some(item) = socket.pop() {
        match item {
            Item::Event { event, id } => {
                let reply = socket.namespace().handle(socket.clone(), event).await;
                acknowledge(&socket, id, reply);
            }
            Item::Disconnect(reason) => socket.namespace().disconnected(&socket, reason).await,
        }
    }
    socket.session().handler_finished();
}

/// Sends the acknowledgement, if one was requested, and then runs what follows it.
pub(crate) fn acknowledge(socket: &Socket, id: Option<u64>, reply: Reply) {
    if let Some(id) = id
        && reply.is_acknowledgement
        && !socket.has_ended()
    {
        let ack = packet::ack(socket.namespace().name(), id, &reply.args);
        match reply.is_flow_controlled {
            true => socket.session().send_flow_controlled(&ack),
            false => socket.session().send_batched(&ack),
        }
    }
    reply.then.into_iter().for_each(run_then);
}

/// Runs an action that follows a response. Its panic must not stop the inbox.
pub(crate) fn run_then(then: Then) {
    if catch_unwind(AssertUnwindSafe(then)).is_err() {
        tracing::error!("an action after a response panicked");
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
