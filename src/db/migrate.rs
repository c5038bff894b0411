//! Brings a database to the schema of this program: numbered texts, applied in order, once each,
//! all in one transaction.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::keep::keep;
use super::sqlite::Connection;

/// A numbered step; the number is its place in the list, from 1.
struct Migration {
    name: &'static str,
    sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal)+) => {
        const MIGRATIONS: &[Migration] = &[$(Migration {
            name: $name,
            sql: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
        },)+];

        #[cfg(test)]
        const TWINS: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        ),)+];
    };
}

migrations! { "0001_chat" "0002_people" "0003_search" "0004_outbox" "0005_admins" "0006_changes" }

/// The number of the last step that this program knows: the version of its schema.
pub const SCHEMA: i64 = MIGRATIONS.len() as i64;

/// Where the database is, and in which folder a copy of it is kept before its schema changes.
pub(super) struct Copies<'a> {
    pub(super) database: &'a Path,
    pub(super) folder: &'a Option<PathBuf>,
}

/// Applies what is missing. Of a database that holds something, a copy is kept first.
///
/// # Errors
/// [`Fault::Wrong`] when a newer program has written this database: going on could lose what we do
/// not know of. [`Fault::Unavailable`] when no copy can be kept; then nothing was changed.
pub(super) fn migrate(connection: &Connection, now: i64, copies: &Copies<'_>) -> Result<(), Fault> {
    connection.run("BEGIN IMMEDIATE")?;
    let done = apply_missing(connection, now, copies).and_then(|()| connection.run("COMMIT"));
    if done.is_err() && connection.in_transaction() {
        connection.run("ROLLBACK")?;
    }
    done
}

/// The version of a database's schema; 0 for one that holds nothing of ours.
pub(super) fn version(connection: &Connection) -> Result<i64, Fault> {
    let first = |sql: &str| -> Result<i64, Fault> {
        let mut found = 0;
        connection.query(sql, &[], |row| {
            found = row.get(0)?;
            Ok(false)
        })?;
        Ok(found)
    };
    match first("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'")? {
        0 => Ok(0),
        _ => first("SELECT COALESCE(MAX(version), 0) FROM migrations"),
    }
}

fn apply_missing(connection: &Connection, now: i64, copies: &Copies<'_>) -> Result<(), Fault> {
    let version = version(connection)?;
    if version > SCHEMA {
        return Err(Fault::Wrong(format!(
            "the database has schema version {version}, this program knows {SCHEMA}: run the newer madang"
        )));
    }
    if let Some(folder) = copies.folder
        && (1..SCHEMA).contains(&version)
    {
        // With the lock on writing held: nothing that is said meanwhile is missing from the copy.
        let copy = keep(copies.database, folder, SCHEMA, now)?;
        tracing::info!(
            "the database has schema version {version} and becomes {SCHEMA}; as it was it is kept in {}",
            copy.display()
        );
    }
    connection.batch(
        "CREATE TABLE IF NOT EXISTS migrations (
           version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
         )",
    )?;
    for (migration, number) in MIGRATIONS.iter().zip(1i64..).filter(|&(_, number)| number > version) {
        connection.batch(migration.sql)?;
        connection.execute(
            "INSERT INTO migrations (version, name, applied_at) VALUES (?1, ?2, ?3)",
            &[&number, &migration.name, &now],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::TWINS;

    /// Tables with their columns, indexes with what they are on, and columns that are added, from
    /// the text of a migration.
    fn outline(sql: &str) -> BTreeMap<String, Vec<String>> {
        let text: String =
            sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        let mut outline = BTreeMap::new();
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            if words[..3] == ["INSERT", "INTO", "search"] {
                // How one engine keeps its index of words is its own.
                continue;
            }
            if ["ALTER", "UPDATE", "DROP"].contains(&words[0]) {
                // The type of an added column differs between the engines, its name does not.
                let named = if words[0] == "ALTER" { words[..6].join(" ") } else { words.join(" ") };
                outline.insert(named, Vec::new());
                continue;
            }
            let (head, body) = statement.split_once('(').unwrap();
            if words.contains(&"INDEX") {
                outline.insert(head.trim().to_owned(), vec![body.to_owned()]);
            } else {
                let columns = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(')'));
                let names = columns.map(|line| match line.split_once(' ') {
                    Some((name, _)) if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') => name.to_owned(),
                    _ => line.to_owned(),
                });
                outline.insert(head.trim().to_owned(), names.collect());
            }
        }
        outline
    }

    /// The one table that is the engine's own: a search is a virtual table of FTS5 here and a
    /// `tsvector` with its index there. `db/index.rs` hides it.
    const APART: &str = "0003_search";

    #[test]
    fn both_engines_have_the_same_tables_columns_and_indexes() {
        for (name, ours, theirs) in TWINS {
            if *name == APART {
                assert!(ours.contains("CREATE VIRTUAL TABLE search USING fts5") && ours.contains("words,"));
                assert_eq!(outline(theirs)["CREATE TABLE search"], ["number", "words"]);
                continue;
            }
            assert_eq!(outline(ours), outline(theirs), "{name}");
        }
        let chat = outline(TWINS[0].1);
        assert_eq!(chat.keys().filter(|head| head.starts_with("CREATE TABLE")).count(), 8);
        assert_eq!(chat["CREATE TABLE bans"][..3], ["room_id", "user_id", "by_user_id"]);
        assert!(outline(TWINS[1].1).contains_key("ALTER TABLE users ADD COLUMN bio"));
    }
}
