//! Commands and settings of a server whose files are in a bucket.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use testkit::{Process, process};

use super::content;
use crate::support::bucket::{SECRET, sha256};
use crate::support::{Bucket, Person, Request, TempDir};

fn command(environment: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madang"));
    command.env_clear().envs(environment.iter().cloned());
    command
}

fn serve(folder: &Path, environment: &[(&'static str, String)]) -> Command {
    let mut command = command(&[]);
    process::serve(&mut command, folder).env("RUST_LOG", "trace").envs(environment.iter().cloned());
    command
}

pub(super) fn start(folder: &Path, environment: &[(&'static str, String)]) -> Process {
    Process::start(&mut serve(folder, environment), None).unwrap()
}

/// Runs a command on a data folder.
pub(super) fn run(folder: &Path, environment: &[(&'static str, String)], arguments: &[&str]) -> Output {
    let mut command = command(environment);
    command.args(arguments).arg("--data-dir").arg(folder.join("data")).current_dir(folder);
    command.output().unwrap()
}

#[track_caller]
pub(super) fn says(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[track_caller]
pub(super) fn refused(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && !text.contains("panicked") && !text.contains(SECRET), "{text}");
    text
}

/// Returns the error of a server that must not start.
#[track_caller]
fn refused_start(folder: &Path, environment: &[(&'static str, String)]) -> String {
    let mut child = serve(folder, environment).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    if !ready.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert!(ready.is_empty(), "it starts");
    refused(&output)
}

/// Someone with a room and a file in it, and its path.
async fn file(server: &Process, bytes: &[u8]) -> (Person, String) {
    let ask = |path: &str| Request::new(server.address, "POST", path);
    let made = ask("/api/guests").json(&json!({ "name": "minji" })).send().await.is(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let minji = Person { id: text(&made["user"]["id"]), token: text(&made["token"]), user: made["user"].clone() };
    let room = ask("/api/rooms").bearer(&minji.token).json(&json!({ "title": "courtyard" })).send().await.is(201);
    let call = ask(&format!("/api/rooms/{}/files", text(&room["id"]))).bearer(&minji.token);
    let sent = call.multipart(Some(("notes.bin", bytes)), &[]).send().await.is(201);
    (minji, text(&sent["files"][0]["url"]))
}

async fn read(server: &Process, who: &Person, path: &str) -> Vec<u8> {
    let answer = Request::new(server.address, "GET", path).cookie(&who.token).send().await;
    assert_eq!(answer.status, 200);
    answer.body
}

#[tokio::test]
async fn local_files_move_into_a_bucket_and_back() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let (s3, path) = (bucket.environment(), folder.path());
    let server = start(path, &[]);
    let (minji, url) = file(&server, &content(100_000)).await;
    let (jun, there) = file(&server, b"there").await;
    assert!(refused(&run(path, &s3, &["files", "push"])).contains("a server is running on"));
    server.terminate().await.unwrap();
    // The local files are not forgotten.
    let lost = refused_start(path, &s3);
    assert!(lost.contains("files has files, and S3_BUCKET is set (run: madang files push"), "{lost}");
    assert!(refused(&run(path, &[], &["files", "push"])).contains("S3_BUCKET is not set"));
    let damaged = path.join("data/files/ab").join("ab".repeat(32));
    std::fs::create_dir_all(damaged.parent().unwrap()).unwrap();
    std::fs::write(&damaged, b"not what its name says").unwrap();
    // Interrupted by a store that goes away.
    bucket.set_away(true);
    assert!(refused(&run(path, &s3, &["files", "push"])).contains("does not answer"));
    bucket.set_away(false);
    // One of the files was copied before.
    bucket.with(|state| {
        let hash = sha256(b"there");
        state.objects.insert(format!("chat/{}/{hash}", &hash[..2]), (b"there".to_vec(), 1_000));
    });
    let kept = run(path, &s3, &["files", "push"]);
    let told = String::from_utf8_lossy(&kept.stdout).into_owned();
    assert_eq!(told, "copied 1 files (97.66 KiB), 1 were there already\n");
    let why = refused(&kept);
    assert!(why.contains("1 files do not match their hash and were not copied, so the local files stay"), "{why}");
    assert!(why.contains(": abab") && damaged.exists() && bucket.files().len() == 2, "{why}");
    start(path, &[]).terminate().await.unwrap();
    std::fs::remove_file(&damaged).unwrap();
    let told = says(&run(path, &s3, &["files", "push"]));
    assert!(told.starts_with("copied 0 files (0 B), 2 were there already; the local files are now in"), "{told}");
    assert!(!path.join("data/files").exists());
    // The setting is not forgotten either.
    let unset = refused_start(path, &[]);
    assert!(unset.contains("the files of this server are in an S3 bucket, and S3_BUCKET is not set"), "{unset}");
    let server = start(path, &s3);
    assert!(read(&server, &minji, &url).await == content(100_000));
    assert_eq!(read(&server, &jun, &there).await, b"there");
    // A backup has the files, a check reads them.
    assert!(refused(&run(path, &[], &["backup", "a.zst"])).contains("S3_BUCKET is not set"));
    assert!(says(&run(path, &s3, &["backup", "a.zst"])).contains("2 files ("));
    assert!(says(&run(path, &s3, &["verify"])).contains("stored files: 2 (97.66 KiB)"));
    server.terminate().await.unwrap();
    // Into the data folder of another server.
    let other = TempDir::new();
    let archive = path.join("a.zst").to_str().unwrap().to_owned();
    says(&run(other.path(), &[], &["restore", &archive]));
    let server = start(other.path(), &[]);
    assert!(read(&server, &minji, &url).await == content(100_000));
    server.terminate().await.unwrap();
    // Back into the bucket, which has lost the file.
    bucket.with(|state| state.objects.retain(|key, _| key.ends_with("madang-owner")));
    let missing = run(path, &s3, &["verify"]);
    assert!(String::from_utf8_lossy(&missing.stdout).contains(": missing ("), "{missing:?}");
    says(&run(path, &s3, &["restore", "--force", &archive]));
    assert_eq!(bucket.files().len(), 2);
    let server = start(path, &s3);
    assert!(read(&server, &minji, &url).await == content(100_000));
}

#[tokio::test]
async fn a_backup_does_not_take_a_store_that_is_away_for_lost_files() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let (s3, path) = (bucket.environment(), folder.path());
    let server = start(path, &s3);
    file(&server, b"kept").await;
    bucket.set_away(true);
    let backup = refused(&run(path, &s3, &["backup", "a.zst"]));
    assert!(backup.contains("does not answer"), "{backup}");
    assert!(!path.join("a.zst").exists());
    assert!(refused(&run(path, &s3, &["verify"])).contains("does not answer"));
    // Each request is tried again, so the first file is read after the list has failed to.
    bucket.set_away(false);
    says(&run(path, &s3, &["backup", "a.zst"]));
}

/// All files would look lost.
#[tokio::test]
async fn a_backup_with_a_wrong_prefix_is_refused() {
    let (bucket, folder, other) = (Bucket::start(), TempDir::new(), TempDir::new());
    let (s3, path) = (bucket.environment(), folder.path());
    let server = start(path, &s3);
    file(&server, b"kept").await;
    server.terminate().await.unwrap();
    let elsewhere = with_prefix(&s3, "other/");
    for command in [&["backup", "a.zst"][..], &["verify"]] {
        let why = refused(&run(path, &elsewhere, command));
        assert!(why.contains("has no object other/madang-owner, so the files of this server are not there"), "{why}");
    }
    start(other.path(), &elsewhere).terminate().await.unwrap();
    bucket.requests();
    for command in [&["backup", "a.zst"][..], &["verify"]] {
        assert!(refused(&run(path, &elsewhere, command)).contains("has the files of another server"));
    }
    let is_reading = |request: &String| request.starts_with("GET ") || request.starts_with("HEAD ");
    assert!(bucket.requests().iter().all(is_reading) && !path.join("a.zst").exists());
    says(&run(path, &s3, &["backup", "a.zst"]));
}

fn with_prefix(s3: &[(&'static str, String)], prefix: &str) -> Vec<(&'static str, String)> {
    let changed = |(name, value): &(&'static str, String)| {
        (*name, if *name == "S3_PREFIX" { prefix.to_owned() } else { value.clone() })
    };
    s3.iter().map(changed).collect()
}

#[tokio::test]
async fn a_server_starts_without_the_bucket_after_wrong_settings_of_it() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let path = folder.path();
    let wrong: Vec<_> = bucket.environment().into_iter().filter(|(name, _)| *name != "AWS_SECRET_ACCESS_KEY").collect();
    let wrong = [wrong, vec![("AWS_SECRET_ACCESS_KEY", "wrong/secret".to_owned())]].concat();
    // At the first start, and with files.
    assert!(refused_start(path, &wrong).contains("refuses the signature"));
    let server = start(path, &[]);
    let (minji, url) = file(&server, b"kept").await;
    server.terminate().await.unwrap();
    assert!(refused(&run(path, &wrong, &["files", "push"])).contains("refuses the signature"));
    let server = start(path, &[]);
    assert_eq!(read(&server, &minji, &url).await, b"kept");
    server.terminate().await.unwrap();
    says(&run(path, &bucket.environment(), &["files", "push"]));
    assert!(refused_start(path, &[]).contains("S3_BUCKET is not set"));
}

#[tokio::test]
async fn a_bucket_of_another_server_is_refused() {
    let (bucket, first, second) = (Bucket::start(), TempDir::new(), TempDir::new());
    let s3 = bucket.environment();
    start(first.path(), &s3).terminate().await.unwrap();
    let other = refused_start(second.path(), &s3);
    assert!(other.contains("has the files of another server (choose another S3_BUCKET or S3_PREFIX"), "{other}");
    start(second.path(), &with_prefix(&s3, "other/")).terminate().await.unwrap();
    start(first.path(), &s3).terminate().await.unwrap();
}

/// Abuse: N4
#[tokio::test]
async fn a_wrong_setting_of_the_bucket_ends_the_start_and_shows_no_secret() {
    let (bucket, folder) = (Bucket::start(), TempDir::new());
    let with = |changes: &[(&'static str, &str)]| {
        let mut s3 = bucket.environment();
        s3.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        s3.extend(
            changes.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, (*value).to_owned())),
        );
        refused_start(folder.path(), &s3)
    };
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let empty = empty.to_str().unwrap();
    for (changes, sentence) in [
        (&[("AWS_SECRET_ACCESS_KEY", "")][..], "S3_BUCKET is set without an access key (set AWS_ACCESS_KEY_ID and"),
        (&[("AWS_ACCESS_KEY_ID", "")], "S3_BUCKET is set without an access key"),
        (&[("AWS_SECRET_ACCESS_KEY", ""), ("AWS_SECRET_ACCESS_KEY_FILE", empty)], "is empty"),
        (&[("AWS_SECRET_ACCESS_KEY_FILE", empty)], "cannot be used with"),
        (&[("S3_BUCKET", "Not A Bucket")], "must have 3 to 63 lower-case letters"),
        (&[("S3_PREFIX", "/a")], "must have only letters, digits, hyphens and underscores"),
        (&[("S3_ENDPOINT", "minji:sesame@store")], "must be an address like https://s3.example.org"),
        (&[("S3_ENDPOINT", "https://minji:sesame@s3.example.org")], "must be an address like https://s3.example.org"),
        (&[("AWS_REGION", "here/there")], "must have only letters"),
        (&[("AWS_CA_BUNDLE", empty), ("S3_ENDPOINT", "https://127.0.0.1:9")], "it has no certificate"),
    ] {
        let said = with(changes);
        assert!(said.contains(sentence) && !said.contains("sesame"), "{changes:?}: {said}");
    }
    for (changes, sentence) in [
        (&[("AWS_SECRET_ACCESS_KEY", "wrong/secret")][..], "refuses the signature (correct AWS_SECRET_ACCESS_KEY"),
        (&[("AWS_ACCESS_KEY_ID", "JUN")], "does not know the access key"),
        (&[("S3_BUCKET", "elsewhere")], "does not exist (create the bucket, or correct S3_BUCKET)"),
        (&[("S3_ENDPOINT", "http://8.8.8.8")], "use https://"),
    ] {
        let said = with(changes);
        assert!(said.contains(sentence) && !said.contains("wrong/secret"), "{changes:?}: {said}");
    }
    // The secret from a file, and the log of a whole run.
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let mut s3 = bucket.environment();
    s3.retain(|(name, _)| *name != "AWS_SECRET_ACCESS_KEY");
    s3.push(("AWS_SECRET_ACCESS_KEY_FILE", secret.to_str().unwrap().to_owned()));
    let server = start(folder.path(), &s3);
    let (minji, url) = file(&server, b"kept").await;
    assert_eq!(read(&server, &minji, &url).await, b"kept");
    let (status, log) = server.terminate().await.unwrap();
    assert!(
        status.success() && log.contains("every user of this machine can read AWS_SECRET_ACCESS_KEY_FILE"),
        "{log}"
    );
    assert!(!log.contains(SECRET) && !log.contains("Signature="), "{log}");
}
