//! Whether people are there: said by their pages, told to those who share a room with them.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use socketio::Namespace;

use super::ChatSocket;
use crate::chat::member::Presence;
use crate::chat::user;
use crate::clock::{now_ms, rfc3339};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::realtime::PresenceChange;
use crate::service::{App, log_failure};
use crate::wire::{self, Answer, Nothing, PresenceOf};

/// Rooms of one person whose people are told.
const ROOMS: usize = 64;

pub(super) async fn set(app: App, socket: ChatSocket, request: wire::SetPresence) -> Result<Answer<Nothing>> {
    let person = socket.user()?;
    let is_away = match request.state {
        Presence::Online => false,
        Presence::Away => true,
        Presence::Offline => return Err(Error::invalid("app", "app must be online or away")),
    };
    person.is_away.store(is_away, Ordering::Relaxed);
    app.realtime.connections.looked(person.id);
    Ok(Nothing {}.into())
}

/// Tells whose presence has changed in the last second, and notes when those who went were seen.
pub(super) async fn flush(app: &App, chat: &Namespace) {
    let changes = app.realtime.connections.take_changed(app.config.exit_grace);
    let now = now_ms();
    for change in &changes {
        tell_one(app, chat, change, now);
    }
    let gone: Vec<UserId> = changes.iter().filter(|change| change.has_gone).map(|change| change.user_id).collect();
    if !gone.is_empty() {
        log_failure(
            "noting who was seen",
            app.db.write(crate::db::Subject::Server, move |tx| user::note_seen(tx, now, &gone)).await,
        );
    }
}

fn tell_one(app: &App, chat: &Namespace, change: &PresenceChange, now: i64) {
    let seen_at = change.has_gone.then(|| rfc3339(now));
    let told = PresenceOf { user_id: change.user_id, state: change.presence, seen_at };
    let Ok(packet) = chat.packet("presence", &told) else { return };
    let people = &app.realtime.connections;
    // A crowd is told counts; who is in a crowd alone with somebody does not see them come and go.
    let rooms = change.rooms.iter().filter(|room| people.watching(**room) <= app.config.large_room).take(ROOMS);
    let mut others: HashSet<UserId> = rooms.flat_map(|room| people.watchers(*room)).collect();
    others.remove(&change.user_id);
    for socket in others.into_iter().flat_map(|other| people.sockets(other)) {
        socket.send(&packet);
    }
}
