//! Tells people what waits for them in rooms they are not looking at.

use socketio::{Namespace, Packet};

use crate::chat::unread;
use crate::error::Result;
use crate::i18n::Lang;
use crate::ids::{RoomId, UserId};
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire::{Unread, WireMessage};

/// Connections counted for in one read of the store.
const CHUNK: usize = 100;

/// Tells each person with news in some room, on all their screens, unless all of them show it.
pub(super) async fn flush(app: &App, chat: &Namespace) {
    let news = app.realtime.changes.take_news();
    for room_id in news.rooms {
        let elsewhere = app.realtime.connections.elsewhere(room_id);
        for users in elsewhere.chunks(CHUNK) {
            tell_some(app, chat, room_id, users.to_vec()).await;
        }
    }
    for (room_id, user_id) in news.readers {
        if app.realtime.connections.sockets(user_id).len() > 1 {
            tell_some(app, chat, room_id, vec![user_id]).await;
        }
    }
}

async fn tell_some(app: &App, chat: &Namespace, room_id: RoomId, users: Vec<UserId>) {
    // A store that does not answer now is asked with the next news.
    for (user_id, waiting) in app.waiting(room_id, users).await.unwrap_or_default() {
        let mut packets: [Option<Packet>; Lang::ALL.len()] = Default::default();
        for socket in app.realtime.connections.sockets(user_id) {
            let Some(person) = socket.data::<ConnectedUser>() else { continue };
            let packet = &mut packets[person.lang as usize];
            if packet.is_none() {
                *packet = encode(chat, room_id, user_id, &waiting, person.lang).ok();
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
    waiting: &unread::Unread,
    lang: Lang,
) -> Result<Packet, serde_json::Error> {
    let last = waiting.last.clone().map(|last| WireMessage::new(last, lang, Some(reader)));
    let (unread, mentions) = (waiting.unread, waiting.mentions);
    chat.packet("unread", &Unread { room, unread, mentions, last })
}
