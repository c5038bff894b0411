//! What users keep to themselves. It goes both ways: who hides their presence or their read marks does not see those of
//! others.

use serde::{Deserialize, Serialize};

use crate::chat::Tx;
use crate::db::Row;
use crate::error::Result;
use crate::ids::UserId;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privacy {
    pub hides_presence: bool,
    pub hides_reads: bool,
}

impl Privacy {
    /// As long as nothing is known of a user.
    pub const HIDDEN: Self = Self { hides_presence: true, hides_reads: true };

    /// Whether others see how far the user has read: a mark that moves tells that they are there.
    pub fn shares_reads(self) -> bool {
        !self.hides_presence && !self.hides_reads
    }
}

/// Returns what a user keeps to themselves.
///
/// # Errors
/// Only those of the store.
pub fn privacy(tx: &mut Tx, id: UserId) -> Result<Privacy> {
    let sql = "SELECT hides_presence, hides_reads FROM users WHERE id = ?1";
    let read = |row: &Row<'_>| Ok(Privacy { hides_presence: row.get(0)?, hides_reads: row.get(1)? });
    Ok(tx.query_opt(sql, &[&id], read)?.unwrap_or_default())
}

/// Returns when a user was last online; `None` where they hide it, are unknown, or never were.
///
/// # Errors
/// Only those of the store.
pub fn seen_at(tx: &mut Tx, id: UserId) -> Result<Option<i64>> {
    let sql = "SELECT seen_at FROM users WHERE id = ?1 AND hides_presence = 0 AND deleted_at IS NULL";
    Ok(tx.query_opt(sql, &[&id], |row| row.get(0))?.flatten())
}
