//! Invalid or insecure settings, and the permissions of the data folder.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;

use super::{Program, binary};
use crate::support::TempDir;

/// Returns the error of a program that must not start with these flags. If it starts, it prints so
/// on stdout and the test fails at once.
#[track_caller]
fn refused(folder: &Path, flags: &[&str]) -> String {
    let mut command = binary();
    command.args(["serve", "--bind", "127.0.0.1"]).args(flags).current_dir(folder);
    if !flags.contains(&"--port") {
        command.args(["--port", "0"]);
    }
    if !flags.contains(&"--data-dir") {
        command.arg("--data-dir").arg(folder.join("data"));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    if !ready.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(ready.is_empty() && !output.status.success() && !said.contains("panicked"), "{flags:?}: {ready}{said}");
    said
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

/// Abuse: N4
#[test]
fn insecure_settings_are_refused() {
    let folder = TempDir::new();
    for (flag, value) in [
        ("--allowed-origins", "*"),
        ("--allowed-origins", "https://chat.example,*"),
        ("--allowed-origins", "capacitor://*"),
        ("--public-url", "null"),
        ("--allowed-origins", "https://*"),
        ("--allowed-origins", "https://*.example"),
        ("--public-url", "*"),
        ("--trusted-proxies", "*"),
        ("--smtp-url", "http://mail.example"),
    ] {
        let said = refused(folder.path(), &[flag, value]);
        assert!(said.contains("is not a"), "{flag} {value}: {said}");
    }
}

/// Abuse: N4
#[tokio::test]
async fn the_data_folder_is_private_on_the_machine() {
    let folder = TempDir::new();
    let data = folder.path().join("data");
    let program = Program::start(folder.path(), &[]);
    assert_eq!(mode(&data), 0o700);
    drop(program);
    // Also in a folder that somebody else created, readable by others.
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let secret = folder.path().join("smtp");
    std::fs::write(&secret, "smtp://mail.example?tls=required").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let program = Program::start(folder.path(), &["--smtp-url-file", secret.to_str().unwrap()]);
    let minji = program.guest("minji").await;
    program.room(&minji, json!({ "title": "courtyard" })).await;
    for (name, private) in [("madang.db", 0o600), ("madang.db-wal", 0o600), ("files", 0o700), ("incoming", 0o700)] {
        assert_eq!(mode(&data.join(name)), private, "{name}");
    }
    let (status, log) = program.terminate().await;
    assert!(status.success() && log.contains("every user of this machine can read SMTP_URL_FILE"), "{log}");
}

#[test]
fn a_failed_start_gives_the_reason_in_a_sentence() {
    let folder = TempDir::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    for (flags, says) in [
        (["--port", port.as_str()], "cannot listen on"),
        (["--data-dir", blocked.to_str().unwrap()], "cannot create the data folder"),
        (["--public-url", "chat.example"], "is not an address like"),
        (["--trusted-proxies", "ten"], "is not a network like"),
        (["--smtp-url", "sesame"], "SMTP_URL is not an address like"),
        (["--smtp-url-file", "nowhere"], "cannot read SMTP_URL_FILE"),
    ] {
        let error = refused(folder.path(), &flags);
        assert!(error.contains(says), "{flags:?}: {error}");
    }
}
