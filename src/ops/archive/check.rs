//! Checks the database of a backup. Anyone can make a backup file, so its database is not trusted.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{DATABASE, Manifest, Source, Unpack, Watch, read};
use crate::backup_files::CHECKED;
use crate::chat::audit;
use crate::db::{Inspection, SCHEMA};
use crate::hex::hex;

/// What a check has found in a backup that can be restored.
pub(crate) struct Checked {
    pub(crate) manifest: Manifest,
    /// Whether the audit log is as it was written, or what was changed in it. `None` if this version cannot read it.
    pub(crate) audit: Option<Result<(), String>>,
}

/// Checks a whole backup, its database too, and writes nothing but a temporary copy of that, into a folder of its own
/// in `scratch`.
///
/// # Errors
/// A message for the operator.
pub(crate) fn check(source: &Source, scratch: &Path, watch: Watch<'_>) -> Result<Checked, String> {
    let folder = TempFolder::create(scratch)?;
    let manifest = read(source, Unpack::Database(&folder.0), watch)?;
    let database = folder.0.join(DATABASE);
    let named = |why: String| format!("{source}: {why}");
    check_database(&database, &manifest).map_err(named)?;
    let audit = match manifest.schema {
        SCHEMA => Some(check_audit(&database).map_err(named)?),
        _ => None,
    };
    Ok(Checked { manifest, audit })
}

fn check_audit(database: &Path) -> Result<Result<(), String>, String> {
    let inspection = Inspection::open(database).map_err(|fault| fault.to_string())?;
    let unreadable = |_| Some("audit log: an entry is not one that madang has written".to_owned());
    Ok(inspection.read(audit::check).unwrap_or_else(unreadable).map_or(Ok(()), Err))
}

/// Checks that an unpacked database is what the manifest says, intact, and has the schema of a version of Madang.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_database(database: &Path, manifest: &Manifest) -> Result<(), String> {
    let looked = Inspection::open(database).and_then(|inspection| {
        let schema = inspection.schema()?;
        Ok((schema, inspection.schema_differences()?, inspection.integrity_errors()?))
    });
    match looked {
        Ok((schema, _, _)) if schema != manifest.schema || schema == 0 => {
            Err(format!("the database has schema {schema}, but the manifest says {}", manifest.schema))
        }
        Ok((_, differences, errors)) => match (differences.first(), errors.first()) {
            (_, Some(error)) => Err(format!("the database is corrupt: {error}")),
            (Some(difference), None) => Err(format!("the database is not one that madang made: {difference}")),
            (None, None) => Ok(()),
        },
        Err(fault) => Err(format!("cannot read the database: {fault}")),
    }
}

/// A private folder that is removed on drop.
struct TempFolder(PathBuf);

impl TempFolder {
    fn create(scratch: &Path) -> Result<Self, String> {
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(|error| error.to_string())?;
        let path = scratch.join(format!("{CHECKED}{}", hex(&number)));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
