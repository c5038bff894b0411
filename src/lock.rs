//! Locks between processes, each a file of the data folder. The system releases them when a process
//! ends, so none is ever left behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

/// Held by a server, and by commands that need the server stopped.
const SERVER: &str = "serve.lock";
/// Shared by backups while they read stored files; exclusive for removing them.
const BYTES: &str = "backup.lock";

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Unlocks explicitly. Closing the file is not enough: a child process that is just being started may
/// have it open as well.
impl Drop for Lock {
    fn drop(&mut self) {
        // If this fails, the lock ends with the file.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Locks the data folder for a server or a restore. Returns `None` while another process holds it.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn data_folder(data_dir: &Path) -> io::Result<Option<Self>> {
        alone(open(data_dir, SERVER)?)
    }

    /// Returns whether another process holds the data folder. Changes nothing; the folder need not exist.
    pub fn is_data_folder_taken(data_dir: &Path) -> bool {
        File::open(data_dir.join(SERVER)).is_ok_and(|file| matches!(alone(file), Ok(None)))
    }

    /// Prevents the removal of stored files. Others may hold this lock as well; a removal in progress is
    /// waited for.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn all_bytes(data_dir: &Path) -> io::Result<Self> {
        let file = open(data_dir, BYTES)?;
        file.lock_shared()?;
        Ok(Self { file })
    }

    /// Allows the removal of stored files. Returns `None` while a backup or check is in progress.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn removal(data_dir: &Path) -> io::Result<Option<Self>> {
        alone(open(data_dir, BYTES)?)
    }

    /// Removes the lock files from a folder that is removed itself.
    pub fn forget(data_dir: &Path) {
        for name in [SERVER, BYTES] {
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

/// Opens the lock file. It is never removed: another process may just have opened it.
fn open(data_dir: &Path, name: &str) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(data_dir.join(name))?;
    // A file created by root would lock out the server's own user.
    let (owner, made) = (data_dir.metadata()?, file.metadata()?);
    if (owner.uid(), owner.gid()) != (made.uid(), made.gid()) {
        // This fails for the server itself in a folder of its group, which does no harm.
        let _ = fchown(&file, Some(owner.uid()), Some(owner.gid()));
    }
    Ok(file)
}
