//! How many commands of webhooks wait for their answers on this server at a time: of one user, of one room, and in all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::ids::{RoomId, UserId};

const MAX_TOTAL: usize = 64;
const MAX_PER_ROOM: usize = 16;
const MAX_PER_USER: usize = 4;

/// The slots. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandSlots(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    rooms: HashMap<RoomId, usize>,
    users: HashMap<UserId, usize>,
}

/// A slot, released when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: CommandSlots,
    user_id: UserId,
    room_id: RoomId,
}

impl CommandSlots {
    /// Takes a slot; `None` if all are taken that the user or the room may have.
    pub(super) fn take(&self, user_id: UserId, room_id: RoomId) -> Option<Slot> {
        let mut taken = self.0.lock();
        let of_room = taken.rooms.get(&room_id).copied().unwrap_or_default();
        let of_user = taken.users.get(&user_id).copied().unwrap_or_default();
        if taken.in_all >= MAX_TOTAL || of_room >= MAX_PER_ROOM || of_user >= MAX_PER_USER {
            return None;
        }
        taken.in_all += 1;
        taken.rooms.insert(room_id, of_room + 1);
        taken.users.insert(user_id, of_user + 1);
        Some(Slot { slots: self.clone(), user_id, room_id })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock();
        taken.in_all -= 1;
        release(taken.rooms.entry(self.room_id));
        release(taken.users.entry(self.user_id));
    }
}

fn release<K>(entry: Entry<'_, K, usize>) {
    if let Entry::Occupied(mut taken) = entry {
        match *taken.get() {
            1 => drop(taken.remove()),
            more => *taken.get_mut() = more - 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_room_leave_slots_to_others() {
        let slots = CommandSlots::default();
        let (user, room) = (UserId::from_u128, RoomId::from_u128);
        let first: Vec<_> = (0..MAX_PER_USER).map(|_| slots.take(user(1), room(1)).unwrap()).collect();
        assert!(slots.take(user(1), room(2)).is_none());
        let mut others: Vec<_> =
            (MAX_PER_USER..MAX_PER_ROOM).map(|one| slots.take(user(one as u128), room(1)).unwrap()).collect();
        assert!(slots.take(user(99), room(1)).is_none());
        others.extend(
            (0..MAX_TOTAL - MAX_PER_ROOM)
                .map(|one| slots.take(user(100 + one as u128), room(100 + one as u128)).unwrap()),
        );
        assert!(slots.take(user(98), room(98)).is_none());
        drop((first, others));
        let taken = slots.0.lock();
        assert!(taken.in_all == 0 && taken.rooms.is_empty() && taken.users.is_empty());
    }
}
