//! The sockets' door: two namespaces, and one table of what clients may say in them.

mod deliver;
mod gate;
mod member;
mod message;
mod room;
mod session;
mod tick;
pub mod wire;

use std::future::Future;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use socketio::{Args, Config, Namespace, Refusal, Reply, Server, Socket};

use crate::config;
use crate::error::{Code, Error, Result};
use crate::live::Person;
use crate::state::State;
use wire::{Answer, Nack, Okay};

/// The lobby's namespace: rooms as they come, change and go.
pub const LOBBY: &str = "/room";
/// The namespace of talk.
pub const CHAT: &str = "/chat";

/// What a client may say, for the reference.
pub struct EventDoc {
    pub name: &'static str,
    pub about: &'static str,
    pub payload: Schema,
    pub answer: Schema,
}

macro_rules! events {
    ($($(#[doc = $about:literal])+ $name:literal $handler:path: $payload:ty => $answer:ty;)+) => {
        fn with_events(mut namespace: Namespace, state: &State) -> Namespace {
            $({
                let state = state.clone();
                namespace = namespace.on_args($name, move |socket, args| {
                    let state = state.clone();
                    answer::<$payload, $answer, _>(socket, args, move |person, payload| $handler(state, person, payload))
                });
            })+
            namespace
        }

        /// All events that clients may send in `/chat`, in the order of the table.
        pub fn client_events() -> Vec<EventDoc> {
            vec![$(EventDoc {
                name: $name,
                about: concat!($($about),+).trim_ascii(),
                payload: schema_for!($payload),
                answer: schema_for!($answer),
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
    /// Tell the others that one is writing; never stored, told at most once in three seconds.
    "typing" message::typing: wire::RoomOnly => wire::Nothing;
    /// Tell how far one has read; the others are told at most once a second.
    "read" message::read: wire::Read => wire::Nothing;
    /// The people of a room, at most 200, those online first.
    "members" member::members: wire::RoomOnly => wire::Members;
    /// Remove somebody, for good with `ban`; the owner's and the moderators'.
    "kick" member::kick: wire::Kick => wire::Rev;
    /// Hand the room to another member; the owner's alone.
    "owner" member::hand_over: wire::HandOver => wire::Rev;
}

/// Builds the server of the sockets and starts to tell them what happens.
pub fn server(state: &State) -> Server {
    let lobby = Namespace::new(LOBBY).refusals(refused);
    let chat = with_events(Namespace::new(CHAT).refusals(refused), state);
    let chat = session::guarded(chat, state);
    let server = Server::new(config(&state.config), [lobby, chat]);
    if let (Some(lobby), Some(chat)) = (server.of(LOBBY), server.of(CHAT)) {
        let deliver = deliver::Deliver::new(state.clone(), Arc::clone(lobby), Arc::clone(chat));
        state.live.set_world(Arc::new(deliver));
        tick::start(state.clone(), Arc::clone(lobby), Arc::clone(chat));
    }
    server
}

fn config(config: &config::Config) -> Config {
    let defaults = Config::default();
    Config {
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        connect_timeout: config.connect_timeout,
        patience: config.patience,
        packets: defaults.packets.filter(|_| config.has_rate_limits),
        handshakes: defaults.handshakes.filter(|_| config.has_rate_limits),
        sessions_per_address: config.connections_per_address,
        gate: Arc::new(gate::Door::new(config.origins.clone())),
        ..defaults
    }
}

/// A socket that has passed the guard, with whose it is.
pub(crate) struct Speaker {
    pub(crate) socket: Socket,
}

impl Speaker {
    /// Whose socket it is.
    pub(crate) fn person(&self) -> Result<&Person> {
        self.socket.data::<Person>().ok_or_else(|| Code::Unauthenticated.into())
    }
}

/// Decodes, lets `act` do its work, answers.
async fn answer<T, R, Fut>(socket: Socket, args: Args, act: impl FnOnce(Speaker, T) -> Fut) -> Reply
where
    T: serde::de::DeserializeOwned,
    R: Serialize + JsonSchema,
    Fut: Future<Output = Result<Answer<R>>>,
{
    let acted = match wire::decode::<T>(&args) {
        Ok(payload) => act(Speaker { socket }, payload).await,
        Err(error) => Err(error),
    };
    let (reply, then) = match acted {
        Ok(answer) => (Reply::json(&Okay::new(answer.body)), answer.then),
        Err(error) => (Reply::json(&Nack::new(error)), None),
    };
    // Every shape of the wire serializes; an answer that did not would still be an answer.
    let reply = reply.unwrap_or_else(|error| Reply::new(refusal(Error::internal(error)))).paced();
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
