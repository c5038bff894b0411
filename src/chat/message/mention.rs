//! Mentions: `@` and the name of a member, or of everybody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::kinds::Role;
use crate::chat::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;
use crate::text::markup::mention_places;

/// The names that mention everybody in the room. Only the owner and the moderators may use them.
const EVERYBODY: [&str; 2] = ["everyone", "모두"];

/// A user that a message mentions, or everybody where there is no `userId`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mention {
    pub user_id: Option<UserId>,
    /// The name as it is in the text after the `@`.
    pub name: String,
}

/// The id for everybody in the table of mentions.
pub(in crate::chat) const EVERYBODY_ID: UserId = UserId::from_u128(0);

/// The most places of a text at which a name is looked for. Each costs an index lookup for every possible length
/// of a name, in the transaction of the send, so a text of many `@` would delay all sends.
const MOST_PLACES: usize = 100;

/// Finds the mentioned users. The longest name that fits counts, so that Korean particles may follow without a
/// space; of users with the same name, all count. Only the first [`MOST_PLACES`] places are looked at.
///
/// # Errors
/// `forbidden` for a member who mentions everybody; `too_many` over the limit of users.
pub(super) fn find(tx: &mut Tx, limits: &Limits, room_id: RoomId, role: Role, text: &str) -> Result<Vec<Mention>> {
    let mut found: Vec<Mention> = Vec::new();
    if !text.contains('@') {
        return Ok(found);
    }
    for rest in mention_places(text).into_iter().take(MOST_PLACES) {
        if found.len() > limits.mentions_max {
            break;
        }
        if let Some(name) = mentions_everybody(rest) {
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

fn mentions_everybody(rest: &str) -> Option<&'static str> {
    EVERYBODY.into_iter().find(|name| {
        rest.strip_prefix(name).is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// Returns the members whose name is at the beginning of `rest`. Each possible end of the name costs one index
/// lookup, so the size of the room does not matter.
fn named(tx: &mut Tx, limits: &Limits, room_id: RoomId, rest: &str) -> Result<Vec<Mention>> {
    let ends: Vec<usize> = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take(limits.name_max).collect();
    for end in ends.into_iter().rev() {
        let name = &rest[..end];
        // A name does not end within a Latin word.
        let goes_on = rest[end..].starts_with(|c: char| c.is_ascii_alphanumeric());
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

/// Replaces the mentions of a message in the table that users find them by.
pub(super) fn store(tx: &mut Tx, room_id: RoomId, seq: i64, before: &[Mention], now: &[Mention]) -> Result<()> {
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

/// Reads the mentions from the row of a message.
pub(super) fn from_column(column: Option<&str>) -> Vec<Mention> {
    column.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// Returns the mentions as the row of a message keeps them.
pub(super) fn to_column(mentions: &[Mention]) -> Result<Option<String>> {
    if mentions.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(mentions).map(Some).map_err(Error::internal)
}
