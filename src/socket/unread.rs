//! Tells people what waits for them in rooms they are not looking at.

use socketio::{Namespace, Packet};

use super::wire::{Unread, WireMessage};
use crate::chat::unread;
use crate::error::Result;
use crate::ids::{RoomId, UserId};
use crate::live::Person;
use crate::state::State;
use crate::words::Lang;

/// People counted for in one read of the store.
const CHUNK: usize = 100;

/// Tells each person with news in some room, on all their screens, unless all of them show it.
pub(super) async fn tell(state: &State, chat: &Namespace) {
    let news = state.live.changes.take_news();
    for room_id in news.rooms {
        let elsewhere = state.live.people.elsewhere(room_id);
        for users in elsewhere.chunks(CHUNK) {
            tell_some(state, chat, room_id, users.to_vec()).await;
        }
    }
    for (room_id, user_id) in news.readers {
        if state.live.people.sockets(user_id).len() > 1 {
            tell_some(state, chat, room_id, vec![user_id]).await;
        }
    }
}

async fn tell_some(state: &State, chat: &Namespace, room_id: RoomId, users: Vec<UserId>) {
    // A store that does not answer now is asked with the next news.
    for (user_id, waiting) in state.waiting(room_id, users).await.unwrap_or_default() {
        let mut packets: [Option<Packet>; Lang::ALL.len()] = Default::default();
        for socket in state.live.people.sockets(user_id) {
            let Some(person) = socket.data::<Person>() else { continue };
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
