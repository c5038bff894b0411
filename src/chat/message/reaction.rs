//! Reactions: an emoji of somebody under a message.

use schemars::JsonSchema;
use serde::Serialize;

use super::Message;
use super::change::{self, Target};
use crate::chat::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, UserId};

/// Connections named in a reaction; more are only counted.
const NAMED: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub emoji: String,
    pub count: u32,
    /// At most 50.
    pub user_ids: Vec<UserId>,
}

/// Puts one's reaction under a message or takes it away; what is so already changes nothing.
///
/// # Errors
/// `invalid` with the field `emoji`; `forbidden` for a message that one may not see or that is
/// deleted; `too_many` kinds under one message.
pub fn react(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    id: MessageId,
    emoji: &str,
    on: bool,
) -> Result<Message> {
    let emoji = known(emoji)?;
    let target = change::target(tx, me, id)?;
    if !target.is_said() {
        return Err(Code::Forbidden.into());
    }
    let changed = if on { add(tx, limits, now, me, &target, emoji)? } else { remove(tx, me, &target, emoji)? };
    if !changed {
        return target.now(tx);
    }
    let rev = target.next_rev(tx, now)?;
    tx.execute(
        "UPDATE messages SET rev = ?2, reaction_count = reaction_count + ?3 WHERE number = ?1",
        &[&target.number, &rev, &(if on { 1i64 } else { -1 })],
    )?;
    target.told(tx)
}

/// Whether one's reaction stands under a message that one may see.
///
/// # Errors
/// As [`react`].
pub fn has_reacted(tx: &mut Tx, me: UserId, id: MessageId, emoji: &str) -> Result<bool> {
    let (emoji, target) = (known(emoji)?, change::target(tx, me, id)?);
    let sql = "SELECT 1 FROM reactions WHERE message_number = ?1 AND emoji = ?2 AND user_id = ?3";
    Ok(tx.query_opt(sql, &[&target.number, &emoji, &me], |row| row.get::<i64>(0))?.is_some())
}

/// The emoji in its one form: with and without the selector of its look it is the same.
fn known(typed: &str) -> Result<&'static str> {
    let emoji = emojis::get(typed).or_else(|| emojis::get(typed.trim_end_matches('\u{fe0f}')));
    emoji.map(|emoji| emoji.as_str()).ok_or_else(|| Error::invalid("emoji", "emoji must be one emoji"))
}

fn add(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, target: &Target, emoji: &str) -> Result<bool> {
    let kinds: u64 = tx.query_one(
        "SELECT COUNT(DISTINCT emoji) FROM reactions WHERE message_number = ?1 AND emoji <> ?2",
        &[&target.number, &emoji],
        |row| row.get(0),
    )?;
    if kinds >= limits.reactions_max as u64 {
        let most = limits.reactions_max;
        return Err(Error::new(Code::TooMany).with_message(format!("a message has at most {most} kinds of reaction")));
    }
    let sql = "INSERT INTO reactions (message_number, emoji, user_id, created_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (message_number, emoji, user_id) DO NOTHING";
    Ok(tx.execute(sql, &[&target.number, &emoji, &me, &now])? > 0)
}

fn remove(tx: &mut Tx, me: UserId, target: &Target, emoji: &str) -> Result<bool> {
    let sql = "DELETE FROM reactions WHERE message_number = ?1 AND emoji = ?2 AND user_id = ?3";
    Ok(tx.execute(sql, &[&target.number, &emoji, &me])? > 0)
}

/// The reactions under messages, each with the number of its message, in the order in which the
/// kinds came.
pub(super) fn of_messages(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<(i64, Reaction)>> {
    let sql = concat!(
        "SELECT message_number, emoji, user_id FROM reactions WHERE message_number IN ",
        crate::chat::many!(1),
        " ORDER BY created_at, user_id"
    );
    let rows = crate::chat::in_chunks(&[], numbers, |params| {
        tx.query_all(sql, params, |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<UserId>(2)?)))
    })?;
    let mut reactions: Vec<(i64, Reaction)> = Vec::new();
    for (number, emoji, user_id) in rows {
        let is_its = |(of, reaction): &&mut (i64, Reaction)| *of == number && reaction.emoji == emoji;
        match reactions.iter_mut().find(is_its) {
            Some((_, reaction)) => {
                reaction.count += 1;
                if reaction.user_ids.len() < NAMED {
                    reaction.user_ids.push(user_id);
                }
            }
            None => reactions.push((number, Reaction { emoji, count: 1, user_ids: vec![user_id] })),
        }
    }
    Ok(reactions)
}
