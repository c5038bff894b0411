//! Presence: reported by the pages, sent to users who share a room.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use socketio::Namespace;

use super::ChatSocket;
use crate::chat::member::Presence;
use crate::chat::user;
use crate::clock::{now_ms, rfc3339};
use crate::db::Subject;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::realtime::PresenceChange;
use crate::service::{App, log_failure};
use crate::wire::{self, Answer, Nothing, PresenceOf};

/// The maximum number of a user's rooms whose members are sent a change.
const MAX_ROOMS: usize = 64;

pub(super) async fn set(app: App, socket: ChatSocket, request: wire::SetPresence) -> Result<Answer<Nothing>> {
    let me = socket.user()?;
    let is_away = match request.state {
        Presence::Online => false,
        Presence::Away => true,
        Presence::Offline => return Err(Error::invalid("state", "state must be online or away")),
    };
    me.is_away.store(is_away, Ordering::Relaxed);
    app.realtime.connections.presence_changed(me.id);
    Ok(Nothing {}.into())
}

/// Sends the presences that changed in the last second, and notes when users were last seen.
pub(super) async fn flush(app: &App, chat: &Namespace) {
    let changes = app.realtime.take_presence_changes();
    let now = now_ms();
    for change in &changes {
        send(app, chat, change, now);
    }
    let gone: Vec<UserId> = changes
        .iter()
        .filter(|change| change.went_offline && change.left_this_node)
        .map(|change| change.user_id)
        .collect();
    if !gone.is_empty() {
        let note = app.write(Subject::Server, move |tx, _, now| user::note_seen(tx, now, &gone));
        log_failure("noting when users were last seen", note.await);
    }
}

fn send(app: &App, chat: &Namespace, change: &PresenceChange, now: i64) {
    let seen_at = change.went_offline.then(|| rfc3339(now));
    let event = PresenceOf { user_id: change.user_id, state: change.presence, seen_at };
    let Ok(packet) = chat.packet("presence", &event) else { return };
    let connections = &app.realtime.connections;
    // A large room is sent counts: users who share only large rooms do not see each other come and go.
    let is_small = |room: &&_| {
        connections.watcher_count(**room).max(app.realtime.connected_count(**room)) <= app.config.large_room
    };
    let rooms = change.rooms.iter().filter(is_small).take(MAX_ROOMS);
    let mut others: HashSet<UserId> = rooms.flat_map(|room| connections.watchers(*room)).collect();
    others.remove(&change.user_id);
    // It goes both ways.
    others.retain(|other| !connections.privacy(*other).hides_presence);
    for socket in others.into_iter().flat_map(|other| connections.sockets(other)) {
        socket.send(&packet);
    }
}
