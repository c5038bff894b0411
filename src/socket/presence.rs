//! Whether people are there: said by their pages, told to those who share a room with them.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use socketio::Namespace;

use super::Speaker;
use super::wire::{self, Answer, Nothing, PresenceOf};
use crate::chat::member::Presence;
use crate::chat::user;
use crate::clock::{now_ms, rfc3339};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::live::PresenceChange;
use crate::state::{State, log_failure};

/// Rooms of one person whose people are told.
const ROOMS: usize = 64;

pub(super) async fn set(state: State, speaker: Speaker, asked: wire::SetPresence) -> Result<Answer<Nothing>> {
    let person = speaker.person()?;
    let is_away = match asked.state {
        Presence::Online => false,
        Presence::Away => true,
        Presence::Offline => return Err(Error::invalid("state", "state must be online or away")),
    };
    person.is_away.store(is_away, Ordering::Relaxed);
    state.live.people.looked(person.id);
    Ok(Nothing {}.into())
}

/// Tells whose presence has changed in the last second, and notes when those who went were seen.
pub(super) async fn tell(state: &State, chat: &Namespace) {
    let changes = state.live.people.take_changed(state.config.exit_grace);
    let now = now_ms();
    for change in &changes {
        tell_one(state, chat, change, now);
    }
    let gone: Vec<UserId> = changes.iter().filter(|change| change.has_gone).map(|change| change.user_id).collect();
    if !gone.is_empty() {
        log_failure("noting who was seen", state.db.write(move |tx| user::note_seen(tx, now, &gone)).await);
    }
}

fn tell_one(state: &State, chat: &Namespace, change: &PresenceChange, now: i64) {
    let seen_at = change.has_gone.then(|| rfc3339(now));
    let told = PresenceOf { user_id: change.user_id, state: change.presence, seen_at };
    let Ok(packet) = chat.packet("presence", &told) else { return };
    let people = &state.live.people;
    // A crowd is told counts; who is in a crowd alone with somebody does not see them come and go.
    let rooms = change.rooms.iter().filter(|room| people.watching(**room) <= state.config.crowd).take(ROOMS);
    let mut others: HashSet<UserId> = rooms.flat_map(|room| people.watchers(*room)).collect();
    others.remove(&change.user_id);
    for socket in others.into_iter().flat_map(|other| people.sockets(other)) {
        socket.send(&packet);
    }
}
