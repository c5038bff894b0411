//! `madang backup`: beside a busy server, with lost files, and with an output that cannot be
//! written.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use madang::lock::Lock;
use serde_json::{Value, json};

use super::{Program, binary, run, run_refused};
use crate::support::App;
use crate::support::TempDir;
use crate::support::{Client, ConnectOptions};
use crate::support::{Person, Room, key};

/// Returns the path of the backup.
pub(super) fn archive(folder: &TempDir) -> PathBuf {
    folder.path().join("house.tar.zst")
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Returns every file below a folder with its content, except the empty lock files.
pub(super) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
            found.insert(path, Vec::new());
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Sends a file to a room and returns its message.
pub(super) async fn send_file(program: &Program, who: &Person, room: &Room, bytes: &[u8]) -> Value {
    let path = format!("/api/rooms/{}/files", room.id);
    let call = program.request("POST", &path).bearer(&who.token);
    call.multipart(Some(("notes.bin", bytes)), &[]).send().await.is(201)
}

pub(super) async fn say(program: &Program, who: &Person, room: &Room, words: &str) -> Value {
    let path = format!("/api/rooms/{}/messages", room.id);
    program.request("POST", &path).bearer(&who.token).json(&json!({ "text": words })).send().await.is(201)
}

async fn sender(client: Client, room: String, name: &'static str, is_over: Arc<AtomicBool>) -> Vec<(String, Value)> {
    let mut sent = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let words = format!("{name} {}", sent.len());
        let answer = client.ok("message", json!({ "room": room, "key": key(), "text": words })).await;
        sent.push((words, answer));
    }
    sent
}

/// Sends files and deletes them again, as fast as possible.
async fn fickle(program: &Program, who: &Person, room: &Room, is_over: Arc<AtomicBool>) {
    for number in 0.. {
        let sent = send_file(program, who, room, format!("a whim, number {number}").as_bytes()).await;
        let path = format!("/api/messages/{}", sent["id"].as_str().unwrap());
        program.request("DELETE", &path).bearer(&who.token).send().await.is(200);
        if is_over.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// Abuse: N6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_during_sends_contains_all_messages_acknowledged_before_it_began() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let program = Program::start(folder.path(), &[]);
    let [minji, jun, sora] = [program.guest("minji").await, program.guest("jun").await, program.guest("sora").await];
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let notes: Vec<u8> = (0..700_000u32).flat_map(u32::to_le_bytes).collect();
    let file = send_file(&program, &minji, &room, &notes).await;
    let mut before = Vec::new();
    for number in 0..200 {
        before.push(say(&program, &minji, &room, &format!("before {number}")).await);
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let mut senders = Vec::new();
    for (person, name) in [(&jun, "jun"), (&sora, "sora")] {
        let client = Client::open(program.0.address, ConnectOptions::of(person).room(&room)).await;
        client.take("joined").await;
        senders.push(tokio::spawn(sender(client, room.id.clone(), name, Arc::clone(&is_over))));
    }
    let (path, data) = (archive(&folder), folder.path().to_owned());
    let written = async {
        // Several backups, so that some run between a send and its deletion.
        for _ in 0..3 {
            let (path, data) = (path.clone(), data.clone());
            tokio::task::spawn_blocking(move || run(&data, &["backup", "--force", text(&path)])).await.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(written, fickle(&program, &minji, &room, Arc::clone(&is_over)));
    let mut sent = Vec::new();
    for sender in senders {
        sent.extend(sender.await.unwrap());
    }
    let (live, _) = program.everything(&minji, &room).await;
    assert!(program.terminate().await.0.success());
    run(elsewhere.path(), &["restore", text(&path)]);
    let verified = run(elsewhere.path(), &["verify"]);
    assert!(verified.contains("no errors found"), "{verified}");

    let program = Program::start(elsewhere.path(), &[]);
    let (all, rev) = program.everything(&jun, &room).await;
    let is_in = |answer: &Value| {
        let found = all.iter().find(|message| message["id"] == answer["id"]);
        found.inspect(|found| assert_eq!((&found["seq"], &found["text"]), (&answer["seq"], &answer["text"]))).is_some()
    };
    assert!(before.iter().all(is_in), "something that was acknowledged before the backup is missing");
    // Of the messages sent meanwhile, the backup contains those up to one moment, and no others.
    for (words, answer) in &sent {
        let stored = all.iter().find(|message| message["text"] == words.as_str());
        assert_eq!(stored.is_some(), answer["seq"].as_i64().unwrap() <= rev, "{words}: {answer}");
    }
    assert!(all.iter().all(|message| live.iter().any(|lived| lived["id"] == message["id"])));
    let url = file["files"][0]["url"].as_str().unwrap();
    let back = program.request("GET", url).cookie(&minji.token).send().await;
    assert!((back.status, &back.body) == (200, &notes), "the file came back otherwise");
}

/// Abuse: N6
#[tokio::test]
async fn files_that_a_backup_may_need_stay_until_it_has_read_them() {
    let app = App::with(|config| config.housekeeping = std::time::Duration::from_millis(20)).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let path = format!("/api/rooms/{}/files", room.id);
    let call = app.request("POST", &path).bearer(&minji.token);
    let sent = call.multipart(Some(("notes.bin", b"notes")), &[]).send().await.is(201);
    let stored = app.stored_files();
    // A backup holds this lock from before the copy of the database until everything is packed.
    let reading = Lock::all_bytes(app.data_dir()).unwrap();
    let message = format!("/messages/{}", sent["id"].as_str().unwrap());
    app.call(&minji, "DELETE", &message, Value::Null).await.is(200);
    for _ in 0..20 {
        app.show(&room).await;
        assert_eq!(app.stored_files(), stored);
    }
    drop(reading);
    while !app.stored_files().is_empty() {
        app.show(&room).await;
    }
}

#[tokio::test]
async fn a_backup_is_private_and_complete_and_replaces_nothing_without_force() {
    let folder = TempDir::new();
    let path = archive(&folder);
    let refused = run_refused(folder.path(), &["backup", text(&path)]);
    assert!(refused.contains("no database in"), "{refused}");
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    say(&program, &minji, &room, "first").await;
    let said = run(folder.path(), &["backup", text(&path)]);
    assert!(said.contains("house.tar.zst: 1 room, 2 messages, 1 user, 0 files ("), "{said}");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let first = std::fs::read(&path).unwrap();
    let refused = run_refused(folder.path(), &["backup", text(&path)]);
    assert!(refused.contains("already exists (pass --force to overwrite it)"), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), first);
    say(&program, &minji, &room, "second").await;
    // Files that a killed process left are replaced.
    for left in ["house.tar.zst.part", "house.tar.zst.db.part"] {
        std::fs::write(folder.path().join(left), vec![b'x'; 2_000_000]).unwrap();
    }
    run(folder.path(), &["backup", "--force", text(&path)]);
    assert!(run(folder.path(), &["verify", text(&path)]).contains("3 messages"));
    assert_ne!(std::fs::read(&path).unwrap(), first);
    let into_folder = run_refused(folder.path(), &["backup", "--force", text(folder.path())]);
    assert!(into_folder.contains("is a folder (give the name of a file)"), "{into_folder}");
    let nowhere = run_refused(folder.path(), &["backup", text(&folder.path().join("no/where"))]);
    assert!(nowhere.contains("cannot write"), "{nowhere}");
    // A symbolic link with the name of a temporary file is not followed.
    let precious = folder.path().join("precious");
    std::fs::write(&precious, "precious").unwrap();
    std::os::unix::fs::symlink(&precious, folder.path().join("other.part")).unwrap();
    run_refused(folder.path(), &["backup", text(&folder.path().join("other"))]);
    assert_eq!(std::fs::read(&precious).unwrap(), b"precious");
    std::fs::remove_file(folder.path().join("other.part")).unwrap();
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<_> = left.collect();
    left.sort();
    assert_eq!(left, ["data", "house.tar.zst", "precious"]);
}

#[tokio::test]
async fn a_backup_on_a_full_disk_leaves_the_previous_one() {
    let folder = TempDir::new();
    let path = archive(&folder);
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    run(folder.path(), &["backup", text(&path)]);
    let first = contents(folder.path()).remove(&path);
    // Incompressible bytes.
    let mut seed = 1u64;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    });
    send_file(&program, &minji, &room, &noise.take(3_000_000).collect::<Vec<_>>()).await;
    // A limit of the file size behaves like a full disk; its signal is ignored.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_madang")]);
    shell.args(["backup", "--force", text(&path), "--data-dir"]).arg(folder.path().join("data")).env_clear();
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("cannot write the backup: "), "{said}");
    assert_eq!(contents(folder.path()).remove(&path), first);
    assert!(
        !folder.path().join("house.tar.zst.part").exists() && !folder.path().join("house.tar.zst.db.part").exists()
    );
}

#[tokio::test]
async fn an_interrupted_backup_leaves_nothing() {
    let folder = TempDir::new();
    let (path, data) = (archive(&folder), folder.path().join("data"));
    assert!(Program::start(folder.path(), &[]).terminate().await.0.success());
    // Large enough that the copy is still running when the signal arrives.
    let fill = "INSERT INTO meta (key, value) VALUES ('filling', hex(zeroblob(30000000)))";
    rusqlite::Connection::open(data.join("madang.db")).unwrap().execute(fill, []).unwrap();
    let mut command = binary();
    command.args(["backup", text(&path), "--data-dir"]).arg(&data).stderr(std::process::Stdio::piped());
    let backup = command.spawn().unwrap();
    let copy = folder.path().join("house.tar.zst.db.part");
    while copy.metadata().map_or(0, |copy| copy.len()) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(Command::new("kill").args(["-TERM", &backup.id().to_string()]).status().unwrap().success());
    let output = backup.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("interrupted; nothing was changed"), "{said}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["data"]);
}

#[tokio::test]
async fn a_backup_without_lost_files_says_so() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let path = archive(&folder);
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let mut urls = Vec::new();
    for words in ["sound", "harmed", "gone"] {
        let sent = send_file(&program, &minji, &room, words.as_bytes()).await;
        urls.push(sent["files"][0]["url"].as_str().unwrap().to_owned());
    }
    for (file, bytes) in contents(&folder.path().join("data/files")) {
        match &bytes[..] {
            b"harmed" => std::fs::write(file, "harmer").unwrap(),
            b"gone" => std::fs::remove_file(file).unwrap(),
            _ => {}
        }
    }
    let output = super::output(folder.path(), &["backup", text(&path)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("lacks 2 of its stored files"), "{said}");
    let output = super::output(folder.path(), &["verify", text(&path)]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.matches("missing when the backup was made").count() == 2, "{said}");
    assert!(run(elsewhere.path(), &["restore", text(&path)]).contains("2 stored files were already missing"));
    let program = Program::start(elsewhere.path(), &[]);
    let fetched = async |url: &str| program.request("GET", url).cookie(&minji.token).send().await;
    let sound = fetched(&urls[0]).await;
    assert_eq!((sound.status, &sound.body[..]), (200, &b"sound"[..]));
    assert_eq!((fetched(&urls[1]).await.status, fetched(&urls[2]).await.status), (404, 404));
}

#[tokio::test]
async fn a_backup_of_a_corrupt_database_is_refused() {
    let folder = TempDir::new();
    let path = archive(&folder);
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    say(&program, &minji, &room, "first").await;
    assert!(program.terminate().await.0.success());
    super::verify::harm_an_index(&folder.path().join("data/madang.db"));
    let refused = run_refused(folder.path(), &["backup", text(&path)]);
    assert!(refused.contains("the database is corrupt") && refused.contains("keep your earlier backups"), "{refused}");
    assert!(!path.exists());
}
