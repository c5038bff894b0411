//! Where the bytes of files are stored.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// A store of bytes, each under the SHA-256 of its content in lower-case hexadecimal.
///
/// Its methods block: the server calls them from the blocking pool, commands call them directly.
pub trait Store: Send + Sync + 'static {
    /// Stores a finished file durably, and may move it: the caller removes what is left of it. A hash that is stored
    /// already is left as it is.
    ///
    /// # Errors
    /// Those of the store; then the file is where it was.
    fn put(&self, hash: &str, file: &Path) -> io::Result<()>;

    /// The number of bytes under a hash.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`]; those of the store.
    fn size(&self, hash: &str) -> io::Result<u64>;

    /// Opens a range of the bytes under a hash.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`]; those of the store.
    fn open(&self, hash: &str, range: Range<u64>) -> io::Result<Box<dyn Read + Send>>;

    /// Lists what is stored under hashes that begin with these two digits.
    ///
    /// # Errors
    /// Those of the store.
    fn list(&self, prefix: &str) -> io::Result<Vec<Object>>;

    /// Removes the bytes under a hash, if there are any.
    ///
    /// # Errors
    /// Those of the store.
    fn remove(&self, hash: &str) -> io::Result<()>;

    /// Removes what was put in part before a time and never finished, if the store keeps that.
    ///
    /// # Errors
    /// Those of the store.
    fn remove_unfinished(&self, _before: i64) -> io::Result<()> {
        Ok(())
    }

    /// Checks that these are the files of the instance with this id, if the store may have those of others.
    ///
    /// # Errors
    /// A sentence for the operator.
    fn check_owner(&self, _instance: Option<&str>) -> Result<(), String> {
        Ok(())
    }

    /// Returns a link with which anyone reads the bytes for a short time; `None` if the server is to send them.
    fn link(&self, _hash: &str, _shown: &Shown<'_>) -> Option<String> {
        None
    }
}

/// The headers of a file that is read by a link.
pub struct Shown<'a> {
    pub content_type: &'a str,
    pub disposition: &'a str,
}

/// The error of a store that does not answer, or refuses to: it says nothing about the bytes.
#[derive(Debug)]
pub struct Away(pub String);

impl Away {
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Away {}

/// Something that a store lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub hash: String,
    pub bytes: u64,
    /// When it was stored, in milliseconds since 1970 UTC.
    pub stored_at: i64,
}

/// All beginnings of hashes for [`Store::list`].
pub fn prefixes() -> impl Iterator<Item = String> {
    (0..=255_u8).map(|byte| format!("{byte:02x}"))
}
