//! `madang verify`: checks the data folder or a backup. It changes nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use indicatif::HumanBytes;

use super::archive::{self, Checked, Progress, Source, Watch};
use super::backup::{existing_database, open, refuse_other_store};
use super::restore::refuse_server;
use super::stored::stored_part;
use crate::chat::{Tx, consistency, file, search};
use crate::clock::now_ms;
use crate::config::Config;
use crate::db::{Fault, Inspection, SCHEMA};
use crate::error::Error;
use crate::files::{Away, STORED, Store, open_store, path_of, prefixes};
use crate::lock::Lock;

/// The result of a check.
#[derive(Debug, Default)]
pub struct Report {
    /// Facts, one per line.
    pub lines: Vec<String>,
    /// Errors, one per line.
    pub errors: Vec<String>,
}

/// Checks a backup as a restore does before it changes anything.
///
/// # Errors
/// A message: what is wrong with it.
pub async fn verify_archive(
    source: Source,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Report, String> {
    let work = tokio::task::spawn_blocking(move || {
        let Checked { manifest, audit } = archive::check(&source, &std::env::temp_dir(), &mut watch)?;
        let log = match &audit {
            Some(Ok(())) => "the audit log is as it was written",
            Some(Err(_)) => "the audit log was changed",
            None => "the audit log is not checked: restore the backup, and the next start migrates it",
        };
        let lines = vec![
            format!("{source}: backup of {} by madang {}", manifest.made_at, manifest.madang),
            format!("{} ({})", manifest.counts, HumanBytes(manifest.bytes())),
            format!("schema {} (this version of madang uses {SCHEMA})", manifest.schema),
            log.to_owned(),
        ];
        let errors = manifest.lost.iter().map(|hash| format!("{}: missing when the backup was made", path_of(hash)));
        Ok(Report { errors: errors.chain(audit.and_then(Result::err)).collect(), lines })
    });
    work.await.map_err(|error| format!("the check failed: {error}"))?
}

/// Checks the data folder, also while the server runs.
///
/// # Errors
/// A message: there is no database, or it cannot be read at all.
pub async fn verify_data(
    config: &Config,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Report, String> {
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || {
        refuse_server(&config, "verify")?;
        let database = existing_database(&config)?;
        let store = open_store(&config)?;
        // Prevents the removal of files that the database names now.
        let _all_bytes =
            Lock::all_bytes(&config.data_dir).map_err(|error| format!("cannot lock the files: {error}"))?;
        let mut report = Report { lines: vec![config.data_dir.display().to_string()], errors: Vec::new() };
        if let Some(needed) = check_database(&database, &mut report)? {
            refuse_other_store(&database, &config, &*store)?;
            check_files(&*store, &needed, &mut report, &mut watch)?;
            count_orphans(&*store, &config, &needed, &mut report)?;
            name_owners(&database, &mut report)?;
        }
        Ok(report)
    });
    work.await.map_err(|error| format!("the check failed: {error}"))?
}

/// The hashes of the needed files, with their size if known.
type Needed = BTreeMap<String, Option<u64>>;

/// Returns `None` if the database is too corrupt to be read.
fn check_database(path: &Path, report: &mut Report) -> Result<Option<Needed>, String> {
    let unreadable = |fault: Fault| format!("cannot read {}: {fault}", path.display());
    let inspection = open(path)?;
    let schema = inspection.schema().map_err(unreadable)?;
    let of_database = |fault: String| format!("database: {fault}");
    match inspection.integrity_errors() {
        Ok(errors) => report.errors.extend(errors.into_iter().map(of_database)),
        Err(fault) => report.errors.push(of_database(fault.to_string())),
    }
    match inspection.schema_differences() {
        Ok(differences) => report.errors.extend(differences.into_iter().map(of_database)),
        Err(fault) => report.errors.push(of_database(fault.to_string())),
    }
    match inspection.dangling() {
        Ok(dangling) => report.errors.extend(dangling.into_iter().map(of_database)),
        Err(fault) => report.errors.push(of_database(fault.to_string())),
    }
    let read = inspection.read(|tx: &mut Tx| {
        report.lines.push(consistency::counts(tx)?.to_string());
        if schema == SCHEMA {
            report.errors.extend(consistency::errors(tx)?);
            report.lines.push(index_state(tx)?.into());
        } else {
            report.lines.push(format!("schema {schema} (the next start migrates it to {SCHEMA})"));
        }
        file::needed(tx)
    });
    match read {
        Ok(needed) => Ok(Some(needed)),
        Err(error) => {
            report.errors.push(of_database(error.message.into_owned()));
            Ok(None)
        }
    }
}

fn index_state(tx: &mut Tx) -> Result<&'static str, Error> {
    Ok(match search::is_whole(tx)? {
        true => "search index: complete",
        false => "search index: incomplete (run: madang reindex)",
    })
}

fn check_files(store: &dyn Store, needed: &Needed, report: &mut Report, watch: Watch<'_>) -> Result<(), String> {
    let all = size_of(store, needed)?;
    let mut done = 0;
    for (hash, &size) in needed {
        let place = path_of(hash);
        watch(Progress { doing: "checking files", done, all })?;
        match stored_part(store, hash) {
            Ok(part) if part.sha256 != *hash => report.errors.push(format!("{place}: content does not match its hash")),
            Ok(part) if size.is_some_and(|size| size != part.bytes) => {
                let (has, says) = (part.bytes, size.unwrap_or_default());
                report.errors.push(format!("{place}: has {has} bytes, but the database says {says}"));
            }
            Ok(part) => done += part.bytes,
            Err(error) if Away::is(&error) => return Err(format!("cannot read the stored files: {error}")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => report.errors.push(format!("{place}: missing")),
            Err(error) => report.errors.push(format!("{place}: {error}")),
        }
    }
    report.lines.push(format!("stored files: {} ({})", needed.len(), HumanBytes(all)));
    Ok(())
}

/// Returns how many bytes of the needed files are stored.
fn size_of(store: &dyn Store, needed: &Needed) -> Result<u64, String> {
    let mut all = 0;
    for prefix in prefixes() {
        match store.list(&prefix) {
            Ok(objects) => {
                all += objects
                    .iter()
                    .filter(|object| needed.contains_key(&object.hash))
                    .map(|object| object.bytes)
                    .sum::<u64>()
            }
            Err(error) if Away::is(&error) => return Err(unlisted(&error)),
            // Each of them is reported below.
            Err(_) => {}
        }
    }
    Ok(all)
}

fn unlisted(error: &io::Error) -> String {
    format!("cannot list the stored files: {error}")
}

fn count_orphans(store: &dyn Store, config: &Config, needed: &Needed, report: &mut Report) -> Result<(), String> {
    let orphans = orphans(store, config, needed).map_err(|error| unlisted(&error))?;
    if orphans.count > 0 {
        let Orphans { count, bytes, old } = orphans;
        report.lines.push(format!(
            "unused stored files: {count} ({}), {old} of them older than a day (the server removes those at start and \
             once a day)",
            HumanBytes(bytes)
        ));
    }
    Ok(())
}

/// Stored files that no row names: of an upload in progress, or left by a crash.
#[derive(Default)]
struct Orphans {
    count: u64,
    bytes: u64,
    /// How many are old enough to be removed.
    old: u64,
}

fn orphans(store: &dyn Store, config: &Config, needed: &Needed) -> io::Result<Orphans> {
    let before = now_ms() - config.orphan_age.as_millis() as i64;
    let mut orphans = Orphans::default();
    for prefix in prefixes() {
        for object in store.list(&prefix)? {
            if !needed.contains_key(&object.hash) {
                orphans.count += 1;
                orphans.bytes += object.bytes;
                orphans.old += u64::from(object.stored_at < before);
            }
        }
    }
    Ok(orphans)
}

/// Adds the owner to each error about a file.
fn name_owners(database: &Path, report: &mut Report) -> Result<(), String> {
    let named = |tx: &mut Tx| {
        for error in &mut report.errors {
            let Some((place, _)) = error.split_once(": ") else { continue };
            let Some(hash) = place.strip_prefix(STORED).and_then(|place| place.get("/ab/".len()..)) else { continue };
            if let Some(owner) = file::needed_by(tx, hash)? {
                *error += &format!(" ({owner})");
            }
        }
        Ok(())
    };
    match Inspection::open(database) {
        Ok(inspection) => inspection.read(named).map_err(|error: Error| error.message.into_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}
