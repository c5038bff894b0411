//! Sends events to the sockets: each fact is encoded once for each kind of reader and written to every member, in the
//! order of the room.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use socketio::{DisconnectReason, Namespace, Packet, Recipient, Server, Socket};

use super::{flush, typing};
use crate::chat::member::OwnMute;
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::chat::{Fact, Leaving, member};
use crate::ids::{RoomId, UserId};
use crate::metrics;
use crate::realtime::{Broadcaster, ConnectedUser, Label, RoomEvent};
use crate::service::{App, log_failure};
use crate::view;
use crate::wire::{AddedRoom, Kicked, Muted, PresenceChange, Variant, Variants, WireMessage};

pub(super) struct SocketBroadcaster {
    app: App,
    lobby: Arc<Namespace>,
    chat: Arc<Namespace>,
    server: Server,
}

impl Broadcaster for SocketBroadcaster {
    fn broadcast<'a>(
        &'a self,
        room_id: Option<RoomId>,
        event: RoomEvent,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            match (room_id, event) {
                (_, RoomEvent::Fact(fact)) => self.fact(*fact).await,
                (Some(room), RoomEvent::CameOnline { user, count, hides_reads }) => {
                    self.presence_event("join", PresenceChange { room, user: &user, count, hides_reads }).await
                }
                (Some(room_id), RoomEvent::WentOffline { user, count }) => self.went(room_id, &user, count).await,
                (Some(room_id), RoomEvent::Typing { user }) => {
                    if let Err(error) = typing::send(&self.chat, room_id, &user).await {
                        tracing::error!(%error, "an event could not be encoded");
                    }
                }
                (Some(room_id), RoomEvent::Read { marks, hidden }) => {
                    flush::send_reads(&self.app, &self.chat, room_id, marks, &hidden).await;
                }
                (Some(room_id), RoomEvent::RevHeartbeat) => self.rev_heartbeat(room_id).await,
                _ => {}
            }
        })
    }

    fn resync(&self) {
        tracing::warn!(
            "the outcome of a commit is unknown: all sockets are closed, so that clients reconnect and resume"
        );
        self.server.close_all(DisconnectReason::TransportClose);
    }
}

impl SocketBroadcaster {
    pub(super) fn new(app: App, lobby: Arc<Namespace>, chat: Arc<Namespace>, server: Server) -> Self {
        Self { app, lobby, chat, server }
    }

    async fn fact(&self, fact: Fact) {
        match fact {
            Fact::Message { message, .. } => self.message(*message).await,
            Fact::RoomMade(room) => self.room_made(*room).await,
            Fact::RoomListed(room) => self.room_listed(*room).await,
            Fact::RoomRemoved { room_id, was_in_lobby } => self.room_removed(room_id, was_in_lobby).await,
            Fact::Added { room, user_id, is_request } => self.added(*room, user_id, is_request),
            Fact::Left { room_id, user_id, rev, why } => self.left(room_id, user_id, rev, &why).await,
            Fact::Muted { room_id, user_id, mute } => self.muted(room_id, user_id, mute.as_ref()).await,
            Fact::UserChanged(user) => self.user_changed(*user).await,
            // Room changes are sent once a second. A new member shows by the system message and by coming online.
            Fact::RoomChanged(_) | Fact::Joined { .. } => {}
            // For the worker of the outbox, the connections and the realtime state.
            Fact::Queued
            | Fact::Accepted { .. }
            | Fact::SessionsEnded { .. }
            | Fact::ReportsChanged { .. }
            | Fact::SettingsChanged(_)
            | Fact::NodeEvents { .. } => {}
        }
    }

    fn packet(&self, event: &str, argument: &impl Serialize) -> Option<Packet> {
        packet(&self.chat, event, argument)
    }

    async fn message(&self, message: Message) {
        let (room_id, name) = (message.room_id, message.room_id.to_string());
        let sender = message.user.as_ref().map(|user| user.id);
        // One whose recipient has gone is for its sender alone.
        let is_whisper = message.kind == MessageKind::Whisper;
        let whispered_to = message.to.as_ref().map(|user| user.id);
        // Before it is sent, as a reader may send a read mark at once. The rev heartbeat does not overtake by this: it
        // takes its turn in the room's queue.
        let is_old = message.is_partial && message.seq < message.rev;
        match is_whisper {
            // Members who joined since do not see it; the rev is noted for each of the others below.
            _ if is_old => {}
            false => self.app.realtime.note_rev(room_id, None, message.rev),
            true => [sender, whispered_to]
                .into_iter()
                .flatten()
                .for_each(|user_id| self.app.realtime.note_rev(room_id, Some(user_id), message.rev)),
        }
        let is_plain = !is_whisper && !message.is_partial;
        let position = message.rev.unsigned_abs();
        let realtime = self.app.realtime.clone();
        let encodings = Encodings { chat: self.chat.clone(), message, kinds: Default::default() };
        let pick = move |reader: &Recipient<'_>| {
            let label = Label(reader.label);
            if is_plain && !sender.is_some_and(|sender| label.may_be(sender)) {
                // Most messages are for everybody: neither the reader nor when they joined matters.
                return encodings.get(label.variant(), None, false);
            }
            let message = &encodings.message;
            let user = reader.data::<ConnectedUser>()?;
            let is_own = Some(user.id) == sender;
            if is_own && user.bot.is_some() {
                // It would answer itself. The ack says what it needs to know.
                return None;
            }
            if is_whisper && !is_own && Some(user.id) != whispered_to {
                return None;
            }
            let joined_rev = if message.is_partial { user.rooms.joined_rev(room_id)? } else { 0 };
            if message.seq < joined_rev {
                return None;
            }
            if is_old {
                realtime.note_rev(room_id, Some(user.id), message.rev);
            }
            let is_cut = message.reply_to.as_ref().is_some_and(|reply| reply.seq < joined_rev);
            encodings.get(label.variant(), is_own.then_some(user.id), is_cut)
        };
        let begin = Instant::now();
        self.chat.to(&name).at(position).each(pick).await;
        metrics::FANOUT_SECONDS.since(begin);
    }

    async fn room_made(&self, room: Room) {
        if !room.is_in_lobby() {
            return;
        }
        if let Ok(packet) = self.lobby.packet("newRoom", &self.app.with_counts(room)) {
            self.lobby.to_all().send(packet).await;
        }
    }

    fn added(&self, room: Room, user_id: UserId, request: bool) {
        let added = AddedRoom { room: self.app.with_counts(room), request };
        let Some(packet) = self.packet("newRoom", &added) else { return };
        for socket in self.app.realtime.connections.sockets(user_id) {
            socket.send(&packet);
        }
    }

    async fn room_listed(&self, room: Room) {
        if room.is_in_lobby() {
            return self.room_made(room).await;
        }
        if let Ok(packet) = self.lobby.packet("removeRoom", &room.id) {
            self.lobby.to_all().send(packet).await;
        }
    }

    async fn room_removed(&self, room_id: RoomId, was_in_lobby: bool) {
        let name = room_id.to_string();
        if let Some(packet) = self.packet("removeRoom", &room_id) {
            self.chat.to(&name).send(packet).await;
        }
        for socket in self.chat.sockets_in(&name) {
            take_out(&socket, room_id);
        }
        self.app.realtime.clear(room_id);
        if was_in_lobby && let Ok(packet) = self.lobby.packet("removeRoom", &room_id) {
            self.lobby.to_all().send(packet).await;
        }
    }

    /// Takes a user's sockets out of the room. This happens at the place of the leave in the room's order.
    async fn left(&self, room_id: RoomId, user_id: UserId, rev: i64, why: &Leaving) {
        let name = room_id.to_string();
        let mut is_back = None;
        for socket in self.app.realtime.connections.sockets(user_id) {
            if !socket.is_in(&name) {
                continue;
            }
            let joined_rev = socket.data::<ConnectedUser>().and_then(|user| user.rooms.joined_rev(room_id));
            if joined_rev.is_some_and(|joined_rev| joined_rev > rev) {
                // It joined by a later membership, which is not ended here.
                is_back = socket.data::<ConnectedUser>().map(ConnectedUser::profile);
                continue;
            }
            take_out(&socket, room_id);
            if let Leaving::Kicked { reason, .. } = why
                && let Some(packet) = self.packet("kicked", &Kicked { room: room_id, reason: reason.as_deref() })
            {
                socket.send(&packet);
            }
        }
        if let Some(user) = is_back {
            self.app.realtime.announce_stay(room_id, &user);
        } else if let Some((user, count)) = self.app.realtime.remove(room_id, user_id) {
            self.went(room_id, &user, count).await;
        }
    }

    async fn muted(&self, room_id: RoomId, user_id: UserId, mute: Option<&OwnMute>) {
        let Some(packet) = self.packet("muted", &Muted { room: room_id, mute }) else { return };
        let is_theirs = move |reader: &ConnectedUser| reader.id == user_id;
        let reader = move |reader: &Recipient<'_>| reader.data().is_some_and(is_theirs).then(|| packet.clone());
        self.chat.to(&room_id.to_string()).each(reader).await;
    }

    async fn went(&self, room: RoomId, user: &User, count: usize) {
        let hides_reads = self.app.realtime.connections.privacy(user.id).hides_reads;
        self.presence_event("exit", PresenceChange { room, user, count, hides_reads }).await;
    }

    /// Sends to the others that a user came online or left, unless the room is large.
    async fn presence_event(&self, event: &str, change: PresenceChange<'_>) {
        if change.count > self.app.config.large_room {
            return;
        }
        let (room_id, user_id) = (change.room, change.user.id);
        let Some(packet) = self.packet(event, &change) else { return };
        let sees_it = move |other: &ConnectedUser| other.id != user_id && !other.privacy.read().hides_presence;
        let reader = move |reader: &Recipient<'_>| reader.data().is_some_and(sees_it).then(|| packet.clone());
        self.chat.to(&room_id.to_string()).each(reader).await;
    }

    async fn rev_heartbeat(&self, room_id: RoomId) {
        let name = room_id.to_string();
        // Nearly all readers are sent the same number, so one packet serves them.
        let last = parking_lot::Mutex::new(None::<(i64, Packet)>);
        let (realtime, chat) = (self.app.realtime.clone(), self.chat.clone());
        let pick = move |reader: &Recipient<'_>| {
            let rev = realtime.visible_rev(room_id, reader.data::<ConnectedUser>()?.id);
            if rev == 0 {
                // The first snapshot of the room is still being read.
                return None;
            }
            let mut last = last.lock();
            if let Some((sent, packet)) = &*last
                && *sent == rev
            {
                return Some(packet.clone());
            }
            let packet = packet(&chat, "rev", &serde_json::json!({ room_id.to_string(): rev }))?;
            *last = Some((rev, packet.clone()));
            Some(packet)
        };
        self.chat.to(&name).each(pick).await;
    }

    async fn user_changed(&self, user: User) {
        let user_id = user.id;
        let shared = Arc::new(user);
        for socket in self.app.realtime.connections.sockets(user_id) {
            if let Some(user) = socket.data::<ConnectedUser>() {
                *user.profile.write() = Arc::clone(&shared);
            }
        }
        let Some(packet) = self.packet("user", &*shared) else { return };
        let rooms = match self.app.db.read(move |tx| member::rooms_of(tx, user_id)).await {
            Ok(rooms) => rooms,
            failed => return log_failure("reading the rooms of a changed user", failed),
        };
        let names: Vec<String> = rooms.iter().map(RoomId::to_string).collect();
        let mut names = names.iter();
        let Some(first) = names.next() else { return };
        // A reader who shares several rooms with the user gets it once.
        names.fold(self.chat.to(first), |broadcast, name| broadcast.to(name)).send(packet).await;
    }
}

/// Takes a socket out of a room. Its presence there is not counted again when it ends.
fn take_out(socket: &Socket, room_id: RoomId) {
    socket.leave(&room_id.to_string());
    if let Some(user) = socket.data::<ConnectedUser>() {
        user.rooms.remove(room_id);
    }
}

fn packet(chat: &Namespace, event: &str, argument: &impl Serialize) -> Option<Packet> {
    let packet = chat.packet(event, argument);
    packet.inspect_err(|error| tracing::error!(%error, event, "an event could not be encoded")).ok()
}

/// A message as each kind of reader gets it, encoded when the first such reader is met.
struct Encodings {
    chat: Arc<Namespace>,
    message: Message,
    /// For others, for the sender, and both cut to what a reader may see who joined after the quoted message.
    kinds: [Variants<Option<Packet>>; 4],
}

impl Encodings {
    /// Returns the packet for a reader; `sender` is their id if the message is theirs.
    fn get(&self, variant: Variant, sender: Option<UserId>, is_cut: bool) -> Option<Packet> {
        // Only the sender's sockets get the key.
        let sender = sender.filter(|_| self.message.key.is_some());
        let kind = usize::from(sender.is_some()) | usize::from(is_cut) << 1;
        self.kinds[kind].get(variant).get_or_init(|| self.encode(variant, sender, is_cut)).clone()
    }

    fn encode(&self, variant: Variant, sender: Option<UserId>, is_cut: bool) -> Option<Packet> {
        let mut message = self.message.clone();
        if is_cut {
            // All of the quoted message is from before this reader joined.
            message.cut(i64::MAX);
        }
        let html = variant.html.then(|| view::message_html(&message, variant.lang));
        let message = WireMessage::new(message, variant.lang, sender);
        let message = match html {
            Some(html) => message.with_html(html),
            None => message,
        };
        packet(&self.chat, "message", &message)
    }
}
