//! The stored reactions of messages. They are counted when they change, so that nobody reads all of them.

use std::sync::LazyLock;

use crate::chat::Tx;
use crate::chat::in_list::{self, KEYS};
use crate::chat::message::Reaction;
use crate::error::Result;
use crate::ids::UserId;

/// Users named in a reaction; further ones are only counted.
const NAMED: usize = 50;

/// Each emoji and its first users. The order is computed, or the index of the order would be read to its end.
pub(in crate::chat::message) static REACTIONS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT k.message_number, k.emoji, k.count, r.user_id
         FROM reaction_kinds k CROSS JOIN reactions r
         WHERE k.message_number IN {KEYS} AND r.message_number = k.message_number AND r.emoji = k.emoji
           AND r.user_id IN (SELECT f.user_id FROM reactions f
             WHERE f.message_number = k.message_number AND f.emoji = k.emoji
             ORDER BY f.created_at, f.user_id LIMIT {NAMED})
         ORDER BY k.message_number, k.place, r.created_at + 0, r.user_id"
    )
});

/// Deletes the reactions to a message that is deleted.
pub(in crate::chat::message) fn delete(tx: &mut Tx, number: i64) -> Result<()> {
    for sql in
        ["DELETE FROM reactions WHERE message_number = ?1", "DELETE FROM reaction_kinds WHERE message_number = ?1"]
    {
        tx.execute(sql, &[&number])?;
    }
    Ok(())
}

/// Returns the reactions to messages, each with the number of its message, in the order in which the emoji were first
/// used. However many people have reacted, only [`NAMED`] rows of each emoji are read.
pub(in crate::chat::message) fn of_messages(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<(i64, Reaction)>> {
    let rows = in_list::in_chunks(&[], numbers, |params| {
        tx.query_all(&REACTIONS, params, |row| {
            let mut c = row.columns();
            Ok((c.next::<i64>()?, c.next::<String>()?, c.next::<u32>()?, c.next::<UserId>()?))
        })
    })?;
    let mut reactions: Vec<(i64, Reaction)> = Vec::new();
    for (number, emoji, count, user_id) in rows {
        match reactions.last_mut() {
            Some((of, reaction)) if *of == number && reaction.emoji == emoji => reaction.user_ids.push(user_id),
            _ => reactions.push((number, Reaction { emoji, count, user_ids: vec![user_id] })),
        }
    }
    Ok(reactions)
}
