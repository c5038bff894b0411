//! Reactions: emoji of users to a message.

pub(super) mod rows;

use super::Message;
use super::target::{self, Target};
use crate::chat::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, UserId};

const OTHER_KINDS: &str =
    "SELECT COUNT(*), COALESCE(MAX(place), 0) FROM reaction_kinds WHERE message_number = ?1 AND emoji <> ?2";

/// Adds one's reaction to a message or removes it; a repeat changes nothing.
///
/// # Errors
/// `invalid` with the field `emoji`; `forbidden` for a message that is deleted, that `me` may not see, or whose author
/// has blocked `me`;
/// `too_many` different emoji on one message.
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
    let target = target::find(tx, me, id)?;
    if !target.is_changeable() {
        return Err(Code::Forbidden.into());
    }
    if on {
        target.check_may_act(tx, now, me)?;
    }
    let changed = if on { add(tx, limits, now, me, &target, emoji)? } else { remove(tx, me, &target, emoji)? };
    if !changed {
        return target.load(tx);
    }
    let position = target.next_rev(tx, now)?;
    tx.execute(
        "UPDATE messages SET rev = ?2, reaction_count = reaction_count + ?3 WHERE number = ?1",
        &[&target.number, &position.rev, &(if on { 1i64 } else { -1 })],
    )?;
    target.publish(tx, position)
}

/// Returns whether `me` has reacted to a message that they may see.
///
/// # Errors
/// As [`react`].
pub fn has_reacted(tx: &mut Tx, me: UserId, id: MessageId, emoji: &str) -> Result<bool> {
    let (emoji, target) = (known(emoji)?, target::find(tx, me, id)?);
    let sql = "SELECT 1 FROM reactions WHERE message_number = ?1 AND emoji = ?2 AND user_id = ?3";
    Ok(tx.query_opt(sql, &[&target.number, &emoji, &me], |row| row.get::<i64>(0))?.is_some())
}

/// Returns the canonical form of an emoji, with or without a variation selector.
fn known(typed: &str) -> Result<&'static str> {
    let emoji = emojis::get(typed).or_else(|| emojis::get(typed.trim_end_matches('\u{fe0f}')));
    emoji.map(|emoji| emoji.as_str()).ok_or_else(|| Error::invalid("emoji", "emoji must be one emoji"))
}

fn add(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, target: &Target, emoji: &str) -> Result<bool> {
    let (kinds, place) = tx.query_one(OTHER_KINDS, &[&target.number, &emoji], |row| {
        let mut c = row.columns();
        Ok((c.next::<u64>()?, c.next::<i64>()?))
    })?;
    if kinds >= limits.reactions_max as u64 {
        let most = limits.reactions_max;
        return Err(Error::new(Code::TooMany).with_message(format!("a message has at most {most} kinds of reaction")));
    }
    let sql = "INSERT INTO reactions (message_number, emoji, user_id, created_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (message_number, emoji, user_id) DO NOTHING";
    let is_new = tx.execute(sql, &[&target.number, &emoji, &me, &now])? > 0;
    if is_new {
        let sql = "INSERT INTO reaction_kinds (message_number, emoji, place, count) VALUES (?1, ?2, ?3, 1)
                   ON CONFLICT (message_number, emoji) DO UPDATE SET count = reaction_kinds.count + 1";
        tx.execute(sql, &[&target.number, &emoji, &(place + 1)])?;
    }
    Ok(is_new)
}

fn remove(tx: &mut Tx, me: UserId, target: &Target, emoji: &str) -> Result<bool> {
    let sql = "DELETE FROM reactions WHERE message_number = ?1 AND emoji = ?2 AND user_id = ?3";
    if tx.execute(sql, &[&target.number, &emoji, &me])? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE reaction_kinds SET count = count - 1 WHERE message_number = ?1 AND emoji = ?2";
    tx.execute(sql, &[&target.number, &emoji])?;
    let sql = "DELETE FROM reaction_kinds WHERE message_number = ?1 AND emoji = ?2 AND count = 0";
    tx.execute(sql, &[&target.number, &emoji])?;
    Ok(true)
}

#[cfg(test)]
mod tests;
