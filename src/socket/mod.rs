//! The sockets' door: two namespaces, and one table of what clients may say in them.

mod dispatch;
mod flush;
mod handshake;
mod member;
mod message;
mod moderator;
mod presence;
mod read_mark;
mod room;
mod session;
mod typing;
mod unread;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use socketio::{Args, Config, Namespace, Refusal, Reply, Server, Socket};

pub use flush::Flusher;

use crate::chat::room::Room;
use crate::chat::user::User;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire::{self, Answer, Nack, Okay};

/// The lobby's namespace: rooms as they come, change and go.
pub const LOBBY: &str = "/room";
/// The namespace of talk.
pub const CHAT: &str = "/chat";

/// What a client may say, for the reference. Schemas may refer to their generator's definitions.
pub struct ClientEventDoc {
    pub name: &'static str,
    pub about: &'static str,
    pub payload: Value,
    pub answer: Value,
}

/// What the server tells, for the reference.
pub struct ServerEventDoc {
    pub namespace: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    pub payload: Value,
}

macro_rules! events {
    ($($(#[doc = $about:literal])+ $name:literal $handler:path: $payload:ty => $answer:ty;)+) => {
        fn with_events(mut namespace: Namespace, app: &App) -> Namespace {
            $({
                let app = app.clone();
                namespace = namespace.on_args($name, move |socket, args| {
                    let app = app.clone();
                    answer::<$payload, $answer, _>(socket, args, move |person, payload| $handler(app, person, payload))
                });
            })+
            namespace
        }

        /// All events that clients may send in `/chat`, in the order of the table.
        pub fn client_events(request: &mut SchemaGenerator, given: &mut SchemaGenerator) -> Vec<ClientEventDoc> {
            vec![$(ClientEventDoc {
                name: $name,
                about: concat!($($about),+).trim_ascii(),
                payload: request.subschema_for::<$payload>().to_value(),
                answer: given.subschema_for::<$answer>().to_value(),
            },)+]
        }

        /// How the payload of each event is read, for the fuzzer.
        #[cfg(any(test, feature = "fuzzing"))]
        pub(crate) fn decoders() -> Vec<(&'static str, fn(&Args) -> Result<()>)> {
            vec![$(($name, |args| wire::decode::<$payload>(args).map(drop)),)+]
        }
    };
}

macro_rules! server_events {
    ($($(#[doc = $about:literal])+ $namespace:ident $name:literal: $payload:ty;)+) => {
        /// All events that the server tells, in the order of the table.
        pub fn server_events(given: &mut SchemaGenerator) -> Vec<ServerEventDoc> {
            vec![$(ServerEventDoc {
                namespace: $namespace,
                name: $name,
                about: concat!($($about),+).trim_ascii(),
                payload: given.subschema_for::<$payload>().to_value(),
            },)+]
        }
    };
}

events! {
    /// Enter a room and be told what was missed; its events follow.
    "join" room::join: wire::Join => wire::Joined;
    /// Leave a room with all one's sockets.
    "leave" room::leave: wire::RoomOnly => wire::Nothing;
    /// Send a message. `ok` means that it is stored for good.
    "message" message::send: wire::Send => wire::Sent;
    /// Give one's own message another text.
    "edit" message::edit: wire::Edit => wire::Rev;
    /// Take a message away for all: one's own, or any where one keeps order.
    "delete" message::delete: wire::MessageOnly => wire::Rev;
    /// Put a reaction under a message, or take it away.
    "react" message::react: wire::React => wire::Rev;
    /// Pin a message in its room, or take the pin away; the owner's and the moderators'.
    "pin" message::pin: wire::Pin => wire::Rev;
    /// Tell the others that one is writing; never stored, told at most once in three seconds.
    "typing" typing::typing: wire::RoomOnly => wire::Nothing;
    /// Tell how far one has read; the others are told at most once a second.
    "read" read_mark::read: wire::Read => wire::Nothing;
    /// Say whether one looks at this screen: who looks at none is away.
    "presence" presence::set: wire::SetPresence => wire::Nothing;
    /// The people of a room, at most 200, those online first.
    "members" member::members: wire::RoomOnly => wire::Members;
    /// Remove somebody, for good with `ban`; the owner's and the moderators'.
    "kick" member::kick: wire::Kick => wire::Rev;
    /// Make a member a moderator, or a moderator a member again; the owner's alone.
    "moderator" moderator::set: wire::Moderator => wire::Rev;
    /// Hand the room to another member; the owner's alone.
    "owner" room::hand_over: wire::HandOver => wire::Rev;
}

server_events! {
    /// A room was made, or is listed again.
    LOBBY "newRoom": Room;
    /// A room's title, lock or head counts changed; at most once a second for each room.
    LOBBY "changeRoom": Room;
    /// A room is gone, or no longer listed.
    LOBBY "removeRoom": RoomId;
    /// The server is about to restart.
    LOBBY "draining": wire::Draining;
    /// What `join` would have answered, for a room asked for in the handshake.
    CHAT "joined": wire::Joined;
    /// A message, new or changed, in its whole present state; in the order of the room's revs.
    CHAT "message": wire::WireMessage;
    /// Somebody came into the room; told to the others, unless the room is a crowd.
    CHAT "join": wire::Passage;
    /// Somebody left the room or went offline; told to the others, unless the room is a crowd.
    CHAT "exit": wire::Passage;
    /// Somebody writes; may be lost.
    CHAT "typing": wire::Typing;
    /// Somebody has read up to a message; at most once a second, in a room of at most 20 online.
    CHAT "read": wire::ReadBy;
    /// How far people have read, where more than 20 are online; at most once a second.
    CHAT "reads": wire::ReadByMany;
    /// Something was said in one of one's rooms, or read on another screen; at most once a second for
    /// each room, and not where all one's screens show it.
    CHAT "unread": wire::Unread;
    /// Somebody who shares a room with one came, went, or looks at none of their screens; not told
    /// of crowds, nor of who hides it.
    CHAT "presence": wire::PresenceOf;
    /// One was made a member of a room: somebody began a conversation.
    CHAT "newRoom": Room;
    /// Somebody in one's rooms changed name or picture.
    CHAT "user": User;
    /// The room's settings or, in a crowd, its head counts changed; at most once a second.
    CHAT "changeRoom": Room;
    /// The room is gone.
    CHAT "removeRoom": RoomId;
    /// One was removed from the room; nothing more of it follows, and the socket stays connected.
    CHAT "kicked": wire::Kicked;
    /// The highest rev one may see, by room: on coming in and now and then.
    CHAT "rev": BTreeMap<RoomId, i64>;
    /// The server is about to restart.
    CHAT "draining": wire::Draining;
}

/// Builds the server of the sockets and starts to tell them what happens.
pub fn server(app: &App) -> Server {
    let lobby = Namespace::new(LOBBY).refusals(refused);
    let chat = with_events(Namespace::new(CHAT).refusals(refused), app);
    let chat = session::with_sessions(chat, app);
    let server = Server::new(config(&app.config), [lobby, chat]);
    if let (Some(lobby), Some(chat)) = (server.of(LOBBY), server.of(CHAT)) {
        let dispatcher = dispatch::Dispatcher::new(app.clone(), Arc::clone(lobby), Arc::clone(chat), server.clone());
        app.realtime.set_broadcaster(Arc::new(dispatcher));
    }
    server
}

fn config(config: &config::Config) -> Config {
    let defaults = Config::default();
    Config {
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        connect_timeout: config.connect_timeout,
        patience: config.slow_client_timeout,
        packets: defaults.packets.filter(|_| config.has_rate_limits),
        handshakes: defaults.handshakes.filter(|_| config.has_rate_limits),
        sessions_per_address: config.connections_per_address,
        gate: Arc::new(handshake::HandshakePolicy::new(config.origins.clone())),
        ..defaults
    }
}

/// A socket of `/chat` with its user.
pub(crate) struct ChatSocket {
    pub(crate) socket: Socket,
}

impl ChatSocket {
    /// Returns the user behind the socket, unless their session has ended.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub(crate) fn user(&self) -> Result<&ConnectedUser> {
        let person = self.socket.data::<ConnectedUser>().filter(|person| !person.has_ended.load(Ordering::Acquire));
        person.ok_or_else(|| Code::Unauthenticated.into())
    }
}

/// Decodes, lets `act` do its work, answers.
async fn answer<T, R, Fut>(socket: Socket, args: Args, act: impl FnOnce(ChatSocket, T) -> Fut) -> Reply
where
    T: serde::de::DeserializeOwned,
    R: Serialize + JsonSchema,
    Fut: Future<Output = Result<Answer<R>>>,
{
    let acted = match wire::decode::<T>(&args) {
        Ok(payload) => act(ChatSocket { socket }, payload).await,
        Err(error) => Err(error),
    };
    let (reply, is_long, then) = match acted {
        Ok(answer) => (Reply::json(&Okay::new(answer.body)), answer.is_long, answer.then),
        Err(error) => (Reply::json(&Nack::new(error)), false, None),
    };
    // Every shape of the wire serializes; an answer that did not would still be an answer.
    let reply = reply.unwrap_or_else(|error| Reply::new(refusal(Error::internal(error))));
    let reply = if is_long { reply.paced() } else { reply };
    match then {
        Some(then) => reply.then(then),
        None => reply,
    }
}

fn refusal(error: Error) -> Args {
    Args::one(&Nack::new(error)).unwrap_or_default()
}

fn refused(refusal: Refusal) -> Nack {
    Nack::new(match refusal {
        Refusal::Undecodable(message) => Error::new(Code::Invalid).with_message(message),
        Refusal::UnknownEvent => Code::UnknownEvent.into(),
        Refusal::RateLimited => Error::rate_limited(std::time::Duration::from_secs(1)),
        Refusal::Panicked => Code::Internal.into(),
    })
}
