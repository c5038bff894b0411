//! The store in a bucket: `<prefix><first two digits>/<hash>`, as in the folder of local files.

mod client;
mod connection;
mod failure;
mod named;
mod put;
mod read;
mod ready;
mod runtime;
mod sign;
mod xml;

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode};

use super::store::{Object, Shown, Store};
use crate::config::{S3, S3Names};
use client::{Client, Request};
use failure::Failure;
use runtime::RequestRuntime;
use xml::Element;

pub use named::{Named, NamedObjects, Put};
pub use ready::NotReady;

/// How long a link is valid.
const LINK_SECONDS: u64 = 60;

/// A store in a bucket.
pub struct S3Store {
    client: Arc<Client>,
    runtime: Arc<RequestRuntime>,
    place: String,
    prefix: String,
    has_checksums: bool,
    has_links: bool,
    /// The settings that errors name.
    names: S3Names,
}

impl S3Store {
    /// Prepares requests to a bucket; sends none.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(s3: &S3) -> Result<Self, String> {
        Ok(Self {
            client: Arc::new(Client::new(s3)?),
            runtime: Arc::new(RequestRuntime::start()?),
            place: format!("the S3 bucket {} at {}", s3.bucket, s3.endpoint.as_str().trim_end_matches('/')),
            prefix: s3.prefix.clone(),
            has_checksums: s3.has_checksums,
            has_links: s3.has_links,
            names: s3.names,
        })
    }

    fn key(&self, hash: &str) -> String {
        format!("{}{}/{hash}", self.prefix, &hash[..2.min(hash.len())])
    }

    /// Returns the hash of one of our keys. A bucket may have other content.
    fn hash_of<'a>(&self, key: &'a str) -> Option<&'a str> {
        let (folder, hash) = key.strip_prefix(&self.prefix)?.split_once('/')?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_hash && hash.get(..2) == Some(folder)).then_some(hash)
    }

    fn explain(&self, doing: &str, failure: &Failure) -> String {
        failure.explain(doing, &self.place, self.names)
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> io::Result<T> {
        self.runtime.block_on(work).map_err(io::Error::from)
    }

    async fn length_of(&self, key: &str) -> Result<u64, Failure> {
        let answer = self.client.send(&Request::new(Method::HEAD, key)).await?;
        let length = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        length.ok_or_else(|| Failure::Unusable("the S3 store does not say how long a file is".into()))
    }

    async fn list_all(&self, prefix: &str) -> Result<Vec<Object>, Failure> {
        let mut objects = Vec::new();
        let add = |object: &Element| self.listed(object).map(|object| objects.extend(object));
        self.list_each(&format!("{}{prefix}/", self.prefix), add).await?;
        Ok(objects)
    }

    /// Lists the keys that begin like this.
    async fn list_each(
        &self,
        prefix: &str,
        mut each: impl FnMut(&Element) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut next = String::new();
        loop {
            let mut request = Request::new(Method::GET, "").query("list-type", "2").query("prefix", prefix);
            if !next.is_empty() {
                request = request.query("continuation-token", &next);
            }
            let page = self.client.document(&request, "ListBucketResult").await?;
            page.each("Contents").try_for_each(&mut each)?;
            if page.text("IsTruncated") != "true" {
                return Ok(());
            }
            let after = std::mem::replace(&mut next, page.text("NextContinuationToken").to_owned());
            if next == after {
                return Err(Failure::Unusable("the list of the S3 store does not go on".into()));
            }
        }
    }

    /// Returns one of our files of a list; `None` for other content. A file that is left out would count as lost.
    fn listed(&self, object: &Element) -> Result<Option<Object>, Failure> {
        let Some(hash) = self.hash_of(object.text("Key")) else { return Ok(None) };
        let (size, time) = (object.text("Size").parse(), time_ms(object.text("LastModified")));
        match (size, time) {
            (Ok(bytes), Some(stored_at)) => Ok(Some(Object { hash: hash.to_owned(), bytes, stored_at })),
            _ => Err(Failure::Unusable("the S3 store lists a file without its size or its time".into())),
        }
    }

    /// Aborts the uploads of files in parts that began before a time.
    async fn abort_before(&self, before: i64) -> Result<(), Failure> {
        let is_old = |found: &Element| time_ms(found.text("Initiated")).is_some_and(|at| at < before);
        let is_file = |found: &Element| self.hash_of(found.text("Key")).is_some();
        self.abort_each(&self.prefix, |found| is_file(found) && is_old(found)).await
    }

    /// Aborts those uploads in parts whose keys begin like this.
    async fn abort_each(&self, prefix: &str, is_meant: impl Fn(&Element) -> bool) -> Result<(), Failure> {
        let (mut key, mut upload) = (String::new(), String::new());
        loop {
            let mut request = Request::new(Method::GET, "").query("uploads", "").query("prefix", prefix);
            if !key.is_empty() {
                request = request.query("key-marker", &key).query("upload-id-marker", &upload);
            }
            let page = self.client.document(&request, "ListMultipartUploadsResult").await?;
            for found in page.each("Upload").filter(|found| is_meant(found)) {
                tracing::info!(key = found.text("Key"), "aborting an upload that an earlier process left");
                self.abort(found.text("Key"), found.text("UploadId")).await?;
            }
            let next = (page.text("NextKeyMarker"), page.text("NextUploadIdMarker"));
            if page.text("IsTruncated") != "true" || next == (key.as_str(), upload.as_str()) {
                return Ok(());
            }
            (key, upload) = (next.0.to_owned(), next.1.to_owned());
        }
    }
}

impl Store for S3Store {
    fn put(&self, hash: &str, file: &Path) -> io::Result<()> {
        self.wait(self.put_file(hash, file))
    }

    fn size(&self, hash: &str) -> io::Result<u64> {
        let found = self.wait(async {
            match self.length_of(&self.key(hash)).await {
                // Without a body, so that nothing says more.
                Err(failure) if failure.has_status(StatusCode::NOT_FOUND) => Ok(None),
                found => found.map(Some),
            }
        })?;
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open(&self, hash: &str, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(read::Object::open(self, self.key(hash), range)?))
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<Object>> {
        self.wait(self.list_all(prefix))
    }

    fn remove(&self, hash: &str) -> io::Result<()> {
        let removed = self.wait(async { self.client.send(&Request::new(Method::DELETE, &self.key(hash))).await });
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map(drop),
        }
    }

    fn remove_unfinished(&self, before: i64) -> io::Result<()> {
        self.wait(self.abort_before(before))
    }

    fn check_owner(&self, instance: Option<&str>) -> Result<(), String> {
        self.compare_owner(instance)
    }

    fn link(&self, hash: &str, shown: &Shown<'_>) -> Option<String> {
        let query = [
            ("response-cache-control", "private, no-store".to_owned()),
            ("response-content-disposition", shown.disposition.to_owned()),
            ("response-content-type", shown.content_type.to_owned()),
        ];
        self.has_links.then(|| self.client.link(&self.key(hash), &query, LINK_SECONDS))
    }
}

fn time_ms(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|time| time.as_millisecond())
}
