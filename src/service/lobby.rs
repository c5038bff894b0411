//! The lobby: the busiest rooms first, by how many are online, then the rest by their last activity.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use super::{App, Requester};
use crate::chat::kinds::UserKind;
use crate::chat::room::{self, Listed, Room};
use crate::chat::{Limits, Tx};
use crate::error::{Error, Result};
use crate::ids::RoomId;

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LobbyCursor {
    /// Among rooms with people online: how many, and which room.
    Busy(usize, RoomId),
    /// Among the rest: when it was last active, and which room.
    Quiet(i64, RoomId),
}

impl fmt::Display for LobbyCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(count, id) => write!(f, "b{count}-{id}"),
            Self::Quiet(active_at, id) => write!(f, "q{active_at}-{id}"),
        }
    }
}

impl FromStr for LobbyCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (place, id) = text.rsplit_once('-').ok_or(())?;
        let id = id.parse().map_err(|_| ())?;
        match place.split_at_checked(1).ok_or(())? {
            ("b", count) => Ok(Self::Busy(count.parse().map_err(|_| ())?, id)),
            ("q", active_at) => Ok(Self::Quiet(active_at.parse().map_err(|_| ())?, id)),
            _ => Err(()),
        }
    }
}

/// Rooms read at a time.
const BATCH: usize = 100;
/// The most busy rooms that a page looks at without a search. A network has fewer connections than that.
const BUSY: usize = 2_000;
/// How often a page reads further rooms when those that it has found are not shown.
const ROUNDS: usize = 10;

impl App {
    /// Returns a page of open rooms whose title contains `q`, and the cursor of the next one. A page may end early when
    /// many rooms have to be looked at.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `limit`, `too_long` with the field `q`.
    pub async fn find_rooms(
        &self,
        requester: Requester,
        q: String,
        after: Option<LobbyCursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<Room>, Option<LobbyCursor>)> {
        let q = q.trim().to_owned();
        if q.chars().count() > self.config.limits.title_max {
            return Err(Error::too_long("q", self.config.limits.title_max));
        }
        self.rates.list(requester)?;
        self.lobby(Some(q).filter(|q| !q.is_empty()), after, limit).await
    }

    /// Returns a page of open rooms whose title contains `q`, and the cursor of the next one.
    ///
    /// # Errors
    /// `invalid` with the field `limit`.
    pub async fn lobby(
        &self,
        q: Option<String>,
        after: Option<LobbyCursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<Room>, Option<LobbyCursor>)> {
        let limits = self.config.limits.clone();
        let limit = limits.page(limit.unwrap_or(limits.page_default))?;
        let busy = self.realtime.busiest();
        let (mut rooms, next) = self.db.read(move |tx| list(tx, &limits, q.as_deref(), after, &busy, limit)).await?;
        for room in &mut rooms {
            room.online_count = self.realtime.online_count(room.id) as u32;
        }
        Ok((rooms, next))
    }
}

/// The rooms of one network that a page shows before the others. Otherwise the lobby would belong to the one that creates the most.
const OF_ONE_NETWORK: usize = 10;

/// A page of the lobby that is being filled.
struct Page<'a> {
    q: Option<&'a str>,
    rooms: Vec<Room>,
    /// Further rooms of networks that have their share. They fill what is left.
    held_back: Vec<Room>,
    limit: usize,
    /// How many rooms the page shows of each network, apart for guests and accounts.
    shares: HashMap<(String, bool), usize>,
    /// After which room the next page begins.
    last: Option<LobbyCursor>,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.rooms.len() >= self.limit
    }

    fn add(&mut self, listed: Listed, cursor: LobbyCursor) {
        self.last = Some(cursor);
        let is_by_guest = listed.room.owner.as_ref().is_none_or(|owner| owner.kind == UserKind::Guest);
        // A search finds every room.
        let network = listed.network.filter(|_| self.q.is_none());
        let share = network.map(|network| self.shares.entry((network, is_by_guest)).or_default());
        match share {
            Some(share) if *share >= OF_ONE_NETWORK => {
                if self.held_back.len() < self.limit {
                    self.held_back.push(listed.room);
                }
            }
            Some(share) => {
                *share += 1;
                self.rooms.push(listed.room);
            }
            None => self.rooms.push(listed.room),
        }
    }

    /// Adds the busy rooms, and returns whether some are left over.
    fn add_busy(&mut self, tx: &mut Tx, left: &[(RoomId, usize)]) -> Result<bool> {
        let most = if self.q.is_some() { room::LOOKED_AT } else { BUSY };
        for (number, chunk) in left.chunks(BATCH).enumerate() {
            let ids: Vec<_> = chunk.iter().map(|(id, _)| *id).collect();
            for listed in room::listed_by_ids(tx, &ids, self.q)? {
                if self.is_full() {
                    return Ok(true);
                }
                let id = listed.room.id;
                let count = chunk.iter().find(|(busy, _)| *busy == id).map_or(0, |(_, count)| *count);
                self.add(listed, LobbyCursor::Busy(count, id));
            }
            if (number + 1) * BATCH >= most {
                self.last = chunk.last().map(|&(id, count)| LobbyCursor::Busy(count, id));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the other rooms after a place, and returns whether some are left over.
    fn add_quiet(
        &mut self,
        tx: &mut Tx,
        limits: &Limits,
        mut after: Option<room::Cursor>,
        busy: &HashSet<RoomId>,
    ) -> Result<bool> {
        for _ in 0..ROUNDS {
            // One more than is left, to know whether anything follows, and those that are shown above.
            let left = self.limit - self.rooms.len() + 1;
            let found = match self.q {
                Some(q) => room::titled(tx, limits, q, after, busy, limits.page_max.min(left as u32))?,
                None => room::page(tx, limits, after, BATCH.min(left + busy.len()) as u32)?,
            };
            for (listed, (active_at, id)) in found.rooms {
                if busy.contains(&id) {
                    continue;
                }
                if self.is_full() {
                    return Ok(true);
                }
                self.add(listed, LobbyCursor::Quiet(active_at, id));
            }
            let Some((active_at, id)) = found.next else { return Ok(false) };
            after = found.next;
            self.last = Some(LobbyCursor::Quiet(active_at, id));
            // A search has looked at many rooms for it.
            if self.q.is_some() {
                break;
            }
        }
        Ok(true)
    }

    /// Returns the rooms, and the cursor of the next page if there is one.
    fn finish(mut self, has_more: bool) -> (Vec<Room>, Option<LobbyCursor>) {
        self.rooms.append(&mut self.held_back);
        self.rooms.truncate(self.limit);
        (self.rooms, self.last.filter(|_| has_more))
    }
}

/// Returns a page of the lobby, and the cursor of the next one. Rooms of a network that has its share of the page come
/// after the others or, if there are enough others, not at all; a search still finds them.
pub(super) fn list(
    tx: &mut Tx,
    limits: &Limits,
    q: Option<&str>,
    after: Option<LobbyCursor>,
    busy: &[(RoomId, usize)],
    limit: u32,
) -> Result<(Vec<Room>, Option<LobbyCursor>)> {
    let limit = limit as usize;
    let mut page = Page { q, rooms: Vec::new(), held_back: Vec::new(), limit, shares: HashMap::new(), last: None };
    let is_left = |&&(id, count): &&(RoomId, usize)| match after {
        None => true,
        Some(LobbyCursor::Busy(last_count, last_id)) => (count, id) < (last_count, last_id),
        Some(LobbyCursor::Quiet(..)) => false,
    };
    let left: Vec<_> = busy.iter().filter(is_left).copied().collect();
    if page.add_busy(tx, &left)? {
        return Ok(page.finish(true));
    }
    let quiet_after = match after {
        Some(LobbyCursor::Quiet(active_at, id)) => Some((active_at, id)),
        _ => None,
    };
    let busy: HashSet<RoomId> = busy.iter().map(|(id, _)| *id).collect();
    let has_more = page.add_quiet(tx, limits, quiet_after, &busy)?;
    Ok(page.finish(has_more))
}
