//! The search index: one row for each message, its words as a `tsvector`.

use crate::db::engine::Connection;
use crate::db::fault::Fault;
use crate::db::search::{Indexed, Match, Term};
use crate::db::value::Param;

/// Bytes of the words of one message; a `tsvector` holds less than a megabyte.
const MAX_BYTES: usize = 900_000;

/// One statement for all messages with words: a round trip for each would cost as much as the message itself. No dictionary
/// changes the words: they are made by the same program as those that are looked for.
const WRITE: &str = "INSERT INTO search (number, words)
     SELECT CAST(message ->> 0 AS BIGINT), array_to_tsvector(string_to_array(message ->> 1, ' '))
     FROM json_array_elements(CAST(?1 AS JSON)) AS listed (message)
     ON CONFLICT (number) DO UPDATE SET words = excluded.words";

pub(super) fn index(connection: &dyn Connection, rows: &[Indexed]) -> Result<(), Fault> {
    let worded = rows.iter().filter_map(|row| row.words.as_deref().map(|words| (row.number, as_stored(words))));
    let worded: Vec<(i64, String)> = worded.collect();
    if !worded.is_empty() {
        connection.execute(WRITE, &[&serde_json::json!(worded).to_string()])?;
    }
    for row in rows.iter().filter(|row| row.words.is_none() && !row.is_new) {
        connection.execute("DELETE FROM search WHERE number = ?1", &[&row.number])?;
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
    let query = to_tsquery(wanted);
    let newest = numbers(connection, "SELECT COALESCE(MAX(number), 0) FROM search WHERE number < ?1", &[&below])?;
    let above = newest.first().map_or(from, |newest| newest + 1);
    let (mut found, mut reached, mut rows) = (Vec::new(), above, FIRST_SLICE);
    while reached > from {
        let floor = from.max(reached - rows);
        let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        found.append(&mut numbers(connection, IN_SLICE, &[&query, &floor, &reached, &left])?);
        reached = floor;
        let (count, read) = (i64::try_from(found.len()).unwrap_or(i64::MAX), above - reached);
        let left = i64::from(limit) - count;
        if left <= 0 || reached == from {
            break;
        }
        let others = count * (reached - from) / read;
        // At least as many again, so that few statements are needed.
        rows = (left * read).checked_div(count).unwrap_or(i64::MAX).max(read);
        if rows > others * ROWS_FOR_ONE_OF_INDEX {
            found.append(&mut numbers(connection, IN_INDEX, &[&query, &from, &reached, &left])?);
            break;
        }
    }
    Ok(found)
}

/// How many of the newest messages are read one after another at first. Words that are in many messages are found there at
/// once; the index would return all the others, too.
const FIRST_SLICE: i64 = 20_000;
/// How many messages are read one after another in the time in which the index returns one.
const ROWS_FOR_ONE_OF_INDEX: i64 = 5;

/// IS TRUE keeps the planner from looking in the index.
const IN_SLICE: &str = "SELECT number FROM search
     WHERE number >= ?2 AND number < ?3 AND (words @@ CAST(?1 AS TSQUERY)) IS TRUE ORDER BY number DESC LIMIT ?4";

/// Without MATERIALIZED the planner may read all messages backwards in the hope of a match: two words that are in many
/// messages, but never in the same one, would take the longest.
const IN_INDEX: &str = "WITH found AS MATERIALIZED (
     SELECT number FROM search WHERE words @@ CAST(?1 AS TSQUERY) AND number >= ?2 AND number < ?3
   ) SELECT number FROM found ORDER BY number DESC LIMIT ?4";

fn numbers(connection: &dyn Connection, sql: &str, params: &[&dyn Param]) -> Result<Vec<i64>, Fault> {
    let mut numbers = Vec::new();
    connection.query(sql, params, &mut |row| {
        numbers.push(row.get(0)?);
        Ok(true)
    })?;
    Ok(numbers)
}

/// Returns the words separated by single spaces, as many as fit.
fn as_stored(words: &str) -> String {
    let mut stored = String::with_capacity(words.len());
    for word in words.split_ascii_whitespace() {
        if stored.len() + word.len() > MAX_BYTES {
            break;
        }
        if !stored.is_empty() {
            stored.push(' ');
        }
        stored.push_str(word);
    }
    stored
}

/// Writes a match as a `tsquery`. Each word is quoted, so that none is read as an operator.
fn to_tsquery(wanted: &Match) -> String {
    let term = |term: &Term| {
        let star = if term.is_prefix { ":*" } else { "" };
        format!("'{}'{star}", term.word.replace('\\', "\\\\").replace('\'', "''"))
    };
    let group = |group: &Vec<Term>| format!("({})", group.iter().map(term).collect::<Vec<_>>().join(" | "));
    wanted.0.iter().map(group).collect::<Vec<_>>().join(" & ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_groups_of_quoted_words() {
        let wanted = Match(vec![vec![Term::whole("마당"), Term::prefix("ma")], vec![Term::whole("and")]]);
        assert_eq!(to_tsquery(&wanted), "('마당' | 'ma':*) & ('and')");
        assert_eq!(to_tsquery(&Match(vec![vec![Term::whole("a' | \\b")]])), "('a'' | \\\\b')");
    }

    #[test]
    fn the_words_of_a_message_have_a_bound() {
        assert_eq!(as_stored("  a  b\nc "), "a b c");
        assert!(as_stored(&"word ".repeat(MAX_BYTES)).len() <= MAX_BYTES + 4);
    }
}
