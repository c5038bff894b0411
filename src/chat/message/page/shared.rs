//! Reads what users who join at the same time need, once where it is the same for several.

use std::collections::HashMap;

use super::changed::{revs, visible_rev_from};
use super::{Changes, Cursor, page, resume};
use crate::chat::member::Membership;
use crate::chat::{Limits, Tx};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// A user who joins, and what they hold already.
#[derive(Clone, Debug)]
pub struct Reader {
    pub me: UserId,
    /// The rev up to which they hold everything; without one they get the newest page.
    pub since: Option<i64>,
    pub epoch: Option<String>,
}

/// The messages that the readers of one transaction get.
pub struct SharedChanges {
    room_id: RoomId,
    /// In the order in which they were first needed.
    pub all: Vec<Changes>,
    /// The index of what readers get who see only public messages, by what they hold.
    public: HashMap<(Option<i64>, Option<String>), usize>,
}

impl SharedChanges {
    pub fn new(room_id: RoomId) -> Self {
        Self { room_id, all: Vec::new(), public: HashMap::new() }
    }

    /// Returns the index in `all` of what a reader gets, and the highest rev they may see. `membership` is of the
    /// same transaction.
    ///
    /// # Errors
    /// `invalid` with the field `since`; `room_not_found`.
    pub fn read_for(
        &mut self,
        tx: &mut Tx,
        limits: &Limits,
        membership: Membership,
        reader: Reader,
    ) -> Result<(usize, i64)> {
        let (me, since) = (reader.me, reader.since);
        if membership.first_seq > 0 {
            let visible_rev = visible_rev_from(tx, me, self.room_id, membership.first_seq)?;
            return Ok((self.read_own(tx, limits, reader)?, visible_rev));
        }
        let (public_rev, whispered_rev) = revs(tx, me, self.room_id)?;
        let visible_rev = public_rev.max(whispered_rev);
        // There are whispers to or by the reader that they do not hold yet.
        if whispered_rev > since.unwrap_or_default() {
            return Ok((self.read_own(tx, limits, reader)?, visible_rev));
        }
        let held = (since, reader.epoch.clone());
        let index = match self.public.get(&held) {
            Some(&index) => index,
            None => {
                let index = self.add(read(tx, limits, None, self.room_id, since, reader.epoch.as_deref())?);
                self.public.insert(held, index);
                index
            }
        };
        // After a gap the reader gets the newest page, which shows whispers of any age.
        let lacks_whispers = self.all[index].gap && whispered_rev > 0;
        Ok((if lacks_whispers { self.read_own(tx, limits, reader)? } else { index }, visible_rev))
    }

    fn read_own(&mut self, tx: &mut Tx, limits: &Limits, reader: Reader) -> Result<usize> {
        let changes = read(tx, limits, Some(reader.me), self.room_id, reader.since, reader.epoch.as_deref())?;
        Ok(self.add(changes))
    }

    fn add(&mut self, changes: Changes) -> usize {
        self.all.push(changes);
        self.all.len() - 1
    }
}

fn read(
    tx: &mut Tx,
    limits: &Limits,
    viewer: Option<UserId>,
    room_id: RoomId,
    since: Option<i64>,
    epoch: Option<&str>,
) -> Result<Changes> {
    match since {
        Some(since) => resume(tx, limits, viewer, room_id, since, epoch),
        None => page(tx, limits, viewer, room_id, Cursor::Newest, limits.page_default),
    }
}
