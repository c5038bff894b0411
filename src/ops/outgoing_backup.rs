//! `madang backup` to standard output and into a bucket. A backup is made whole in the data folder first: it begins with a
//! list of what follows.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::archive::Progress;
use super::backup::{Summary, Writing, backup};
use super::backup_place::put_and_compare;
use crate::age::Encryption;
use crate::config::{BackupObject, Config};
use crate::files::NamedObjects;
use crate::ids;

/// How the names of such files begin.
const OUTGOING: &str = "outgoing-";
/// How often an upload looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);

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
        // It has no name any more, so nothing is left however this ends.
        fs::remove_file(&outgoing.path)?;
        io::copy(&mut &outgoing.file, &mut io::stdout().lock())
    });
    let sent = sent.await.map_err(|error| format!("the backup failed: {error}"))?;
    sent.map(|_| made).map_err(|error| format!("cannot write to standard output: {error}"))
}

/// Writes a backup into a bucket, which has it only whole, and never in the place of another object.
///
/// # Errors
/// As [`backup()`]; or the bucket cannot be used, or has something of this name already.
pub async fn to_bucket(
    config: &Config,
    BackupObject { s3, name }: BackupObject,
    encryption: Option<Encryption>,
    watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Summary, String> {
    let watch = Arc::new(Mutex::new(watch));
    let made_watch = Arc::clone(&watch);
    let objects = Arc::new(NamedObjects::new(&s3)?);
    refuse_to_replace(&objects, &name).await?;
    let (outgoing, made) = Outgoing::make(config, encryption, move |progress| made_watch.lock()(progress)).await?;
    // A store without conditions would replace what came meanwhile.
    refuse_to_replace(&objects, &name).await?;
    let sent = spawn_blocking(move || {
        // What a killed process left of its upload in parts.
        objects.abort_uploads(&name)?;
        put_and_compare(&objects, &name, &outgoing.path)
    });
    finish(sent, |progress| watch.lock()(progress)).await?;
    Ok(made)
}

async fn refuse_to_replace(objects: &Arc<NamedObjects>, name: &str) -> Result<(), String> {
    let (listed, wanted) = (Arc::clone(objects), name.to_owned());
    let is_taken = spawn_blocking(move || Ok(listed.list(&wanted)?.iter().any(|found| found.name == wanted)));
    match is_taken.await.map_err(|error| format!("the backup failed: {error}"))? {
        Ok(true) => Err(format!("{objects}{name} already exists (give another name: objects are not replaced)")),
        Ok(false) => Ok(()),
        Err(why) => Err(why),
    }
}

/// Waits for an upload, unless the command is told to stop.
async fn finish(
    mut sent: JoinHandle<Result<(), String>>,
    watch: impl Fn(Progress) -> Result<(), String>,
) -> Result<(), String> {
    loop {
        watch(Progress { doing: "sending the backup", done: 0, all: 0 })?;
        if let Ok(sent) = timeout(LOOK, &mut sent).await {
            return sent.map_err(|error| format!("the backup failed: {error}"))?;
        }
    }
}

/// A whole backup in the data folder. It is removed on drop.
struct Outgoing {
    path: PathBuf,
    /// Locked, so that other processes leave it.
    file: File,
}

impl Outgoing {
    async fn make(
        config: &Config,
        encryption: Option<Encryption>,
        watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
    ) -> Result<(Self, Summary), String> {
        remove_left(&config.data_dir);
        let path = config.data_dir.join(format!("{OUTGOING}{}.tar.zst", ids::random()));
        let made = backup(config, &path, Writing { may_replace: false, encryption }, watch).await?;
        let opened = File::open(&path).and_then(|file| file.try_lock().map(|()| file).map_err(io::Error::from));
        let file = opened.map_err(|error| format!("the backup was taken away: {error} (run it again)"))?;
        Ok((Self { path, file }, made))
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
        let is_outgoing = entry.file_name().to_str().is_some_and(|name| name.starts_with(OUTGOING));
        if is_outgoing && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
