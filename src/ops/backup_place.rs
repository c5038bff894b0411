//! Where the server keeps the backups that it makes by itself: a folder or a bucket. Everything here blocks.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::Source;
use super::stored::hash_of;
use crate::age::Keys;
use crate::backup_files::{self, BEGIN, Found};
use crate::config::{BackupObject, BackupPlace, BackupSource, Config, S3Settings};
use crate::data_folder;
use crate::files::{NamedObjects, Put};

/// Where a backup is until the bucket has it, in the data folder.
const OUTGOING: &str = "backups/outgoing";

/// The place, opened.
pub(crate) enum Place {
    Folder(PathBuf),
    Bucket(Arc<NamedObjects>),
}

impl Place {
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn open(place: &BackupPlace) -> Result<Self, String> {
        Ok(match place {
            BackupPlace::Folder(folder) => Self::Folder(folder.clone()),
            BackupPlace::Bucket(s3) => Self::Bucket(Arc::new(NamedObjects::new(s3)?)),
        })
    }

    /// Returns the backups, the oldest first.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn found(&self) -> Result<Vec<Found>, String> {
        match self {
            Self::Folder(folder) => Ok(backup_files::in_folder(folder)),
            Self::Bucket(objects) => {
                let listed = objects.list(BEGIN)?;
                Ok(backup_files::sorted(listed.iter().filter_map(|it| Found::new(&it.name, it.bytes)).collect()))
            }
        }
    }

    /// Removes what an ended process left that was on its way into the bucket.
    pub(crate) fn remove_outgoing(&self, config: &Config) {
        if let Self::Bucket(_) = self {
            backup_files::remove_parts(&config.data_dir.join(OUTGOING), true);
        }
    }

    /// Prepares the folder in which the next backup is written, and returns it: the folder of backups itself, or one from
    /// which it goes into the bucket, which is marked as that of its owner. Removes what an ended process left.
    ///
    /// # Errors
    /// A sentence for the operator: a folder cannot be made, or the bucket cannot be used.
    pub(crate) fn prepare(&self, config: &Config, owner: &str) -> Result<PathBuf, String> {
        let folder = match self {
            Self::Folder(folder) => folder.clone(),
            Self::Bucket(objects) => {
                objects.check(owner)?;
                objects.abort_uploads(BEGIN)?;
                config.data_dir.join(OUTGOING)
            }
        };
        data_folder::create(&folder).map_err(|why| format!("cannot create {}: {why}", folder.display()))?;
        backup_files::remove_parts(&folder, false);
        backup_files::remove_parts(&config.data_dir, false);
        Ok(folder)
    }

    /// Puts a backup that was written and checked where it belongs: a bucket has it only whole, and is read to see that it
    /// has the same bytes.
    ///
    /// # Errors
    /// A sentence for the operator. The bucket does not have the backup then.
    pub(crate) fn put(&self, folder: &Path, name: &str) -> Result<(), String> {
        let Self::Bucket(objects) = self else { return Ok(()) };
        let path = folder.join(name);
        let done = put_and_compare(objects, name, &path);
        if done.is_err() {
            // The name is this server's alone, so what has it is of a try whose answer was lost, and no backup.
            let _ = objects.remove(name);
        }
        let _ = fs::remove_file(&path);
        done
    }

    /// Removes a backup.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn remove(&self, name: &str) -> Result<(), String> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))
            }
            Self::Bucket(objects) => objects.remove(name),
        }
    }
}

/// Puts a file into a bucket, and reads it again to see that it has the same bytes. What is not read again is removed, unless it is
/// somebody else's.
pub(super) fn put_and_compare(objects: &Arc<NamedObjects>, name: &str, path: &Path) -> Result<(), String> {
    let put = objects.put(name, path)?;
    let is_same = File::open(path).and_then(hash_of).and_then(|sent| {
        let stored = objects.open(name).and_then(hash_of)?;
        Ok(sent.sha256 == stored.sha256)
    });
    let done = match (is_same, put) {
        (Ok(true), _) => return Ok(()),
        (Ok(false), Put::New) => Err(format!("{objects}{name} has other bytes than were sent, and was removed")),
        (Ok(false), Put::Found) => Err(format!("{objects}{name} already exists (give another name)")),
        (Err(error), _) => Err(format!("cannot read {objects}{name} again: {error}")),
    };
    if put == Put::New {
        let _ = objects.remove(name);
    }
    done
}

/// Returns the backup that a command reads: a file, or an object if it has the address of one.
///
/// # Errors
/// A sentence for the operator.
pub fn source(at: &Path, asked: &BackupSource, s3: &S3Settings) -> Result<Source, String> {
    let keys: Keys = asked.keys()?;
    match asked.store.object(at, s3)? {
        None => Ok(Source::file(at, keys)),
        Some(BackupObject { s3, name }) => Ok(Source::object(Arc::new(NamedObjects::new(&s3)?), name, keys)),
    }
}
