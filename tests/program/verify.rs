//! `madang verify`: every planted error is found, and an intact data folder has none.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::backup::{contents, say, send_file};
use super::{Program, run};
use crate::support::TempDir;
use crate::support::picture;

/// Removes an entry from an index without SQLite's knowledge; queries then return wrong results.
pub(super) fn harm_an_index(database: &Path) {
    let db = Connection::open(database).unwrap();
    db.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX messages_id ON messages (id) WHERE number > 1'
         WHERE name = 'messages_id';",
    )
    .unwrap();
    drop(db);
    // By the changed definition the first message is not in the index, and REINDEX writes it so.
    Connection::open(database).unwrap().execute_batch("REINDEX messages_id").unwrap();
    let db = Connection::open(database).unwrap();
    db.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX messages_id ON messages (id)' WHERE name = 'messages_id';
         PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .unwrap();
}

/// Returns the reported errors, line by line.
fn faults(folder: &Path) -> Vec<String> {
    let output = super::output(folder, &["verify"]);
    let (said, why) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{said}{why}");
    assert!(why.contains("verification failed"), "{why}");
    said.lines()
        .filter(|line| line.contains(": ") && !line.starts_with("stored files:") && !line.starts_with("search index:"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn each_harm_is_found_and_named() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    let program = Program::start(folder.path(), &[]);
    let (minji, jun) = (program.guest("minji").await, program.guest("jun").await);
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    program
        .request("POST", &format!("/api/rooms/{}/members", room.id))
        .bearer(&jun.token)
        .json(&json!({}))
        .send()
        .await
        .is(200);
    say(&program, &minji, &room, "hello").await;
    let whisper = json!({ "text": "for jun", "to": jun.id });
    let path = format!("/api/rooms/{}/messages", room.id);
    program.request("POST", &path).bearer(&minji.token).json(&whisper).send().await.is(201);
    let kept = send_file(&program, &minji, &room, b"some notes").await;
    let files = program.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
    files.multipart(Some(("sky.png", &picture::png(700, 8))), &[]).send().await.is(201);
    let portrait = program.request("PUT", "/api/me/picture").bearer(&minji.token);
    portrait.multipart(Some(("me.png", &picture::png(9, 9))), &[]).send().await.is(200);
    let sound = run(folder.path(), &["verify"]);
    assert!(sound.ends_with("no errors found\n") && sound.contains("1 room, 6 messages, 2 users, 2 files"), "{sound}");
    assert!(sound.contains("search index: complete"), "{sound}");

    // Files: one changed, one missing, one truncated; each is reported with its owner.
    let stored: Vec<_> = contents(&data.join("files")).into_iter().filter(|(path, _)| path.is_file()).collect();
    assert!(stored.len() >= 4, "{stored:?}");
    for (path, bytes) in &stored {
        let name = path.strip_prefix(&data).unwrap().display().to_string();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 0x10;
        for (harm, says) in [
            (Some(flipped), "content does not match its hash"),
            (Some(bytes[1..].to_vec()), "content does not match its hash"),
            (None, "missing"),
        ] {
            match harm {
                Some(harm) => std::fs::write(path, harm).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
            let found = faults(folder.path());
            assert!(found.len() == 1 && found[0].starts_with(&format!("{name}: {says} (")), "{found:?}");
            std::fs::write(path, bytes).unwrap();
        }
        if bytes == b"some notes" {
            std::fs::remove_file(path).unwrap();
            let id = kept["files"][0]["id"].as_str().unwrap();
            let found = faults(folder.path());
            assert!(found[0].ends_with(&format!("missing (file {id}, \"notes.bin\")")), "{found:?}");
            std::fs::write(path, bytes).unwrap();
        }
    }

    // Rows, each made invalid beside the running server and corrected again.
    let db = Connection::open(data.join("madang.db")).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    db.busy_timeout(crate::support::TIMEOUT).unwrap();
    for (harm, mend, says) in [
        ("UPDATE rooms SET rev = rev - 1", "UPDATE rooms SET rev = rev + 1", "has seq 6, but the room's rev is 5"),
        (
            "UPDATE rooms SET public_rev = 99",
            "UPDATE rooms SET public_rev = rev",
            "its public rev is 99, above its rev 6",
        ),
        ("UPDATE rooms SET member_count = 7", "UPDATE rooms SET member_count = 2", "it counts 7 members but has 2"),
        (
            "UPDATE messages SET seq = 3, rev = 3 WHERE text = 'for jun'",
            "UPDATE messages SET seq = 4, rev = 4 WHERE text = 'for jun'",
            "1 messages share a seq with another",
        ),
        (
            "UPDATE messages SET rev = 1 WHERE text = 'for jun'",
            "UPDATE messages SET rev = 4 WHERE text = 'for jun'",
            "a message's rev is below its seq",
        ),
        (
            "UPDATE messages SET room_id = x'00' WHERE text = 'for jun'",
            "UPDATE messages SET room_id = (SELECT id FROM rooms) WHERE text = 'for jun'",
            "messages: 1 belong to no room",
        ),
        (
            "INSERT INTO blocks VALUES (x'01', x'02', 0)",
            "DELETE FROM blocks",
            "database: 2 rows of blocks refer to missing rows of users",
        ),
        (
            "UPDATE files SET size = 3 WHERE name = 'notes.bin'",
            "UPDATE files SET size = 10 WHERE name = 'notes.bin'",
            "has 10 bytes, but the database says 3",
        ),
    ] {
        assert!(db.execute(harm, []).unwrap() > 0, "{harm}");
        let found = faults(folder.path());
        assert!(found.iter().any(|fault| fault.contains(says)), "{harm}: {found:?}");
        db.execute(mend, []).unwrap();
        assert!(run(folder.path(), &["verify"]).ends_with("no errors found\n"), "{mend}");
    }
    drop(db);
    assert!(program.terminate().await.0.success());
    harm_an_index(&data.join("madang.db"));
    let found = faults(folder.path());
    assert!(found.iter().any(|fault| fault.starts_with("database: ") && fault.contains("messages_id")), "{found:?}");
}

#[tokio::test]
async fn what_is_no_fault_is_told_and_is_none() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    let program = Program::start(folder.path(), &["--search", "off"]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    say(&program, &minji, &room, "hello").await;
    let shelf = data.join("files/ab");
    std::fs::create_dir_all(&shelf).unwrap();
    for name in ["old", "young"] {
        std::fs::write(shelf.join(name), "12345").unwrap();
    }
    let old = std::fs::File::options().write(true).open(shelf.join("old")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    let said = run(folder.path(), &["verify"]);
    assert!(said.contains("unused stored files: 2 (10 B), 1 of them older than a day"), "{said}");
    assert!(said.contains("run: madang reindex") && said.ends_with("no errors found\n"), "{said}");
}

#[test]
fn a_file_that_is_not_a_madang_database_is_refused() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("madang.db"), "words that are no database, and enough of them to be sure").unwrap();
    let refused = super::run_refused(folder.path(), &["verify"]);
    assert!(refused.contains("cannot read"), "{refused}");
    std::fs::remove_file(data.join("madang.db")).unwrap();
    Connection::open(data.join("madang.db")).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let refused = super::run_refused(folder.path(), &["verify"]);
    assert!(refused.contains("is not a Madang database"), "{refused}");
    let refused = super::run_refused(folder.path(), &["backup", "x"]);
    assert!(refused.contains("is not a Madang database"), "{refused}");
}
