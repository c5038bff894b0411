//! The updates of the search index by a batch of acts.
//!
//! The engines differ most here (FTS5, or a `tsvector` with a GIN index); each engine's folder writes its own
//! rows. `chat` decides which words a message has and who may see the results.

use std::collections::BTreeMap;

use super::engine::Connection;
use super::fault::Fault;
use super::search::Indexed;

/// What a batch of acts writes to the index, by the number of the message. The last one wins.
///
/// It is written once, at the end of the batch: SQLite flushes the index at every savepoint, and acts
/// that share a commit may have one each.
#[derive(Default)]
pub(super) struct IndexUpdates(BTreeMap<i64, Indexed>);

impl IndexUpdates {
    pub(super) fn add(&mut self, updates: Vec<Indexed>) {
        for mut indexed in updates {
            // Whether the index can have the number was decided before the batch: a message that is sent and
            // then edited is still new; a number that was freed and reused in the batch is not.
            if let Some(before) = self.0.get(&indexed.number) {
                indexed.is_new = before.is_new;
            }
            self.0.insert(indexed.number, indexed);
        }
    }

    /// Returns whether words that are in the index are replaced or removed.
    pub(super) fn removes(&self) -> bool {
        self.0.values().any(|row| !row.is_new)
    }

    /// Writes the rows. Without an index, records that no complete index exists.
    pub(super) fn write(self, connection: &dyn Connection, has_index: bool) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        if !has_index {
            return connection.execute("DELETE FROM meta WHERE key = 'search'", &[]).map(drop);
        }
        let rows: Vec<Indexed> = self.0.into_values().collect();
        connection.index(&rows)
    }
}
