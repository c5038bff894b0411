//! Backups that the server makes by itself, and backups to standard output.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use madang::config::{BackupPlace, Backups};
use madang::secret::Secret;
use serde_json::json;

use super::{Program, binary, output, run};
use crate::support::{App, TIMEOUT, TempDir, fixtures::texts};

const TOKEN: &str = "0123456789abcdef";

/// An app that makes a backup into a folder when the last is an hour old, and keeps two.
async fn app(folder: &Path, reserve: u64) -> App {
    let folder = folder.to_owned();
    App::with(move |config| {
        config.backups = Some(Backups {
            every: Duration::from_secs(3_600),
            keep: 2,
            place: BackupPlace::Folder(folder.clone()),
            encryption: None,
        });
        config.housekeeping = Duration::from_millis(20);
        config.disk_reserve = reserve;
        config.metrics.token = Some(Secret::new(TOKEN));
    })
    .await
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits until the metrics have a line that is not this one.
async fn differs(app: &App, name: &str, from: &str) {
    let differs = async {
        loop {
            let text = app.get("/metrics").bearer(TOKEN).send().await.text();
            let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
            if value != from {
                return;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, differs).await.expect("it stays as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_makes_backups_that_can_be_restored_and_removes_old_ones() {
    if testkit::postgres::is_wanted() {
        return;
    }
    let folder = TempDir::new();
    let old = ["madang-20200101T000000Z.tar.zst", "madang-20210101T000000Z.tar.zst", "madang-20220101T000000Z.tar.zst"];
    let parts = ["madang-20200101T000000Z.tar.zst.part", "madang-20200101T000000Z.tar.zst.db.part"];
    for name in old.iter().chain(&parts).chain(&["mine.tar.zst"]) {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    let app = app(folder.path(), 0).await;
    let minji = app.guest("minji").await;
    let newest = async {
        loop {
            let files = files(folder.path());
            // Old ones are removed last.
            if files.len() == 3 {
                return files;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let left = tokio::time::timeout(TIMEOUT, newest).await.expect("no backup is made");
    assert_eq!((left[0].as_str(), left[2].as_str()), (old[2], "mine.tar.zst"), "{left:?}");
    let backup: PathBuf = folder.path().join(&left[1]);
    assert!(left[1].starts_with("madang-20") && fs::metadata(&backup).unwrap().len() > 100);
    differs(&app, "madang_backup_timestamp_seconds", "0").await;

    // The next is due in an hour: this one has what was there.
    let scratch = TempDir::new();
    run(scratch.path(), &["verify", backup.to_str().unwrap()]);
    run(scratch.path(), &["restore", backup.to_str().unwrap()]);
    let restored = Program::start(scratch.path(), &[]);
    assert_eq!(restored.request("GET", "/readyz").send().await.status, 200);
    drop(minji);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_would_fill_the_disk_is_not_made() {
    if testkit::postgres::is_wanted() {
        return;
    }
    let folder = TempDir::new();
    let app = app(folder.path(), 1 << 60).await;
    let failed = madang::metrics::text();
    let before =
        failed.lines().find_map(|line| line.strip_prefix("madang_backups_failed_total")).unwrap().trim().to_owned();
    differs(&app, "madang_backups_failed_total", &before).await;
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_backup_goes_to_standard_output() {
    let folder = TempDir::new();
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    let path = format!("/api/rooms/{}/messages", room.id);
    let message = json!({ "key": crate::support::key(), "text": "kept" });
    program.request("POST", &path).bearer(&minji.token).json(&message).send().await.is(201);
    let made = output(folder.path(), &["backup", "-"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(String::from_utf8_lossy(&made.stderr).contains("wrote 1 room"), "{:?}", made.stderr);
    assert!(!files(&folder.path().join("data")).iter().any(|name| name.starts_with("stdout")));
    let other = TempDir::new();
    fs::write(other.path().join("backup.tar.zst"), &made.stdout).unwrap();
    run(other.path(), &["restore", "backup.tar.zst"]);
    let restored = Program::start(other.path(), &[]);
    let (all, _) = restored.everything(&minji, &room).await;
    assert!(texts(&all).contains(&"kept"));
}

#[test]
fn postgres_is_not_backed_up_by_the_server() {
    let folder = TempDir::new();
    let flags = ["--backup-every", "24h", "--database-url", "postgres://localhost/madang"];
    let refused = binary().arg("serve").args(flags).current_dir(folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("use pg_dump"));
    for wrong in ["0h", "24", "h", "1y"] {
        let refused = binary().args(["serve", "--backup-every", wrong]).current_dir(folder.path()).output().unwrap();
        assert!(
            !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("--backup-every"),
            "{wrong}"
        );
    }
}
