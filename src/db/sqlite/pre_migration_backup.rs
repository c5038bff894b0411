//! Copies the database before a migration, so that an operator can go back to the previous version.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Inspection;
use crate::clock::stamp;
use crate::db::fault::Fault;

/// How many copies are kept.
const KEPT: usize = 3;
const BEGINNING: &str = "before-schema-";

/// Copies the database into a folder, named after the coming schema and the time, syncs the copy and
/// removes the oldest copies beyond [`KEPT`].
///
/// # Errors
/// [`Fault::Unavailable`] if the copy cannot be made. Nothing of it remains.
pub(super) fn keep(database: &Path, folder: &Path, schema: i64, now: i64) -> Result<PathBuf, Fault> {
    let path = folder.join(format!("{BEGINNING}{schema}-{}.db", stamp(now)));
    let part = path.with_extension("part");
    let made = copy(database, folder, &part).and_then(|()| Ok(put(folder, &part, &path)?));
    if let Err(fault) = made {
        // The partial copy may be what fills the disk.
        let _ = std::fs::remove_file(&part);
        let folder = folder.display();
        return Err(Fault::Unavailable(format!("cannot copy the database to {folder} before the migration: {fault}")));
    }
    if let Err(error) = forget_old(folder) {
        tracing::warn!(%error, "cannot remove old copies of the database");
    }
    Ok(path)
}

fn copy(database: &Path, folder: &Path, part: &Path) -> Result<(), Fault> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
    Inspection::open(database)?.copy_to(part, |_, _| Ok(()))
}

fn put(folder: &Path, part: &Path, path: &Path) -> io::Result<()> {
    std::fs::rename(part, path)?;
    File::open(folder)?.sync_all()
}

fn forget_old(folder: &Path) -> io::Result<()> {
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(BEGINNING));
        // Sorted by time: schema numbers do not sort as text, and an operator may go back and forth.
        let Some((schema, time)) = name.and_then(|name| name.split_once('-')) else { continue };
        if path.extension().is_some_and(|extension| extension == "db") {
            copies.push((time.to_owned(), schema.to_owned(), path));
        }
    }
    copies.sort();
    copies.reverse();
    // One per schema: a migration that fails at every start must not push out the others.
    let mut kept: Vec<String> = Vec::new();
    for (_, schema, path) in copies {
        if kept.contains(&schema) || kept.len() == KEPT {
            std::fs::remove_file(path)?;
        } else {
            kept.push(schema);
        }
    }
    Ok(())
}
