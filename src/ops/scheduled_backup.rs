//! Backups that the server makes by itself: when one is due it is written, checked as before a restore, and old ones go.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::{archive, backup};
use crate::backup_files::{self, END, Found, found};
use crate::clock;
use crate::config::{Backups, Config};
use crate::data_folder;
use crate::metrics;

/// How long after a failure comes the next attempt, unless one would be due earlier.
const RETRY_DELAY: Duration = Duration::from_secs(3_600);

/// Makes backups when they are due.
pub struct ScheduledBackups {
    config: Config,
    backups: Backups,
    failed_at: Mutex<Option<Instant>>,
    /// One backup at a time.
    turn: tokio::sync::Mutex<()>,
}

impl ScheduledBackups {
    pub fn new(config: &Config, backups: &Backups) -> Self {
        Self {
            config: config.clone(),
            backups: backups.clone(),
            failed_at: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Makes a backup if one is due or wanted.
    pub async fn run_if_due(&self, is_wanted: bool) {
        let _turn = self.turn.lock().await;
        let Backups { every, folder, .. } = &self.backups;
        let newest = found(folder).pop();
        if let Some(newest) = &newest {
            metrics::BACKUP_AT.set(newest.made_ms as f64 / 1_000.0);
        }
        let age_ms = |found: &Found| clock::now_ms().saturating_sub(found.made_ms);
        // A backup of the future is one of a clock that was wrong.
        let is_due = newest.as_ref().is_none_or(|newest| !(0..every.as_millis() as i64).contains(&age_ms(newest)));
        let has_just_failed = self.failed_at.lock().is_some_and(|at| at.elapsed() < RETRY_DELAY.min(*every));
        if !is_wanted && (!is_due || has_just_failed) {
            return;
        }
        match self.make(newest.as_ref()).await {
            Ok(made) => {
                *self.failed_at.lock() = None;
                metrics::BACKUP_AT.set(made.made_ms as f64 / 1_000.0);
                tracing::info!(file = %made.path.display(), "made a backup and checked it");
            }
            Err(why) => {
                *self.failed_at.lock() = Some(Instant::now());
                metrics::BACKUPS_FAILED.add(1);
                tracing::error!("no backup was made: {why}");
            }
        }
    }

    async fn make(&self, newest: Option<&Found>) -> Result<Found, String> {
        let Backups { keep, folder, .. } = &self.backups;
        data_folder::create(folder).map_err(|_| format!("cannot create {}", folder.display()))?;
        remove_parts(folder);
        self.refuse_without_room(newest)?;
        let made_ms = clock::now_ms();
        let path = backup_files::path(folder, made_ms);
        let made = backup::backup(&self.config, &path, false, |_| Ok(())).await?;
        let (checked, scratch) = (path.clone(), folder.clone());
        let check = tokio::task::spawn_blocking(move || archive::check(&checked, &scratch, &mut |_| Ok(())).map(drop));
        if let Err(why) = check.await.unwrap_or_else(|error| Err(error.to_string())) {
            let _ = fs::remove_file(&path);
            return Err(format!("the new backup cannot be restored, and was removed: {why}"));
        }
        if !made.lost.is_empty() {
            tracing::warn!(
                lost = made.lost.len(),
                "stored files are missing, so the backup lacks them (run: madang verify)"
            );
        }
        let all = found(folder);
        for old in all.iter().rev().skip(*keep) {
            if let Err(error) = fs::remove_file(&old.path) {
                tracing::warn!(%error, file = %old.path.display(), "cannot remove an old backup");
            }
        }
        Ok(Found { path, made_ms, bytes: made.bytes })
    }

    /// Refuses a backup that could fill the disk: then nobody could write any more.
    fn refuse_without_room(&self, newest: Option<&Found>) -> Result<(), String> {
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
        // A copy of the database, once more when it is checked, and a file like the last one.
        let needed = 2 * bytes(&self.config.database()) + newest.map_or(0, |newest| bytes(&newest.path));
        match data_folder::free_bytes(&self.backups.folder) {
            Some(free) if free < needed.saturating_add(self.config.disk_reserve) => Err(format!(
                "{} has {} MB free, and a backup needs {} MB besides DISK_RESERVE_MB (set BACKUP_FOLDER to another disk)",
                self.backups.folder.display(),
                free >> 20,
                (needed >> 20) + 1,
            )),
            _ => Ok(()),
        }
    }
}

/// Removes what a process left that was ended while it made a backup.
fn remove_parts(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let begin = name.to_str().and_then(|name| name.strip_suffix(".part")?.split(END).next());
        if begin.is_some_and(|begin| backup_files::made_ms(begin).is_some()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
