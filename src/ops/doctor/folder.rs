//! The data folder: whose it is, and what it stands on.

use std::fs::{self, File, Metadata};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::HumanBytes;
use rustix::fs::Access;

use super::Finding;
use crate::config::Config;
use crate::data_folder;

/// Writes that are timed.
const WRITES: usize = 16;
/// From here on people notice how long a send takes, and from here on it hurts.
const SLOW: Duration = Duration::from_millis(50);
const TOO_SLOW: Duration = Duration::from_millis(500);

/// File systems over a network, on which a database of SQLite is damaged, by the number in `statfs(2)`.
const REMOTE: &[(i64, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0xFF53_4D42, "SMB"),
    (0x0102_1997, "9P"),
    (0x5346_414F, "AFS"),
];
/// File systems of other programs, some of which are over a network.
const FUSE: i64 = 0x6573_5546;
/// In memory: gone at the next start.
const TMPFS: i64 = 0x0102_1994;

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let folder = &config.data_dir;
    let found = match fs::metadata(folder) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => {
            let what = format!("{} is a file", folder.display());
            return vec![Finding::error("data folder", what, "set DATA_DIR to a folder")];
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![missing(folder)];
        }
        Err(error) => {
            let what = format!("{} cannot be looked at: {error}", folder.display());
            return vec![Finding::error("data folder", what, "run this as the user that runs the server")];
        }
    };
    let user = rustix::process::geteuid().as_raw();
    let mut findings = vec![owner(folder, &found, user), space(folder, config.disk_reserve)];
    if config.postgres.is_none() {
        findings.push(file_system(folder, kind_of(folder)));
    }
    findings.push(speed(time_of_write(folder)));
    findings
}

/// Says of a folder that is not there whether the server could create it.
fn missing(folder: &Path) -> Finding {
    let path = folder.display();
    let parent = folder.ancestors().skip(1).find(|parent| parent.exists()).unwrap_or_else(|| Path::new("."));
    if rustix::fs::access(parent, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let what = format!("{path} is not there, and this user may not create it in {}", parent.display());
        return Finding::error(
            "data folder",
            what,
            "set DATA_DIR to the folder of the server, or run this as its user",
        );
    }
    let advice = "check DATA_DIR if a server ran here before";
    Finding::warning("data folder", format!("{path} is not there yet; the server creates it"), advice)
}

fn owner(folder: &Path, found: &Metadata, user: u32) -> Finding {
    let (path, mode) = (folder.display(), found.permissions().mode() & 0o777);
    let facts = format!("{path}: user {}, mode {mode:04o}", found.uid());
    if found.uid() != user && user != 0 {
        let what = format!("{path} belongs to user {}, and this is user {user}", found.uid());
        return Finding::error("data folder", what, format!("run: chown -R {user} {path}, or run this as its user"));
    }
    if let Some(other) = foreign_file(folder, found.uid()) {
        let what = format!("{} belongs to another user than {path}", other.display());
        return Finding::error("data folder", what, format!("run: chown -R {} {path}", found.uid()));
    }
    if mode & 0o007 != 0 {
        let what = format!("{facts}: every user of this machine may look into it");
        return Finding::warning("data folder", what, format!("run: chmod o-rwx {path}"));
    }
    Finding::ok("data folder", facts)
}

/// Returns an entry of the folder that belongs to somebody else: commands that root has run leave some.
fn foreign_file(folder: &Path, owner: u32) -> Option<std::path::PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    entries.into_iter().find(|entry| entry.metadata().is_ok_and(|found| found.uid() != owner)).map(|entry| entry.path())
}

fn space(folder: &Path, reserve: u64) -> Finding {
    let Some(free) = data_folder::free_bytes(folder) else {
        return Finding::skipped("disk", "its free space cannot be read");
    };
    let facts = format!("{} free", HumanBytes(free));
    let low = |effect: &str| format!("{facts}, and DISK_RESERVE_MB is {}: {effect}", reserve >> 20);
    let advice = "make room, or lower DISK_RESERVE_MB";
    match free {
        free if free < reserve / 2 => Finding::error("disk", low("nobody stores anything"), advice),
        free if free < reserve => Finding::error("disk", low("guests store nothing"), advice),
        free if free < reserve.saturating_mul(4) => Finding::warning("disk", low("soon guests store nothing"), advice),
        _ => Finding::ok("disk", facts),
    }
}

fn kind_of(folder: &Path) -> i64 {
    rustix::fs::statfs(folder).map_or(0, |found| found.f_type & 0xFFFF_FFFF)
}

fn file_system(folder: &Path, kind: i64) -> Finding {
    let path = folder.display();
    if let Some((_, name)) = REMOTE.iter().find(|(number, _)| *number == kind) {
        let what = format!("{path} is on {name}: its locks and syncs do not protect a SQLite database");
        let advice = "move the data folder to a disk of this machine, or use PostgreSQL (DATABASE_URL)";
        return Finding::error("file system", what, advice);
    }
    match kind {
        FUSE => Finding::warning(
            "file system",
            format!("{path} is on a file system of another program (FUSE)"),
            "use a disk of this machine, unless you know that it locks and syncs as one",
        ),
        TMPFS => Finding::warning(
            "file system",
            format!("{path} is in memory, and gone at the next start of the machine"),
            "set DATA_DIR to a folder on a disk",
        ),
        _ => Finding::ok("file system", "a disk of this machine"),
    }
}

/// Returns the median time of a small write that is synced, as each batch of sends makes one.
fn time_of_write(folder: &Path) -> std::io::Result<Duration> {
    let path = folder.join(format!("doctor-{}.part", std::process::id()));
    let timed = (|| {
        let mut file = File::create_new(&path)?;
        let mut times = Vec::with_capacity(WRITES);
        for _ in 0..WRITES {
            let begin = Instant::now();
            file.write_all(&[0; 4_096])?;
            file.sync_data()?;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        Ok(times[WRITES / 2])
    })();
    let _ = fs::remove_file(&path);
    timed
}

fn speed(timed: std::io::Result<Duration>) -> Finding {
    let time = match timed {
        Ok(time) => time,
        Err(error) => {
            let advice = "run this as the user that runs the server; look for a full or read-only disk";
            return Finding::error("disk speed", format!("nothing can be written: {error}"), advice);
        }
    };
    let facts = format!("a synced write takes {:.1} ms", time.as_secs_f64() * 1_000.0);
    let advice = "use a faster disk (an SSD; network disks and SD cards are slow): each batch of sends waits so long";
    match time {
        time if time >= TOO_SLOW => Finding::error("disk speed", facts, advice),
        time if time >= SLOW => Finding::warning("disk speed", facts, advice),
        _ => Finding::ok("disk speed", facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Level;

    #[test]
    fn network_file_systems_are_refused_and_odd_ones_named() {
        let level = |kind| file_system(Path::new("data"), kind).level;
        for (kind, _) in REMOTE {
            assert_eq!(level(*kind), Level::Error);
        }
        assert_eq!((level(FUSE), level(TMPFS)), (Level::Warning, Level::Warning));
        // ext4, btrfs, XFS, ZFS, overlay
        for kind in [0xEF53, 0x9123_683E, 0x5846_5342, 0x2FC1_2FC1, 0x794C_7630] {
            assert_eq!(level(kind), Level::Ok);
        }
    }

    #[test]
    fn slow_disks_are_named() {
        let level = |ms| speed(Ok(Duration::from_millis(ms))).level;
        assert_eq!((level(3), level(60), level(900)), (Level::Ok, Level::Warning, Level::Error));
        assert_eq!(speed(Err(std::io::ErrorKind::PermissionDenied.into())).level, Level::Error);
    }
}
