//! How the server is, for admins: figures of the last hour, waiting jobs, backups.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::backup_files::{self, Backup};
use crate::chat::admin::{self, Storage, Waiting};
use crate::chat::instance;
use crate::clock::now_ms;
use crate::config::BackupPlace;
use crate::data_folder;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::metrics::{self, Sample};
use crate::process_stats;
use crate::service::App;
use parking_lot::Mutex;

/// An hour of samples, one every ten seconds.
const KEPT: usize = 360;
const MINUTE_MS: u64 = 60_000;
/// How old the count of what is stored may be.
const STORAGE_AGE: Duration = Duration::from_secs(60);

/// How the server is.
#[derive(Clone, Debug)]
pub struct Status {
    pub samples: Vec<Sample>,
    pub jobs: Vec<Waiting>,
    pub storage: Storage,
    /// The backups that the server has made by itself, the newest first. `None`: it makes none.
    pub backups: Option<Vec<Backup>>,
}

/// The samples of the last hour, and what was stored when that was counted last.
#[derive(Default)]
pub struct Samples {
    kept: Mutex<Kept>,
    storage: tokio::sync::Mutex<Option<(Instant, Storage)>>,
}

#[derive(Default)]
struct Kept {
    samples: VecDeque<Sample>,
    sends: u64,
    send_counts: Vec<u64>,
}

impl App {
    /// Adds the figures of this moment.
    pub fn take_sample(&self) {
        let (sends, counts) = (metrics::SENDS.value(), metrics::SEND_SECONDS.counts());
        let mut kept = self.samples.kept.lock();
        let at_ms = now_ms();
        let elapsed = kept.samples.back().map_or(0, |last| at_ms.abs_diff(last.at_ms));
        let sent = sends.saturating_sub(kept.sends);
        let new: Vec<u64> =
            counts.iter().enumerate().map(|(at, count)| count - kept.send_counts.get(at).unwrap_or(&0)).collect();
        let sample = Sample {
            at_ms,
            online: self.realtime.connections.user_count() as u64,
            messages_a_minute: if elapsed == 0 { 0.0 } else { (sent * MINUTE_MS) as f64 / elapsed as f64 },
            send_p99_ms: p99_seconds(&new, metrics::SEND_SECONDS.bounds()) * 1_000.0,
            memory_bytes: process_stats::read().resident_bytes,
            disk_free_bytes: data_folder::free_bytes(&self.config.data_dir).unwrap_or(0),
        };
        (kept.sends, kept.send_counts) = (sends, counts);
        if kept.samples.len() == KEPT {
            kept.samples.pop_front();
        }
        kept.samples.push_back(sample);
    }

    /// Returns the samples of the last hour, the oldest first.
    ///
    /// # Errors
    /// `forbidden` unless an admin.
    pub async fn samples(&self, me: UserId) -> Result<Vec<Sample>> {
        self.check_admin(me).await?;
        Ok(self.samples.kept.lock().samples.iter().copied().collect())
    }

    /// Returns how the server is.
    ///
    /// # Errors
    /// `forbidden` unless an admin.
    pub async fn status(&self, me: UserId) -> Result<Status> {
        let jobs = self.db.read(move |tx| admin::jobs(tx, now_ms(), Some(me))).await?;
        let storage = self.storage(me).await?;
        let backups = match self.config.backups.as_ref().map(|backups| backups.place.clone()) {
            None => None,
            Some(BackupPlace::Folder(folder)) => {
                let found = tokio::task::spawn_blocking(move || backup_files::in_folder(&folder));
                Some(backup_files::listed(&found.await.map_err(Error::internal)?))
            }
            // A page does not wait for a bucket.
            Some(BackupPlace::Bucket(_)) => Some(self.backups_found.lock().clone()),
        };
        Ok(Status { samples: self.samples(me).await?, jobs, storage, backups })
    }

    /// Returns what is stored, as it was at most a minute ago: it is counted.
    async fn storage(&self, me: UserId) -> Result<Storage> {
        self.check_admin(me).await?;
        // Locked while it is counted, so that it is counted once.
        let mut counted = self.samples.storage.lock().await;
        if let Some((at, storage)) = &*counted
            && at.elapsed() < STORAGE_AGE
        {
            return Ok(storage.clone());
        }
        let storage = self.db.read(move |tx| admin::storage(tx, Some(me))).await?;
        *counted = Some((Instant::now(), storage.clone()));
        Ok(storage)
    }

    /// Tries the jobs again at once that wait after a failure.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin.
    pub async fn retry_jobs(&self, me: UserId) -> Result<()> {
        self.rates.act(me)?;
        self.write(Subject::Server, move |tx, _, now| admin::retry_jobs(tx, now, Some(me)).map(drop)).await
    }

    /// Asks for a backup now. The schedule makes it; a second request while one waits changes nothing.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `not_found` where the server makes no backups.
    pub async fn request_backup(&self, me: UserId) -> Result<()> {
        self.rates.act(me)?;
        let makes_backups = self.config.backups.is_some();
        self.write(Subject::Server, move |tx, _, now| {
            admin::note_backup(tx, now, me)?;
            if makes_backups { Ok(()) } else { Err(Code::NotFound.into()) }
        })
        .await?;
        self.is_backup_wanted.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Returns the id by which this server is known elsewhere.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn instance_id(&self) -> Result<String> {
        match self.db.read(instance::known_id).await? {
            Some(id) => Ok(id),
            None => self.db.write(Subject::Server, instance::id).await,
        }
    }

    /// Keeps the backups of a bucket for admins, as the schedule has found them, the newest first.
    pub fn note_backups(&self, found: Option<Vec<Backup>>) {
        if let Some(found) = found {
            *self.backups_found.lock() = found;
        }
    }

    /// Returns whether a backup was asked for, once for each request.
    pub fn take_backup_request(&self) -> bool {
        self.is_backup_wanted.swap(false, Ordering::Relaxed)
    }
}

/// Returns the upper bound of the bucket with the 99th of 100 values, in seconds; 0 without any.
fn p99_seconds(counts: &[u64], bounds: &[f64]) -> f64 {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return 0.0;
    }
    let wanted = (all * 99).div_ceil(100);
    let mut below = 0;
    let found = counts.iter().position(|count| {
        below += count;
        below >= wanted
    });
    found.and_then(|at| bounds.get(at)).or(bounds.last()).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_of_100_is_found_in_its_bucket() {
        let bounds = [0.001, 0.01, 0.1];
        assert_eq!(p99_seconds(&[0, 0, 0, 0], &bounds), 0.0);
        assert_eq!(p99_seconds(&[99, 1, 0, 0], &bounds), 0.001);
        assert_eq!(p99_seconds(&[98, 2, 0, 0], &bounds), 0.01);
        assert_eq!(p99_seconds(&[0, 0, 0, 3], &bounds), 0.1);
    }
}
