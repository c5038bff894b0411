//! `madang backup`: writes everything into one file, also while the server runs.
//!
//! It copies the database in one read transaction, then packs the stored files that the copy names. A
//! file whose message is deleted in between still exists: the server removes no bytes while a backup
//! holds [`Lock::all_bytes`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::archive::{Archive, FORMAT, Manifest, Part, Progress, Refused, STRETCH, Watch};
use super::restore;
use super::stored::{hash_of, stored_part};
use crate::age::{Encryption, FileKey};
use crate::chat::consistency::{self, Counts};
use crate::chat::{Tx, file, instance};
use crate::clock::{now_ms, rfc3339};
use crate::config::{Config, DATABASE};
use crate::db::{Fault, Inspection, SCHEMA};
use crate::files::{Away, Store, open_store, prefixes};
use crate::lock::Lock;

/// The least pause between two steps of the copy, so that the server gets its turn at the disk.
const PAUSE: Duration = Duration::from_millis(2);

/// A finished backup.
#[derive(Debug)]
pub struct Summary {
    /// The size of the file in bytes.
    pub bytes: u64,
    pub holds: Counts,
    /// The hashes of stored files that the data folder lacks.
    pub lost: Vec<String>,
    /// The key of an encrypted backup, with which this process can check it.
    pub file_key: Option<FileKey>,
}

/// How a backup is written.
#[derive(Clone, Debug, Default)]
pub struct Writing {
    /// Whether an existing file may be replaced.
    pub may_replace: bool,
    pub encryption: Option<Encryption>,
}

/// Writes a backup. The file is called `.part` until it is complete and synced.
///
/// # Errors
/// A message for the operator. The file is then unchanged.
pub async fn backup(
    config: &Config,
    path: &Path,
    writing: Writing,
    mut watch: impl FnMut(Progress) -> Result<(), String> + Send + 'static,
) -> Result<Summary, String> {
    let (config, path) = (config.clone(), path.to_owned());
    let work = tokio::task::spawn_blocking(move || make(&config, &path, &writing, &mut watch));
    work.await.map_err(|error| format!("the backup failed: {error}"))?
}

/// As [`backup()`]. Blocks.
pub(super) fn make(config: &Config, path: &Path, writing: &Writing, watch: Watch<'_>) -> Result<Summary, String> {
    restore::refuse_server(config, "backup")?;
    let database = existing_database(config)?;
    let store = open_store(config)?;
    let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
    let name = path.file_name().ok_or_else(|| format!("{} is not a file name", path.display()))?;
    let beside = |ending: &str| {
        let mut name = name.to_owned();
        name.push(ending);
        path.with_file_name(name)
    };
    let part = TempFile::create(beside(".part")).map_err(cannot)?;
    refuse_to_replace(path, writing.may_replace)?;
    // What is encrypted is not written in the clear to the place that it is kept from.
    let mut copied = beside(".db.part");
    if let (Some(_), Some(name)) = (&writing.encryption, copied.file_name()) {
        copied = config.data_dir.join(name);
    }
    let copy = TempFile::create(copied).map_err(cannot)?;
    copy.begin().map_err(cannot)?;
    // From here on nothing is removed that the copy of the database may name.
    let _all_bytes = Lock::all_bytes(&config.data_dir).map_err(|error| format!("cannot lock the files: {error}"))?;
    // Checked again: the lock may have waited for a restore that was then killed.
    restore::refuse_while_under_way(&config.data_dir)?;
    copy_database(&database, &copy.path, watch)?;
    let store = &*store;
    refuse_other_store(&copy.path, config, store)?;
    let mut contents = collect(store, &copy.path)?;
    let encryption = writing.encryption.as_ref();
    let packed = match pack(store, &part, &copy.path, &contents, encryption, watch) {
        Err(Refused::Changed) => {
            // A file is corrupt. Check all of them and pack the intact ones.
            contents.leave_out_damaged(store, watch)?;
            pack(store, &part, &copy.path, &contents, encryption, watch)
        }
        packed => packed,
    };
    let (file, file_key) = packed.map_err(|refused| match refused {
        Refused::Changed => "stored files changed during the backup (run it again)".to_owned(),
        Refused::Failed(why) => why,
    })?;
    let bytes = file.metadata().map_err(cannot)?.len();
    refuse_to_replace(path, writing.may_replace)?;
    part.rename_to(path).map_err(cannot)?;
    Ok(Summary { bytes, holds: contents.manifest.counts, lost: contents.manifest.lost, file_key })
}

/// Returns the path of the database file, which must exist unless a server has the database.
pub(super) fn existing_database(config: &Config) -> Result<PathBuf, String> {
    restore::refuse_while_under_way(&config.data_dir)?;
    let path = config.database();
    if path.is_file() || config.postgres.is_some() {
        return Ok(path);
    }
    let folder = config.data_dir.display();
    Err(format!("no database in {folder} (run: madang serve, or pass --data-dir)"))
}

fn refuse_to_replace(path: &Path, may_replace: bool) -> Result<(), String> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => Err(format!("{} is a folder (give the name of a file)", path.display())),
        Ok(_) if !may_replace => Err(format!("{} already exists (pass --force to overwrite it)", path.display())),
        _ => Ok(()),
    }
}

/// Copies the database a megabyte at a time, and pauses after each for as long as it took.
fn copy_database(database: &Path, copy: &Path, watch: Watch<'_>) -> Result<(), String> {
    /// The least page size of our databases; it only scales the progress bar.
    const PAGE: u64 = 4_096;
    let file = File::open(copy).map_err(|error| format!("cannot read {}: {error}", copy.display()))?;
    let mut ended = None;
    let mut begun = Instant::now();
    let copied = open(database)?.copy_to(copy, |done, all| {
        watch(Progress { doing: "copying the database", done: done * PAGE, all: all * PAGE }).map_err(|why| {
            ended = Some(why);
            Fault::Unavailable("interrupted".into())
        })?;
        // Synced step by step: one sync at the end would delay the server's commits.
        file.sync_data()?;
        Handle::current().block_on(tokio::time::sleep(begun.elapsed().max(PAUSE)));
        begun = Instant::now();
        Ok(())
    });
    match (ended, copied) {
        (Some(why), _) => Err(why),
        (None, copied) => copied.map_err(|fault| format!("cannot copy {}: {fault}", database.display())),
    }
}

/// Opens a database whose schema this version knows.
pub(super) fn open(database: &Path) -> Result<Inspection, String> {
    let opened = Inspection::open(database).and_then(|inspection| Ok((inspection.schema()?, inspection)));
    match opened.map_err(|fault| format!("cannot read {}: {fault}", database.display()))? {
        (0, _) => Err(format!("{} is not a Madang database", database.display())),
        (schema, _) if schema > SCHEMA => {
            Err(format!("the database has schema {schema}, newer than {SCHEMA} (use a newer version of madang)"))
        }
        (_, inspection) => Ok(inspection),
    }
}

/// The contents of a backup.
struct Contents {
    manifest: Manifest,
    time: u64,
}

/// Collects the contents of a backup from the copy of the database and the store.
fn collect(store: &dyn Store, copy: &Path) -> Result<Contents, String> {
    let inspection = open(copy)?;
    let unreadable = |fault: Fault| format!("cannot read the database: {fault}");
    if let Some(error) = inspection.integrity_errors().map_err(unreadable)?.first() {
        return Err(format!("the database is corrupt: {error} (run: madang verify; keep your earlier backups)"));
    }
    let read = inspection.read(|tx: &mut Tx| Ok((consistency::counts(tx)?, file::needed(tx)?)));
    let (counts, needed): (Counts, _) = read.map_err(|error| format!("cannot read the database: {error}"))?;
    let schema = inspection.schema().map_err(unreadable)?;
    let (mut files, mut lost) = (Vec::new(), Vec::new());
    for prefix in prefixes() {
        let sizes = sizes(store, &prefix)?;
        for sha256 in needed.keys().filter(|hash| hash.starts_with(&prefix)).cloned() {
            match sizes.get(&sha256) {
                Some(&bytes) => files.push(Part { sha256, bytes }),
                None => lost.push(sha256),
            }
        }
    }
    let now = now_ms();
    let manifest = Manifest {
        format: FORMAT,
        madang: env!("CARGO_PKG_VERSION").into(),
        schema,
        made_at: rfc3339(now),
        counts,
        database: part_of(copy).map_err(|error| format!("cannot read the copy of the database: {error}"))?,
        files,
        lost,
    };
    Ok(Contents { manifest, time: now.unsigned_abs() / 1_000 })
}

/// Returns the sizes of the stored files of a prefix. Those that a disk does not show are lost, those of a store that
/// does not answer are not.
fn sizes(store: &dyn Store, prefix: &str) -> Result<BTreeMap<String, u64>, String> {
    match store.list(prefix) {
        Ok(objects) => Ok(objects.into_iter().map(|object| (object.hash, object.bytes)).collect()),
        Err(error) if Away::is(&error) => Err(format!("cannot list the stored files: {error}")),
        Err(_) => Ok(BTreeMap::new()),
    }
}

/// The error where files are in a bucket that the settings do not name.
pub(super) const BUCKET_NOT_SET: &str =
    "the files of this server are in an S3 bucket, and S3_BUCKET is not set (set it as for the server)";

/// Refuses a database whose files are elsewhere than the settings say: all of them would look lost.
pub(super) fn refuse_other_store(database: &Path, config: &Config, store: &dyn Store) -> Result<(), String> {
    let read = open(database)?.read(|tx: &mut Tx| Ok((instance::has_bucket(tx)?, instance::known_id(tx)?)));
    match read.map_err(|error: crate::error::Error| format!("cannot read the database: {}", error.message))? {
        (true, _) if config.s3.is_none() => Err(BUCKET_NOT_SET.into()),
        (_, id) => store.check_owner(id.as_deref()),
    }
}

impl Contents {
    /// Leaves out the files that do not match their hash or cannot be read.
    fn leave_out_damaged(&mut self, store: &dyn Store, watch: Watch<'_>) -> Result<(), String> {
        let all = self.manifest.bytes();
        let (mut intact, mut damaged, mut done) = (Vec::new(), BTreeSet::new(), 0);
        for file in self.manifest.files.drain(..) {
            done += file.bytes;
            watch(Progress { doing: "checking files", done, all })?;
            match stored_part(store, &file.sha256) {
                Ok(found) if found.sha256 == file.sha256 => intact.push(found),
                Err(error) if Away::is(&error) => return Err(format!("cannot read the stored files: {error}")),
                _ => drop(damaged.insert(file.sha256)),
            }
        }
        self.manifest.files = intact;
        self.manifest.lost.extend(damaged);
        self.manifest.lost.sort();
        Ok(())
    }
}

fn pack(
    store: &dyn Store,
    part: &TempFile,
    copy: &Path,
    contents: &Contents,
    encryption: Option<&Encryption>,
    watch: Watch<'_>,
) -> Result<(File, Option<FileKey>), Refused> {
    let failed = |error: io::Error| Refused::Failed(format!("cannot write the backup: {error}"));
    let file = part.begin().map_err(failed)?;
    let mut archive = Archive::begin(file, &contents.manifest, contents.time, encryption).map_err(Refused::Failed)?;
    for (name, part) in contents.manifest.parts() {
        let bytes: Box<dyn Read> = match name == DATABASE {
            true => Box::new(File::open(copy).map_err(|_| Refused::Changed)?),
            // One byte more would show that it has grown.
            false => store.open(&part.sha256, 0..part.bytes.saturating_add(1)).map_err(|_| Refused::Changed)?,
        };
        archive.add(&name, part, BufReader::with_capacity(STRETCH, bytes), watch)?;
    }
    archive.finish().map_err(Refused::Failed)
}

/// Returns the size and the hash of a file.
fn part_of(path: &Path) -> io::Result<Part> {
    hash_of(File::open(path)?)
}

/// A private file that is being written. It is removed on drop unless it was renamed.
struct TempFile {
    path: PathBuf,
    /// Locked, so that a second backup into the same file is refused.
    file: File,
    is_done: bool,
}

impl TempFile {
    /// Creates the file, or takes over one that a killed process left.
    fn create(path: PathBuf) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        let taken = || io::Error::other(format!("{} is being written by another backup", path.display()));
        file.try_lock().map_err(|_| taken())?;
        // Between open and lock another backup may have renamed the file; or the path is a link.
        let (named, opened) = (path.symlink_metadata()?, file.metadata()?);
        if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
            return Err(taken());
        }
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(Self { path, file, is_done: false })
    }

    /// Truncates the file and returns it for writing.
    fn begin(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.set_len(0)?;
        file.rewind()?;
        Ok(file)
    }

    fn rename_to(mut self, path: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, path)?;
        self.is_done = true;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
