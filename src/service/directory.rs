//! The directory: accounts by name.

use std::fmt;
use std::str::FromStr;

use super::{App, Requester};
use crate::chat::user::{self, Cursor, Listed};
use crate::error::Result;
use crate::ids::UserId;

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryCursor(Cursor);

impl fmt::Display for DirectoryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = &self.0;
        write!(f, "{id}-{name}")
    }
}

impl FromStr for DirectoryCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (id, name) = text.split_once('-').ok_or(())?;
        Ok(Self((name.to_owned(), id.parse().map_err(|_| ())?)))
    }
}

impl App {
    /// Returns a page of accounts by name, of those whose name contains `q`, and the cursor of the next one.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `limit`, `too_long` with the field `q`.
    pub async fn directory(
        &self,
        me: UserId,
        q: Option<String>,
        after: Option<DirectoryCursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<Listed>, Option<DirectoryCursor>)> {
        self.rates.list(Requester::User(me))?;
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        let after = after.map(|DirectoryCursor(place)| place);
        let page = self.db.read(move |tx| user::page(tx, &limits, q.as_deref(), after, limit)).await?;
        Ok((page.people, page.next.map(DirectoryCursor)))
    }

    /// Returns whether a user hides their presence, and so does not see that of others.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn hides_presence(&self, me: UserId) -> Result<bool> {
        self.db.read(move |tx| Ok(user::privacy(tx, me)?.hides_presence)).await
    }
}
