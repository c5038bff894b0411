//! The sockets of each person.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use socketio::{Socket, SocketId};

use crate::chat::session::SessionId;
use crate::chat::user::User;
use crate::ids::{RoomId, UserId};
use crate::words::Lang;

/// Whose socket it is: kept with each socket of the rooms' namespace.
#[derive(Debug)]
pub struct Person {
    pub id: UserId,
    pub user: RwLock<Arc<User>>,
    /// The rooms this socket is in, for when it is gone: the sockets' own list is empty by then.
    pub rooms: Mutex<Vec<RoomId>>,
    pub session_id: SessionId,
    pub lang: Lang,
    /// Whether messages come with the HTML of our own pages.
    pub wants_html: bool,
    pub address: IpAddr,
}

impl Person {
    /// The person as they are now.
    pub fn user(&self) -> Arc<User> {
        Arc::clone(&self.user.read())
    }
}

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

    /// Closes the connections of a session that has ended: its sockets may not come back.
    pub fn close_session(&self, user_id: UserId, session_id: SessionId) {
        for socket in self.sockets(user_id) {
            if socket.data::<Person>().is_some_and(|person| person.session_id == session_id) {
                socket.disconnect_and_close();
            }
        }
    }

    pub fn sockets(&self, user_id: UserId) -> Vec<Socket> {
        self.0.lock().get(&user_id).cloned().unwrap_or_default()
    }
}
