//! What the sockets are sent at most once a second: changed rooms, read marks, presence, unread counts, open reports.

use std::sync::Arc;

use socketio::{Namespace, Packet, Recipient, Server};

use super::{CHAT, LOBBY, presence, report, unread};
use crate::chat::node::NodeEvent;
use crate::chat::room;
use crate::chat::user::Privacy;
use crate::ids::{RoomId, UserId};
use crate::realtime::{ConnectedUser, Marks};
use crate::service::App;
use crate::wire::{ReadBy, ReadByMany};

/// Rooms of which the lobby is sent updates in one go.
const LOBBY_ROOMS: usize = 20;
/// Rooms read at a time.
const BATCH: usize = 200;
/// The number of users online up to which each read mark is sent by itself.
const SMALL_ROOM: usize = 20;

/// Sends the collected changes to the sockets.
pub struct Flusher {
    app: App,
    /// The namespaces of the lobby and of the rooms.
    namespaces: Option<(Arc<Namespace>, Arc<Namespace>)>,
}

impl Flusher {
    pub fn new(app: &App, sockets: &Server) -> Self {
        let namespaces = sockets.of(LOBBY).cloned().zip(sockets.of(CHAT).cloned());
        Self { app: app.clone(), namespaces }
    }

    /// Sends everything that has changed since the last call.
    pub async fn flush(&self) {
        let Some((lobby, chat)) = &self.namespaces else { return };
        self.app.write_summaries().await;
        send_changes(&self.app, lobby, chat).await;
        store_reads(&self.app, chat).await;
        presence::flush(&self.app, chat).await;
        unread::flush(&self.app, chat).await;
        report::flush(&self.app, chat).await;
    }
}

/// Sends each changed room to its members, and the busiest of them to the lobby.
async fn send_changes(app: &App, lobby: &Namespace, chat: &Namespace) {
    let (members, lobby_rooms) = app.realtime.changes.take();
    let mut listed: Vec<RoomId> = lobby_rooms.into_iter().collect();
    listed.sort_by_cached_key(|id| std::cmp::Reverse(app.realtime.online_count(*id)));
    app.realtime.changes.put_back([], listed.split_off(listed.len().min(LOBBY_ROOMS)));
    let changed: Vec<RoomId> =
        members.iter().chain(listed.iter().filter(|id| !members.contains(id))).copied().collect();
    for ids in changed.chunks(BATCH) {
        let ids = ids.to_vec();
        let Ok(rooms) = app.db.read(move |tx| room::by_ids(tx, &ids)).await else {
            // If the database does not answer, they are sent when it does.
            return app.realtime.changes.put_back(members, listed);
        };
        for room in rooms {
            let room = app.with_counts(room);
            if members.contains(&room.id)
                && let Ok(packet) = chat.packet("changeRoom", &room)
            {
                chat.to(&room.id.to_string()).send(packet).await;
            }
            if listed.contains(&room.id)
                && room.is_in_lobby()
                && let Ok(packet) = lobby.packet("changeRoom", &room)
            {
                lobby.to_all().send(packet).await;
            }
        }
    }
}

/// Stores read marks and sends them.
async fn store_reads(app: &App, chat: &Namespace) {
    for (room_id, marks) in app.store_read_marks().await {
        // Of one who has gone meanwhile it is not known whether they share theirs.
        let shares = |id: &UserId| app.realtime.connections.known_privacy(*id).is_some_and(Privacy::shares_reads);
        let hidden: Vec<UserId> = marks.keys().copied().filter(|id| !shares(id)).collect();
        app.realtime.announce(|| {
            let marks = marks.iter().map(|(user_id, seq)| (*user_id, *seq)).collect();
            NodeEvent::Read { room_id, marks, hidden: hidden.clone() }
        });
        send_reads(app, chat, room_id, marks, &hidden).await;
    }
}

/// Sends read marks: one event each in a small room, one for all in a larger one. Users who keep theirs to themselves are
/// sent their own only.
pub(super) async fn send_reads(app: &App, chat: &Namespace, room: RoomId, mut marks: Marks, hidden: &[UserId]) {
    let name = room.to_string();
    let connections = &app.realtime.connections;
    for (user_id, seq) in marks.extract_if(|user_id, _| hidden.contains(user_id)) {
        let Ok(packet) = chat.packet("read", &ReadBy { room, user_id, seq }) else { continue };
        connections.sockets(user_id).iter().filter(|socket| socket.is_in(&name)).for_each(|socket| {
            socket.send(&packet);
        });
    }
    // A mark that is not sent now is superseded by the next one.
    let packets: Vec<Packet> = match app.realtime.connected_count(room) > SMALL_ROOM {
        _ if marks.is_empty() => Vec::new(),
        true => chat.packet("reads", &ReadByMany { room, marks: &marks }).into_iter().collect(),
        false => {
            let marks = marks.into_iter();
            marks.filter_map(|(user_id, seq)| chat.packet("read", &ReadBy { room, user_id, seq }).ok()).collect()
        }
    };
    for packet in packets {
        let sees_it = |reader: &ConnectedUser| reader.privacy.read().shares_reads();
        let reader = move |reader: &Recipient<'_>| reader.data().is_some_and(sees_it).then(|| packet.clone());
        chat.to(&name).each(reader).await;
    }
}
