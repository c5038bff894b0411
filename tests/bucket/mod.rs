//! Files in an S3 store: the store by itself, an app that uses one, and the commands. `moto` runs the same against
//! another program; `tests/bucket/run.sh` starts it.

mod app;
mod backup;
mod moto;
mod program;
mod store;

use std::path::PathBuf;

use madang::config::S3;
use madang::files::{S3Store, Store};

use crate::support::TempDir;
use crate::support::bucket::sha256;

/// A store, and a folder for files on their way into it.
struct Opened {
    store: S3Store,
    folder: TempDir,
}

impl Opened {
    fn new(s3: &S3) -> Self {
        Self { store: S3Store::new(s3).unwrap(), folder: TempDir::new() }
    }

    fn file(&self, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join("upload");
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Puts a content and returns its hash.
    fn put(&self, content: &[u8]) -> std::io::Result<String> {
        let hash = sha256(content);
        self.store.put(&hash, &self.file(content)).map(|()| hash)
    }

    fn read(&self, hash: &str, range: std::ops::Range<u64>) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.store.open(hash, range)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The hashes of all prefixes, sorted.
    fn hashes(&self) -> Vec<String> {
        let listed = madang::files::prefixes().flat_map(|prefix| self.store.list(&prefix).unwrap());
        listed.map(|object| object.hash).collect()
    }
}

/// Content that does not repeat.
fn content(length: usize) -> Vec<u8> {
    (0..length as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
