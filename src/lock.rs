//! Locks between processes, each a file in the data folder. The operating system releases them when
//! the process ends, even after a crash, so no stale lock is left.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;
use std::sync::LazyLock;

/// Held by a running server, and by commands that must run without one.
const SERVER: &str = "serve.lock";
/// Bytes of the address and the run in its file.
const ADDRESS_MAX: u64 = 512;
/// Held shared by backups while they read stored files, and exclusively to remove files.
const FILES: &str = "backup.lock";

/// Returns a random number of this run of the program: another run has another one.
pub fn run_id() -> &'static str {
    static RUN: LazyLock<String> = LazyLock::new(|| {
        let mut bytes = [0; 16];
        // A run without one is taken for no other.
        getrandom::fill(&mut bytes).map_or_else(|_| String::new(), |()| format!("{:032x}", u128::from_ne_bytes(bytes)))
    });
    &RUN
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Closing the file is not enough: a child process that is just being started may still have it
/// open.
impl Drop for Lock {
    fn drop(&mut self) {
        // On an error, closing the file releases the lock.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Locks the whole data folder, for a server or for a command that replaces the folder. Returns
    /// `None` while another process holds the lock.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn server(data_dir: &Path) -> io::Result<Option<Self>> {
        try_exclusive(open(data_dir, SERVER)?)
    }

    /// Writes the server's address and its run into its lock file, for commands that print links or look for the server.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn publish_address(&mut self, url: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(format!("{url}\n{}\n", run_id()).as_bytes())
    }

    /// Returns the address of the server that runs on a data folder, if one does.
    pub fn server_address(data_dir: &Path) -> Option<String> {
        Self::published(data_dir).map(|(url, _)| url)
    }

    /// Returns the run of the server that runs on a data folder, as [`run_id`] is there.
    pub fn server_run(data_dir: &Path) -> Option<String> {
        Self::published(data_dir).map(|(_, run)| run).filter(|run| !run.is_empty())
    }

    fn published(data_dir: &Path) -> Option<(String, String)> {
        let mut file = File::open(data_dir.join(SERVER)).ok()?;
        if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        let mut text = String::new();
        Read::take(&mut file, ADDRESS_MAX).read_to_string(&mut text).ok()?;
        let mut lines = text.lines().map(str::to_owned);
        let url = lines.next().filter(|url| url.starts_with("http"))?;
        Some((url, lines.next().unwrap_or_default()))
    }

    /// Returns whether a process holds the data folder. Writes nothing; the folder may be missing.
    pub fn is_server_running(data_dir: &Path) -> bool {
        File::open(data_dir.join(SERVER)).is_ok_and(|file| matches!(try_exclusive(file), Ok(None)))
    }

    /// Locks the stored files so that none is removed. Backups share this lock; waits while files
    /// are being removed.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn all_bytes(data_dir: &Path) -> io::Result<Self> {
        let file = open(data_dir, FILES)?;
        file.lock_shared()?;
        Ok(Self { file })
    }

    /// Locks the stored files in order to remove some. Returns `None` while a backup reads them.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn removal(data_dir: &Path) -> io::Result<Option<Self>> {
        try_exclusive(open(data_dir, FILES)?)
    }

    /// Removes the lock files before the data folder itself is removed.
    pub fn forget(data_dir: &Path) {
        for name in [SERVER, FILES] {
            // A lock file that does not exist needs no removal.
            let _ = std::fs::remove_file(data_dir.join(name));
        }
    }
}

fn try_exclusive(file: File) -> io::Result<Option<Lock>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens a lock file, creating it if needed. It is never removed when the lock ends: another
/// process may have opened it in the meantime.
fn open(data_dir: &Path, name: &str) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(data_dir.join(name))?;
    // A command run by root creates the file, and the server must be able to open it later.
    let (owner, made) = (data_dir.metadata()?, file.metadata()?);
    if (owner.uid(), owner.gid()) != (made.uid(), made.gid()) {
        // This fails only for the server itself, in a folder shared through its group.
        let _ = fchown(&file, Some(owner.uid()), Some(owner.gid()));
    }
    Ok(file)
}
