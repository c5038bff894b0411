//! `madang verify`: whether a house, or a backup of one, is whole. It changes nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use indicatif::HumanBytes;

use super::archive::{self, Progress, Watch};
use super::backup::{house, open, stored_part};
use crate::chat::{Tx, consistency, file, search};
use crate::clock::now_ms;
use crate::config::Config;
use crate::db::{Fault, Inspection, SCHEMA};
use crate::error::Error;
use crate::files::{LocalStore, STORED, Store, path_of, prefixes};
use crate::lock::Lock;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// What there is, a line each.
    pub lines: Vec<String>,
    /// What is wrong, a line each.
    pub faults: Vec<String>,
}

/// Looks at an archive as a restore does before it touches anything.
///
/// # Errors
/// A sentence: what is wrong with it.
pub async fn verify_archive(
    path: &Path,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Report, String> {
    let path = path.to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let manifest = archive::read(&path, None, &mut watch)?;
        let lines = vec![
            format!("{}: made {} by madang {}", path.display(), manifest.made_at, manifest.madang),
            format!("{} ({})", manifest.counts, HumanBytes(manifest.bytes())),
            format!("The schema has version {}, and this madang knows {SCHEMA}.", manifest.schema),
        ];
        let faults = manifest.lost.iter().map(|hash| format!("{}: lost before the backup", path_of(hash)));
        Ok(Report { faults: faults.collect(), lines })
    });
    work.await.map_err(|error| format!("the look broke off: {error}"))?
}

/// Looks at a house, also beside the server that runs on it.
///
/// # Errors
/// A sentence: there is none, or it cannot be read at all.
pub async fn verify_house(
    config: &Config,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Report, String> {
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || {
        let database = house(&config)?;
        // What the database names now is not removed while it is looked for.
        let _all_bytes =
            Lock::all_bytes(&config.data_dir).map_err(|error| format!("cannot lock the files: {error}"))?;
        let mut report = Report { lines: vec![config.data_dir.display().to_string()], faults: Vec::new() };
        if let Some(needed) = look_at_database(&database, &mut report)? {
            look_at_files(&config, &needed, &mut report, &mut watch)?;
            name_owners(&database, &mut report)?;
        }
        Ok(report)
    });
    work.await.map_err(|error| format!("the look broke off: {error}"))?
}

/// The hashes of stored bytes that are needed, with their size where it is known.
type Needed = BTreeMap<String, Option<u64>>;

/// `None` when the database is so harmed that nothing can be read from it.
fn look_at_database(path: &Path, report: &mut Report) -> Result<Option<Needed>, String> {
    let unreadable = |fault: Fault| format!("cannot read {}: {fault}", path.display());
    let inspection = open(path)?;
    let schema = inspection.schema().map_err(unreadable)?;
    let of_database = |fault: String| format!("database: {fault}");
    match inspection.integrity_errors() {
        Ok(harm) => report.faults.extend(harm.into_iter().map(of_database)),
        Err(fault) => report.faults.push(of_database(fault.to_string())),
    }
    match inspection.dangling() {
        Ok(dangling) => report.faults.extend(dangling.into_iter().map(of_database)),
        Err(fault) => report.faults.push(of_database(fault.to_string())),
    }
    let read = inspection.read(|tx: &mut Tx| {
        report.lines.push(consistency::counts(tx)?.to_string());
        if schema == SCHEMA {
            report.faults.extend(consistency::faults(tx)?);
            report.lines.push(index_state(tx)?.into());
        } else {
            report.lines.push(format!("The schema has version {schema}; the next start makes it {SCHEMA}."));
        }
        file::needed(tx)
    });
    match read {
        Ok(needed) => Ok(Some(needed)),
        Err(error) => {
            report.faults.push(of_database(error.message.into_owned()));
            Ok(None)
        }
    }
}

fn index_state(tx: &mut Tx) -> Result<&'static str, Error> {
    Ok(match search::is_whole(tx)? {
        true => "The search index is complete.",
        false => "There is no complete search index; `madang reindex` makes one.",
    })
}

fn look_at_files(config: &Config, needed: &Needed, report: &mut Report, watch: Watch<'_>) -> Result<(), String> {
    let store = LocalStore::new(&config.data_dir);
    let all = needed.keys().map(|hash| store.size(hash).unwrap_or_default()).sum();
    let mut done = 0;
    for (hash, &size) in needed {
        let place = path_of(hash);
        watch(Progress { doing: "reading files", done, all })?;
        match stored_part(&store, hash) {
            Ok(part) if part.sha256 != *hash => report.faults.push(format!("{place}: not what was stored")),
            Ok(part) if size.is_some_and(|size| size != part.bytes) => {
                let (has, says) = (part.bytes, size.unwrap_or_default());
                report.faults.push(format!("{place}: has {has} bytes, and the database says {says}"));
            }
            Ok(part) => done += part.bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => report.faults.push(format!("{place}: missing")),
            Err(error) => report.faults.push(format!("{place}: {error}")),
        }
    }
    report.lines.push(format!("Stored files: {} ({})", needed.len(), HumanBytes(all)));
    let unreadable = |error: io::Error| format!("cannot list the stored files: {error}");
    let orphans = orphans(&store, config, needed).map_err(unreadable)?;
    if orphans.count > 0 {
        let Orphans { count, bytes, old } = orphans;
        report.lines.push(format!(
            "Stored files that nothing needs: {count} ({}), of which {old} wait for the sweep, when the server starts \
             and once a day; the others are younger than a day.",
            HumanBytes(bytes)
        ));
    }
    Ok(())
}

/// Stored bytes that no row names: of an upload that is just coming, or left by a machine that failed.
#[derive(Default)]
struct Orphans {
    count: u64,
    bytes: u64,
    /// Old enough to be swept away.
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

/// Says of each file that has a fault whose it is.
fn name_owners(database: &Path, report: &mut Report) -> Result<(), String> {
    let named = |tx: &mut Tx| {
        for fault in &mut report.faults {
            let Some((place, _)) = fault.split_once(": ") else { continue };
            let Some(hash) = place.strip_prefix(STORED).and_then(|place| place.get("/ab/".len()..)) else { continue };
            if let Some(owner) = file::needed_by(tx, hash)? {
                *fault += &format!(" ({owner})");
            }
        }
        Ok(())
    };
    match Inspection::open(database) {
        Ok(inspection) => inspection.read(named).map_err(|error: Error| error.message.into_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}
