//! The Socket.IO entry point: two namespaces, and the table of events.

mod broadcast;
mod connect;
mod flush;
mod handshake;
mod member;
mod message;
mod moderator;
mod presence;
mod read_mark;
mod report;
mod room;
mod typing;
mod unread;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;
use socketio::{Args, Config, Namespace, Refusal, Reply, Server, Socket};

pub use flush::Flusher;

use crate::chat::kinds::BotRight;
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::metrics;
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire::{self, Answer, Nack, Okay};

/// The namespace of the lobby: changes of the list of rooms.
pub const LOBBY: &str = "/room";
/// The namespace of rooms and messages.
pub const CHAT: &str = "/chat";

/// A client's event, for the reference. Schemas may refer to their generator's definitions.
pub struct ClientEventDoc {
    pub name: &'static str,
    pub about: &'static str,
    pub payload: Value,
    pub answer: Value,
}

/// A server's event, for the reference.
pub struct ServerEventDoc {
    pub namespace: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    pub payload: Value,
}

macro_rules! events {
    ($($(#[doc = $about:literal])+ $name:literal [$($right:ident)?] $handler:path: $payload:ty => $answer:ty;)+) => {
        fn with_events(mut namespace: Namespace, app: &App) -> Namespace {
            $({
                let app = app.clone();
                namespace = namespace.on_args($name, move |socket, args| {
                    let app = app.clone();
                    answer::<$payload, $answer, _>($name, socket, args, move |person, payload| async move {
                        person.require_right(None$(.or(Some(BotRight::$right)))?)?;
                        $handler(app, person, payload).await
                    })
                });
            })+
            namespace
        }

        /// Returns the events that clients may send in `/chat`, in the order of the table.
        pub fn client_events(request: &mut SchemaGenerator, given: &mut SchemaGenerator) -> Vec<ClientEventDoc> {
            vec![$(ClientEventDoc {
                name: $name,
                about: concat!($($about),+).trim_ascii(),
                payload: request.subschema_for::<$payload>().to_value(),
                answer: given.subschema_for::<$answer>().to_value(),
            },)+]
        }

        /// Returns the decoder of each event's payload, for the fuzzer.
        #[cfg(any(test, feature = "fuzzing"))]
        pub(crate) fn decoders() -> Vec<(&'static str, fn(&Args) -> Result<()>)> {
            vec![$(($name, |args| wire::decode::<$payload>(args).map(drop)),)+]
        }
    };
}

macro_rules! server_events {
    ($($(#[doc = $about:literal])+ $namespace:ident $name:literal: $payload:ty;)+) => {
        /// Returns the events that the server sends, in the order of the table.
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

// In brackets is the right that a bot needs; without one, bots may not send the event.
events! {
    /// Join a room and get what was missed; its events follow.
    "join" [Read] room::join: wire::Join => wire::Joined;
    /// Leave a room with all sockets of the user.
    "leave" [Join] room::leave: wire::RoomOnly => wire::Nothing;
    /// Send a message. `ok` means that it is stored durably.
    "message" [Send] message::send: wire::Send => wire::Sent;
    /// Edit the text of one's own message.
    "edit" [Send] message::edit: wire::Edit => wire::Rev;
    /// Delete a message for everyone: one's own, or any as owner or moderator.
    "delete" [Send] message::delete: wire::MessageOnly => wire::Rev;
    /// Add or remove a reaction to a message.
    "react" [React] message::react: wire::React => wire::Rev;
    /// Pin or unpin a message in its room. For the owner and moderators.
    "pin" [] message::pin: wire::Pin => wire::Rev;
    /// Show that the user is typing. Never stored, sent to others at most once in three seconds.
    "typing" [Send] typing::typing: wire::RoomOnly => wire::Nothing;
    /// Set the read mark. Others receive it at most once a second.
    "read" [Read] read_mark::read: wire::Read => wire::Nothing;
    /// Say whether the user looks at this screen. A user who looks at none is away.
    "presence" [Read] presence::set: wire::SetPresence => wire::Nothing;
    /// List the members of a room, at most 200, online members first.
    "members" [Read] member::members: wire::RoomOnly => wire::Members;
    /// Remove a member, permanently with `ban`. For the owner and moderators.
    "kick" [] member::kick: wire::Kick => wire::Rev;
    /// Make a member a moderator, or a moderator a member again. For the owner.
    "moderator" [] moderator::set: wire::Moderator => wire::Rev;
    /// Hand the room over to another member. For the owner.
    "owner" [] room::hand_over: wire::HandOver => wire::Rev;
}

server_events! {
    /// A room was created, or is listed again.
    LOBBY "newRoom": Room;
    /// A room's title, lock or member counts changed. At most once a second per room.
    LOBBY "changeRoom": Room;
    /// A room was removed, or is no longer listed.
    LOBBY "removeRoom": RoomId;
    /// The server is about to restart.
    LOBBY "draining": wire::Draining;
    /// The answer of `join`, for a room named in the handshake.
    CHAT "joined": wire::Joined;
    /// A new or changed message in its whole present state, in the order of the room's revs.
    CHAT "message": wire::WireMessage;
    /// A user came into the room. Sent to the others, except in large rooms.
    CHAT "join": wire::PresenceChange;
    /// A user left the room or went offline. Sent to the others, except in large rooms.
    CHAT "exit": wire::PresenceChange;
    /// A user is typing. May be lost.
    CHAT "typing": wire::Typing;
    /// A user has read up to a message. At most once a second, in rooms with at most 20 online.
    CHAT "read": wire::ReadBy;
    /// The read marks in rooms with more than 20 online. At most once a second.
    CHAT "reads": wire::ReadByMany;
    /// The unread count of one of the user's rooms changed. At most once a second per room, and not if all
    /// screens of the user show the room.
    CHAT "unread": wire::Unread;
    /// A report was made or decided: how many are open now. For those who decide them, moderators by room and admins by room
    /// and for the whole server. At most once a second.
    CHAT "reports": wire::Reports;
    /// A user in a shared room came online, went offline or is away. Not sent for large rooms, nor for
    /// users who hide their presence.
    CHAT "presence": wire::PresenceOf;
    /// The user was made a member of a room: someone started a conversation.
    CHAT "newRoom": wire::AddedRoom;
    /// A user in a shared room changed name or picture.
    CHAT "user": User;
    /// The room's settings changed, or in large rooms its member counts. At most once a second.
    CHAT "changeRoom": Room;
    /// The room was removed.
    CHAT "removeRoom": RoomId;
    /// The user was removed from the room. Nothing more of it follows, and the socket stays connected.
    CHAT "kicked": wire::Kicked;
    /// The user was muted in the room until a time, or may write again.
    CHAT "muted": wire::Muted;
    /// The highest rev that the user may see, by room. Sent after joining and now and then.
    CHAT "rev": BTreeMap<RoomId, i64>;
    /// The server is about to restart.
    CHAT "draining": wire::Draining;
}

/// Builds the Socket.IO server and subscribes it to published facts. Its session ids begin with `sid_prefix`, if there are
/// several servers.
pub fn server(app: &App, sid_prefix: Option<[u8; 2]>) -> Server {
    let lobby = Namespace::new(LOBBY).refusals(refused);
    let chat = with_events(Namespace::new(CHAT).refusals(refused), app);
    let chat = connect::with_sessions(chat, app);
    let server = Server::new(config(&app.config, sid_prefix), [lobby, chat]);
    if let (Some(lobby), Some(chat)) = (server.of(LOBBY), server.of(CHAT)) {
        let broadcaster =
            broadcast::SocketBroadcaster::new(app.clone(), Arc::clone(lobby), Arc::clone(chat), server.clone());
        app.realtime.set_broadcaster(Arc::new(broadcaster));
    }
    server
}

fn config(config: &config::Config, sid_prefix: Option<[u8; 2]>) -> Config {
    let defaults = Config::default();
    Config {
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        connect_timeout: config.connect_timeout,
        slow_client_timeout: config.slow_client_timeout,
        packets: defaults.packets.filter(|_| config.has_rate_limits),
        handshakes: defaults.handshakes.filter(|_| config.has_rate_limits),
        sessions_per_address: config.connections_per_address,
        sid_prefix,
        handshake_hooks: Arc::new(handshake::HandshakePolicy::new(config.origins.clone())),
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

    /// Checks that the user may do what a right of bots allows; people always may.
    fn require_right(&self, right: Option<BotRight>) -> Result<()> {
        self.user()?.bot.map_or(Ok(()), |rights| rights.require(right))
    }
}

/// Decodes the payload, runs `act` and answers.
async fn answer<T, R, Fut>(
    event: &'static str,
    socket: Socket,
    args: Args,
    act: impl FnOnce(ChatSocket, T) -> Fut,
) -> Reply
where
    T: serde::de::DeserializeOwned,
    R: Serialize + JsonSchema,
    Fut: Future<Output = Result<Answer<R>>>,
{
    let begin = Instant::now();
    let acted = match wire::decode::<T>(&args) {
        Ok(payload) => act(ChatSocket { socket }, payload).await,
        Err(error) => Err(error),
    };
    let outcome = acted.as_ref().map_or_else(|error| error.code.name(), |_| "ok");
    metrics::EVENTS.add(&[event, outcome]);
    metrics::EVENT_SECONDS.since(&[event], begin);
    let (reply, is_long, then) = match acted {
        Ok(answer) => (Reply::json(&Okay::new(answer.body)), answer.is_long, answer.then),
        Err(error) => (Reply::json(&Nack::new(error)), false, None),
    };
    // Every wire type serializes; if one did not, the client would still get an answer.
    let reply = reply.unwrap_or_else(|error| Reply::new(refusal(Error::internal(error))));
    let reply = if is_long { reply.flow_controlled() } else { reply };
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
