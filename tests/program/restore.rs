//! `madang restore`: what is there afterwards, who is locked out, and what a kill leaves.

use std::path::Path;

use madang::lock::Lock;
use serde_json::json;

use super::backup::{archive, contents, say, send_file, text};
use super::{Program, binary, run, run_refused};
use crate::support::TempDir;
use crate::support::fixtures::texts;
use crate::support::{Client, ConnectOptions};

/// Abuse: N6
#[tokio::test]
async fn a_file_that_is_no_backup_is_refused_before_anything_else() {
    let folder = TempDir::new();
    drop(Program::start(folder.path(), &[]));
    let missing = run_refused(folder.path(), &["restore", "missing"]);
    assert!(missing.contains("missing: cannot read: No such file") && !missing.contains("--force"), "{missing}");
    let refused = run_refused(folder.path(), &["verify", "data"]);
    assert!(refused.contains("data: it is a folder, not a backup"), "{refused}");
}

#[tokio::test]
async fn a_client_ahead_of_a_restored_room_gets_a_gap_and_starts_over() {
    let folder = TempDir::new();
    let path = archive(&folder);
    let program = Program::start(folder.path(), &[]);
    let (minji, jun) = (program.guest("minji").await, program.guest("jun").await);
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let his = Client::open(program.0.address, ConnectOptions::of(&jun).room(&room)).await;
    his.take("joined").await;
    say(&program, &minji, &room, "before").await;
    run(folder.path(), &["backup", text(&path)]);
    for words in ["lost", "lost too"] {
        say(&program, &minji, &room, words).await;
    }
    let ahead = his.receives("lost too").await["rev"].as_i64().unwrap();
    assert!(program.terminate().await.0.success());
    run(folder.path(), &["restore", "--force", text(&path)]);

    let program = Program::start(folder.path(), &[]);
    // The lost numbers are assigned to other changes.
    for words in ["after", "after that", "and that"] {
        say(&program, &minji, &room, words).await;
    }
    let epoch = room.made["epoch"].as_str().unwrap();
    for since in [ahead, ahead - 1, 1] {
        let opening = ConnectOptions::of(&jun).room(&room).auth("since", since).auth("epoch", epoch);
        let joined = Client::open(program.0.address, opening).await.take("joined").await;
        assert_eq!(joined["gap"], true, "{since}: {joined}");
        assert_ne!(joined["room"]["epoch"], epoch);
        let heard = joined["messages"].as_array().unwrap();
        assert_eq!(texts(heard), ["join", "join", "before", "after", "after that", "and that"], "{since}");
        let path = format!("/api/rooms/{}/messages?since={since}&epoch={epoch}", room.id);
        let page = program.request("GET", &path).bearer(&jun.token).send().await.is(200);
        assert_eq!(page["gap"], true, "{since}: {page}");
    }
    // A client that starts over continues without a gap.
    let joined = Client::open(program.0.address, ConnectOptions::of(&jun).room(&room)).await.take("joined").await;
    let (rev, epoch) = (joined["rev"].as_i64().unwrap(), joined["room"]["epoch"].as_str().unwrap());
    say(&program, &minji, &room, "and now").await;
    let opening = ConnectOptions::of(&jun).room(&room).auth("since", rev).auth("epoch", epoch);
    let joined = Client::open(program.0.address, opening).await.take("joined").await;
    assert_eq!((texts(joined["messages"].as_array().unwrap()), joined["gap"] == true), (vec!["and now"], false));
}

#[tokio::test]
async fn sessions_survive_a_restore_and_one_time_links_do_not() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let path = archive(&folder);
    let program = Program::start(folder.path(), &[]);
    let sign_up = json!({ "email": "minji@example.org", "password": "a tree by the gate", "name": "minji" });
    let minji = program.request("POST", "/api/users").json(&sign_up).send().await.is(201);
    let token = minji["token"].as_str().unwrap().to_owned();
    let reset = run(folder.path(), &["user", "reset", "minji@example.org"]);
    let reset = reset.trim().split_at(reset.find("/reset/").unwrap()).1.to_owned();
    run(folder.path(), &["backup", text(&path)]);
    program.request("GET", &reset).send().await;
    drop(program);
    run(elsewhere.path(), &["restore", text(&path)]);
    let program = Program::start(elsewhere.path(), &[]);
    assert_eq!(program.request("GET", "/api/me").bearer(&token).send().await.is(200)["name"], "minji");
    let opened = program.request("GET", &reset).send().await;
    assert_eq!(opened.status, 410, "{}", opened.text());
}

#[tokio::test]
async fn a_data_folder_in_use_is_not_replaced_nor_served_twice() {
    let folder = TempDir::new();
    let (path, data) = (archive(&folder), folder.path().join("data"));
    let mut program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    run(folder.path(), &["backup", text(&path)]);
    let refused = run_refused(folder.path(), &["restore", "--force", text(&path)]);
    assert!(refused.contains("a server is running on") && refused.contains("stop it first"), "{refused}");
    say(&program, &minji, &room, "still here").await;
    let second = testkit::process::serve(&mut binary(), folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("another server is running on"), "{said}");
    // A killed server holds nothing.
    program.kill();
    let before = contents(&data);
    let refused = run_refused(folder.path(), &["restore", text(&path)]);
    assert!(refused.contains("already contains data") && refused.contains("--force to move it aside"), "{refused}");
    let reading = Lock::all_bytes(&data).unwrap();
    let refused = run_refused(folder.path(), &["restore", "--force", text(&path)]);
    assert!(refused.contains("a backup or check of"), "{refused}");
    assert!(contents(&data) == before, "the folder is not as it was");
    drop(reading);
    run(folder.path(), &["restore", "--force", text(&path)]);
}

/// Returns the data folder that was moved aside.
fn former(data: &Path) -> std::path::PathBuf {
    let names = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let mut aside: Vec<_> = names.filter(|path| path.display().to_string().contains("before-restore-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    aside.remove(0)
}

#[tokio::test]
async fn the_previous_data_is_moved_aside_completely() {
    let folder = TempDir::new();
    let (path, data) = (archive(&folder), folder.path().join("data"));
    let mut program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    send_file(&program, &minji, &room, b"one").await;
    run(folder.path(), &["backup", text(&path)]);
    let sent = send_file(&program, &minji, &room, b"two").await;
    // Killed, so that part of the data is only in the write-ahead log.
    program.kill();
    std::fs::write(data.join("notes-of-the-operator"), "mine").unwrap();
    let said = run(folder.path(), &["restore", "--force", text(&path)]);
    let aside = former(&data);
    assert!(said.contains(text(&aside)), "{said}");
    assert!(data.join("notes-of-the-operator").exists());
    let program = Program::start(folder.path(), &[]);
    assert_eq!(program.everything(&minji, &room).await.0.len(), 2);
    drop(program);
    // The restored data folder works like any other.
    let elsewhere = TempDir::new();
    std::fs::rename(&aside, elsewhere.path().join("data")).unwrap();
    let program = Program::start(elsewhere.path(), &[]);
    assert_eq!(program.everything(&minji, &room).await.0.last(), Some(&sent));
    assert!(run(elsewhere.path(), &["verify"]).contains("no errors found"));
}

#[tokio::test]
async fn a_restore_that_is_killed_among_its_last_steps_is_finished_by_the_next_start() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let path = archive(&folder);
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    send_file(&program, &minji, &room, b"one").await;
    run(folder.path(), &["backup", text(&path)]);
    let sent = send_file(&program, &minji, &room, b"two").await;
    assert!(program.terminate().await.0.success());
    // Every point of a kill: nothing moved yet, the old files moved aside, the new files moved in,
    // the database moved aside as well.
    for moves in 0..4 {
        let (data, unpacked) = (folder.path().join("data"), elsewhere.path().join(format!("{moves}/data")));
        std::fs::create_dir(unpacked.parent().unwrap()).unwrap();
        run(unpacked.parent().unwrap(), &["restore", text(&path)]);
        let ready = data.join("restore");
        std::fs::create_dir_all(ready.join("former")).unwrap();
        std::fs::rename(&unpacked, ready.join("new")).unwrap();
        let steps = [
            ("files", "restore/former/files"),
            ("restore/new/files", "files"),
            ("madang.db", "restore/former/madang.db"),
        ];
        for (from, to) in steps.iter().take(moves) {
            std::fs::rename(data.join(from), data.join(to)).unwrap();
        }
        for words in [&["key", "list"][..], &["verify"], &["backup", "--force", text(&path)]] {
            let refused = run_refused(folder.path(), words);
            assert!(refused.contains("is not finished (run: madang serve)"), "{refused}");
        }
        let program = Program::start(folder.path(), &[]);
        let (all, _) = program.everything(&minji, &room).await;
        assert_eq!((all.len(), all.iter().any(|message| message["id"] == sent["id"])), (2, false));
        assert!(run(folder.path(), &["verify"]).contains("no errors found"));
        assert!(program.terminate().await.0.success() && !ready.exists());
        let (aside, again) = (former(&data), TempDir::new());
        for name in ["files", "madang.db"] {
            std::fs::remove_dir_all(data.join(name)).or_else(|_| std::fs::remove_file(data.join(name))).unwrap();
            std::fs::rename(aside.join(name), data.join(name)).unwrap();
        }
        std::fs::rename(aside, again.path().join("rest")).unwrap();
        assert!(run(folder.path(), &["verify"]).contains("3 messages"));
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_earlier_changes_nothing() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    assert!(program.terminate().await.0.success());
    std::fs::create_dir_all(data.join("restore.part/new")).unwrap();
    std::fs::write(data.join("restore.part/new/madang.db"), "half a database").unwrap();
    let program = Program::start(folder.path(), &[]);
    assert_eq!(program.request("GET", "/api/me").bearer(&minji.token).send().await.is(200)["name"], "minji");
    assert!(!data.join("restore.part").exists());
}
