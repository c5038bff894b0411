//! The lobby: the busiest rooms first, by how many are online, then the rest by their last activity.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::{App, Requester};
use crate::chat::room::{self, Listed, Room};
use crate::chat::{Limits, Tx};
use crate::error::{Error, Result};
use crate::ids::RoomId;

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LobbyCursor {
    /// Among rooms with people online: how many, and which room.
    Busy(usize, RoomId),
    /// Among the others: when it was last active, and which room.
    Quiet(i64, RoomId),
    /// Among those beyond the share of their network: when it was last active, and which room.
    Rest(i64, RoomId),
}

impl fmt::Display for LobbyCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(count, id) => write!(f, "b{count}-{id}"),
            Self::Quiet(active_at, id) => write!(f, "q{active_at}-{id}"),
            Self::Rest(active_at, id) => write!(f, "r{active_at}-{id}"),
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
            ("r", active_at) => Ok(Self::Rest(active_at.parse().map_err(|_| ())?, id)),
            _ => Err(()),
        }
    }
}

/// Rooms read at a time.
const BATCH: usize = 100;
/// The most busy rooms that one page looks at.
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

/// A page of the lobby that is being filled.
struct Page<'a> {
    q: Option<&'a str>,
    rooms: Vec<Room>,
    limit: usize,
    /// Whether rooms were left out that are beyond the share of their network.
    has_left_out: bool,
    /// After which room the next page begins.
    last: Option<LobbyCursor>,
}

/// Whether something follows a page.
type HasMore = bool;

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.rooms.len() >= self.limit
    }

    /// Adds a room, unless it comes later because it is beyond the share of its network. A search finds every room.
    fn add(&mut self, listed: Listed, cursor: LobbyCursor) {
        self.last = Some(cursor);
        if listed.is_beyond_share && self.q.is_none() {
            self.has_left_out = true;
        } else {
            self.rooms.push(listed.room);
        }
    }

    /// Adds the busy rooms.
    fn add_busy(&mut self, tx: &mut Tx, left: &[(RoomId, usize)]) -> Result<HasMore> {
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
            if (number + 1) * BATCH >= BUSY {
                self.last = chunk.last().map(|&(id, count)| LobbyCursor::Busy(count, id));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the other rooms after a place.
    fn add_quiet(
        &mut self,
        tx: &mut Tx,
        limits: &Limits,
        mut after: Option<room::Cursor>,
        busy: &HashSet<RoomId>,
    ) -> Result<HasMore> {
        for _ in 0..ROUNDS {
            // One more than is left, to know whether anything follows, and those that are shown above.
            let left = self.limit - self.rooms.len() + 1;
            let found = match self.q {
                Some(q) => room::titled(tx, limits, q, after, busy, limits.page_max.min(left as u32))?,
                // Where some are left out, many more may follow.
                None if self.has_left_out => room::page(tx, limits, after, BATCH as u32)?,
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

    /// Adds the rooms beyond the share of their network, busy or not, after a place.
    fn add_rest(&mut self, tx: &mut Tx, limits: &Limits, mut after: Option<room::Cursor>) -> Result<HasMore> {
        for _ in 0..ROUNDS {
            let found = room::page(tx, limits, after, BATCH as u32)?;
            for (listed, (active_at, id)) in found.rooms.into_iter().filter(|(listed, _)| listed.is_beyond_share) {
                if self.is_full() {
                    return Ok(true);
                }
                self.last = Some(LobbyCursor::Rest(active_at, id));
                self.rooms.push(listed.room);
            }
            let Some((active_at, id)) = found.next else { return Ok(false) };
            after = found.next;
            self.last = Some(LobbyCursor::Rest(active_at, id));
        }
        Ok(true)
    }

    /// Returns the rooms, and the cursor of the next page if there is one.
    fn finish(self, has_more: HasMore) -> (Vec<Room>, Option<LobbyCursor>) {
        (self.rooms, self.last.filter(|_| has_more))
    }
}

/// Returns a page of the lobby, and the cursor of the next one. First come the busy rooms, then the quiet ones, and last
/// those beyond the share of their network, which would otherwise fill the lobby.
pub(super) fn list(
    tx: &mut Tx,
    limits: &Limits,
    q: Option<&str>,
    after: Option<LobbyCursor>,
    busy: &[(RoomId, usize)],
    limit: u32,
) -> Result<(Vec<Room>, Option<LobbyCursor>)> {
    let mut page = Page { q, rooms: Vec::new(), limit: limit as usize, has_left_out: false, last: None };
    if let Some(LobbyCursor::Rest(active_at, id)) = after {
        let has_more = page.add_rest(tx, limits, Some((active_at, id)))?;
        return Ok(page.finish(has_more));
    }
    let is_left = |&&(id, count): &&(RoomId, usize)| match after {
        None => true,
        Some(LobbyCursor::Busy(last_count, last_id)) => (count, id) < (last_count, last_id),
        Some(_) => false,
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
    if page.add_quiet(tx, limits, quiet_after, &busy)? {
        return Ok(page.finish(true));
    }
    // Pages before this one may have left some out.
    if q.is_some() || (after.is_none() && !page.has_left_out) {
        return Ok(page.finish(false));
    }
    page.last = Some(LobbyCursor::Rest(i64::MAX, RoomId::from_u128(0)));
    let has_more = page.add_rest(tx, limits, None)?;
    Ok(page.finish(has_more))
}
