//! Encrypted backups: who can open them, with this program and with `age`, and what is refused.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use madang::age::{Encryption, Passphrase, Recipient};
use madang::config::{BackupPlace, Backups};
use serde_json::json;

use super::backup::{archive, say, text};
use super::{Program, binary, run, run_refused};
use crate::support::fixtures::texts;
use crate::support::{App, TIMEOUT, TempDir};

/// A pair for these tests alone.
const RECIPIENT: &str = "age1lqlqdqxlv67lqudhqjepjgpn6g8t6w7kujf3fm9fn4jnvmfdrq6s0647xt";
const IDENTITY: &str = "AGE-SECRET-KEY-1WJMVWSXM92C2953YH6HD708374Y892VQSW9MNRHUPS3T8MJ0VDYSV7D2J3";
const PASSPHRASE: &str = "a passphrase of many words";

fn file(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    text(&path).to_owned()
}

/// Abuse: N6
#[tokio::test]
async fn a_backup_with_a_passphrase_is_opened_by_that_alone() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    say(&program, &minji, &room, "kept").await;
    let right = file(&folder, "right", &format!("{PASSPHRASE}\n"));
    let wrong = file(&folder, "wrong", "another passphrase of words");
    let path = archive(&folder);
    run(folder.path(), &["backup", "--backup-passphrase-file", &right, text(&path)]);
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let said = run(elsewhere.path(), &["verify", "--backup-passphrase-file", &right, text(&path)]);
    assert!(said.contains("2 messages") && said.contains("no errors found"), "{said}");
    let none = run_refused(elsewhere.path(), &["restore", text(&path)]);
    assert!(none.contains("it is encrypted with a passphrase (set BACKUP_PASSPHRASE_FILE"), "{none}");
    let other = run_refused(elsewhere.path(), &["restore", "--backup-passphrase-file", &wrong, text(&path)]);
    assert!(other.contains("the passphrase is not the one of this file"), "{other}");
    assert!(!elsewhere.path().join("data").exists());
    // Changed, cut, and cut where a chunk ends.
    for harm in [
        bytes
            .iter()
            .copied()
            .enumerate()
            .map(|(at, byte)| if at + 70 == bytes.len() { byte ^ 1 } else { byte })
            .collect(),
        bytes[..bytes.len() - 1].to_vec(),
        bytes[..bytes.len() / 2].to_vec(),
    ] {
        fs::write(&path, harm).unwrap();
        let said = run_refused(elsewhere.path(), &["restore", "--backup-passphrase-file", &right, text(&path)]);
        assert!(said.contains("corrupt: something of it was changed or is missing"), "{said}");
    }
    fs::write(&path, bytes).unwrap();
    run(elsewhere.path(), &["restore", "--backup-passphrase-file", &right, text(&path)]);
    let program = Program::start(elsewhere.path(), &[]);
    assert!(texts(&program.everything(&minji, &room).await.0).contains(&"kept"));
}

/// Abuse: N6
#[tokio::test]
async fn a_backup_for_a_recipient_is_opened_by_the_identity_and_by_the_program_age() {
    let (folder, elsewhere) = (TempDir::new(), TempDir::new());
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    program.room(&minji, json!({ "title": "courtyard" })).await;
    let path = archive(&folder);
    run(folder.path(), &["backup", "--backup-recipient", RECIPIENT, text(&path)]);
    let none = run_refused(elsewhere.path(), &["verify", text(&path)]);
    assert!(none.contains("it is encrypted for a recipient (pass --identity FILE"), "{none}");
    let wrong = file(&folder, "wrong", "# nothing\n");
    let said = run_refused(elsewhere.path(), &["verify", "--identity", &wrong, text(&path)]);
    assert!(said.contains("has no age identity"), "{said}");
    let identity = file(&folder, "identity", &format!("# a comment\n{IDENTITY}\n"));
    run(elsewhere.path(), &["verify", "--identity", &identity, text(&path)]);
    let plain = folder.path().join("plain.tar.zst");
    let age = Command::new("age").args(["-d", "-i", &identity, "-o", text(&plain), text(&path)]).output();
    // Not on every machine; `src/age/tests.rs` has files of that program.
    let Ok(age) = age else { return };
    assert!(age.status.success(), "{age:?}");
    run(elsewhere.path(), &["verify", text(&plain)]);
    let back = folder.path().join("back.age");
    let age = Command::new("age").args(["-r", RECIPIENT, "-o", text(&back), text(&plain)]).output().unwrap();
    assert!(age.status.success(), "{age:?}");
    run(elsewhere.path(), &["restore", "--identity", &identity, text(&back)]);
}

#[tokio::test]
async fn a_passphrase_is_never_on_the_command_line_and_never_short() {
    let folder = TempDir::new();
    let said = run_refused(folder.path(), &["backup", "a.age", "--backup-passphrase", PASSPHRASE]);
    assert!(said.contains("other users can see a passphrase on the command line") && !said.contains(PASSPHRASE));
    let short = file(&folder, "short", "sesame");
    let said = run_refused(folder.path(), &["backup", "a.age", "--backup-passphrase-file", &short]);
    assert!(said.contains("must have at least 16 characters") && !said.contains("sesame"), "{said}");
    for (flags, why) in [
        (&["--backup-recipient", "age1nobody"][..], "it is not an age recipient"),
        (&["--backup-recipient", IDENTITY], "this is a secret identity"),
        (&["--backup-to", "ftp://example.org"], "must be a folder or s3://bucket/prefix"),
        (&["--backup-to", "s3://A"], "the bucket must have"),
        (&["--backup-to", "s3://backups/a b"], "the prefix must have"),
        (&["--backup-to", "s3://backups"], "the bucket of the backups has no access key"),
        (&["--backup-every", "1h", "--backup-passphrase-file", &short], "must have at least 16 characters"),
    ] {
        let refused = binary().arg("serve").args(flags).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(why), "{flags:?}: {said}");
    }
    let both = ["--backup-recipient", RECIPIENT, "--backup-passphrase-file", &short];
    let refused = binary().arg("serve").args(both).current_dir(folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot be used with"));
}

/// The server has no identity, and checks what it has written all the same.
#[tokio::test(flavor = "multi_thread")]
async fn backups_of_the_server_are_encrypted() {
    if testkit::postgres::is_wanted() {
        return;
    }
    let identities = TempDir::new();
    let identity = file(&identities, "identity", IDENTITY);
    let passphrase = file(&identities, "passphrase", PASSPHRASE);
    for (encryption, key) in [
        (Encryption::Recipients(vec![Recipient::parse(RECIPIENT).unwrap()]), ["--identity", &identity]),
        (Encryption::Passphrase(Passphrase::new(PASSPHRASE).unwrap()), ["--backup-passphrase-file", &passphrase]),
    ] {
        let folder = TempDir::new();
        let place = BackupPlace::Folder(folder.path().to_owned());
        let backups = Backups { every: Duration::from_secs(3_600), keep: 2, place, encryption: Some(encryption) };
        let _app = App::with(move |config| {
            config.backups = Some(backups.clone());
            config.housekeeping = Duration::from_millis(20);
        })
        .await;
        let made = tokio::time::timeout(TIMEOUT, async {
            loop {
                let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
                let is_made = |path: &Path| path.extension().is_some_and(|extension| extension == "age");
                if let Some(path) = entries.into_iter().find(|path| is_made(path)) {
                    return path;
                }
                tokio::task::yield_now().await;
            }
        });
        let made = made.await.expect("no backup is made");
        let elsewhere = TempDir::new();
        run(elsewhere.path(), &["verify", key[0], key[1], text(&made)]);
    }
}
