//! `madang backup` to standard output and into a bucket. A backup is made whole in the data folder first: it begins with a
//! list of what follows.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::archive::Progress;
use super::backup::{Summary, Writing, backup};
use super::backup_place;
use crate::age::Encryption;
use crate::config::{BackupObject, Config};
use crate::files::NamedObjects;

/// How the names of such files begin; the rest is the id of the process.
const BEGIN: &str = "outgoing-";

/// Writes a backup to standard output.
///
/// # Errors
/// As [`backup()`]; or nobody reads it.
pub async fn to_stdout(
    config: &Config,
    encryption: Option<Encryption>,
    watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Summary, String> {
    let (outgoing, made) = Outgoing::make(config, encryption, watch).await?;
    let sent = spawn_blocking(move || {
        let opened = File::open(&outgoing.path);
        // It has no name any more, so nothing is left however this ends.
        drop(outgoing);
        io::copy(&mut opened?, &mut io::stdout().lock())
    });
    let sent = sent.await.map_err(|error| format!("the backup failed: {error}"))?;
    sent.map(|_| made).map_err(|error| format!("cannot write to standard output: {error}"))
}

/// Writes a backup into a bucket, which has it only whole.
///
/// # Errors
/// As [`backup()`]; or the bucket cannot be used, or has something of this name already.
pub async fn to_bucket(
    config: &Config,
    BackupObject { s3, name }: BackupObject,
    encryption: Option<Encryption>,
    watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Summary, String> {
    let objects = Arc::new(NamedObjects::new(&s3)?);
    let (bucket, wanted) = (Arc::clone(&objects), name.clone());
    let is_taken = in_thread(move || Ok(bucket.list(&wanted)?.iter().any(|found| found.name == wanted))).await?;
    if is_taken {
        return Err(format!("{objects}{name} already exists (give another name: objects are not replaced)"));
    }
    let (outgoing, made) = Outgoing::make(config, encryption, watch).await?;
    in_thread(move || backup_place::put(&objects, &name, &outgoing.path)).await?;
    Ok(made)
}

async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    spawn_blocking(work).await.map_err(|error| format!("the backup failed: {error}"))?
}

/// A whole backup in the data folder. It is removed on drop.
struct Outgoing {
    path: PathBuf,
    /// Locked, so that other processes leave it.
    _file: Option<File>,
}

impl Outgoing {
    async fn make(
        config: &Config,
        encryption: Option<Encryption>,
        watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
    ) -> Result<(Self, Summary), String> {
        remove_left(&config.data_dir);
        let path = config.data_dir.join(format!("{BEGIN}{}.tar.zst", std::process::id()));
        let made = backup(config, &path, Writing { may_replace: true, encryption }, watch).await?;
        let file = File::open(&path).ok().filter(|file| file.try_lock().is_ok());
        Ok((Self { path, _file: file }, made))
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes what processes left that were killed.
fn remove_left(data_dir: &Path) {
    for entry in fs::read_dir(data_dir).into_iter().flatten().flatten() {
        let is_outgoing = entry.file_name().to_str().is_some_and(|name| name.starts_with(BEGIN));
        if is_outgoing && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
