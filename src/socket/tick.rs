//! What is told or done by the clock: departures, changed rooms, crowds, beacons.

use std::sync::Arc;
use std::time::Duration;

use socketio::Namespace;
use tokio::time::{MissedTickBehavior, interval};

use super::wire::{ReadBy, ReadByMany};
use super::{presence, unread};
use crate::chat::room;
use crate::ids::RoomId;
use crate::state::State;

/// Rooms that the lobby is told of in one go.
const LOBBY_ROOMS: usize = 20;
/// Rooms read at a time.
const CHUNK: usize = 200;
/// People online up to which each one's reading is told by itself.
const COMPANY: usize = 20;
/// How often memory that nobody needs is given back.
const REST: Duration = Duration::from_secs(3);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Starts the clocks. They run as long as the process.
pub(super) fn start(state: State, lobby: Arc<Namespace>, chat: Arc<Namespace>) {
    let config = &state.config;
    let departures = (config.exit_grace / 8).clamp(Duration::from_millis(5), Duration::from_millis(250));
    every(departures, state.clone(), |state| async move { state.depart().await });
    every(config.second, state.clone(), move |state| {
        let (lobby, chat) = (Arc::clone(&lobby), Arc::clone(&chat));
        async move {
            state.tell_crowds().await;
            tell_changes(&state, &lobby, &chat).await;
            tell_reads(&state, &chat).await;
            presence::tell(&state, &chat).await;
            unread::tell(&state, &chat).await;
        }
    });
    every(config.beacon, state.clone(), |state| async move { state.live.beacon() });
    every(REST, state.clone(), |state| async move { state.db.rest().await });
    every(DAY, state.clone(), |state| async move { state.sweep_orphans().await });
    every(config.session_check, state.clone(), |state| async move { state.check_sessions().await });
    every(config.housekeeping, state.clone(), |state| async move { state.keep_house().await });
}

fn every<F, Fut>(period: Duration, state: State, act: F)
where
    F: Fn(State) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // In a task of its own, so that a panic costs one turn and not the clock.
            if let Err(error) = tokio::spawn(act(state.clone())).await {
                tracing::error!(%error, "what is done by the clock failed");
            }
        }
    });
}

/// Tells each changed room to its members, and the busiest of them to the lobby.
async fn tell_changes(state: &State, lobby: &Namespace, chat: &Namespace) {
    let (members, lobby_rooms) = state.live.changes.take();
    let mut listed: Vec<RoomId> = lobby_rooms.into_iter().collect();
    listed.sort_by_key(|id| std::cmp::Reverse(state.live.online_count(*id)));
    state.live.changes.put_back([], listed.split_off(listed.len().min(LOBBY_ROOMS)));
    let told: Vec<RoomId> = members.iter().chain(listed.iter().filter(|id| !members.contains(id))).copied().collect();
    for ids in told.chunks(CHUNK) {
        let ids = ids.to_vec();
        let Ok(rooms) = state.db.read(move |tx| room::by_ids(tx, &ids)).await else {
            // The store does not answer: all of them are told when it does.
            return state.live.changes.put_back(members, listed);
        };
        for room in rooms {
            let room = state.with_counts(room);
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

/// Stores how far people have read and tells the others: one by one in a small company, together
/// in a larger one.
async fn tell_reads(state: &State, chat: &Namespace) {
    for (room, marks) in state.store_reads().await {
        let name = room.to_string();
        if state.live.online_count(room) > COMPANY {
            // What is not told now is superseded by what is told next.
            let _ = chat.to(&name).emit("reads", &ReadByMany { room, marks: &marks }).await;
            continue;
        }
        for (user_id, seq) in marks {
            let _ = chat.to(&name).emit("read", &ReadBy { room, user_id, seq }).await;
        }
    }
}
