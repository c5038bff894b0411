//! Stored files as the commands see them: read, compared with their hash, and copied from one store to another.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use indicatif::HumanBytes;
use sha2::{Digest, Sha256};

use super::archive::{Part, Progress, STRETCH, Watch};
use crate::clock::now_ms;
use crate::config::S3;
use crate::data_folder::give_to_owner;
use crate::files::{INCOMING, LocalStore, NotReady, Object, S3Store, Store, path_of, prefixes};
use crate::hex::hex;
use crate::ids::FileId;

/// Returns the size and the hash of stored bytes, as they are.
pub(super) fn stored_part(store: &dyn Store, sha256: &str) -> io::Result<Part> {
    hash_of(store.open(sha256, 0..u64::MAX)?)
}

/// Returns the size and the hash of what is read.
pub(super) fn hash_of(mut source: impl Read) -> io::Result<Part> {
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; STRETCH];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(Part { sha256: hex(&digest.finalize()), bytes }),
            read => {
                digest.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// What was copied.
#[derive(Debug, Default)]
pub struct Pushed {
    pub copied: u64,
    pub bytes: u64,
    /// How many the bucket had already.
    pub present: u64,
    /// The hashes of local files that are not what their name says.
    pub damaged: Vec<String>,
    /// Where the local files are now.
    pub aside: Option<PathBuf>,
}

impl fmt::Display for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copied {} files ({}), {} were there already", self.copied, HumanBytes(self.bytes), self.present)?;
        match &self.aside {
            Some(aside) => {
                write!(f, "; the local files are now in {} (delete it when you no longer need it)", aside.display())
            }
            None => Ok(()),
        }
    }
}

/// Opens a bucket that can be used and is that of an instance. Blocks.
pub(super) fn checked_bucket(s3: &S3, instance: &str) -> Result<S3Store, String> {
    let bucket = S3Store::new(s3)?;
    match bucket.check(instance) {
        Ok(()) => Ok(bucket),
        Err(NotReady::Away(why) | NotReady::Refused(why)) => Err(why),
    }
}

/// Stores bytes that a command has made, and returns their hash. They are written in the folder of uploads first, where the
/// next start of a server removes what is left. The owner of the data folder gets what root has made.
pub(super) fn store_bytes(store: &dyn Store, data_dir: &Path, bytes: &[u8]) -> io::Result<String> {
    let folder = data_dir.join(INCOMING);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let (hash, path) = (hex(&Sha256::digest(bytes)), folder.join(FileId::new(now_ms()).to_string()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let stored = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| store.put(&hash, &path));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => stored?,
    }
    // Nothing of it is here if the store is a bucket.
    let stored = data_dir.join(path_of(&hash));
    let ancestors = stored.ancestors().take_while(|path| *path != data_dir);
    for made in ancestors.chain([&*folder]).filter(|path| path.exists()) {
        give_to_owner(made, data_dir)?;
    }
    Ok(hash)
}

/// Copies the files of a data folder that a store lacks, each after it was compared with its hash.
pub(super) fn copy_files(data_dir: &Path, store: &dyn Store, watch: Watch<'_>) -> Result<Pushed, String> {
    let local = LocalStore::new(data_dir);
    let unlisted = |error: io::Error| format!("cannot list the files: {error}");
    let list = |store: &dyn Store| -> Result<Vec<Object>, String> {
        let listed = prefixes().map(|prefix| store.list(&prefix)).collect::<io::Result<Vec<_>>>();
        Ok(listed.map_err(unlisted)?.concat())
    };
    let files = list(&local)?;
    let there: BTreeMap<_, _> = list(store)?.into_iter().map(|object| (object.hash, object.bytes)).collect();
    let (all, mut done, mut pushed) = (files.iter().map(|file| file.bytes).sum(), 0, Pushed::default());
    for Object { hash, bytes, .. } in files {
        watch(Progress { doing: "copying files", done, all })?;
        done += bytes;
        if there.get(&hash) == Some(&bytes) {
            pushed.present += 1;
            continue;
        }
        let cannot = |error: io::Error| format!("cannot copy {hash}: {error}");
        if stored_part(&local, &hash).map_err(cannot)?.sha256 != hash {
            pushed.damaged.push(hash);
            continue;
        }
        store.put(&hash, &local.path(&hash)).map_err(cannot)?;
        pushed.copied += 1;
        pushed.bytes += bytes;
    }
    Ok(pushed)
}
