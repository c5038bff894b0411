//! The backups that the server has made by itself, found by their names in a folder or a bucket.

use std::fs;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock;

/// How the names begin.
pub const BEGIN: &str = "madang-";
/// How the names end, of encrypted ones last.
const ENDS: [&str; 2] = [".tar.zst", ".tar.zst.age"];

/// A backup that the server has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    pub made_ms: i64,
    pub bytes: u64,
}

impl Found {
    /// Returns a backup by its name; `None` for anything else.
    pub fn new(name: &str, bytes: u64) -> Option<Self> {
        let made_ms = ENDS.iter().find_map(|end| made_ms(name.strip_suffix(end)?))?;
        Some(Self { name: name.to_owned(), made_ms, bytes })
    }
}

/// A backup as admins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// The name of the file.
    pub name: String,
    /// RFC 3339 UTC with milliseconds.
    pub made_at: String,
    pub bytes: u64,
    pub encrypted: bool,
}

impl From<&Found> for Backup {
    fn from(found: &Found) -> Self {
        let Found { name, made_ms, bytes } = found;
        let encrypted = name.ends_with(ENDS[1]);
        Self { name: name.clone(), made_at: clock::rfc3339(*made_ms), bytes: *bytes, encrypted }
    }
}

/// Returns the backups as admins see them, the newest first.
pub fn listed(found: &[Found]) -> Vec<Backup> {
    found.iter().rev().map(Backup::from).collect()
}

/// Returns the name of a backup that is made now.
pub fn name(made_ms: i64, is_encrypted: bool) -> String {
    format!("{BEGIN}{}{}", clock::stamp(made_ms), ENDS[usize::from(is_encrypted)])
}

/// Longer than a check of a backup takes.
const CHECK_TIME: Duration = Duration::from_secs(6 * 60 * 60);
/// How the name of a folder begins in which a backup is unpacked to check it.
pub const CHECKED: &str = "madang-verify-";

/// Returns the backups in a folder, the oldest first.
pub fn in_folder(folder: &Path) -> Vec<Found> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries
        .filter_map(|entry| Found::new(entry.file_name().to_str()?, entry.metadata().map_or(0, |found| found.len())));
    sorted(found.collect())
}

/// Sorts backups, the oldest first.
pub fn sorted(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_unstable_by_key(|found| found.made_ms);
    found
}

/// Removes what a process left in a folder that was ended while it made a backup; what was complete, too, if that only
/// waited there for its way into a bucket.
pub fn remove_parts(folder: &Path, complete_too: bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_part = name
            .strip_suffix(".part")
            .is_some_and(|name| Found::new(name.strip_suffix(".db").unwrap_or(name), 0).is_some());
        // The unpacked copy of one that was being checked.
        if name.starts_with(CHECKED) {
            if is_old(&entry) {
                let _ = fs::remove_dir_all(entry.path());
            }
        } else if is_part || (complete_too && Found::new(name, 0).is_some()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether nobody works in a folder any more: no check takes that long.
fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|found| found.modified()).map(|at| at.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age > CHECK_TIME)
}

/// Returns the time in a name such as `madang-20261121T093000Z`.
fn made_ms(name: &str) -> Option<i64> {
    let stamp = name.strip_prefix(BEGIN).filter(|stamp| stamp.len() == 16 && stamp.is_ascii())?;
    let part = |from: usize, to: usize| &stamp[from..to];
    let text =
        format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(9, 11), part(11, 13), part(13, 15));
    clock::from_rfc3339(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_backups_of_the_server_are_counted() {
        assert_eq!(made_ms("madang-19700101T000001Z"), Some(1_000));
        for (encrypted, name) in
            [(false, "madang-19700101T000001Z.tar.zst"), (true, "madang-19700101T000001Z.tar.zst.age")]
        {
            let found = Found::new(name, 7).unwrap();
            assert_eq!((found.made_ms, self::name(1_000, encrypted).as_str()), (1_000, name));
            assert_eq!(Backup::from(&found).encrypted, encrypted);
            assert_eq!(Found::new(&format!("{name}.part"), 7), None);
        }
        for other in ["madang-2026", "madang-20261331T000000Z", "other-19700101T000001Z", "madang-1970010100000100가"]
        {
            assert_eq!(made_ms(other), None, "{other}");
        }
    }
}
