//! What has changed and is told at most once a second: rooms to the lobby and to their members,
//! the people who came or went in a crowd, how far people have read.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;

use crate::chat::Fact;
use crate::chat::message::{MessageKind, SystemEvent};
use crate::ids::{RoomId, UserId};

#[derive(Default)]
pub struct Changes(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Rooms whose row in the lobby is old.
    lobby: HashSet<RoomId>,
    /// Rooms whose own members must hear of it too.
    members: HashSet<RoomId>,
    /// Who came to or went from a crowded room since its last line.
    crowds: HashMap<(RoomId, SystemEvent), Crowd>,
    /// How far people have read since it was last told.
    reads: HashMap<RoomId, Marks>,
    news: News,
}

/// What may have changed the number that waits for somebody.
#[derive(Default)]
pub struct News {
    /// Rooms in which something was said.
    pub rooms: HashSet<RoomId>,
    /// Who has read on in which room.
    pub readers: HashSet<(RoomId, UserId)>,
}

/// How far each person has read, as a seq.
pub type Marks = HashMap<UserId, i64>;

/// Connections who came, or went, within the same second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    pub first: UserId,
    pub others: u32,
}

impl Changes {
    pub(super) fn note(&self, fact: &Fact) {
        let mut inner = self.0.lock();
        match fact {
            Fact::RoomChanged(room) => {
                inner.lobby.insert(room.id);
                inner.members.insert(room.id);
            }
            Fact::Message(message) if message.kind != MessageKind::System => {
                inner.news.rooms.insert(message.room_id);
            }
            Fact::RoomRemoved { room_id, .. } => {
                inner.lobby.remove(room_id);
                inner.members.remove(room_id);
            }
            _ => {}
        }
    }

    /// The number of people online changed. Members of a crowd hear it from here, others from the
    /// coming or going itself.
    pub(super) fn counted(&self, room_id: RoomId, is_large: bool) {
        let mut inner = self.0.lock();
        inner.lobby.insert(room_id);
        if is_large {
            inner.members.insert(room_id);
        }
    }

    /// The rooms to tell now: to their members, all; to the lobby, all that have changed. What
    /// the lobby is not told now is put back with [`Changes::put_back`].
    pub fn take(&self) -> (HashSet<RoomId>, HashSet<RoomId>) {
        let mut inner = self.0.lock();
        (std::mem::take(&mut inner.members), std::mem::take(&mut inner.lobby))
    }

    pub fn put_back(&self, members: impl IntoIterator<Item = RoomId>, lobby: impl IntoIterator<Item = RoomId>) {
        let mut inner = self.0.lock();
        inner.members.extend(members);
        inner.lobby.extend(lobby);
    }

    /// Somebody came to, or went from, a crowded room: their line is written with others'.
    pub fn add_to_summary(&self, room_id: RoomId, event: SystemEvent, user_id: UserId) {
        let mut inner = self.0.lock();
        inner
            .crowds
            .entry((room_id, event))
            .and_modify(|crowd| crowd.others += 1)
            .or_insert(Crowd { first: user_id, others: 0 });
    }

    /// Somebody has read up to a message.
    pub fn read(&self, room_id: RoomId, user_id: UserId, seq: i64) {
        let mut inner = self.0.lock();
        let mark = inner.reads.entry(room_id).or_default().entry(user_id).or_default();
        *mark = seq.max(*mark);
    }

    pub fn take_reads(&self) -> HashMap<RoomId, Marks> {
        std::mem::take(&mut self.0.lock().reads)
    }

    /// Somebody's read mark was stored.
    pub fn has_read(&self, room_id: RoomId, user_id: UserId) {
        self.0.lock().news.readers.insert((room_id, user_id));
    }

    pub fn take_news(&self) -> News {
        std::mem::take(&mut self.0.lock().news)
    }

    pub fn take_summaries(&self) -> Vec<(RoomId, SystemEvent, Crowd)> {
        let crowds = std::mem::take(&mut self.0.lock().crowds);
        crowds.into_iter().map(|((room_id, event), crowd)| (room_id, event, crowd)).collect()
    }
}
