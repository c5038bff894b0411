//! The backups that the server has made by itself, found by their names.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::clock;

const BEGIN: &str = "madang-";
/// How the names end.
pub const END: &str = ".tar.zst";

/// A backup that the server has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub made_ms: i64,
    pub bytes: u64,
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
}

/// Returns the backups in a folder, the newest first.
pub fn listed(folder: &Path) -> Vec<Backup> {
    let name = |found: &Found| found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let backups = found(folder).into_iter().rev();
    backups
        .map(|found| Backup { name: name(&found), made_at: clock::rfc3339(found.made_ms), bytes: found.bytes })
        .collect()
}

/// Returns the path of a backup that is made now.
pub fn path(folder: &Path, made_ms: i64) -> PathBuf {
    folder.join(format!("{BEGIN}{}{END}", clock::stamp(made_ms)))
}

/// Returns the backups in a folder, the oldest first.
pub fn found(folder: &Path) -> Vec<Found> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<Found> = entries
        .filter_map(|entry| {
            let made_ms = made_ms(entry.file_name().to_str()?.strip_suffix(END)?)?;
            let bytes = entry.metadata().map_or(0, |found| found.len());
            Some(Found { path: entry.path(), made_ms, bytes })
        })
        .collect();
    found.sort_unstable_by_key(|found| found.made_ms);
    found
}

/// Returns the time in a name such as `madang-20261121T093000Z`.
pub fn made_ms(name: &str) -> Option<i64> {
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
        for other in ["madang-2026", "madang-20261331T000000Z", "other-19700101T000001Z", "madang-1970010100000100가"]
        {
            assert_eq!(made_ms(other), None, "{other}");
        }
    }
}
