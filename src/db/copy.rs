//! Copies all rows of a database into an empty one of another engine, table by table and in the order of their keys, so
//! that a copy that was interrupted goes on where it ended.

use sha2::{Digest, Sha256};

use super::engine::{Connection, Step};
use super::fault::Fault;
use super::row::Row;
use super::value::{Column, Param, Value};

/// Rows of one transaction.
const CHUNK: usize = 500;
/// The row of `meta` that a target has until the copy is complete and compared.
pub(super) const INCOMPLETE: &str = "copying";
/// The rows of `meta` that belong to one database: the state of its index, and where it lives.
const OWN: [&str; 2] = ["search", "place"];
/// What a copy notes as the place of its data. No database has it, so that the first start gives every room a new epoch.
const NO_PLACE: &str = "copied";

/// A table to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The columns of the primary key, as places in `columns`.
    pub(super) key: Vec<usize>,
}

/// A database that takes copied rows.
pub(super) trait Target: Connection {
    /// Inserts rows as they are, also into tables whose rows the engine numbers.
    fn insert_rows(&self, table: &Table, rows: &[Vec<Stored>]) -> Result<(), Fault>;

    /// Lets the engine number new rows after those that were inserted with a number.
    fn continue_numbers(&self) -> Result<(), Fault>;
}

/// The progress of a copy, in rows. Each is copied, and later compared.
#[derive(Clone, Copy, Debug)]
pub struct CopyProgress {
    pub is_comparing: bool,
    pub done: u64,
    pub all: u64,
}

/// What was copied, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub tables: usize,
    pub rows: u64,
}

/// A value as a row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Param for Stored {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(int) => Value::Int(*int),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

impl Column for Stored {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Int(int) => Self::Int(int),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Blob(bytes) => Self::Blob(bytes.to_vec()),
            Value::Id(bytes) => Self::Blob(bytes.to_vec()),
        })
    }
}

/// Stops a copy with an error.
pub(super) type Watch<'a> = dyn FnMut(CopyProgress) -> Result<(), Fault> + 'a;

/// Counts what a copy would copy.
pub(super) fn count(source: &dyn Connection, tables: &[Table]) -> Result<Copied, Fault> {
    let rows = tables.iter().map(|table| first(source, &format!("SELECT COUNT(*) FROM {}", table.name)));
    let rows = rows.sum::<Result<i64, Fault>>()?;
    Ok(Copied { tables: tables.len(), rows: rows.unsigned_abs() })
}

/// Checks that a target is empty, or has a part of a copy.
pub(super) fn check_target(target: &dyn Connection, tables: &[Table]) -> Result<(), Fault> {
    if is_incomplete(target)? {
        return Ok(());
    }
    for table in tables {
        if first(target, &format!("SELECT COUNT(*) FROM (SELECT 1 FROM {} LIMIT 1) t", table.name))? > 0 {
            return Err(Fault::Refused(format!(
                "the database has rows already, in the table {}: give the copy an empty database",
                table.name
            )));
        }
    }
    Ok(())
}

/// Copies all rows, or those that a former call left, and compares both databases.
pub(super) fn copy(
    source: &dyn Connection,
    target: &dyn Target,
    tables: &[Table],
    watch: &mut Watch<'_>,
) -> Result<Copied, Fault> {
    let all = count(source, tables)?;
    if !is_incomplete(target)? {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, '1')";
        in_transaction(target, || target.execute(sql, &[&INCOMPLETE]).map(drop))?;
    }
    let mut done = 0;
    for table in tables {
        let mut last = last_key(target, table)?;
        if last.is_some() {
            done += first(target, &format!("SELECT COUNT(*) FROM {}", table.name))?.unsigned_abs();
        }
        loop {
            watch(CopyProgress { is_comparing: false, done, all: all.rows })?;
            let rows = rows_after(source, table, last.as_deref())?;
            let Some(newest) = rows.last() else { break };
            in_transaction(target, || target.insert_rows(table, &rows))?;
            last = Some(key_of(table, newest));
            done += rows.len() as u64;
        }
    }
    compare(source, target, tables, all, watch)?;
    in_transaction(target, || finish(source, target))?;
    Ok(all)
}

fn compare(
    source: &dyn Connection,
    target: &dyn Connection,
    tables: &[Table],
    all: Copied,
    watch: &mut Watch<'_>,
) -> Result<(), Fault> {
    // Each row is read twice.
    let mut read = 0;
    let mut count = |rows| {
        read += rows;
        watch(CopyProgress { is_comparing: true, done: read / 2, all: all.rows })
    };
    for table in tables {
        if digest(source, table, &mut count)? != digest(target, table, &mut count)? {
            return Err(Fault::Refused(format!(
                "the copy of the table {} differs from its source; perhaps that has changed since the copy began: start over \
                 with an empty database",
                table.name
            )));
        }
    }
    Ok(())
}

/// Returns the digest of all rows of a table, in the order of their keys.
fn digest(
    database: &dyn Connection,
    table: &Table,
    count: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<[u8; 32], Fault> {
    let (mut digest, mut last) = (Sha256::new(), None);
    loop {
        let rows = rows_after(database, table, last.as_deref())?;
        let Some(newest) = rows.last() else { return Ok(digest.finalize().into()) };
        last = Some(key_of(table, newest));
        rows.iter().flatten().for_each(|value| hash(&mut digest, value));
        count(rows.len() as u64)?;
    }
}

/// Copies what belongs to no table, and says that the copy is complete.
fn finish(source: &dyn Connection, target: &dyn Target) -> Result<(), Fault> {
    target.continue_numbers()?;
    let mut notes: Vec<(String, String)> = Vec::new();
    source.query("SELECT key, value FROM meta", &[], &mut |row| {
        notes.push((row.get(0)?, row.get(1)?));
        Ok(true)
    })?;
    notes.retain(|(key, _)| !OWN.contains(&key.as_str()));
    notes.push(("place".into(), NO_PLACE.into()));
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
    for (key, value) in &notes {
        target.execute(sql, &[key, value])?;
    }
    target.execute("DELETE FROM meta WHERE key = ?1", &[&INCOMPLETE]).map(drop)
}

fn is_incomplete(target: &dyn Connection) -> Result<bool, Fault> {
    let mut is_incomplete = false;
    target.query("SELECT value FROM meta WHERE key = ?1", &[&INCOMPLETE], &mut |_| {
        is_incomplete = true;
        Ok(false)
    })?;
    Ok(is_incomplete)
}

fn in_transaction(connection: &dyn Connection, act: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    connection.step(Step::BeginWrite)?;
    let done = act().and_then(|()| connection.step(Step::Commit));
    if done.is_err() && connection.in_transaction() {
        connection.step(Step::Rollback)?;
    }
    done
}

/// Returns the number in the first column of the only row.
fn first(connection: &dyn Connection, sql: &str) -> Result<i64, Fault> {
    let mut number = 0;
    connection.query(sql, &[], &mut |row| {
        number = row.get(0)?;
        Ok(false)
    })?;
    Ok(number)
}

fn key_of(table: &Table, row: &[Stored]) -> Vec<Stored> {
    table.key.iter().map(|&at| row[at].clone()).collect()
}

/// Returns the names of the key's columns, each with something behind it.
fn key_columns(table: &Table, suffix: &str) -> String {
    table.key.iter().map(|&at| format!("{}{suffix}", table.columns[at])).collect::<Vec<_>>().join(", ")
}

fn last_key(target: &dyn Connection, table: &Table) -> Result<Option<Vec<Stored>>, Fault> {
    let (columns, order) = (key_columns(table, ""), key_columns(table, " DESC"));
    let sql = format!("SELECT {columns} FROM {} ORDER BY {order} LIMIT 1", table.name);
    let mut last = None;
    target.query(&sql, &[], &mut |row| {
        last = Some(read(row, table.key.len())?);
        Ok(false)
    })?;
    Ok(last)
}

/// Returns the next rows after a key, in its order.
fn rows_after(connection: &dyn Connection, table: &Table, after: Option<&[Stored]>) -> Result<Vec<Vec<Stored>>, Fault> {
    let key = key_columns(table, "");
    let after = after.unwrap_or_default();
    let places: Vec<String> = (1..=after.len()).map(|place| format!("?{place}")).collect();
    let bound = if after.is_empty() { String::new() } else { format!("WHERE ({key}) > ({})", places.join(", ")) };
    let (columns, name) = (table.columns.join(", "), &table.name);
    let sql = format!("SELECT {columns} FROM {name} {bound} ORDER BY {key} LIMIT {CHUNK}");
    let params: Vec<&dyn Param> = after.iter().map(|value| value as &dyn Param).collect();
    let mut rows = Vec::new();
    connection.query(&sql, &params, &mut |row| {
        rows.push(read(row, table.columns.len())?);
        Ok(true)
    })?;
    Ok(rows)
}

fn read(row: &Row<'_>, count: usize) -> Result<Vec<Stored>, Fault> {
    (0..count).map(|column| row.get(column)).collect()
}

/// Adds a value in a form that no other value has.
fn hash(digest: &mut Sha256, value: &Stored) {
    let (kind, bytes): (u8, &[u8]) = match value {
        Stored::Null => (0, &[]),
        Stored::Int(int) => (1, &int.to_be_bytes()),
        // As a database has it that cannot store this character; older versions let it into keys of messages.
        Stored::Text(text) if text.contains('\0') => {
            return hash(digest, &Stored::Text(text.replace('\0', "\u{fffd}")));
        }
        Stored::Text(text) => (2, text.as_bytes()),
        Stored::Blob(bytes) => (3, bytes),
    };
    digest.update([kind]);
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}
