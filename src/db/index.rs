//! The index that finds messages by their words: one row for each, by the number of the message.
//!
//! It is where the engines differ most, FTS5 here and a `tsvector` with a GIN index there, so all
//! that is their own is in this file: how a row is written and how a [`Match`] is asked. What the
//! words are, and who may see what was found, is chat's to say.

use std::collections::BTreeMap;

use super::Tx;
use super::fault::Fault;
use super::sqlite::Connection;

/// What a row must have to be found: of each group at least one term. Without any group nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match(pub Vec<Vec<Term>>);

/// A word of the index, whole or the beginning of one. It is one of those that chat wrote: letters
/// and digits, and whatever is not ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    pub word: String,
    pub is_prefix: bool,
}

impl Term {
    pub fn whole(word: impl Into<String>) -> Self {
        Self { word: word.into(), is_prefix: false }
    }

    pub fn prefix(word: impl Into<String>) -> Self {
        Self { word: word.into(), is_prefix: true }
    }
}

impl Match {
    /// The match in FTS5's language. Each word is a quoted string there, so that none can be read
    /// as an operator.
    fn to_fts5(&self) -> String {
        let term = |term: &Term| {
            let star = if term.is_prefix { "*" } else { "" };
            format!("\"{}\"{star}", term.word.replace('"', ""))
        };
        let group = |group: &Vec<Term>| format!("({})", group.iter().map(term).collect::<Vec<_>>().join(" OR "));
        self.0.iter().map(group).collect::<Vec<_>>().join(" AND ")
    }
}

/// The words that a message has now, or none when it is to be forgotten.
pub(super) struct Indexed {
    number: i64,
    words: Option<String>,
    /// Whether the index cannot have the message yet.
    is_new: bool,
}

/// What a batch of acts asked to be written, by the number of the message. The last word counts.
///
/// It is written once, at the end of the batch: the engine lays down what it holds in memory at
/// every savepoint, and acts that share a commit may have one each.
#[derive(Default)]
pub(super) struct Pending(BTreeMap<i64, Indexed>);

impl Pending {
    pub(super) fn add(&mut self, asked: Vec<Indexed>) {
        for mut indexed in asked {
            // Whether the index has the number was settled before the batch: what is new and then changed is
            // still new, and a number that was given up in it and given to another message is not.
            if let Some(before) = self.0.get(&indexed.number) {
                indexed.is_new = before.is_new;
            }
            self.0.insert(indexed.number, indexed);
        }
    }

    /// Writes the rows; without an index, notes instead that there is none which is whole.
    pub(super) fn write(self, connection: &Connection, has_index: bool) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        if !has_index {
            return connection.execute("DELETE FROM meta WHERE key = 'search'", &[]).map(drop);
        }
        for Indexed { number, words, is_new } in self.0.values() {
            match (words, is_new) {
                (Some(words), true) => {
                    connection.execute("INSERT INTO search (rowid, words) VALUES (?1, ?2)", &[number, words])?
                }
                (Some(words), false) => {
                    connection.execute("REPLACE INTO search (rowid, words) VALUES (?1, ?2)", &[number, words])?
                }
                (None, true) => 0,
                (None, false) => connection.execute("DELETE FROM search WHERE rowid = ?1", &[number])?,
            };
        }
        Ok(())
    }
}

impl<F> Tx<'_, F> {
    /// Whether the words of messages are kept here at all.
    pub fn has_index(&self) -> bool {
        self.has_index
    }

    /// Sets the words by which a message is found, with spaces between; `None` forgets it. It is
    /// written at the end of the transaction, in it: a search in the same act finds what was before.
    pub fn index(&mut self, number: i64, words: Option<String>) {
        self.indexed.push(Indexed { number, words, is_new: false });
    }

    /// Like [`Tx::index`] for a message of this very transaction, which spares a look for its old words.
    pub fn index_new(&mut self, number: i64, words: Option<String>) {
        self.indexed.push(Indexed { number, words, is_new: true });
    }

    /// The numbers of messages that match, below `below` and from `from` on, the highest first, at
    /// most `limit`. Whoever asks has still to look whether they may be seen.
    ///
    /// # Errors
    /// Any [`Fault`]; [`Fault::Late`] where the transaction has a deadline.
    pub fn matching(&mut self, wanted: &Match, from: i64, below: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        if wanted.0.is_empty() {
            return Ok(Vec::new());
        }
        self.query_all(
            "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid >= ?2 AND rowid < ?3
             ORDER BY rowid DESC LIMIT ?4",
            &[&wanted.to_fts5(), &from, &below, &limit],
            |row| row.get(0),
        )
    }

    /// Empties the index, to build it anew.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn clear_index(&mut self) -> Result<(), Fault> {
        self.execute("INSERT INTO search (search) VALUES ('delete-all')", &[]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_groups_of_quoted_words() {
        let wanted = Match(vec![vec![Term::whole("마당"), Term::prefix("ma")], vec![Term::whole("and")]]);
        assert_eq!(wanted.to_fts5(), "(\"마당\" OR \"ma\"*) AND (\"and\")");
        assert_eq!(Match(vec![vec![Term::whole("a\" OR \"b")]]).to_fts5(), "(\"a OR b\")");
    }
}
