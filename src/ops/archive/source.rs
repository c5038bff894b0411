//! Where an archive is read from: a file or an object in a bucket, encrypted or not.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;

use crate::age::{BEGIN, Decrypting, Keys};
use crate::files::NamedObjects;

/// Bytes that are read from anywhere.
pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// An archive to be read, and what opens it if it is encrypted.
#[derive(Clone)]
pub struct Source {
    place: Place,
    keys: Keys,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Object(Arc<NamedObjects>, String),
}

impl Source {
    pub fn file(path: impl Into<PathBuf>, keys: Keys) -> Self {
        Self { place: Place::File(path.into()), keys }
    }

    pub(crate) fn object(objects: Arc<NamedObjects>, name: String, keys: Keys) -> Self {
        Self { place: Place::Object(objects, name), keys }
    }

    /// Opens the archive, decrypted.
    pub(super) fn open(&self) -> Result<Box<dyn ReadSeek>, String> {
        let failed = |error: io::Error| format!("cannot read: {error}");
        match &self.place {
            Place::File(path) => {
                let file = File::open(path).map_err(failed)?;
                if file.metadata().map_err(failed)?.is_dir() {
                    let advice = "to check a data folder: madang verify --data-dir FOLDER";
                    return Err(format!("it is a folder, not a backup ({advice})"));
                }
                self.decrypted(file)
            }
            Place::Object(objects, name) => self.decrypted(objects.open(name).map_err(failed)?),
        }
    }

    fn decrypted(&self, mut bytes: impl ReadSeek + 'static) -> Result<Box<dyn ReadSeek>, String> {
        let mut begin = Vec::new();
        let read = bytes.by_ref().take(BEGIN.len() as u64).read_to_end(&mut begin).and_then(|_| bytes.rewind());
        read.map_err(|error| format!("cannot read: {error}"))?;
        Ok(match begin == BEGIN {
            true => Box::new(Decrypting::open(bytes, &self.keys)?),
            false => Box::new(bytes),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(path) => path.display().fmt(f),
            Place::Object(objects, name) => write!(f, "{objects}{name}"),
        }
    }
}
