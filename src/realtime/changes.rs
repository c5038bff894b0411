//! Changes that are sent at most once a second: rooms to the lobby and to their members, users who joined or left a
//! large room, read marks, unread counts, counts of open reports.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;

use crate::chat::Fact;
use crate::chat::message::{MessageKind, SystemEvent};
use crate::ids::{RoomId, UserId};

#[derive(Default)]
pub struct Changes(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Rooms whose row in the lobby has changed.
    lobby: HashSet<RoomId>,
    /// Rooms whose members must be sent the change too.
    members: HashSet<RoomId>,
    /// Users who joined or left a large room since its last system message.
    summaries: HashMap<(RoomId, SystemEvent), Summary>,
    /// Read marks since they were last sent.
    reads: HashMap<RoomId, Marks>,
    unread: UnreadChanges,
    /// Rooms of reports that were made or decided, with whom those are about; `None` for a room of those that are only for admins.
    reports: HashMap<Option<RoomId>, HashSet<Option<UserId>>>,
}

/// What may have changed unread counts.
#[derive(Default)]
pub struct UnreadChanges {
    /// Rooms with new messages.
    pub rooms: HashSet<RoomId>,
    /// Who has read on in which room.
    pub readers: HashSet<(RoomId, UserId)>,
}

/// The read marks of a room: the seq up to which each user has read.
pub type Marks = HashMap<UserId, i64>;

/// Users who joined, or left, a large room within the same second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub first: UserId,
    pub others: u32,
}

impl Summary {
    pub fn of(user_id: UserId) -> Self {
        Self { first: user_id, others: 0 }
    }
}

impl Changes {
    pub(super) fn note(&self, fact: &Fact) {
        let mut inner = self.0.lock();
        match fact {
            Fact::RoomChanged(room) => {
                inner.lobby.insert(room.id);
                inner.members.insert(room.id);
            }
            Fact::Message { message, .. } if message.kind != MessageKind::System => {
                inner.unread.rooms.insert(message.room_id);
            }
            Fact::RoomRemoved { room_id, .. } => {
                inner.lobby.remove(room_id);
                inner.members.remove(room_id);
            }
            Fact::ReportsChanged { room_id, about } => {
                inner.reports.entry(*room_id).or_default().insert(*about);
            }
            _ => {}
        }
    }

    /// Notes that the number of users online changed. Members of a large room are sent it from here, others with the
    /// event itself.
    pub(super) fn counted(&self, room_id: RoomId, is_large: bool) {
        let mut inner = self.0.lock();
        inner.lobby.insert(room_id);
        if is_large {
            inner.members.insert(room_id);
        }
    }

    /// Takes the changed rooms: those for their members, and those for the lobby. What is not sent now is put back with
    /// [`Changes::put_back`].
    pub fn take(&self) -> (HashSet<RoomId>, HashSet<RoomId>) {
        let mut inner = self.0.lock();
        (std::mem::take(&mut inner.members), std::mem::take(&mut inner.lobby))
    }

    pub fn put_back(&self, members: impl IntoIterator<Item = RoomId>, lobby: impl IntoIterator<Item = RoomId>) {
        let mut inner = self.0.lock();
        inner.members.extend(members);
        inner.lobby.extend(lobby);
    }

    /// Notes that users joined, or left, a large room: one system message is written for all of a second.
    pub fn add_to_summary(&self, room_id: RoomId, event: SystemEvent, new: Summary) {
        let mut inner = self.0.lock();
        let summary = inner.summaries.entry((room_id, event));
        summary.and_modify(|summary| summary.others += 1 + new.others).or_insert(new);
    }

    /// Notes that a user has read up to a message.
    pub fn read(&self, room_id: RoomId, user_id: UserId, seq: i64) {
        let mut inner = self.0.lock();
        let mark = inner.reads.entry(room_id).or_default().entry(user_id).or_default();
        *mark = seq.max(*mark);
    }

    pub fn take_reads(&self) -> HashMap<RoomId, Marks> {
        std::mem::take(&mut self.0.lock().reads)
    }

    /// Notes that a user's read mark was stored.
    pub fn has_read(&self, room_id: RoomId, user_id: UserId) {
        self.0.lock().unread.readers.insert((room_id, user_id));
    }

    pub fn take_unread(&self) -> UnreadChanges {
        std::mem::take(&mut self.0.lock().unread)
    }

    /// Returns the rooms whose reports have changed, and whom those are about.
    pub fn take_reports(&self) -> HashMap<Option<RoomId>, HashSet<Option<UserId>>> {
        std::mem::take(&mut self.0.lock().reports)
    }

    pub fn take_summaries(&self) -> Vec<(RoomId, SystemEvent, Summary)> {
        let summaries = std::mem::take(&mut self.0.lock().summaries);
        summaries.into_iter().map(|((room_id, event), summary)| (room_id, event, summary)).collect()
    }
}
