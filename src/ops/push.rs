//! `madang files push`: copies the files of the data folder into a bucket.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use indicatif::HumanBytes;
use tokio::runtime::Handle;

use super::archive::{Progress, Watch};
use super::backup::{existing_database, stored_part};
use crate::chat::{Db, instance};
use crate::clock::{now_ms, stamp};
use crate::config::{Config, S3};
use crate::db::{self, Subject};
use crate::error::Error;
use crate::files::{LocalStore, NotReady, Object, S3Store, STORED, Store, prefixes};
use crate::lock::Lock;

/// What was copied.
#[derive(Debug, Default)]
pub struct Pushed {
    pub copied: u64,
    pub bytes: u64,
    /// How many the bucket had already.
    pub present: u64,
    /// The hashes of local files that are not what their name says.
    pub damaged: Vec<String>,
    /// Where the local files are now.
    pub aside: Option<PathBuf>,
}

impl fmt::Display for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copied {} files ({}), {} were there already", self.copied, HumanBytes(self.bytes), self.present)?;
        match &self.aside {
            Some(aside) => {
                write!(f, "; the local files are now in {} (delete it when you no longer need it)", aside.display())
            }
            None => Ok(()),
        }
    }
}

/// Copies all local files into the bucket, and moves them aside when each of them is there.
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
        let database = existing_database(&config)?;
        let folder = config.data_dir.display();
        let lock = Lock::server(&config.data_dir).map_err(|error| format!("cannot lock {folder}: {error}"))?;
        let _server = lock.ok_or_else(|| format!("a server is running on {folder} (stop it first)"))?;
        let id = Handle::current().block_on(note(&database))?;
        let bucket = checked_bucket(s3, &id)?;
        let mut pushed = copy_files(&config.data_dir, &bucket, &mut watch)?;
        pushed.aside = move_aside(&config.data_dir).map_err(|error| format!("cannot move the local files: {error}"))?;
        Ok(pushed)
    });
    work.await.map_err(|error| format!("the copy failed: {error}"))?
}

/// Notes in the database that the files are in a bucket, and returns the id of the instance.
async fn note(database: &Path) -> Result<String, String> {
    let failed = |error: Error| format!("cannot write the database: {}", error.message);
    let db = Db::open(db::Options::new(database), |_| {})
        .map_err(|fault| format!("cannot open {}: {fault}", database.display()))?;
    let noted = db.write(Subject::Server, |tx| instance::set_bucket(tx, true).and_then(|()| instance::id(tx))).await;
    db.close().await;
    noted.map_err(failed)
}

/// Opens a bucket that can be used and is that of an instance. Blocks.
pub(super) fn checked_bucket(s3: &S3, instance: &str) -> Result<S3Store, String> {
    let bucket = S3Store::new(s3, Handle::current())?;
    match bucket.check(instance) {
        Ok(()) => Ok(bucket),
        Err(NotReady::Away(why) | NotReady::Refused(why)) => Err(why),
    }
}

/// Copies the files of a data folder that a store lacks, each after it was compared with its hash.
pub(super) fn copy_files(data_dir: &Path, store: &dyn Store, watch: Watch<'_>) -> Result<Pushed, String> {
    let local = LocalStore::new(data_dir);
    let unlisted = |error: io::Error| format!("cannot list the files: {error}");
    let list = |store: &dyn Store| -> Result<Vec<Object>, String> {
        let listed = prefixes().map(|prefix| store.list(&prefix)).collect::<io::Result<Vec<_>>>();
        Ok(listed.map_err(unlisted)?.concat())
    };
    let files = list(&local)?;
    let there: BTreeMap<_, _> = list(store)?.into_iter().map(|object| (object.hash, object.bytes)).collect();
    let (all, mut done, mut pushed) = (files.iter().map(|file| file.bytes).sum(), 0, Pushed::default());
    for Object { hash, bytes, .. } in files {
        watch(Progress { doing: "copying files", done, all })?;
        done += bytes;
        if there.get(&hash) == Some(&bytes) {
            pushed.present += 1;
            continue;
        }
        let cannot = |error: io::Error| format!("cannot copy {hash}: {error}");
        if stored_part(&local, &hash).map_err(cannot)?.sha256 != hash {
            pushed.damaged.push(hash);
            continue;
        }
        store.put(&hash, &local.path(&hash)).map_err(cannot)?;
        pushed.copied += 1;
        pushed.bytes += bytes;
    }
    Ok(pushed)
}

fn move_aside(data_dir: &Path) -> io::Result<Option<PathBuf>> {
    let (files, aside) = (data_dir.join(STORED), data_dir.join(format!("before-s3-{}", stamp(now_ms()))));
    match fs::rename(files, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
