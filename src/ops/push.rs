//! `madang files push`: copies the files of the data folder into a bucket.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::archive::Progress;
use super::backup::existing_database;
use super::stored::{Pushed, checked_bucket, copy_files};
use super::write;
use crate::chat::instance;
use crate::clock::{now_ms, stamp};
use crate::config::Config;
use crate::files::STORED;
use crate::lock::Lock;

/// Copies all local files into the bucket, and moves them aside when each of them is there. While one does not match its
/// hash, all stay.
///
/// # Errors
/// A message for the operator. The local files are then where they were, and a second run goes on.
pub async fn push(
    config: &Config,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Pushed, String> {
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || {
        let s3 = config.s3.as_ref().ok_or("S3_BUCKET is not set (set it as the server is to have it)")?;
        existing_database(&config)?;
        let folder = config.data_dir.display();
        let lock = Lock::server(&config.data_dir).map_err(|error| format!("cannot lock {folder}: {error}"))?;
        let _server = lock.ok_or_else(|| format!("a server is running on {folder} (stop it first)"))?;
        let id = Handle::current().block_on(write(&config, instance::id))?;
        let bucket = checked_bucket(s3, &id)?;
        let mut pushed = copy_files(&config.data_dir, &bucket, &mut watch)?;
        if !pushed.damaged.is_empty() {
            return Ok(pushed);
        }
        // Not earlier: a server whose files are noted to be in a bucket does not start without it.
        Handle::current().block_on(write(&config, |tx| instance::set_bucket(tx, true)))?;
        pushed.aside = move_aside(&config.data_dir).map_err(|error| format!("cannot move the local files: {error}"))?;
        Ok(pushed)
    });
    work.await.map_err(|error| format!("the copy failed: {error}"))?
}

fn move_aside(data_dir: &Path) -> io::Result<Option<PathBuf>> {
    let (files, aside) = (data_dir.join(STORED), data_dir.join(format!("before-s3-{}", stamp(now_ms()))));
    match fs::rename(files, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
