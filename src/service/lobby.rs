//! The lobby: the busiest rooms first, by how many are online, then the rest by their last activity.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::{App, Asker};
use crate::chat::room::{self, Room};
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

/// Rooms read in one go while a search filters them.
const BATCH: usize = 100;

impl App {
    /// Returns a page of open rooms whose title contains `q`, and the cursor of the next one. A page may end early when
    /// many rooms have to be looked at.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `limit`, `too_long` with the field `q`.
    pub async fn find_rooms(
        &self,
        asker: Asker,
        q: String,
        after: Option<LobbyCursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<Room>, Option<LobbyCursor>)> {
        let q = q.trim().to_owned();
        if q.chars().count() > self.config.limits.title_max {
            return Err(Error::too_long("q", self.config.limits.title_max));
        }
        self.rates.list(asker)?;
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

pub(super) fn list(
    tx: &mut Tx,
    limits: &Limits,
    q: Option<&str>,
    after: Option<LobbyCursor>,
    busy: &[(RoomId, usize)],
    limit: u32,
) -> Result<(Vec<Room>, Option<LobbyCursor>)> {
    let mut rooms = Vec::new();
    let quiet_after = match after {
        Some(LobbyCursor::Quiet(active_at, id)) => Some((active_at, id)),
        _ => None,
    };
    let is_left = |&&(id, count): &&(RoomId, usize)| match after {
        None => true,
        Some(LobbyCursor::Busy(last_count, last_id)) => (count, id) < (last_count, last_id),
        Some(LobbyCursor::Quiet(..)) => false,
    };
    let left: Vec<_> = busy.iter().filter(is_left).copied().collect();
    for (place, chunk) in left.chunks(BATCH).enumerate() {
        let ids: Vec<_> = chunk.iter().map(|(id, _)| *id).collect();
        rooms.extend(room::listed_by_ids(tx, &ids, q)?);
        if rooms.len() > limit as usize {
            rooms.truncate(limit as usize);
            let last = rooms.last().and_then(|last| left.iter().find(|(id, _)| *id == last.id));
            return Ok((rooms, last.map(|&(id, count)| LobbyCursor::Busy(count, id))));
        }
        if (place + 1) * BATCH >= room::LOOKED_AT {
            return Ok((rooms, chunk.last().map(|&(id, count)| LobbyCursor::Busy(count, id))));
        }
    }
    let room_left = limit - rooms.len() as u32;
    let shown: HashSet<RoomId> = busy.iter().map(|(id, _)| *id).collect();
    // Even if the busy rooms fill the page, whether anything follows must be known.
    let most = room_left.max(1);
    let quiet = match q {
        Some(q) => room::titled(tx, limits, q, quiet_after, &shown, most)?,
        None => room::page(tx, limits, quiet_after, &shown, most)?,
    };
    if room_left == 0 {
        let last = left.last().filter(|_| !quiet.rooms.is_empty() || quiet.next.is_some());
        return Ok((rooms, last.map(|&(id, count)| LobbyCursor::Busy(count, id))));
    }
    rooms.extend(quiet.rooms);
    Ok((rooms, quiet.next.map(|(active_at, id)| LobbyCursor::Quiet(active_at, id))))
}
