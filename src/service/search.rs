//! Search: on database connections of its own, in bounded time.

use std::time::{Duration, Instant};

use super::App;
use crate::chat::search::{self, Found, Query, Request, RoomName};
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::metrics;

/// A search as it was typed.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    pub q: String,
    pub room_id: Option<RoomId>,
    /// A name or an id.
    pub from: Option<String>,
    /// `next` of the page before, a day or a time.
    pub before: Option<String>,
    pub after: Option<String>,
    /// Minutes by which the reader's clock is ahead of UTC: their days begin so much earlier.
    pub zone: i32,
    pub limit: Option<u32>,
}

/// How many searches of one network run at a time, and one more of others; each takes a core and a connection.
pub(super) const AT_ONCE: usize = 1;
/// How long a search waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

impl App {
    /// Finds messages that `me` may see, newest first. When its time is over, it returns what was found so far and
    /// where to continue.
    ///
    /// # Errors
    /// `search_unavailable`; `rate_limited`, `busy`; `invalid`, `too_long` with the field;
    /// `room_not_found`, `not_a_member` for the room.
    pub async fn search(&self, me: UserId, request: SearchRequest) -> Result<Found> {
        if !self.config.has_search {
            return Err(Error::new(Code::SearchUnavailable).with_message("search is switched off"));
        }
        let (mut query, older_than) = read(&request)?;
        if let Some(after) = &request.after {
            let after = search::time("after", after, request.zone)?;
            query.after = Some(query.after.map_or(after, |other| other.max(after)));
        }
        self.rates.search(me)?;
        let limits = self.config.limits.clone();
        let limit = request.limit.unwrap_or(limits.page_default);
        let budget = self.config.search_budget;
        let (room_id, from) = (request.room_id, request.from);
        let find = move |tx: &mut crate::chat::Tx| {
            let until = Instant::now() + budget;
            search::find(tx, &limits, me, &Request { query, room_id, from, older_than, limit, until })
        };
        let begin = Instant::now();
        let turn = self.searches.acquire(self.budgets.network_of(me), QUEUE_TIMEOUT).await;
        let _turn = turn.ok_or(Code::Busy)?;
        // A statement may still be running when the time is over: it gets the same time again.
        let found = self.db.search(budget * 2, find).await;
        metrics::SEARCH_SECONDS.since(begin);
        found
    }

    /// Returns the titles of rooms. Rooms that `me` is not in are left out.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn room_titles(&self, me: UserId, ids: Vec<RoomId>) -> Result<Vec<RoomName>> {
        self.db.read(move |tx| search::room_names(tx, me, &ids)).await
    }

    /// Checks that the index has all messages, and logs a warning if it has not.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn check_search_index(&self) -> Result<()> {
        if self.config.has_search && !self.db.write(Subject::Server, search::begin).await? {
            tracing::warn!("the search index is incomplete, so searches are refused (run: madang reindex)");
        }
        Ok(())
    }
}

/// Reads the query, with its `before` as a time or as the cursor of the next page.
fn read(request: &SearchRequest) -> Result<(Query, Option<MessageId>)> {
    /// No time zone is further from UTC.
    const MAX_OFFSET: u32 = 18 * 60;
    if request.zone.unsigned_abs() > MAX_OFFSET {
        return Err(Error::invalid("zone", "zone is minutes ahead of UTC"));
    }
    let mut query = Query::parse(&request.q, request.zone)?;
    let Some(before) = &request.before else { return Ok((query, None)) };
    if let Ok(id) = before.parse() {
        return Ok((query, Some(id)));
    }
    let before = search::time("before", before, request.zone)?;
    query.before = Some(query.before.map_or(before, |other| other.min(before)));
    Ok((query, None))
}
