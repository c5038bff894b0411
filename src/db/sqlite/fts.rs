//! The search index in FTS5.

use crate::db::engine::Connection;
use crate::db::fault::Fault;
use crate::db::search::{Indexed, Match, Term};

pub(super) fn index(connection: &dyn Connection, rows: &[Indexed]) -> Result<(), Fault> {
    for Indexed { number, words, is_new } in rows {
        match (words, is_new) {
            (Some(words), true) => {
                connection.execute("INSERT INTO search (rowid, words) VALUES (?1, ?2)", &[number, words])?
            }
            (Some(words), false) => {
                connection.execute("REPLACE INTO search (rowid, words) VALUES (?1, ?2)", &[number, words])?
            }
            (None, true) => continue,
            (None, false) => connection.execute("DELETE FROM search WHERE rowid = ?1", &[number])?,
        };
    }
    Ok(())
}

pub(super) fn matching(
    connection: &dyn Connection,
    wanted: &Match,
    from: i64,
    below: i64,
    limit: u32,
) -> Result<Vec<i64>, Fault> {
    let mut numbers = Vec::new();
    connection.query(
        "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4",
        &[&to_fts5(wanted), &from, &below, &limit],
        &mut |row| {
            numbers.push(row.get(0)?);
            Ok(true)
        },
    )?;
    Ok(numbers)
}

pub(super) fn clear(connection: &dyn Connection) -> Result<(), Fault> {
    connection.execute("INSERT INTO search (search) VALUES ('delete-all')", &[]).map(drop)
}

/// Merges some pages of the index into one segment. The words of removed messages stay in their segment until it is
/// merged, and a negative number asks to merge all.
pub(super) fn merge(connection: &dyn Connection) -> Result<(), Fault> {
    /// About a megabyte, which takes some milliseconds of the writer.
    const PAGES: i64 = 256;
    connection.execute("INSERT INTO search (search, rank) VALUES ('merge', ?1)", &[&-PAGES]).map(drop)
}

/// Writes a match in FTS5's language. Each word is a quoted string, so that none is read as an operator.
fn to_fts5(wanted: &Match) -> String {
    let term = |term: &Term| {
        let star = if term.is_prefix { "*" } else { "" };
        format!("\"{}\"{star}", term.word.replace('"', ""))
    };
    let group = |group: &Vec<Term>| format!("({})", group.iter().map(term).collect::<Vec<_>>().join(" OR "));
    wanted.0.iter().map(group).collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_groups_of_quoted_words() {
        let wanted = Match(vec![vec![Term::whole("마당"), Term::prefix("ma")], vec![Term::whole("and")]]);
        assert_eq!(to_fts5(&wanted), "(\"마당\" OR \"ma\"*) AND (\"and\")");
        assert_eq!(to_fts5(&Match(vec![vec![Term::whole("a\" OR \"b")]])), "(\"a OR b\")");
    }
}
