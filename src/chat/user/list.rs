//! The list of accounts by name, and of those whose name matches what a user types.

use std::sync::LazyLock;

use super::{User, columns, read_some};
use crate::chat::{Limits, Tx};
use crate::db::{Fault, Row};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::text::initials::NamePart;

/// The most names that one page compares. A page that reaches it ends early with a place to go on from.
const LOOKED_AT: usize = 10_000;
const CHUNK: u64 = 500;

/// A place in the list: a folded name, and its user.
pub type Cursor = (String, UserId);

/// A user as the list shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub user: User,
    /// The line about themselves; may be empty.
    pub bio: String,
}

/// A page of the list, and the place to go on from if there is more.
#[derive(Clone, Debug, Default)]
pub struct Users {
    pub people: Vec<Listed>,
    pub next: Option<Cursor>,
}

/// Returns the listed accounts by name, from behind a place on. With `q` only those whose name contains it: by
/// syllables, by their initial consonants (ㅎㄱㄷ of 홍길동) or by letters.
///
/// # Errors
/// `invalid` with the field `limit`, `too_long` with the field `q`.
pub fn page(tx: &mut Tx, limits: &Limits, q: Option<&str>, after: Option<Cursor>, limit: u32) -> Result<Users> {
    let limit = limits.page(limit)? as usize;
    let q = q.unwrap_or_default().trim();
    if q.chars().count() > limits.name_max {
        return Err(Error::too_long("q", limits.name_max));
    }
    let part = NamePart::new(q);
    let mut place = after.unwrap_or((String::new(), UserId::from_u128(0)));
    let mut people: Vec<(Listed, Cursor)> = Vec::new();
    let mut looked_at = 0;
    loop {
        let chunk = CHUNK.min(limit as u64 * 4 + 1);
        let read = |row: &Row<'_>| -> Result<(Listed, Cursor), Fault> {
            let mut c = row.columns();
            let listed = Listed { user: read_some(&mut c)?, bio: c.next()? };
            let place = (c.next()?, listed.user.id);
            Ok((listed, place))
        };
        let found = tx.query_all(&ACCOUNTS, &[&place.0, &place.1, &chunk], read)?;
        let is_last = found.len() < chunk as usize;
        looked_at += found.len();
        if let Some((_, last)) = found.last() {
            place = last.clone();
        }
        people.extend(found.into_iter().filter(|(_, (name, _))| part.is_in(name)));
        if people.len() > limit {
            people.truncate(limit);
            place = people.last().map_or(place, |(_, last)| last.clone());
        } else if is_last {
            return Ok(Users { people: people.into_iter().map(|(one, _)| one).collect(), next: None });
        } else if looked_at < LOOKED_AT {
            continue;
        }
        return Ok(Users { people: people.into_iter().map(|(one, _)| one).collect(), next: Some(place) });
    }
}

static ACCOUNTS: LazyLock<String> = LazyLock::new(|| {
    let user = columns("u");
    format!(
        "SELECT {user}, u.bio, u.name_folded FROM users u
         WHERE u.kind = 'account' AND u.is_listed = 1 AND u.deleted_at IS NULL AND (u.name_folded, u.id) > (?1, ?2)
         ORDER BY u.name_folded, u.id LIMIT ?3"
    )
});
