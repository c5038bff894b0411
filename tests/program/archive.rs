//! Tampered archives: each is refused with a sentence, and the data folder stays the same, byte for
//! byte.

use std::io::{Read, Write};
use std::path::Path;

use madang::age::Keys;
use madang::ops::archive::Source;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::backup::{archive, contents, say, send_file, text};
use super::{Program, run, run_refused};
use crate::support::TempDir;

/// An entry as it is written, valid or not.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    kind: EntryType,
    link: Option<&'static str>,
    /// The length in the header, if it differs from the actual one.
    claimed: Option<u64>,
    bytes: Vec<u8>,
}

impl Entry {
    fn file(name: &str, bytes: &[u8]) -> Self {
        let kind = EntryType::Regular;
        Self { name: name.into(), kind, link: None, claimed: None, bytes: bytes.to_vec() }
    }
}

fn unpacked(path: &Path) -> Vec<Entry> {
    let decoder = zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut archive = tar::Archive::new(decoder);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        Entry::file(std::str::from_utf8(&entry.path_bytes()).unwrap(), &bytes)
    });
    entries.collect()
}

fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_ustar();
        // Written by hand, because the library would refuse some of these names.
        header.as_mut_bytes()[..entry.name.len()].copy_from_slice(&entry.name);
        header.set_entry_type(entry.kind);
        header.set_mode(0o600);
        header.set_size(entry.claimed.unwrap_or(entry.bytes.len() as u64));
        if let Some(link) = entry.link {
            header.set_link_name(link).unwrap();
        }
        header.set_cksum();
        builder.append(&header, &entry.bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Ends the archive correctly, as an attacker would.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(b"\x5d\x2a\x4d\x18\x2c\0\0\0madang seal\n");
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the entries with another manifest.
fn with_manifest(entries: &[Entry], change: impl FnOnce(&mut Value)) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    let mut manifest: Value = serde_json::from_slice(&entries[0].bytes).unwrap();
    change(&mut manifest);
    entries[0].bytes = manifest.to_string().into_bytes();
    entries
}

/// Returns the entries with one of them changed.
fn with(entries: &[Entry], place: usize, change: impl FnOnce(&mut Entry)) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    change(&mut entries[place]);
    entries
}

/// Returns the entries of a backup of a server with two files. The server has stopped.
async fn backup_entries(folder: &TempDir) -> Vec<Entry> {
    let program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let room = program.room(&minji, json!({ "title": "courtyard" })).await;
    say(&program, &minji, &room, "still here").await;
    for words in ["one", "two"] {
        send_file(&program, &minji, &room, words.as_bytes()).await;
    }
    run(folder.path(), &["backup", text(&archive(folder))]);
    assert!(program.terminate().await.0.success());
    unpacked(&archive(folder))
}

/// Abuse: N6
#[tokio::test]
async fn a_tampered_archive_changes_nothing() {
    let folder = TempDir::new();
    let good = backup_entries(&folder).await;
    let names: Vec<_> = good.iter().map(|entry| String::from_utf8(entry.name.clone()).unwrap()).collect();
    assert_eq!((names[0].as_str(), names[1].as_str(), names.len()), ("manifest.json", "madang.db", 4));
    let renamed = |place: usize, name: &str| with(&good, place, |entry| entry.name = name.into());
    let joined = |extra: Entry| [&good[..], &[extra]].concat();
    let other = |name: &str, kind: EntryType, link: &'static str| {
        with(&good, 2, |entry| *entry = Entry { kind, link: Some(link), bytes: Vec::new(), ..Entry::file(name, b"") })
    };
    let bomb = |place: usize| with(&good, place, |entry| entry.bytes = vec![0; 64 * 1024 * 1024]);
    let entries: Vec<(Vec<Entry>, &str)> = vec![
        (Vec::new(), "the archive is empty"),
        (good[1..].to_vec(), "unexpected entry \"madang.db\" instead of manifest.json"),
        (with_manifest(&good, |m| m["format"] = json!(2)), "archive format 2 is not supported, only 1"),
        (with_manifest(&good, |m| m["schema"] = json!(1_000)), "was made by madang"),
        (with_manifest(&good, |m| m["schema"] = json!(1)), "the database has schema"),
        (with_manifest(&good, |m| m["more"] = json!(1)), "invalid manifest"),
        (with_manifest(&good, |m| m["files"][0]["sha256"] = json!("../../x")), "a file name is not a SHA-256"),
        (with_manifest(&good, |m| m["files"][1] = m["files"][0].clone()), "files are repeated"),
        (with_manifest(&good, |m| m["database"]["bytes"] = json!(u64::MAX)), "the sizes overflow"),
        (with_manifest(&good, |m| m["files"][0]["bytes"] = json!(1u64 << 50)), "bytes instead of"),
        (with(&good, 0, |entry| entry.bytes = b"{".to_vec()), "invalid manifest"),
        (with(&good, 0, |entry| entry.claimed = Some(1 << 40)), "more than the limit of"),
        (with(&good, 1, |entry| entry.bytes[100] ^= 1), "madang.db does not match the hash in the manifest"),
        (with(&good, 3, |entry| entry.bytes[0] ^= 1), "does not match the hash in the manifest"),
        (bomb(1), "bytes instead of"),
        (bomb(2), "bytes instead of"),
        (good[..3].to_vec(), "is missing"),
        (joined(Entry::file("madang.db-wal", b"x")), "unexpected entry \"madang.db-wal\": it is not in the manifest"),
        (joined(good[3].clone()), "it is not in the manifest"),
        (joined(Entry::file("\x1b[31mred", b"")), "unexpected entry \"\\u{1b}[31mred\": it"),
        (renamed(2, "../madang.db"), "unexpected entry \"../madang.db\" instead"),
        (renamed(2, "/etc/motd"), "unexpected entry \"/etc/motd\" instead"),
        (renamed(2, &names[3]), "instead of"),
        (renamed(3, &format!("./{}", names[3])), "instead of"),
        (other(&names[2], EntryType::Symlink, "/etc/passwd"), "is not a regular file"),
        (other(&names[2], EntryType::Link, "madang.db"), "is not a regular file"),
        (other(&names[2], EntryType::Directory, "x"), "is not a regular file"),
        (other("x", EntryType::XHeader, "x"), "instead of"),
        (other("x", EntryType::GNULongName, "x"), "instead of"),
    ];
    let mut bad: Vec<(Vec<u8>, &str)> =
        entries.into_iter().map(|(entries, says)| (sealed(zstd(&tar(&entries))), says)).collect();
    let whole = tar(&good);
    bad.push((sealed(zstd(&[&whole[..], b"more"].concat())), "the end of the archive is invalid"));
    bad.push((sealed(zstd(&whole[..whole.len() - 512])), "the end of the archive is invalid"));
    bad.push((sealed([zstd(&whole), zstd(b"more")].concat()), "the end of the archive is invalid"));
    bad.push((sealed(zstd(b"words")), "cannot decompress"));
    bad.push((zstd(&whole), "truncated, or not a Madang backup"));
    bad.push((whole, "not a Madang backup"));
    bad.push((Vec::new(), "not a Madang backup"));
    bad.push((b"PK\x03\x04 something else".to_vec(), "not a Madang backup"));
    // Only an archive with a valid checksum and valid content is restored.
    let path = folder.path().join("bad.tar.zst");
    let before = contents(&folder.path().join("data"));
    for (bytes, says) in bad {
        std::fs::write(&path, bytes).unwrap();
        let refused = run_refused(folder.path(), &["restore", "--force", text(&path)]);
        assert!(refused.contains(says), "{says:?} was expected: {refused}");
        assert!(!refused.contains('\u{1b}'), "the terminal is given orders: {refused}");
        assert!(contents(&folder.path().join("data")) == before, "{says:?}: the folder is not as it was");
        // A missing folder is not created, except when the archive has to be unpacked to be
        // refused.
        let elsewhere = TempDir::new();
        run_refused(elsewhere.path(), &["restore", text(&path)]);
        assert!(!elsewhere.path().join("data").exists(), "{says:?}");
    }
    let right = sealed(zstd(&tar(&with_manifest(&good, |manifest| manifest["madang"] = json!("by hand")))));
    std::fs::write(&path, right).unwrap();
    assert!(run(folder.path(), &["verify", text(&path)]).contains("by madang by hand"));
    run(folder.path(), &["restore", "--force", text(&path)]);
}

/// Abuse: N6
#[tokio::test]
async fn a_corrupt_database_in_a_valid_archive_changes_nothing() {
    let folder = TempDir::new();
    let good = backup_entries(&folder).await;
    let database = folder.path().join("harmed.db");
    std::fs::write(&database, &good[1].bytes).unwrap();
    super::verify::harm_an_index(&database);
    let bytes = std::fs::read(&database).unwrap();
    let part = json!({ "sha256": sha256(&bytes), "bytes": bytes.len() });
    let harmed = with_manifest(&good, |manifest| manifest["database"] = part);
    let words = b"SQLite format 3\0 and no more".to_vec();
    let part = json!({ "sha256": sha256(&words), "bytes": words.len() });
    let none = with_manifest(&good, |manifest| manifest["database"] = part);
    let before = contents(&folder.path().join("data"));
    let path = folder.path().join("bad.tar.zst");
    for (entries, bytes, says) in
        [(harmed, bytes, "the database is corrupt"), (none, words, "cannot read the database")]
    {
        std::fs::write(&path, sealed(zstd(&tar(&with(&entries, 1, |entry| entry.bytes = bytes))))).unwrap();
        let refused = run_refused(folder.path(), &["restore", "--force", text(&path)]);
        assert!(refused.contains(says), "{refused}");
        assert!(contents(&folder.path().join("data")) == before, "{says}: the folder is not as it was");
    }
}

/// Abuse: N6
#[tokio::test]
async fn a_sealed_archive_with_a_trigger_of_its_own_is_refused() {
    let folder = TempDir::new();
    let good = backup_entries(&folder).await;
    let before = contents(&folder.path().join("data"));
    let path = folder.path().join("bad.tar.zst");
    for (number, sql) in [
        "CREATE TRIGGER back AFTER INSERT ON users BEGIN UPDATE users SET is_admin = 1 WHERE id = NEW.id; END",
        "CREATE VIEW spy AS SELECT * FROM users",
        "CREATE TABLE evil (x DEFAULT (zeroblob(100)))",
        "DROP INDEX outbox_due",
    ]
    .into_iter()
    .enumerate()
    {
        let database = folder.path().join(format!("{number}.db"));
        std::fs::write(&database, &good[1].bytes).unwrap();
        rusqlite::Connection::open(&database).unwrap().execute_batch(sql).unwrap();
        let bytes = std::fs::read(&database).unwrap();
        let part = json!({ "sha256": sha256(&bytes), "bytes": bytes.len() });
        let entries = with_manifest(&good, |manifest| manifest["database"] = part);
        std::fs::write(&path, sealed(zstd(&tar(&with(&entries, 1, |entry| entry.bytes = bytes))))).unwrap();
        for command in [&["verify", text(&path)][..], &["restore", "--force", text(&path)]] {
            let refused = run_refused(folder.path(), command);
            assert!(refused.contains("the database is not one that madang made"), "{sql}: {refused}");
        }
        assert!(contents(&folder.path().join("data")) == before, "{sql}: the folder is not as it was");
    }
    // The same in a data folder, where somebody may have used a tool of their own.
    let database = folder.path().join("data/madang.db");
    rusqlite::Connection::open(database).unwrap().execute_batch("CREATE VIEW spy AS SELECT 1").unwrap();
    let output = super::output(folder.path(), &["verify"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("database: unknown view \"spy\""));
}

/// Abuse: N6
#[tokio::test]
async fn any_flipped_bit_or_truncation_is_detected() {
    let folder = TempDir::new();
    backup_entries(&folder).await;
    let good = std::fs::read(archive(&folder)).unwrap();
    let path = folder.path().join("bad.tar.zst");
    let look = async |bytes: &[u8]| {
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        madang::ops::verify::verify_archive(Source::file(&path, Keys::default()), |_| Ok(())).await.unwrap_err()
    };
    // Every bit of the first and last bytes, where formats have unused bits, and a sample of the
    // others.
    let (last, step) = (good.len() - 120, good.len() / 150);
    let places = (0..40).chain((40..last).step_by(step.max(1))).chain(last..good.len());
    for (count, place) in places.enumerate() {
        for bit in if place < 40 || place >= last { 0..8 } else { count % 8..count % 8 + 1 } {
            let mut bytes = good.clone();
            bytes[place] ^= 1 << bit;
            let said = look(&bytes).await;
            let is_known = ["corrupt", "truncated", "not a Madang backup"].iter().any(|why| said.contains(why));
            assert!(is_known, "bit {bit} of byte {place}: {said}");
        }
    }
    for length in (0..good.len()).step_by(step.max(1)).chain(good.len() - 60..good.len()) {
        let said = look(&good[..length]).await;
        assert!(said.contains("truncated") || said.contains("not a Madang backup"), "{length} bytes: {said}");
    }
    let said = look(&[&good[..], b"\n"].concat()).await;
    assert!(said.contains("truncated, or not a Madang backup"), "{said}");
}
