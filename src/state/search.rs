//! Search: within the rates, on connections of its own, in bounded time.

use std::time::Instant;

use super::State;
use crate::chat::search::{self, Asked, Called, Found, Query};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};

/// What somebody asks for, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    pub q: String,
    pub room_id: Option<RoomId>,
    /// A name or an id.
    pub from: Option<String>,
    /// `next` of the page before, a day or a time.
    pub before: Option<String>,
    pub after: Option<String>,
    /// By how many minutes the asker's clock is ahead of UTC: their days begin so much earlier.
    pub zone: i32,
    pub limit: Option<u32>,
}

impl State {
    /// Finds messages that `me` may see, the newest first. After the time a search may take it
    /// answers with what was found until then and where to go on.
    ///
    /// # Errors
    /// `search_unavailable`; `rate_limited`, `busy`; `invalid`, `too_long` with the field;
    /// `room_not_found`, `not_a_member` for the room.
    pub async fn search(&self, me: UserId, asked: SearchRequest) -> Result<Found> {
        if !self.config.has_search {
            return Err(Error::new(Code::SearchUnavailable).with_message("search is switched off here"));
        }
        let (mut query, older_than) = read(&asked)?;
        if let Some(after) = &asked.after {
            let after = search::time("after", after, asked.zone)?;
            query.after = Some(query.after.map_or(after, |other| other.max(after)));
        }
        self.rates.search(me)?;
        let limits = self.config.limits.clone();
        let limit = asked.limit.unwrap_or(limits.page_default);
        let budget = self.config.search_budget;
        let (room_id, from) = (asked.room_id, asked.from);
        let find = move |tx: &mut crate::chat::Tx| {
            let until = Instant::now() + budget;
            search::find(tx, &limits, me, &Asked { query, room_id, from, older_than, limit, until })
        };
        // One statement may be at work when the time is over: it has as much time again.
        self.db.search(budget * 2, find).await
    }

    /// What rooms are called. Those that `me` is not in are left out.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn call(&self, me: UserId, ids: Vec<RoomId>) -> Result<Vec<Called>> {
        self.db.read(move |tx| search::called(tx, me, &ids)).await
    }

    /// Looks whether the index has all messages, and says so in the log where it has not.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn begin_search(&self) -> Result<()> {
        if self.config.has_search && !self.db.write(search::begin).await? {
            tracing::warn!("the search index is not complete: until `madang reindex` has run, search is refused");
        }
        Ok(())
    }
}

/// The words of a question, with its `before` read as a time or as the place of the next page.
fn read(asked: &SearchRequest) -> Result<(Query, Option<MessageId>)> {
    /// No place on Earth is further from UTC.
    const FURTHEST: u32 = 18 * 60;
    if asked.zone.unsigned_abs() > FURTHEST {
        return Err(Error::invalid("zone", "zone is minutes ahead of UTC"));
    }
    let mut query = Query::parse(&asked.q, asked.zone)?;
    let Some(before) = &asked.before else { return Ok((query, None)) };
    if let Ok(id) = before.parse() {
        return Ok((query, Some(id)));
    }
    let before = search::time("before", before, asked.zone)?;
    query.before = Some(query.before.map_or(before, |other| other.min(before)));
    Ok((query, None))
}
