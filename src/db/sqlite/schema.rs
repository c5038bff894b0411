//! Compares the schema of a database with that of its migrations. A file that somebody else has made may have triggers
//! and views of its own, which would run as part of our statements.

use std::collections::BTreeMap;

use super::connection::Connection;
use super::{MIGRATIONS, MIGRATIONS_TABLE};
use crate::db::engine::Connection as _;
use crate::db::fault::Fault;

/// Tables that SQLite creates for itself.
const OF_THE_ENGINE: [&str; 3] = ["sqlite_sequence", "sqlite_stat1", "sqlite_stat4"];
/// The parts of a schema by type and name, each with its table and its definition.
type Parts = BTreeMap<(String, String), (String, String)>;

/// Returns the differences between a database and the schema of a version, one message each.
pub(super) fn differences(database: &Connection, version: i64) -> Result<Vec<String>, Fault> {
    let (mut found, expected) = (parts(database)?, expected(version)?);
    let mut differences = Vec::new();
    for ((kind, name), definition) in &expected {
        match found.remove(&(kind.clone(), name.clone())) {
            Some(other) if other == *definition => {}
            Some(_) => differences.push(format!("the {kind} {name} is not that of schema {version}")),
            None => differences.push(format!("the {kind} {name} is missing")),
        }
    }
    differences.extend(found.into_keys().map(|(kind, name)| format!("unknown {kind} {name:.60?}")));
    Ok(differences)
}

/// Builds the schema of a version in memory.
fn expected(version: i64) -> Result<Parts, Fault> {
    let database = Connection::open_in_memory()?;
    database.batch(MIGRATIONS_TABLE)?;
    for migration in MIGRATIONS.iter().take(usize::try_from(version).unwrap_or_default()) {
        database.batch(migration.sql)?;
    }
    parts(&database)
}

fn parts(database: &Connection) -> Result<Parts, Fault> {
    let mut parts = Parts::new();
    let sql = "SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_schema";
    database.query(sql, &[], &mut |row| {
        let mut c = row.columns();
        let (kind, name, table, sql): (String, String, String, String) = (c.next()?, c.next()?, c.next()?, c.next()?);
        if !(kind == "table" && OF_THE_ENGINE.contains(&name.as_str())) {
            parts.insert((kind, name), (table, plain(&sql)));
        }
        Ok(true)
    })?;
    Ok(parts)
}

/// Returns a definition without comments and line breaks, which may have changed since.
fn plain(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    let words = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    words.replace("( ", "(").replace(" )", ")").replace(", ", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_migrations_did_not_make_is_a_difference() {
        let database = Connection::open_in_memory().unwrap();
        database.batch(MIGRATIONS_TABLE).unwrap();
        for migration in MIGRATIONS {
            database.batch(migration.sql).unwrap();
        }
        let version = MIGRATIONS.len() as i64;
        assert_eq!(differences(&database, version).unwrap(), [""; 0]);
        database.batch("ANALYZE").unwrap();
        assert_eq!(differences(&database, version).unwrap(), [""; 0]);
        for (sql, undo, difference) in [
            (
                "CREATE TRIGGER back AFTER INSERT ON users BEGIN UPDATE users SET is_admin = 1; END",
                "DROP TRIGGER back",
                "unknown trigger \"back\"",
            ),
            ("CREATE VIEW spy AS SELECT 1", "DROP VIEW spy", "unknown view \"spy\""),
            ("CREATE TABLE evil (x DEFAULT (zeroblob(9)))", "DROP TABLE evil", "unknown table \"evil\""),
            (
                "ALTER TABLE rooms ADD COLUMN x",
                "ALTER TABLE rooms DROP COLUMN x",
                "the table rooms is not that of schema",
            ),
        ] {
            database.batch(sql).unwrap();
            let found = differences(&database, version).unwrap();
            assert!(found.len() == 1 && found[0].starts_with(difference), "{found:?}");
            database.batch(undo).unwrap();
        }
        assert_eq!(differences(&database, version).unwrap(), [""; 0]);
        assert!(!differences(&database, version - 1).unwrap().is_empty());
    }
}
