//! Plain inserts: the rows that the store has written go into the same tables, many to a transaction,
//! with the same fsync, but without checks and counters.

use std::path::Path;
use std::time::Instant;

use madang::text::{fold, token};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::{Outcome, written};

/// The terms of the search index besides the words: the room and the sender, each a character of the
/// private use area and an id. With the columns of the ids.
const MARKS: [(&str, usize); 2] = [("\u{e002}", 6), ("\u{e000}", 2)];
const TEXT: usize = 8;

pub(crate) struct Row {
    columns: Vec<Value>,
    words: String,
}

/// Returns the rows of all messages.
pub(crate) fn rows(database: &Path) -> Outcome<Vec<Row>> {
    let connection = Connection::open(database)?;
    let mut statement = connection.prepare("SELECT * FROM messages WHERE kind = 'text'")?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = (0..width).map(|place| row.get(place)).collect::<Result<Vec<Value>, _>>()?;
        let words = words(&columns);
        all.push(Row { columns, words });
    }
    Ok(all)
}

/// Returns the words of a message as the search index has them.
fn words(columns: &[Value]) -> String {
    let mut words = match &columns[TEXT] {
        Value::Text(text) => token::tokens(&fold(text)),
        _ => String::new(),
    };
    for (letter, place) in MARKS {
        if let Value::Blob(id) = &columns[place] {
            let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            // The length of an id on the wire.
            words.extend([letter, &id[..26.min(id.len())], " "]);
        }
    }
    words
}

/// Creates the schema, empty.
fn make_tables(database: &Path, has_index: bool) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        written::open(database, has_index)?.close().await;
        Ok(())
    })
}

/// Returns rows a second.
pub(crate) fn measure(database: &Path, rows: &[Row], batch: usize, has_index: bool) -> Outcome<f64> {
    make_tables(database, has_index)?;
    let connection = Connection::open(database)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432; PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;",
    )?;
    let width = rows.first().map_or(0, |row| row.columns.len());
    let places: Vec<String> = (1..=width).map(|place| format!("?{place}")).collect();
    let mut insert = connection.prepare(&format!("INSERT INTO messages VALUES ({})", places.join(", ")))?;
    let mut index = connection.prepare("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?;
    let begun = Instant::now();
    for batch in rows.chunks(batch) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for row in batch {
            insert.execute(params_from_iter(&row.columns))?;
        }
        for row in batch.iter().filter(|_| has_index) {
            index.execute((&row.columns[0], &row.words))?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(rows.len() as f64 / begun.elapsed().as_secs_f64())
}
