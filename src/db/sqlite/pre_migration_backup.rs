//! Copies of the database that are kept before its schema changes: what a new version did is undone
//! by taking the copy of before.

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

/// Keeps a copy of the database in a folder, named after the schema that comes and the time. It is
/// on the disk for good when this returns, and the oldest beyond [`KEPT`] are gone.
///
/// # Errors
/// [`Fault::Unavailable`] when it cannot be made; then there is nothing of it.
pub(super) fn keep(database: &Path, folder: &Path, schema: i64, now: i64) -> Result<PathBuf, Fault> {
    let path = folder.join(format!("{BEGINNING}{schema}-{}.db", stamp(now)));
    let part = path.with_extension("part");
    let made = copy(database, folder, &part).and_then(|()| Ok(put(folder, &part, &path)?));
    if let Err(fault) = made {
        // What there is of it may be what fills the disk.
        let _ = std::fs::remove_file(&part);
        let folder = folder.display();
        return Err(Fault::Unavailable(format!(
            "before its schema changes a copy of the database is kept in {folder}, and that failed: {fault}"
        )));
    }
    if let Err(error) = forget_old(folder) {
        tracing::warn!(%error, "old copies of the database stay");
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
        // Numbers of schemas do not sort as text, and the operator may have gone back and forth.
        let Some((schema, time)) = name.and_then(|name| name.split_once('-')) else { continue };
        if path.extension().is_some_and(|extension| extension == "db") {
            copies.push((time.to_owned(), schema.to_owned(), path));
        }
    }
    copies.sort();
    copies.reverse();
    // One of each schema: a migration that fails at every start must not push out the others.
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
