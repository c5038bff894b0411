//! The store in the data folder: `files/<first two digits>/<hash>`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::store::{Object, Store};
use crate::ids::RoomId;

/// The folder of stored files within the data folder.
pub const STORED: &str = "files";

/// The name of stored bytes within the data folder.
pub fn path_of(hash: &str) -> String {
    format!("{STORED}/{}/{hash}", prefix(hash))
}

fn prefix(hash: &str) -> &str {
    &hash[..2.min(hash.len())]
}

/// A store in a folder of the file system.
#[derive(Clone, Debug)]
pub struct LocalStore {
    folder: PathBuf,
}

impl LocalStore {
    /// The store of a data folder. Folders are created when something is stored.
    pub fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join(STORED) }
    }

    /// Returns the path of the bytes of a hash.
    pub(crate) fn path(&self, hash: &str) -> PathBuf {
        self.folder.join(prefix(hash)).join(hash)
    }
}

impl Store for LocalStore {
    fn put(&self, hash: &str, file: &Path) -> io::Result<()> {
        let path = self.path(hash);
        if path.try_exists()? {
            return Ok(());
        }
        let folder = self.folder.join(prefix(hash));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        match fs::rename(file, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::CrossesDevices => copy(file, &path)?,
            Err(error) => return Err(error),
        }
        // A new name is durable when its folder is.
        File::open(&folder)?.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }

    fn size(&self, hash: &str) -> io::Result<u64> {
        fs::metadata(self.path(hash)).map(|found| found.len())
    }

    fn open(&self, hash: &str, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(self.path(hash))?;
        file.seek(SeekFrom::Start(range.start))?;
        Ok(Box::new(file.take(range.end.saturating_sub(range.start))))
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<Object>> {
        let entries = match fs::read_dir(self.folder.join(prefix)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut objects = Vec::new();
        for entry in entries {
            let entry = entry?;
            // Removed meanwhile, or not one of ours.
            let (Ok(found), Ok(hash)) = (entry.metadata(), entry.file_name().into_string()) else { continue };
            let stored_at = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
            objects.push(Object { hash, bytes: found.len(), stored_at });
        }
        Ok(objects)
    }

    fn remove(&self, hash: &str) -> io::Result<()> {
        match fs::remove_file(self.path(hash)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// Copies a file to another disk, so that it appears whole or not at all.
fn copy(from: &Path, path: &Path) -> io::Result<()> {
    // Two uploads of the same bytes may be copied at once.
    let part = path.with_extension(format!("{}.part", RoomId::new(0)));
    let copied = (|| {
        let mut copy = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync_all()?;
        fs::rename(&part, path)
    })();
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_stored_once_listed_read_in_ranges_and_removed() {
        let folder = std::env::temp_dir().join(format!("madang-store-{}", crate::ids::RoomId::new(0)));
        fs::create_dir(&folder).unwrap();
        let store = LocalStore::new(&folder);
        let hash = format!("ab{}", "0".repeat(62));
        let file = folder.join("upload");
        for _ in 0..2 {
            fs::write(&file, b"0123456789").unwrap();
            store.put(&hash, &file).unwrap();
        }
        assert_eq!(store.size(&hash).unwrap(), 10);
        let listed = store.list("ab").unwrap();
        assert_eq!((listed.len(), listed[0].hash.as_str(), listed[0].bytes), (1, hash.as_str(), 10));
        assert!(store.list("cd").unwrap().is_empty());
        for (range, bytes) in [(0..10, "0123456789"), (2..5, "234"), (8..99, "89"), (5..5, "")] {
            let mut read = String::new();
            store.open(&hash, range).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, bytes);
        }
        store.remove(&hash).unwrap();
        store.remove(&hash).unwrap();
        assert_eq!(store.size(&hash).unwrap_err().kind(), ErrorKind::NotFound);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_of_another_disk_is_copied_whole() {
        let folder = std::env::temp_dir().join(format!("madang-copy-{}", crate::ids::RoomId::new(0)));
        fs::create_dir(&folder).unwrap();
        let bytes: Vec<u8> = (0..1_000_000).map(|at| (at % 251) as u8).collect();
        fs::write(folder.join("from"), &bytes).unwrap();
        copy(&folder.join("from"), &folder.join("to")).unwrap();
        assert!(fs::read(folder.join("to")).unwrap() == bytes);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no part is left");
        fs::remove_dir_all(folder).unwrap();
    }
}
