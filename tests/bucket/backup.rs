//! Backups in a bucket: made by the server, listed, removed when they are old, read again, and what a kill leaves.

use std::path::Path;
use std::time::Duration;

use madang::age::{Encryption, Passphrase};
use madang::config::{BackupPlace, Backups, S3};
use testkit::Process;

use super::program::{refused, run, says, start};
use crate::support::bucket::{Fault, NAME};
use crate::support::{App, Bucket, Request, TIMEOUT, TempDir};

const TOKEN: &str = "0123456789abcdef";
const PASSPHRASE: &str = "a passphrase of many words";

fn backups(settings: S3, encryption: Option<Encryption>) -> Option<Backups> {
    let place = BackupPlace::Bucket(Box::new(S3 { prefix: "backups/".into(), ..settings }));
    Some(Backups { every: Duration::from_secs(3_600), keep: 2, place, encryption })
}

/// The names below the prefix of the backups, the oldest first.
fn names(bucket: &Bucket) -> Vec<String> {
    bucket.with(|state| {
        let names = state.objects.keys().filter_map(|key| key.strip_prefix("backups/"));
        names.filter(|name| *name != "madang-owner").map(str::to_owned).collect()
    })
}

async fn until(is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(TIMEOUT, async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it does not come to it");
}

/// The environment of a server whose backups go into the bucket, and whose files do not.
fn environment(bucket: &Bucket) -> Vec<(&'static str, String)> {
    let mut environment = bucket.environment();
    environment.retain(|(name, _)| !matches!(*name, "S3_BUCKET" | "S3_PREFIX"));
    environment.push(("BACKUP_TO", format!("s3://{NAME}/backups")));
    environment.push(("BACKUP_EVERY", "24h".into()));
    environment.push(("METRICS_TOKEN", TOKEN.into()));
    environment
}

/// Waits until a server has failed to make a backup.
async fn has_failed(server: &Process) {
    let failed = async {
        loop {
            let text = Request::new(server.address, "GET", "/metrics").bearer(TOKEN).send().await.text();
            if text.contains("madang_backups_failed_total 1") {
                return;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, failed).await.expect("it does not fail");
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_go_into_a_bucket_in_parts_and_old_ones_go() {
    if testkit::postgres::is_wanted() {
        return;
    }
    let bucket = Bucket::start();
    for name in ["madang-20200101T000000Z.tar.zst", "madang-20210101T000000Z.tar.zst.age", "mine.tar.zst"] {
        bucket.with(|state| state.objects.insert(format!("backups/{name}"), (b"x".to_vec(), 1)));
    }
    bucket.with(|state| state.leave_upload("backups/madang-20220101T000000Z.tar.zst", 1));
    bucket.with(|state| state.leave_upload("backups/mine.tar.zst", 2));
    let mut settings = bucket.settings();
    settings.limits.part_size = 2_000;
    let encryption = Encryption::Passphrase(Passphrase::new(PASSPHRASE).unwrap());
    let made = backups(settings, Some(encryption));
    let app = App::with(move |config| {
        config.backups = made.clone();
        config.housekeeping = Duration::from_millis(20);
    })
    .await;
    until(|| names(&bucket).len() == 3 && !names(&bucket)[0].contains("2020")).await;
    let names = names(&bucket);
    assert_eq!((names[0].as_str(), names[2].as_str()), ("madang-20210101T000000Z.tar.zst.age", "mine.tar.zst"));
    assert!(names[1].starts_with("madang-20") && names[1].ends_with(".tar.zst.age"), "{names:?}");
    let requests = bucket.requests();
    assert!(requests.iter().any(|line| line.contains("partNumber=2")), "{requests:?}");
    // Only its own are aborted, and nothing waits on the disk.
    assert_eq!(bucket.uploads(), 1);
    let outgoing = app.data_dir().join("backups/outgoing");
    until(|| std::fs::read_dir(&outgoing).unwrap().next().is_none()).await;

    let folder = TempDir::new();
    let mut environment = environment(&bucket);
    let address = format!("s3://{NAME}/backups/{}", names[1]);
    let none = refused(&run(folder.path(), &environment, &["verify", &address]));
    assert!(none.contains(&format!("{address}: it is encrypted with a passphrase")), "{none}");
    environment.push(("BACKUP_PASSPHRASE", PASSPHRASE.into()));
    assert!(says(&run(folder.path(), &environment, &["verify", &address])).contains("no errors found"));
    says(&run(folder.path(), &environment, &["restore", &address]));
    start(folder.path(), &[]).terminate().await.unwrap();
    for (wrong, why) in [
        (format!("s3://{NAME}/backups/none"), "no such object in the bucket"),
        (format!("s3://{NAME}/"), "it has no name"),
        ("s3://elsewhere/x".into(), "no such object in the bucket"),
    ] {
        let said = refused(&run(folder.path(), &environment, &["verify", &wrong]));
        assert!(said.contains(why), "{wrong}: {said}");
    }
    bucket.with(|state| state.objects.get_mut(&format!("backups/{}", names[1])).unwrap().0[900] ^= 1);
    let said = refused(&run(folder.path(), &environment, &["restore", "--force", &address]));
    assert!(said.contains("corrupt: something of it was changed or is missing"), "{said}");
}

#[tokio::test]
async fn a_store_that_keeps_other_bytes_keeps_no_backup() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let environment = environment(&bucket);
    // The upload succeeds, and what is read again is not what was sent.
    bucket.hold(&format!("GET /{NAME}/backups/madang-20"));
    let server = start(folder.path(), &environment);
    until(|| bucket.with(|state| state.holding) == 1).await;
    let name = names(&bucket)[0].clone();
    bucket.with(|state| state.objects.get_mut(&format!("backups/{name}")).unwrap().0[100] ^= 1);
    bucket.release();
    until(|| names(&bucket).is_empty()).await;
    let (_, log) = server.terminate().await.unwrap();
    assert!(log.contains("has other bytes than were sent, and was removed"), "{log}");
}

#[tokio::test]
async fn a_kill_leaves_no_half_backup() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let environment = environment(&bucket);
    bucket.hold(&format!("PUT /{NAME}/backups/madang-20"));
    let mut server = start(folder.path(), &environment);
    until(|| bucket.with(|state| state.holding) == 1).await;
    let outgoing = folder.path().join("data/backups/outgoing");
    let waiting = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().count();
    assert_eq!(waiting(&outgoing), 1);
    server.kill().unwrap();
    bucket.with(|state| state.objects.retain(|key, _| key.ends_with("madang-owner")));
    bucket.release();
    let server = start(folder.path(), &environment);
    until(|| !names(&bucket).is_empty() && waiting(&outgoing) == 0).await;
    for name in names(&bucket) {
        let address = format!("s3://{NAME}/backups/{name}");
        says(&run(folder.path(), &environment, &["verify", &address]));
    }
    server.terminate().await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_refuses_is_named_by_the_log_and_by_doctor() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let mut environment = environment(&bucket);
    let doctor = |environment: &[(&'static str, String)]| {
        let output = run(folder.path(), environment, &["doctor", "--json"]);
        let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "backups").cloned().unwrap();
        (found["level"].as_str().unwrap().to_owned(), found["message"].as_str().unwrap().to_owned())
    };
    let started = |environment: &[(&'static str, String)]| -> Process { start(folder.path(), environment) };
    let server = started(&environment);
    until(|| !names(&bucket).is_empty()).await;
    server.terminate().await.unwrap();
    let (level, message) = doctor(&environment);
    assert!(level == "ok" && message.contains(&format!("the newest in s3://{NAME}/backups/ is of")), "{message}");
    // With a key of its own, which is wrong.
    environment.push(("BACKUP_S3_ACCESS_KEY_ID", "JUN".into()));
    environment.push(("BACKUP_S3_SECRET_ACCESS_KEY", "a secret of jun".into()));
    let (level, message) = doctor(&environment);
    assert!(level == "error" && message.contains("(correct BACKUP_S3_ACCESS_KEY_ID)"), "{message}");
    let server = started(&environment);
    has_failed(&server).await;
    let (_, log) = server.terminate().await.unwrap();
    assert!(log.contains("no backup was made: ") && log.contains("(correct BACKUP_S3_ACCESS_KEY_ID)"), "{log}");
    assert!(!log.contains("a secret of jun"), "{log}");
    // A bucket of another server.
    bucket.with(|state| state.objects.insert("backups/madang-owner".into(), (b"another".to_vec(), 1)));
    bucket.with(|state| state.objects.retain(|key, _| key.ends_with("madang-owner")));
    environment.truncate(environment.len() - 2);
    bucket.fail_at(&format!("GET /{NAME}?list-type"), &[Fault::Status(503)]);
    let server = started(&environment);
    has_failed(&server).await;
    let (_, log) = server.terminate().await.unwrap();
    assert!(log.contains("has the files of another server (choose another BACKUP_TO"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_puts_a_backup_into_a_bucket_once_and_whole() {
    if testkit::postgres::is_wanted() {
        return;
    }
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let mut environment = environment(&bucket);
    environment.retain(|(name, _)| name.starts_with("S3_") || name.starts_with("AWS_"));
    start(folder.path(), &[]).terminate().await.unwrap();
    let data = folder.path().join("data");
    // What a killed process left goes with the next backup.
    std::fs::write(data.join("outgoing-1.tar.zst.part"), b"half").unwrap();
    let is_outgoing = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("outgoing-");
    let left = || std::fs::read_dir(&data).unwrap().flatten().any(|entry| is_outgoing(&entry.file_name()));
    let address = format!("s3://{NAME}/by-hand/first.tar.zst");
    let said = says(&run(folder.path(), &environment, &["backup", &address]));
    assert!(said.starts_with(&format!("wrote {address}: ")) && !left(), "{said}");
    assert!(says(&run(folder.path(), &environment, &["verify", &address])).contains("no errors found"));
    for arguments in [["backup", &address].as_slice(), &["backup", "--force", &address]] {
        let said = refused(&run(folder.path(), &environment, arguments));
        assert!(said.contains(&format!("{address} already exists (give another name")), "{said}");
    }
    for (wrong, why) in [
        (format!("s3://{NAME}/"), "it has no name (write s3://bucket/prefix/name)"),
        ("https://example.org/backup".into(), "cannot write https://example.org/backup"),
        ("s3://elsewhere/x".into(), "does not exist"),
    ] {
        let said = refused(&run(folder.path(), &environment, &["backup", &wrong]));
        assert!(said.contains(why), "{wrong}: {said}");
    }
    // A store that loses the connection each time has nothing half, and the folder neither.
    bucket.fail_at(&format!("PUT /{NAME}/by-hand/second"), &[Fault::Status(503); 20]);
    refused(&run(folder.path(), &environment, &["backup", &format!("s3://{NAME}/by-hand/second.tar.zst")]));
    let stored: Vec<String> = bucket.with(|state| state.objects.keys().cloned().collect());
    assert_eq!((stored, left()), (vec!["by-hand/first.tar.zst".to_owned()], false));
}
