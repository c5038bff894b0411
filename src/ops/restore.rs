//! `madang restore`: restores a backup into the data folder.
//!
//! Everything is checked before anything changes. The backup is unpacked within the data folder, which
//! may be a mounted disk or lie where no other folder can be created. Then a few names change. If that
//! is interrupted, the next start finishes it.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::archive::{self, Manifest, Progress, Source, Unpack, Watch};
use super::stored::{checked_bucket, copy_files};
use crate::chat::consistency::Counts;
use crate::chat::{Db, instance, one_time_link, room};
use crate::clock::{now_ms, stamp};
use crate::config::{Config, DATABASE, S3};
use crate::data_folder;
use crate::db::Subject;
use crate::db::{Options, SCHEMA};
use crate::error::Error;
use crate::files::{INCOMING, STORED};
use crate::lock::Lock;

/// The folder in which a backup is unpacked and checked. Nothing depends on it yet.
const DRAFT: &str = "restore.part";
/// The name of that folder once the check has passed. It contains [`NEW`] and [`FORMER`].
const READY: &str = "restore";
const NEW: &str = "new";
const FORMER: &str = "former";
/// The engine's files beside the database. They belong to the existing one.
const BESIDE: [&str; 2] = ["madang.db-wal", "madang.db-shm"];

/// A finished restore.
#[derive(Debug)]
pub struct Restored {
    /// The time of the backup, RFC 3339.
    pub made_at: String,
    pub holds: Counts,
    /// The hashes of files that were missing when the backup was made.
    pub lost: Vec<String>,
    /// The folder with the previous data.
    pub former: Option<PathBuf>,
}

/// Restores a backup into the data folder. Existing data is moved aside if `may_replace` is set; nothing
/// is deleted. Every room gets a new epoch, and one-time links become invalid, because some may have been
/// used since.
///
/// # Errors
/// A message for the operator. The folder is then unchanged.
pub async fn restore(
    config: &Config,
    source: Source,
    may_replace: bool,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Restored, String> {
    refuse_server(config, "restore")?;
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || replace(&config, &source, may_replace, &mut watch));
    work.await.map_err(|error| format!("the restore failed: {error}"))?
}

fn replace(config: &Config, source: &Source, may_replace: bool, watch: Watch<'_>) -> Result<Restored, String> {
    let data_dir = &config.data_dir;
    // Quick checks first: reading a whole archive may take long. Nobody is told to use --force for a file that is
    // no backup.
    refuse_newer(source, &archive::read_manifest(source)?)?;
    refuse_to_replace(data_dir, may_replace)?;
    if Lock::is_server_running(data_dir) {
        return Err(running(data_dir));
    }
    archive::read(source, Unpack::Nothing, watch)?;
    let folder = Folder::take(data_dir)?;
    settle(data_dir)?;
    refuse_to_replace(data_dir, may_replace)?;
    let draft = data_dir.join(DRAFT);
    let unpacked = unpack(source, &draft, config.s3.as_ref(), watch).and_then(|manifest| {
        put_in_place(data_dir).map(|former| (manifest, former)).map_err(|error| {
            let folder = data_dir.display();
            format!("cannot move the restored data into {folder}: {error}")
        })
    });
    match unpacked {
        Ok((manifest, former)) => {
            Ok(Restored { made_at: manifest.made_at, holds: manifest.counts, lost: manifest.lost, former })
        }
        Err(why) => {
            let _ = fs::remove_dir_all(&draft);
            folder.give_back();
            Err(why)
        }
    }
}

fn refuse_to_replace(data_dir: &Path, may_replace: bool) -> Result<(), String> {
    let has_data = [DATABASE, STORED].iter().chain(&BESIDE).any(|name| is_there(&data_dir.join(name)));
    if has_data && !may_replace {
        return Err(format!(
            "{} already contains data (pass --force to move it aside, or --data-dir for another folder)",
            data_dir.display()
        ));
    }
    Ok(())
}

fn refuse_newer(source: &Source, manifest: &Manifest) -> Result<(), String> {
    if manifest.schema <= SCHEMA {
        return Ok(());
    }
    Err(format!(
        "{source} was made by madang {} with schema {}, newer than {SCHEMA} (use a newer version of madang)",
        manifest.madang, manifest.schema
    ))
}

fn running(data_dir: &Path) -> String {
    format!("a server is running on {}, or a restore is in progress (stop it first)", data_dir.display())
}

/// The data folder, locked exclusively.
struct Folder<'a> {
    path: &'a Path,
    was_there: bool,
    _server: Lock,
    _all_bytes: Lock,
}

impl<'a> Folder<'a> {
    fn take(path: &'a Path) -> Result<Self, String> {
        let was_there = is_there(path);
        data_folder::create(path)?;
        let cannot = |error: io::Error| format!("cannot lock {}: {error}", path.display());
        let server = Lock::server(path).map_err(cannot)?.ok_or_else(|| running(path))?;
        let all_bytes = Lock::removal(path).map_err(cannot)?;
        let all_bytes = all_bytes
            .ok_or_else(|| format!("a backup or check of {} is in progress (try again later)", path.display()))?;
        Ok(Self { path, was_there, _server: server, _all_bytes: all_bytes })
    }

    /// Removes the folder again if it did not exist before.
    fn give_back(self) {
        if !self.was_there {
            Lock::forget(self.path);
            let _ = fs::remove_dir(self.path);
        }
    }
}

/// Unpacks an archive, checks it and prepares it for the move.
fn unpack(source: &Source, draft: &Path, s3: Option<&S3>, watch: Watch<'_>) -> Result<Manifest, String> {
    let cannot = |error: io::Error| format!("cannot unpack into {}: {error}", draft.display());
    let new = draft.join(NEW);
    for folder in [draft, &new, &new.join(STORED), &draft.join(FORMER)] {
        DirBuilder::new().mode(0o700).create(folder).map_err(cannot)?;
    }
    let manifest = archive::read(source, Unpack::All(&new), watch)?;
    let database = new.join(DATABASE);
    let named = |why: String| format!("{source}: {why}");
    archive::check_database(&database, &manifest).map_err(named)?;
    let id = Handle::current().block_on(migrate_and_reset(&database, s3.is_some())).map_err(named)?;
    if let (Some(s3), Some(id)) = (s3, id) {
        // What the bucket has stays. What an interrupted restore leaves in it is swept like any file without a row.
        copy_files(&new, &checked_bucket(s3, &id)?, watch)?;
        fs::remove_dir_all(new.join(STORED)).and_then(|()| fs::create_dir(new.join(STORED))).map_err(cannot)?;
    }
    data_folder::give_to_owner(draft, &draft.join(".."))
        .and_then(|()| sync(&new))
        .and_then(|()| sync(draft))
        .map_err(cannot)?;
    // From here on the next start finishes the restore if this process does not.
    fs::rename(draft, draft.with_file_name(READY)).map_err(cannot)?;
    Ok(manifest)
}

/// Migrates the restored database, gives each room a new epoch, invalidates one-time links and notes where the files
/// will be. Returns the id of an instance with a bucket.
async fn migrate_and_reset(database: &Path, has_bucket: bool) -> Result<Option<String>, String> {
    let failed = |error: Error| format!("cannot update the database: {}", error.message);
    // No copy before the migration: the archive is one.
    let options = Options { backups: None, readers: 1, ..Options::new(database) };
    let db = Db::open(options, |_| {}).map_err(|fault| format!("cannot open the database: {fault}"))?;
    let renewed = db.write(Subject::Server, move |tx| {
        room::renew_epochs(tx)?;
        one_time_link::forget_all(tx)?;
        instance::set_bucket(tx, has_bucket)?;
        has_bucket.then(|| instance::id(tx)).transpose()
    });
    let renewed = renewed.await;
    db.close().await;
    let id = renewed.map_err(failed)?;
    // Only the database itself is moved, so its log must be empty.
    let log = database.with_extension("db-wal");
    match fs::metadata(&log) {
        Ok(log) if log.len() > 0 => Err("cannot write the whole database (is the disk full?)".into()),
        _ => Ok(id),
    }
}

/// Moves the restored data into place and returns the folder with the previous data. An error undoes
/// the move; after a kill this can be called again.
fn put_in_place(data_dir: &Path) -> io::Result<Option<PathBuf>> {
    let ready = data_dir.join(READY);
    let mut moved = Vec::new();
    if let Err(error) = swap(data_dir, &ready, &mut moved) {
        for (from, to) in moved.into_iter().rev() {
            fs::rename(to, from)?;
        }
        fs::rename(&ready, data_dir.join(DRAFT))?;
        return Err(error);
    }
    sync(data_dir)?;
    // Already removed if this is the second call.
    let _ = fs::remove_dir(ready.join(NEW));
    let former = ready.join(FORMER);
    let aside = match is_there(&former) && fs::read_dir(&former)?.next().is_some() {
        false => None,
        true => {
            let name = format!("before-restore-{}", stamp(now_ms()));
            let names = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
            let aside = names.map(|name| data_dir.join(name)).find(|path| !is_there(path));
            aside.map(|aside| fs::rename(&former, &aside).map(|()| aside)).transpose()?
        }
    };
    fs::remove_dir_all(&ready)?;
    sync(data_dir)?;
    Ok(aside)
}

/// Renames the parts. The database is last: while it is in [`NEW`], files in the data folder are the
/// previous ones.
fn swap(data_dir: &Path, ready: &Path, moved: &mut Vec<(PathBuf, PathBuf)>) -> io::Result<()> {
    let (new, former) = (ready.join(NEW), ready.join(FORMER));
    let mut rename = |from: PathBuf, to: PathBuf| fs::rename(&from, &to).map(|()| moved.push((from, to)));
    for (part, beside) in [(STORED, [INCOMING].as_slice()), (DATABASE, &BESIDE)] {
        if !is_there(&new.join(part)) {
            continue;
        }
        for name in beside.iter().chain(&[part]) {
            if is_there(&data_dir.join(name)) {
                rename(data_dir.join(name), former.join(name))?;
            }
        }
        rename(new.join(part), data_dir.join(part))?;
    }
    Ok(())
}

/// Finishes a restore that was killed during its last steps, and removes the remains of one that was
/// killed earlier. The caller holds the server's lock.
///
/// # Errors
/// A message for the operator.
pub(crate) fn settle(data_dir: &Path) -> Result<(), String> {
    let failed = |error: io::Error| {
        let folder = data_dir.display();
        format!("cannot finish an interrupted restore into {folder}: {error}")
    };
    if is_there(&data_dir.join(READY)) {
        let former = put_in_place(data_dir).map_err(failed)?;
        let former = former.map_or_else(|| "none".into(), |former| former.display().to_string());
        tracing::info!(former, "finished an interrupted restore");
    }
    match is_there(&data_dir.join(DRAFT)) {
        true => fs::remove_dir_all(data_dir.join(DRAFT)).map_err(failed),
        false => Ok(()),
    }
}

/// Refuses a command that works on a database file where there is none.
pub(super) fn refuse_server(config: &Config, command: &str) -> Result<(), String> {
    match config.postgres {
        Some(_) => {
            let files = match &config.s3 {
                Some(s3) => format!("the bucket {}", s3.bucket),
                None => format!("{}/files", config.data_dir.display()),
            };
            Err(format!(
                "madang {command} is for SQLite, and DATABASE_URL is set: use pg_dump and pg_restore for the database, and \
                 copy {files} beside it (see docs/postgres.md)"
            ))
        }
        None => Ok(()),
    }
}

/// Refuses to open a data folder in the middle of a restore.
pub(super) fn refuse_while_under_way(data_dir: &Path) -> Result<(), String> {
    match is_there(&data_dir.join(READY)) {
        true => Err(format!("a restore into {} is not finished (run: madang serve)", data_dir.display())),
        false => Ok(()),
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
