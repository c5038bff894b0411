//! Objects of a bucket by names of their own, below a prefix: backups. Each is written once and never replaced.

use std::fmt;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use http::{Method, StatusCode};

use super::client::{Request, sha256_of};
use super::failure::Failure;
use super::read::Object;
use super::xml::Element;
use super::{NotReady, S3Store};
use crate::config::S3;

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub bytes: u64,
}

/// What came of putting an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    New,
    /// There is one of the same length: of an earlier attempt whose answer was lost, or of somebody else.
    Found,
}

/// The objects below a prefix.
pub struct NamedObjects {
    store: S3Store,
    /// `s3://bucket/prefix/`
    place: String,
}

impl NamedObjects {
    /// Prepares requests to a bucket; sends none.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(s3: &S3) -> Result<Self, String> {
        Ok(Self { store: S3Store::new(s3)?, place: format!("s3://{}/{}", s3.bucket, s3.prefix) })
    }

    /// Tries the bucket out and marks it as that of one server. See [`S3Store::check`].
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self, owner: &str) -> Result<(), String> {
        self.store.check(owner).map_err(|not_ready| match not_ready {
            NotReady::Away(why) | NotReady::Refused(why) => why,
        })
    }

    /// Puts a file under a name that is free.
    ///
    /// # Errors
    /// A sentence for the operator. Nothing has the name then, unless only the answer was lost.
    pub fn put(&self, name: &str, file: &Path) -> Result<Put, String> {
        self.wait("store files", async {
            let length = fs::metadata(file).map_err(Failure::unread)?.len();
            let sha256 = sha256_of(file, 0, length).map_err(Failure::unread)?;
            let key = self.key(name);
            match self.store.put_new(&key, &sha256, file, length).await {
                // A store that knows no conditions.
                Err(failure) if failure.has_status(StatusCode::NOT_IMPLEMENTED) => {
                    self.store.put_whole(&key, &sha256, file, length, false).await.map(|()| Put::New)
                }
                // The caller compares the bytes.
                Err(failure) if failure.has_status(StatusCode::PRECONDITION_FAILED) => {
                    match self.store.length_of(&key).await {
                        Ok(stored) if stored == length => Ok(Put::Found),
                        _ => Err(failure),
                    }
                }
                put => put.map(|()| Put::New),
            }
        })
    }

    /// Returns the objects whose names begin like this, without those in deeper folders.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn list(&self, begin: &str) -> Result<Vec<Named>, String> {
        let mut found = Vec::new();
        self.wait("list files", async {
            let add = |object: &Element| {
                let Some(name) = self.name(object.text("Key")) else { return Ok(()) };
                let bytes = object.text("Size").parse();
                let bytes =
                    bytes.map_err(|_| Failure::Unusable("the S3 store lists a file without its size".into()))?;
                found.push(Named { name: name.to_owned(), bytes });
                Ok(())
            };
            self.store.list_each(&self.key(begin), add).await
        })?;
        Ok(found)
    }

    /// Opens an object to read any part of it.
    ///
    /// # Errors
    /// The store is away or refuses, or has no such object.
    pub fn open(self: &Arc<Self>, name: &str) -> io::Result<Reader> {
        let key = self.key(name);
        let length = self.store.wait(async {
            match self.store.length_of(&key).await {
                // The answer has no body that could say more.
                Err(failure) if failure.has_status(StatusCode::NOT_FOUND) => Ok(None),
                length => length.map(Some),
            }
        })?;
        let missing = || io::Error::new(io::ErrorKind::NotFound, "no such object in the bucket");
        Ok(Reader { objects: Arc::clone(self), key, length: length.ok_or_else(missing)?, at: 0, object: None })
    }

    /// Removes an object.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn remove(&self, name: &str) -> Result<(), String> {
        let key = self.key(name);
        self.wait("delete files", async {
            match self.store.client.send(&Request::new(Method::DELETE, &key)).await {
                Err(failure) if failure.has_status(StatusCode::NOT_FOUND) => Ok(()),
                removed => removed.map(drop),
            }
        })
    }

    /// Aborts the uploads in parts of objects whose names begin like this, which an ended process left.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn abort_uploads(&self, begin: &str) -> Result<(), String> {
        let prefix = self.key(begin);
        let is_ours = |key: &str| key.starts_with(&prefix) && self.name(key).is_some();
        self.wait("abort uploads", self.store.abort_each(&prefix, |upload| is_ours(upload.text("Key"))))
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.store.prefix)
    }

    fn name<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&self.store.prefix).filter(|name| !name.contains('/'))
    }

    fn wait<T>(&self, doing: &str, work: impl Future<Output = Result<T, Failure>>) -> Result<T, String> {
        self.store.runtime.block_on(work).map_err(|failure| self.store.explain(doing, &failure))
    }
}

impl fmt::Display for NamedObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Reads an object from any place.
pub struct Reader {
    objects: Arc<NamedObjects>,
    key: String,
    length: u64,
    at: u64,
    /// From `at`, once something is read there.
    object: Option<Object>,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.length {
            return Ok(0);
        }
        let object = match self.object.take() {
            Some(object) => object,
            None => Object::open(&self.objects.store, self.key.clone(), self.at..self.length)?,
        };
        let read = self.object.insert(object).read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let at = at.filter(|at| *at <= self.length).ok_or(io::ErrorKind::InvalidInput)?;
        if at != self.at {
            (self.at, self.object) = (at, None);
        }
        Ok(at)
    }
}
