//! The list of those who stay.

use std::fmt;
use std::str::FromStr;

use super::{App, Asker};
use crate::chat::user::{self, Listed, Place};
use crate::error::Result;
use crate::ids::UserId;

/// Behind whom a page of the list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleCursor(Place);

impl fmt::Display for PeopleCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = &self.0;
        write!(f, "{id}-{name}")
    }
}

impl FromStr for PeopleCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, name) = text.split_once('-').ok_or(())?;
        Ok(Self((name.to_owned(), id.parse().map_err(|_| ())?)))
    }
}

impl App {
    /// A page of accounts by name, of those whose name has `q`, and where the next one begins.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `limit`, `too_long` with the field `q`.
    pub async fn people(
        &self,
        me: UserId,
        q: Option<String>,
        after: Option<PeopleCursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<Listed>, Option<PeopleCursor>)> {
        self.rates.list(Asker::User(me))?;
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        let after = after.map(|PeopleCursor(place)| place);
        let page = self.db.read(move |tx| user::page(tx, &limits, q.as_deref(), after, limit)).await?;
        Ok((page.people, page.next.map(PeopleCursor)))
    }
}
