//! The people who stay: accounts by name, and those whose name has what somebody types.

use super::{User, WIDTH, read_some, user_columns};
use crate::chat::{Limits, Tx};
use crate::db::{Fault, Row};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::text::initial::NamePart;

/// Names looked at for one page, and in one go. Where more are to be looked at the page ends early
/// and says where to go on.
const LOOKED_AT: usize = 10_000;
const CHUNK: u64 = 500;

/// A place in the list: a folded name, and whose it is.
pub type Place = (String, UserId);

/// A person as the list shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub user: User,
    /// One line about oneself; may be empty.
    pub bio: String,
}

/// A page of the list, and the place to go on from if there is more.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    pub people: Vec<Listed>,
    pub next: Option<Place>,
}

/// Accounts by name, from behind a place on. With `q` only those whose name has it: by syllables,
/// by their first consonants (ㅎㄱㄷ of 홍길동) or by letters.
///
/// # Errors
/// `invalid` with the field `limit`, `too_long` with the field `q`.
pub fn page(tx: &mut Tx, limits: &Limits, q: Option<&str>, after: Option<Place>, limit: u32) -> Result<Connections> {
    let limit = limits.page(limit)? as usize;
    let q = q.unwrap_or_default().trim();
    if q.chars().count() > limits.name_max {
        return Err(Error::too_long("q", limits.name_max));
    }
    let part = NamePart::new(q);
    let mut place = after.unwrap_or((String::new(), UserId::from_u128(0)));
    let mut people: Vec<(Listed, Place)> = Vec::new();
    let mut looked_at = 0;
    loop {
        let chunk = CHUNK.min(limit as u64 * 4 + 1);
        let read = |row: &Row<'_>| -> Result<(Listed, Place), Fault> {
            let user = read_some(row, 0)?;
            let place = (row.get(WIDTH + 1)?, user.id);
            Ok((Listed { user, bio: row.get(WIDTH)? }, place))
        };
        let found = tx.query_all(ACCOUNTS, &[&place.0, &place.1, &chunk], read)?;
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
            return Ok(Connections { people: people.into_iter().map(|(one, _)| one).collect(), next: None });
        } else if looked_at < LOOKED_AT {
            continue;
        }
        return Ok(Connections { people: people.into_iter().map(|(one, _)| one).collect(), next: Some(place) });
    }
}

const ACCOUNTS: &str = concat!(
    "SELECT ",
    user_columns!("u"),
    ", u.bio, u.name_folded FROM users u
     WHERE u.kind = 'account' AND u.deleted_at IS NULL AND (u.name_folded, u.id) > (?1, ?2)
     ORDER BY u.name_folded, u.id LIMIT ?3"
);
