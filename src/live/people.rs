//! The sockets of each person.

use std::collections::HashMap;

use parking_lot::Mutex;
use socketio::{Socket, SocketId};

use crate::ids::UserId;

/// Sockets by person, over all rooms.
#[derive(Default)]
pub struct People(Mutex<HashMap<UserId, Vec<Socket>>>);

impl People {
    pub fn add(&self, user_id: UserId, socket: Socket) {
        let mut people = self.0.lock();
        // Nearly everybody has one tab open; a vector that grows by itself would start at four.
        let sockets = people.entry(user_id).or_insert_with(|| Vec::with_capacity(1));
        sockets.push(socket);
    }

    pub fn remove(&self, user_id: UserId, id: SocketId) {
        let mut people = self.0.lock();
        if let Some(sockets) = people.get_mut(&user_id) {
            sockets.retain(|socket| socket.id() != id);
            if sockets.is_empty() {
                people.remove(&user_id);
            }
        }
    }

    pub fn sockets(&self, user_id: UserId) -> Vec<Socket> {
        self.0.lock().get(&user_id).cloned().unwrap_or_default()
    }
}
