//! Backups that the server makes by itself: when one is due it is written, checked as before a restore, and old ones go.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::archive::{self, Source};
use super::backup::{self, Writing};
use super::backup_place::Place;
use crate::age::{Encryption, Keys};
use crate::backup_files::{self, Backup, Found};
use crate::clock;
use crate::config::{BackupPlace, Backups, Config};
use crate::data_folder;
use crate::metrics;
use crate::service::App;

/// How long after a failure comes the next attempt, unless one would be due earlier.
const RETRY_DELAY: Duration = Duration::from_secs(3_600);
/// How long a list of a bucket is believed: others do not write there.
const LIST_AGE: Duration = Duration::from_secs(3_600);

/// Makes backups when they are due.
pub struct ScheduledBackups {
    config: Config,
    backups: Backups,
    place: Mutex<Option<Arc<Place>>>,
    failed_at: Mutex<Option<Instant>>,
    /// What a bucket had when it was listed, the oldest first.
    known: Mutex<Option<(Instant, Vec<Found>)>>,
    /// One backup at a time.
    turn: tokio::sync::Mutex<()>,
}

impl ScheduledBackups {
    pub fn new(config: &Config, backups: &Backups) -> Self {
        Self {
            config: config.clone(),
            backups: backups.clone(),
            place: Mutex::default(),
            failed_at: Mutex::default(),
            known: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Makes a backup if one is due or wanted. Returns the backups that there are, the newest first; `None` if that is not
    /// known.
    pub async fn run_if_due(self: Arc<Self>, app: &App, is_wanted: bool) -> Option<Vec<Backup>> {
        let _turn = self.turn.lock().await;
        let has_just_failed =
            self.failed_at.lock().is_some_and(|at| at.elapsed() < RETRY_DELAY.min(self.backups.every));
        if has_just_failed && !is_wanted {
            return None;
        }
        let backups = Arc::clone(&self);
        let run = match app.instance_id().await {
            Ok(owner) => {
                let run = tokio::task::spawn_blocking(move || backups.work(&owner, is_wanted));
                run.await.unwrap_or_else(|error| Err(error.to_string()))
            }
            Err(error) => Err(error.message.into_owned()),
        };
        match run {
            Ok(found) => {
                *self.failed_at.lock() = None;
                Some(backup_files::listed(&found))
            }
            Err(why) => {
                *self.failed_at.lock() = Some(Instant::now());
                metrics::BACKUPS_FAILED.add(1);
                tracing::error!("no backup was made: {why}");
                None
            }
        }
    }

    fn work(&self, owner: &str, is_wanted: bool) -> Result<Vec<Found>, String> {
        let place = self.place()?;
        place.remove_outgoing(&self.config);
        let mut found = self.found(&place)?;
        note(&found);
        if !is_wanted && !self.is_due(&found) {
            return Ok(found);
        }
        let made = self.make(&place, owner, found.last())?;
        tracing::info!(file = self.backups.place.path(&made.name), "made a backup and checked it");
        found.retain(|it| it.name != made.name);
        found = backup_files::sorted([found, vec![made]].concat());
        let every = self.backups.every.as_millis() as i64;
        for old in take_surplus(&mut found, self.backups.keep, every, clock::now_ms()) {
            if let Err(why) = place.remove(&old.name) {
                tracing::warn!("an old backup stays: {why}");
            }
        }
        note(&found);
        *self.known.lock() = Some((Instant::now(), found.clone()));
        Ok(found)
    }

    /// Returns the place, opened the first time.
    fn place(&self) -> Result<Arc<Place>, String> {
        let mut place = self.place.lock();
        match &*place {
            Some(place) => Ok(Arc::clone(place)),
            None => Ok(Arc::clone(place.insert(Arc::new(Place::open(&self.backups.place)?)))),
        }
    }

    /// Returns the backups, the oldest first. A bucket is not listed every minute.
    fn found(&self, place: &Place) -> Result<Vec<Found>, String> {
        let known = self.known.lock().clone();
        match (known, place) {
            (Some((at, found)), Place::Bucket(_)) if at.elapsed() < LIST_AGE => Ok(found),
            _ => {
                let found = place.found()?;
                *self.known.lock() = Some((Instant::now(), found.clone()));
                Ok(found)
            }
        }
    }

    fn is_due(&self, found: &[Found]) -> bool {
        let (now, every) = (clock::now_ms(), self.backups.every.as_millis() as i64);
        // A backup of the future is one of a clock that was wrong.
        let newest = found.iter().map(|it| it.made_ms).filter(|made_ms| *made_ms <= now).max();
        newest.is_none_or(|made_ms| now - made_ms >= every)
    }

    fn make(&self, place: &Place, owner: &str, newest: Option<&Found>) -> Result<Found, String> {
        let encryption = self.backups.encryption.clone();
        let folder = place.prepare(&self.config, owner)?;
        self.refuse_without_room(&folder, newest)?;
        let made_ms = clock::now_ms();
        let name = backup_files::name(made_ms, encryption.is_some());
        let path = folder.join(&name);
        let is_encrypted = encryption.is_some();
        let writing = Writing { may_replace: false, encryption };
        let made = backup::make(&self.config, &path, &writing, &mut |_| Ok(()))?;
        let keys = match writing.encryption {
            Some(Encryption::Passphrase(passphrase)) => Keys { passphrase: Some(passphrase), ..Keys::default() },
            // The server does not have the identity: it opens the file with the key that it wrote it with.
            _ => Keys { file_key: made.file_key, ..Keys::default() },
        };
        // What is encrypted is not written in the clear to the place that it is kept from.
        let scratch = if is_encrypted { &self.config.data_dir } else { &folder };
        if let Err(why) = archive::check(&Source::file(&path, keys), scratch, &mut |_| Ok(())) {
            let _ = fs::remove_file(&path);
            return Err(format!("the new backup cannot be restored, and was removed: {why}"));
        }
        if !made.lost.is_empty() {
            tracing::warn!(
                lost = made.lost.len(),
                "stored files are missing, so the backup lacks them (run: madang verify)"
            );
        }
        place.put(&folder, &name)?;
        Ok(Found { name, made_ms, bytes: made.bytes })
    }

    /// Refuses a backup that could fill the disk: then nobody could write any more.
    fn refuse_without_room(&self, folder: &Path, newest: Option<&Found>) -> Result<(), String> {
        let database = fs::metadata(self.config.database()).map_or(0, |found| found.len());
        // A copy of the database, once more when it is checked, and a file like the last one.
        let needed = 2 * database + newest.map_or(0, |newest| newest.bytes);
        let advice = match self.backups.place {
            BackupPlace::Folder(_) => " (set BACKUP_TO to another disk)",
            BackupPlace::Bucket(_) => ", before it goes into the bucket",
        };
        match data_folder::free_bytes(folder) {
            Some(free) if free < needed.saturating_add(self.config.disk_reserve) => Err(format!(
                "{} has {} MB free, and a backup needs {} MB besides DISK_RESERVE_MB{advice}",
                folder.display(),
                free >> 20,
                (needed >> 20) + 1,
            )),
            _ => Ok(()),
        }
    }
}

fn note(found: &[Found]) {
    if let Some(newest) = found.last() {
        metrics::BACKUP_AT.set(newest.made_ms as f64 / 1_000.0);
    }
}

/// Takes those that are not kept out of a list that begins with the oldest: those of the future, then those whose neighbours are close
/// to each other, then the oldest. So backups that somebody asks for push none of the days before out. Times are in milliseconds.
fn take_surplus(found: &mut Vec<Found>, keep: usize, every: i64, now: i64) -> Vec<Found> {
    let mut taken = Vec::new();
    while found.len() > keep {
        let future = found.iter().position(|it| it.made_ms > now);
        let gaps = found.windows(3).enumerate().map(|(at, three)| (three[2].made_ms - three[0].made_ms, at + 1));
        let close = gaps.min().filter(|(gap, _)| *gap < every / 2 * 3).map(|(_, at)| at);
        taken.push(found.remove(future.or(close).unwrap_or(0)));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_that_somebody_asks_for_push_none_of_the_days_before_out() {
        const DAY: i64 = 24 * 60 * 60 * 1_000;
        let list = |times: &[i64]| -> Vec<Found> {
            times.iter().map(|made_ms| Found { made_ms: *made_ms, name: made_ms.to_string(), bytes: 0 }).collect()
        };
        let kept = |times: &[i64], keep, now| -> Vec<i64> {
            let mut found = list(times);
            take_surplus(&mut found, keep, DAY, now);
            found.iter().map(|it| it.made_ms).collect()
        };
        assert_eq!(kept(&[DAY, 2 * DAY, 3 * DAY, 4 * DAY], 3, 5 * DAY), [2 * DAY, 3 * DAY, 4 * DAY]);
        let asked: Vec<i64> = [DAY, 2 * DAY, 3 * DAY].into_iter().chain((0..8).map(|n| 4 * DAY + n)).collect();
        assert_eq!(kept(&asked, 4, 5 * DAY), [DAY, 2 * DAY, 3 * DAY, 4 * DAY + 7]);
        assert_eq!(kept(&[DAY, 2 * DAY, 9 * DAY], 2, 3 * DAY), [DAY, 2 * DAY]);
        // Every hour for ten days.
        let mut found = list(&[]);
        for hour in 0..240 {
            found.extend(list(&[hour * DAY / 24]));
            take_surplus(&mut found, 14, DAY, 10 * DAY);
        }
        let widest = found.windows(2).map(|two| two[1].made_ms - two[0].made_ms).max().unwrap();
        assert!(found.len() == 14 && widest <= 2 * DAY, "{found:?}");
    }
}
