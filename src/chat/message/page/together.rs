//! What many who come at the same time are told, read once where it is the same.

use std::collections::HashMap;

use super::changed::{revs, visible_rev_from};
use super::{Changes, Cursor, page, resume};
use crate::chat::member::Membership;
use crate::chat::{Limits, Tx};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// Somebody who comes in, and what they hold already.
#[derive(Clone, Debug)]
pub struct Reader {
    pub me: UserId,
    /// Up to which rev; without one they are told the newest page.
    pub since: Option<i64>,
    pub epoch: Option<String>,
}

/// The stretches of messages that the readers of one transaction are told.
pub struct Told {
    room_id: RoomId,
    /// In the order in which they were first wanted.
    pub stretches: Vec<Changes>,
    /// Where the stretch lies that everybody may see who holds the same.
    public: HashMap<(Option<i64>, Option<String>), usize>,
}

impl Told {
    pub fn new(room_id: RoomId) -> Self {
        Self { room_id, stretches: Vec::new(), public: HashMap::new() }
    }

    /// The place of what this reader is told, and the highest rev they may see. `standing` was asked
    /// in the same transaction.
    ///
    /// # Errors
    /// `invalid` with the field `since`; `room_not_found`.
    pub fn tell(
        &mut self,
        tx: &mut Tx,
        limits: &Limits,
        membership: Membership,
        reader: Reader,
    ) -> Result<(usize, i64)> {
        let (me, since) = (reader.me, reader.since);
        if membership.first_seq > 0 {
            let visible_rev = visible_rev_from(tx, me, self.room_id, membership.first_seq)?;
            return Ok((self.own(tx, limits, reader)?, visible_rev));
        }
        let (public_rev, whispered_rev) = revs(tx, me, self.room_id)?;
        let visible_rev = public_rev.max(whispered_rev);
        // Whispers to them or by them that they do not hold yet are nobody else's business.
        if whispered_rev > since.unwrap_or_default() {
            return Ok((self.own(tx, limits, reader)?, visible_rev));
        }
        let held = (since, reader.epoch.clone());
        let place = match self.public.get(&held) {
            Some(&place) => place,
            None => {
                let place = self.add(read(tx, limits, None, self.room_id, since, reader.epoch.as_deref())?);
                self.public.insert(held, place);
                place
            }
        };
        // The newest page, which a gap is answered with, shows whispers of any age.
        let is_wanting = self.stretches[place].gap && whispered_rev > 0;
        Ok((if is_wanting { self.own(tx, limits, reader)? } else { place }, visible_rev))
    }

    fn own(&mut self, tx: &mut Tx, limits: &Limits, reader: Reader) -> Result<usize> {
        let changes = read(tx, limits, Some(reader.me), self.room_id, reader.since, reader.epoch.as_deref())?;
        Ok(self.add(changes))
    }

    fn add(&mut self, changes: Changes) -> usize {
        self.stretches.push(changes);
        self.stretches.len() - 1
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
