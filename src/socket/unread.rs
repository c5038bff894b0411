//! Unread counts, sent to members who have a screen that does not show the room.

use socketio::{Namespace, Packet};

use crate::chat::unread;
use crate::error::Result;
use crate::i18n::Lang;
use crate::ids::{RoomId, UserId};
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire::{Unread, WireMessage};

/// Users whose counts are read at once.
const BATCH: usize = 100;

/// Sends the counts that may have changed in the last second.
pub(super) async fn flush(app: &App, chat: &Namespace) {
    let changes = app.realtime.changes.take_unread();
    for room_id in changes.rooms {
        let elsewhere = app.realtime.connections.elsewhere(room_id);
        for users in elsewhere.chunks(BATCH) {
            send(app, chat, room_id, users.to_vec()).await;
        }
    }
    for (room_id, user_id) in changes.readers {
        if app.realtime.connections.sockets(user_id).len() > 1 {
            send(app, chat, room_id, vec![user_id]).await;
        }
    }
}

async fn send(app: &App, chat: &Namespace, room_id: RoomId, users: Vec<UserId>) {
    // If the database does not answer now, the counts are sent with the next change.
    for (user_id, unread) in app.unread(room_id, users).await.unwrap_or_default() {
        let mut packets: [Option<Packet>; Lang::ALL.len()] = Default::default();
        for socket in app.realtime.connections.sockets(user_id) {
            let Some(user) = socket.data::<ConnectedUser>() else { continue };
            let lang = user.variant.lang;
            let packet = &mut packets[lang as usize];
            if packet.is_none() {
                *packet = encode(chat, room_id, user_id, &unread, lang).ok();
            }
            if let Some(packet) = packet {
                socket.send(packet);
            }
        }
    }
}

fn encode(
    chat: &Namespace,
    room: RoomId,
    reader: UserId,
    unread: &unread::Unread,
    lang: Lang,
) -> Result<Packet, serde_json::Error> {
    let last = unread.last.clone().map(|last| WireMessage::new(last, lang, Some(reader)));
    chat.packet(
        "unread",
        &Unread { room, unread: unread.unread, mentions: unread.mentions, last, request: unread.is_request },
    )
}
