//! Mentions: `@` and the name of a member, or of everybody.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Message;
use crate::chat::kinds::Role;
use crate::chat::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;
use crate::text::markup::mention_places;
use crate::text::particle;

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

/// The most places of a text at which a name is looked for.
const MOST_PLACES: usize = 100;
/// The most lookups for one text. A place usually takes one or two. Without a limit, a text of many `@` before the
/// beginnings of many members' names would delay everybody's sends.
const MOST_LOOKUPS: u32 = 400;
/// The most members of one name that a mention of it calls: those who came to the server first.
const NAMESAKES: u32 = 10;

/// The last name in the order of names that is not behind a text. If it is no beginning of the text, no name between
/// the two is one.
const NEAREST: &str = "SELECT name_folded FROM members WHERE room_id = ?1 AND name_folded <= ?2
                       ORDER BY name_folded DESC LIMIT 1";
const NAMED: &str = "SELECT user_id FROM members WHERE room_id = ?1 AND name_folded = ?2 ORDER BY user_id LIMIT ?3";

/// Finds the mentioned users. The longest name that fits counts, so that Korean particles may follow without a
/// space; of users with the same name, the first [`NAMESAKES`] count. Code and addresses mention nobody.
///
/// # Errors
/// `forbidden` for a member who mentions everybody; `too_many` over the limit of users.
pub(super) fn find(tx: &mut Tx, limits: &Limits, room_id: RoomId, role: Role, text: &str) -> Result<Vec<Mention>> {
    let mut found: Vec<Mention> = Vec::new();
    if !text.contains('@') {
        return Ok(found);
    }
    let mut search = Search { room_id, name_max: limits.name_max, lookups_left: MOST_LOOKUPS };
    for rest in mention_places(text).into_iter().take(MOST_PLACES) {
        let people = search.named(tx, rest)?;
        match mentions_everybody(rest) {
            Some(name) if people.first().is_none_or(|person| person.name.len() < name.len()) => {
                if role == Role::Member {
                    return Err(Error::new(Code::Forbidden).with_message("only moderators call everybody"));
                }
                add(&mut found, Mention { user_id: None, name: name.to_owned() });
            }
            _ => people.into_iter().for_each(|person| add(&mut found, person)),
        }
        if found.len() > limits.mentions_max {
            let most = limits.mentions_max;
            return Err(Error::new(Code::TooMany)
                .with_field("text")
                .with_message(format!("a message names at most {most} people")));
        }
    }
    Ok(found)
}

fn add(found: &mut Vec<Mention>, mention: Mention) {
    if !found.contains(&mention) {
        found.push(mention);
    }
}

/// Returns the name of everybody at the beginning of `rest`, if no word goes on behind it: `모두의마블` is a game.
fn mentions_everybody(rest: &str) -> Option<&'static str> {
    EVERYBODY.into_iter().find(|name| {
        rest.strip_prefix(name)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()) && particle::may_follow(after))
    })
}

struct Search {
    room_id: RoomId,
    name_max: usize,
    lookups_left: u32,
}

impl Search {
    /// Returns the members whose name is at the beginning of `rest`.
    fn named(&mut self, tx: &mut Tx, rest: &str) -> Result<Vec<Mention>> {
        let mut possible = self.possible_names(rest);
        while let Some((last, _)) = possible.last_key_value() {
            if self.lookups_left == 0 {
                break;
            }
            self.lookups_left -= 1;
            let nearest: Option<String> = tx.query_opt(NEAREST, &[&self.room_id, last], |row| row.get(0))?;
            let Some(nearest) = nearest else { break };
            if let Some(name) = possible.get(&nearest) {
                let ids = tx.query_all(NAMED, &[&self.room_id, &nearest, &NAMESAKES], |row| row.get(0))?;
                return Ok(ids.into_iter().map(|id| Mention { user_id: Some(id), name: (*name).to_owned() }).collect());
            }
            possible.split_off(&nearest);
        }
        Ok(Vec::new())
    }

    /// Returns the beginnings of `rest` that may be a name, by their folded form.
    fn possible_names<'a>(&self, rest: &'a str) -> BTreeMap<String, &'a str> {
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.name_max);
        let names = ends.map(|end| rest.split_at(end)).filter(|(name, behind)| {
            // A name does not end within a Latin word.
            let is_cut = name.ends_with(|c: char| c.is_ascii_alphanumeric())
                && behind.starts_with(|c: char| c.is_ascii_alphanumeric());
            !(is_cut || name.ends_with(char::is_whitespace))
        });
        names.map(|(name, _)| (text::fold(name), name)).collect()
    }
}

/// Adds the mentions of a new message to the table that users find them by. Those of a silent one call nobody.
pub(super) fn store_new(tx: &mut Tx, message: &Message) -> Result<()> {
    match message.silent {
        true => Ok(()),
        false => store(tx, message.room_id, message.seq, &[], &message.mentions),
    }
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
