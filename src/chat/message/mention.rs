//! Whom a text names: `@` and the name of a member, or everybody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::member::Role;
use crate::chat::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

/// What names everybody in the room; for its owner and moderators.
const EVERYBODY: [&str; 2] = ["everyone", "모두"];

/// A person that a message names, or everybody where there is no `userId`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mention {
    pub user_id: Option<UserId>,
    /// The name as it stands in the text behind the `@`.
    pub name: String,
}

/// The row of everybody in the table of mentions.
pub(in crate::chat) const EVERYBODY_ID: UserId = UserId::from_u128(0);

/// Places in a text at which a name is looked for. Each costs a look into the index for every length
/// that a name may have, in the transaction of the send: a text of nothing but `@` would hold up
/// everybody's.
const MOST_PLACES: usize = 100;

/// Finds who is named. Of names that begin alike the longest counts, so that particles may follow
/// without a space; of people with the same name, all do. What stands behind the first
/// [`MOST_PLACES`] places names nobody.
///
/// # Errors
/// `forbidden` for who may not call everybody; `too_many` over the limit of people.
pub(super) fn find(tx: &mut Tx, limits: &Limits, room_id: RoomId, role: Role, said: &str) -> Result<Vec<Mention>> {
    let mut found: Vec<Mention> = Vec::new();
    let is_start = |at: usize| !said[..at].ends_with(char::is_alphanumeric);
    for at in said.match_indices('@').map(|(at, _)| at).filter(|&at| is_start(at)).take(MOST_PLACES) {
        if found.len() > limits.mentions_max {
            break;
        }
        let rest = &said[at + 1..];
        if let Some(name) = calls_everybody(rest) {
            if role == Role::Member {
                return Err(Error::new(Code::Forbidden).with_message("only moderators call everybody"));
            }
            add(&mut found, Mention { user_id: None, name: name.to_owned() });
            continue;
        }
        for mention in named(tx, limits, room_id, rest)? {
            add(&mut found, mention);
        }
    }
    if found.len() > limits.mentions_max {
        let most = limits.mentions_max;
        return Err(Error { field: Some("text".into()), ..Error::from(Code::TooMany) }
            .with_message(format!("a message names at most {most} people")));
    }
    Ok(found)
}

fn add(found: &mut Vec<Mention>, mention: Mention) {
    if !found.contains(&mention) {
        found.push(mention);
    }
}

fn calls_everybody(rest: &str) -> Option<&'static str> {
    EVERYBODY.into_iter().find(|name| {
        rest.strip_prefix(name).is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// Members whose name stands at the beginning of `rest`. Each possible end of the name is one look
/// into the index of names, so the size of the room does not matter.
fn named(tx: &mut Tx, limits: &Limits, room_id: RoomId, rest: &str) -> Result<Vec<Mention>> {
    let line = rest.split('\n').next().unwrap_or_default();
    let ends: Vec<usize> = line.char_indices().map(|(at, c)| at + c.len_utf8()).take(limits.name_max).collect();
    for end in ends.into_iter().rev() {
        let name = &line[..end];
        // A name does not end within a Latin word.
        let goes_on = line[end..].starts_with(|c: char| c.is_ascii_alphanumeric());
        if name.ends_with(char::is_whitespace) || (goes_on && name.ends_with(|c: char| c.is_ascii_alphanumeric())) {
            continue;
        }
        let ids = tx.query_all(
            "SELECT u.id FROM users u JOIN members m ON m.room_id = ?1 AND m.user_id = u.id
             WHERE u.name_folded = ?2 ORDER BY u.id LIMIT ?3",
            &[&room_id, &text::fold(name), &(limits.mentions_max as u64 + 1)],
            |row| row.get(0),
        )?;
        if !ids.is_empty() {
            let mention = |id| Mention { user_id: Some(id), name: name.to_owned() };
            return Ok(ids.into_iter().map(mention).collect());
        }
    }
    Ok(Vec::new())
}

/// Writes whom a message names where each of them finds it, in place of what was there before.
pub(super) fn note(tx: &mut Tx, room_id: RoomId, seq: i64, before: &[Mention], now: &[Mention]) -> Result<()> {
    let id = |mention: &Mention| mention.user_id.unwrap_or(EVERYBODY_ID);
    for gone in before.iter().filter(|old| !now.iter().any(|new| id(new) == id(old))) {
        let sql = "DELETE FROM mentions WHERE room_id = ?1 AND user_id = ?2 AND seq = ?3";
        tx.execute(sql, &[&room_id, &id(gone), &seq])?;
    }
    for new in now {
        let sql = "INSERT INTO mentions (room_id, user_id, seq) VALUES (?1, ?2, ?3)
                   ON CONFLICT (room_id, user_id, seq) DO NOTHING";
        tx.execute(sql, &[&room_id, &id(new), &seq])?;
    }
    Ok(())
}

/// As it was kept in the row of the message.
pub(super) fn from_column(kept: Option<&str>) -> Vec<Mention> {
    kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default()
}

/// As it is kept in the row of the message.
pub(super) fn to_column(mentions: &[Mention]) -> Result<Option<String>> {
    if mentions.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(mentions).map(Some).map_err(Error::internal)
}
