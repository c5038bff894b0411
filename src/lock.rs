//! Locks between processes, each a file of the data folder. The system lets go of them when a
//! process ends, however it ends, so none is ever left behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

/// What a server holds while it runs on the folder, and whoever must be sure that none does.
const HOUSE: &str = "serve.lock";
/// What backups share while they read stored files, and whoever removes some holds alone.
const BYTES: &str = "backup.lock";

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Closing the file is not enough: a process that is just being started has it open as well, for a
/// moment.
impl Drop for Lock {
    fn drop(&mut self) {
        // What cannot be let go of now ends with the file.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// The whole house: for its server, or for who puts another in its place. `None` while another
    /// process has it.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub fn house(data_dir: &Path) -> io::Result<Option<Self>> {
        alone(open(data_dir, HOUSE)?)
    }

    /// Whether a process has the house. It changes nothing in the folder, which need not be there.
    pub fn is_house_taken(data_dir: &Path) -> bool {
        File::open(data_dir.join(HOUSE)).is_ok_and(|file| matches!(alone(file), Ok(None)))
    }

    /// The stored files, so that none is removed while it is held. Others may hold it as well; who
    /// removes some is waited for.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub fn all_bytes(data_dir: &Path) -> io::Result<Self> {
        let file = open(data_dir, BYTES)?;
        file.lock_shared()?;
        Ok(Self { file })
    }

    /// The stored files, to remove some of them. `None` while somebody reads them all.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub fn removal(data_dir: &Path) -> io::Result<Option<Self>> {
        alone(open(data_dir, BYTES)?)
    }

    /// Removes the files of the locks from a folder that goes with them.
    pub fn forget(data_dir: &Path) {
        for name in [HOUSE, BYTES] {
            // One that is not there need not go.
            let _ = std::fs::remove_file(data_dir.join(name));
        }
    }
}

fn alone(file: File) -> io::Result<Option<Lock>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The file stays where it is when the lock ends: who removed it would take it from under another
/// who has just opened it.
fn open(data_dir: &Path, name: &str) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(data_dir.join(name))?;
    // Made by root for a moment, it would keep the house's own server out for ever.
    let (owner, made) = (data_dir.metadata()?, file.metadata()?);
    if (owner.uid(), owner.gid()) != (made.uid(), made.gid()) {
        // Who may not give it away is the server itself, in a folder of its group.
        let _ = fchown(&file, Some(owner.uid()), Some(owner.gid()));
    }
    Ok(file)
}
