//! `madang restore`: the house of a backup, put where another was or none.
//!
//! Everything is checked before anything is touched, and unpacked within the data folder, which may
//! be a disk of its own or lie where nobody may make another folder. Then a few names change. What
//! breaks off among them is finished by the next start.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::archive::{self, Manifest, Progress, Watch};
use crate::chat::consistency::Counts;
use crate::chat::{Db, one_time_link, room};
use crate::clock::{now_ms, stamp};
use crate::config::{Config, DATABASE};
use crate::db::Subject;
use crate::db::{Inspection, Options, SCHEMA};
use crate::error::Error;
use crate::files::{INCOMING, STORED};
use crate::lock::Lock;
use crate::service::make_private_folder;

/// Where a backup is unpacked and looked at. Nothing depends on it yet.
const DRAFT: &str = "restore.part";
/// What it is called once nothing more can be wrong with it. In it are [`NEW`] and [`FORMER`].
const READY: &str = "restore";
const NEW: &str = "new";
const FORMER: &str = "former";
/// The engine's files beside the database: they belong to the one that is there.
const BESIDE: [&str; 2] = ["madang.db-wal", "madang.db-shm"];

/// A house that was restored.
#[derive(Debug)]
pub struct Restored {
    /// When the backup was made, RFC 3339.
    pub made_at: String,
    pub holds: Counts,
    /// The hashes of files that had been lost before the backup was made.
    pub lost: Vec<String>,
    /// Where the house is that was here before.
    pub former: Option<PathBuf>,
}

/// Puts the house of a backup into the data folder. A house that is there is moved aside if
/// `may_replace` says so; nothing of it is deleted. Every room gets another epoch, and links that
/// open once open nothing: some of them have been used since.
///
/// # Errors
/// A sentence for the operator; then the folder is as it was.
pub async fn restore(
    config: &Config,
    path: &Path,
    may_replace: bool,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Restored, String> {
    let (config, path) = (config.clone(), path.to_owned());
    let work = tokio::task::spawn_blocking(move || replace(&config.data_dir, &path, may_replace, &mut watch));
    work.await.map_err(|error| format!("the restore broke off: {error}"))?
}

fn replace(data_dir: &Path, path: &Path, may_replace: bool, watch: Watch<'_>) -> Result<Restored, String> {
    // What is quickly known first, as reading all of an archive may take long.
    refuse_to_replace(data_dir, may_replace)?;
    if Lock::is_house_taken(data_dir) {
        return Err(running(data_dir));
    }
    refuse_newer(path, &archive::read_manifest(path)?)?;
    archive::read(path, None, watch)?;
    let folder = Folder::take(data_dir)?;
    settle(data_dir)?;
    refuse_to_replace(data_dir, may_replace)?;
    let draft = data_dir.join(DRAFT);
    let unpacked = unpack(path, &draft, watch).and_then(|manifest| {
        put_in_place(data_dir).map(|former| (manifest, former)).map_err(|error| {
            let folder = data_dir.display();
            format!("cannot put the restored house into {folder}: {error}")
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
    let is_house = [DATABASE, STORED].iter().chain(&BESIDE).any(|name| is_there(&data_dir.join(name)));
    if is_house && !may_replace {
        return Err(format!(
            "there is a house in {} already; --force moves it aside, --data-dir names another folder",
            data_dir.display()
        ));
    }
    Ok(())
}

fn refuse_newer(path: &Path, manifest: &Manifest) -> Result<(), String> {
    if manifest.schema <= SCHEMA {
        return Ok(());
    }
    Err(format!(
        "{} was made by madang {} with schema version {}, this one knows {SCHEMA}: use the newer madang",
        path.display(),
        manifest.madang,
        manifest.schema
    ))
}

fn running(data_dir: &Path) -> String {
    format!("a madang serves {}, or is restoring it; stop it first", data_dir.display())
}

/// The data folder, with nobody else at it.
struct Folder<'a> {
    path: &'a Path,
    was_there: bool,
    _house: Lock,
    _all_bytes: Lock,
}

impl<'a> Folder<'a> {
    fn take(path: &'a Path) -> Result<Self, String> {
        let was_there = is_there(path);
        make_private_folder(path)?;
        let cannot = |error: io::Error| format!("cannot lock {}: {error}", path.display());
        let house = Lock::house(path).map_err(cannot)?.ok_or_else(|| running(path))?;
        let all_bytes = Lock::removal(path).map_err(cannot)?;
        let all_bytes = all_bytes
            .ok_or_else(|| format!("{} is being backed up or verified; try again after it", path.display()))?;
        Ok(Self { path, was_there, _house: house, _all_bytes: all_bytes })
    }

    /// Leaves no trace where there was nothing.
    fn give_back(self) {
        if !self.was_there {
            Lock::forget(self.path);
            let _ = fs::remove_dir(self.path);
        }
    }
}

/// Unpacks an archive and makes it ready to be put in place.
fn unpack(path: &Path, draft: &Path, watch: Watch<'_>) -> Result<Manifest, String> {
    let cannot = |error: io::Error| format!("cannot unpack into {}: {error}", draft.display());
    let new = draft.join(NEW);
    for folder in [draft, &new, &new.join(STORED), &draft.join(FORMER)] {
        DirBuilder::new().mode(0o700).create(folder).map_err(cannot)?;
    }
    let manifest = archive::read(path, Some(&new), watch)?;
    let database = new.join(DATABASE);
    let named = |why: String| format!("{}: {why}", path.display());
    look_at(&database, &manifest).map_err(named)?;
    Handle::current().block_on(begin_anew(&database)).map_err(named)?;
    give_to_owner(draft).and_then(|()| sync(&new)).and_then(|()| sync(draft)).map_err(cannot)?;
    // From here on it is finished by whoever comes, if not by us.
    fs::rename(draft, draft.with_file_name(READY)).map_err(cannot)?;
    Ok(manifest)
}

/// What root unpacked belongs to whom the data folder does: the server could not open it else.
fn give_to_owner(draft: &Path) -> io::Result<()> {
    let owner = draft.join("..").metadata()?;
    let made = draft.metadata()?;
    if (owner.uid(), owner.gid()) == (made.uid(), made.gid()) {
        return Ok(());
    }
    let mut folders = vec![draft.to_owned()];
    while let Some(folder) = folders.pop() {
        chown(&folder, Some(owner.uid()), Some(owner.gid()))?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => chown(&path, Some(owner.uid()), Some(owner.gid()))?,
            }
        }
    }
    Ok(())
}

fn look_at(database: &Path, manifest: &Manifest) -> Result<(), String> {
    let looked =
        Inspection::open(database).and_then(|inspection| Ok((inspection.schema()?, inspection.integrity_errors()?)));
    match looked {
        Ok((schema, _)) if schema != manifest.schema || schema == 0 => {
            Err(format!("its database has schema version {schema}, and its manifest says {}", manifest.schema))
        }
        Ok((_, harm)) => harm.first().map_or(Ok(()), |harm| Err(format!("its database is harmed: {harm}"))),
        Err(fault) => Err(format!("its database cannot be read: {fault}")),
    }
}

/// Brings the database to the schema of this program, and makes true that time has gone back.
async fn begin_anew(database: &Path) -> Result<(), String> {
    let failed = |error: Error| format!("its database cannot be changed: {}", error.message);
    // Of the schema before there is a copy: the archive.
    let options = Options { backups: None, readers: 1, ..Options::new(database) };
    let db = Db::open(options, |_| {}).map_err(|fault| format!("its database cannot be opened: {fault}"))?;
    let renewed =
        db.write(Subject::Server, |tx| room::renew_epochs(tx).and_then(|()| one_time_link::forget_all(tx))).await;
    db.close().await;
    renewed.map_err(failed)?;
    // Only the database itself is put in place: what is still in its log would be lost.
    let log = database.with_extension("db-wal");
    match fs::metadata(&log) {
        Ok(log) if log.len() > 0 => Err("its database could not be written whole; is the disk full?".into()),
        _ => Ok(()),
    }
}

/// Puts a house that is ready in its place, and says where the one before it is. What breaks off is
/// undone; what is killed can be called again.
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
    // Gone already where this is the second call.
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

/// The database goes last: as long as it is in [`NEW`], so is the decision what belongs to whom.
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

/// Finishes a restore that was killed among its last steps, and removes what one left that was killed
/// before. The caller has locked the house.
///
/// # Errors
/// A sentence for the operator.
pub(crate) fn settle(data_dir: &Path) -> Result<(), String> {
    let failed = |error: io::Error| {
        let folder = data_dir.display();
        format!("a restore into {folder} broke off and cannot be finished: {error}")
    };
    if is_there(&data_dir.join(READY)) {
        let former = put_in_place(data_dir).map_err(failed)?;
        let former = former.map_or_else(|| "none".into(), |former| former.display().to_string());
        tracing::info!(former, "a restore that broke off was finished");
    }
    match is_there(&data_dir.join(DRAFT)) {
        true => fs::remove_dir_all(data_dir.join(DRAFT)).map_err(failed),
        false => Ok(()),
    }
}

/// Nobody opens a house of which one half is another's.
pub(super) fn refuse_while_under_way(data_dir: &Path) -> Result<(), String> {
    match is_there(&data_dir.join(READY)) {
        true => Err(format!(
            "a restore into {} is at its last steps, or broke off there: `madang serve` finishes it",
            data_dir.display()
        )),
        false => Ok(()),
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
