//! Databases of older versions: a copy is kept before a migration.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use super::{Program, binary, run};
use crate::support::TempDir;

/// Returns the migrations in order.
fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut texts: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    texts.sort();
    texts
}

/// Returns the schema version of this program.
pub(super) fn newest() -> i64 {
    migrations().len() as i64
}

/// Writes a data folder of an older version, with one user.
pub(super) fn old_house(data: &Path, schema: i64) {
    std::fs::create_dir_all(data).unwrap();
    let db = Connection::open(data.join("madang.db")).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE migrations (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)",
    )
    .unwrap();
    for (text, version) in migrations().iter().zip(1..=schema) {
        db.execute_batch(&std::fs::read_to_string(text).unwrap()).unwrap();
        let name = text.file_stem().unwrap().to_str().unwrap();
        db.execute("INSERT INTO migrations VALUES (?1, ?2, 0)", (version, name)).unwrap();
    }
    db.execute("INSERT INTO users (id, kind, name, created_at) VALUES (x'00', 'guest', 'minji', 0)", []).unwrap();
}

fn schema(database: &Path) -> i64 {
    let db = Connection::open(database).unwrap();
    db.query_row("SELECT MAX(version) FROM migrations", [], |row| row.get(0)).unwrap()
}

/// Returns the copies, the oldest first.
fn copies(data: &Path) -> Vec<PathBuf> {
    let mut copies: Vec<_> =
        std::fs::read_dir(data.join("backups")).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    copies.sort();
    copies
}

#[tokio::test]
async fn before_a_migration_the_database_is_kept_as_it_was() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    old_house(&data, 1);
    let program = Program::start(folder.path(), &[]);
    let (status, log) = program.terminate().await;
    assert!(status.success() && log.contains("the schema changes from version 1 to"), "{log}");
    let kept = copies(&data);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let name = kept[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&format!("before-schema-{}-20", newest())) && name.ends_with("Z.db"), "{name}");
    assert!(log.contains(name), "{log}");
    assert_eq!((schema(&kept[0]), schema(&data.join("madang.db"))), (1, newest()));
    let db = Connection::open(&kept[0]).unwrap();
    let name: String = db.query_row("SELECT name FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(name, "minji");
    // Replacing the database by the copy undoes the migration.
    drop(db);
    std::fs::copy(&kept[0], data.join("madang.db")).unwrap();
    assert!(Program::start(folder.path(), &[]).terminate().await.0.success());
}

#[tokio::test]
async fn a_new_or_current_database_keeps_no_copy() {
    let folder = TempDir::new();
    assert!(Program::start(folder.path(), &[]).terminate().await.0.success());
    assert!(Program::start(folder.path(), &[]).terminate().await.0.success());
    run(folder.path(), &["key", "list"]);
    assert_eq!(copies(&folder.path().join("data")), Vec::<PathBuf>::new());
}

#[test]
fn admin_commands_keep_a_copy_too_and_the_last_three_stay() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    old_house(&data, 2);
    let backups = data.join("backups");
    std::fs::create_dir(&backups).unwrap();
    for name in [
        "before-schema-99-20240101T000000Z.db",
        "before-schema-100-20240102T000000Z.db",
        "before-schema-2-20240103T000000Z.db",
        "by-hand.db",
    ] {
        std::fs::write(backups.join(name), name).unwrap();
    }
    let output = super::output(folder.path(), &["key", "list"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("a copy of the database is in"), "{said}");
    let names: Vec<_> =
        copies(&data).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for kept in ["before-schema-100-20240102T000000Z.db", "before-schema-2-20240103T000000Z.db", "by-hand.db"] {
        assert!(names.iter().any(|name| name == kept), "{names:?}");
    }
}

#[test]
fn without_space_for_a_copy_nothing_is_migrated() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    old_house(&data, 2);
    let fill = "INSERT INTO meta (key, value) VALUES ('filling', hex(zeroblob(1500000)))";
    Connection::open(data.join("madang.db")).unwrap().execute(fill, []).unwrap();
    let refused = |command: &mut Command| {
        let output = testkit::process::serve(command, folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("cannot copy the database to"), "{said}");
        assert_eq!(schema(&data.join("madang.db")), 2);
    };
    // A file limit of two megabytes behaves like a full disk.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_madang")]);
    refused(&mut shell);
    assert_eq!(copies(&data), Vec::<PathBuf>::new());
    std::fs::remove_dir(data.join("backups")).unwrap();
    std::fs::write(data.join("backups"), "in the way").unwrap();
    refused(&mut binary());
}

#[tokio::test]
async fn an_older_database_is_backed_up_as_it_is_and_migrated_when_it_is_restored() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let archive = super::backup::archive(&folder);
    let archive = super::backup::text(&archive);
    old_house(&folder.path().join("data"), 2);
    run(folder.path(), &["backup", archive]);
    assert_eq!(schema(&folder.path().join("data/madang.db")), 2);
    assert!(run(folder.path(), &["verify", archive]).contains("schema 2 (this version of madang uses"));
    run(elsewhere.path(), &["restore", archive]);
    let data = elsewhere.path().join("data");
    assert_eq!((schema(&data.join("madang.db")), copies(&data).len()), (newest(), 0), "the archive is the copy");
    assert!(Program::start(elsewhere.path(), &[]).terminate().await.0.success());
    // A database of a newer version is refused and not changed.
    let newer = Connection::open(data.join("madang.db")).unwrap();
    newer.execute("INSERT INTO migrations VALUES (?1, 'tomorrow', 0)", [newest() + 1]).unwrap();
    drop(newer);
    for words in [&["backup", archive, "--force"][..], &["verify"]] {
        let refused = super::run_refused(elsewhere.path(), words);
        assert!(refused.contains(&format!("newer than {}", newest())), "{refused}");
    }
}
