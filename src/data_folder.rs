//! Folders of the data folder: private to the user who runs the server.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, lchown};
use std::path::Path;

/// Creates a folder with its parents, if it is missing.
///
/// # Errors
/// A sentence for the operator.
pub fn create(path: &Path) -> Result<(), String> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| match path.metadata() {
        Ok(found) if !found.is_dir() => format!("the data folder {} is a file (pass --data-dir)", path.display()),
        _ => format!("cannot create the data folder {}: {error}", path.display()),
    })
}

/// Gives a file, or a folder with everything in it, that a command of root has made to the owner of the data folder, so that the
/// server can open it. Links are not followed.
///
/// # Errors
/// The owner cannot be changed.
pub fn give_to_owner(made: &Path, data_dir: &Path) -> std::io::Result<()> {
    let (owner, present) = (data_dir.metadata()?, made.symlink_metadata()?);
    if (owner.uid(), owner.gid()) == (present.uid(), present.gid()) {
        return Ok(());
    }
    let mut paths = vec![made.to_owned()];
    while let Some(path) = paths.pop() {
        lchown(&path, Some(owner.uid()), Some(owner.gid()))?;
        if path.symlink_metadata()?.is_dir() {
            for entry in std::fs::read_dir(path)? {
                paths.push(entry?.path());
            }
        }
    }
    Ok(())
}

/// Writes a file that only this user may read. It is replaced at once, so that no reader sees a part of it.
///
/// # Errors
/// The file cannot be written.
pub fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}

/// Returns how many bytes the disk of a folder has left for this user, or `None` if that is unknown.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
