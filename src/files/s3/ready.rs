//! What is checked before a server uses a bucket.

use bytes::Bytes;
use http::{Method, StatusCode};

use super::client::{ERROR_MAX, Payload, Request};
use super::failure::Failure;
use super::{S3Store, read};
use crate::clock::now_ms;
use crate::ids::RoomId;

/// The object that says whose files are in the bucket.
const OWNER: &str = "madang-owner";
const SAMPLE: &[u8] = b"madang can put, get and delete";

/// Why a bucket is not used.
#[derive(Debug)]
pub enum NotReady {
    /// A sentence: the store does not answer. It may be over later.
    Away(String),
    /// A sentence: a setting or the bucket must be changed.
    Refused(String),
}

impl S3Store {
    /// Lists, puts, reads in part and deletes a small object, and marks the bucket as that of one server: another
    /// would remove the files that its database does not name.
    ///
    /// # Errors
    /// [`NotReady`].
    pub fn check(&self, owner: &str) -> Result<(), NotReady> {
        self.try_out()?;
        let marked =
            self.runtime.block_on(self.mark(owner)).map_err(|failure| self.not_ready("store files", &failure))?;
        match marked == owner {
            true => Ok(()),
            false => Err(NotReady::Refused(self.other_owner())),
        }
    }

    /// Checks that the bucket is that of a server, and changes nothing.
    pub(super) fn compare_owner(&self, owner: Option<&str>) -> Result<(), String> {
        let marked = self.runtime.block_on(self.owner(&format!("{}{OWNER}", self.prefix)));
        match marked.map_err(|failure| self.explain("read files", &failure))? {
            Some(marked) if Some(marked.as_str()) == owner => Ok(()),
            Some(_) => Err(self.other_owner()),
            None => Err(format!(
                "{} has no object {}{OWNER}, so the files of this server are not there (correct {})",
                self.place, self.prefix, self.names.bucket_and_prefix
            )),
        }
    }

    fn other_owner(&self) -> String {
        format!(
            "{} has the files of another server (choose another {}; if that server is gone for good, delete the object \
             {}{OWNER})",
            self.place, self.names.bucket_and_prefix, self.prefix
        )
    }

    fn try_out(&self) -> Result<(), NotReady> {
        let key = format!("{}madang-check-{}", self.prefix, RoomId::new(now_ms()));
        let list = Request::new(Method::GET, "").query("list-type", "2").query("prefix", &key);
        self.step("list files", async { self.client.document(&list, "ListBucketResult").await.map(drop) })?;
        let put = Request::new(Method::PUT, &key).payload(Payload::Bytes(Bytes::from_static(SAMPLE)));
        self.step("store files", async { self.client.send(&put).await.map(drop) })?;
        let read = self.runtime.block_on(self.sample_part(&key));
        let removed =
            self.step("delete files", async { self.client.send(&Request::new(Method::DELETE, &key)).await.map(drop) });
        match read {
            Ok(bytes) if bytes == SAMPLE[7..10] => removed,
            Ok(_) => Err(NotReady::Refused(format!("{} returns other bytes than were put", self.place))),
            Err(failure) => Err(self.not_ready("read files", &failure)),
        }
    }

    async fn sample_part(&self, key: &str) -> Result<Vec<u8>, Failure> {
        match read::request(&self.client, key, &(7..10)).await? {
            Some(body) => self.client.read(body, ERROR_MAX).await,
            None => Ok(Vec::new()),
        }
    }

    fn step(&self, doing: &str, work: impl Future<Output = Result<(), Failure>>) -> Result<(), NotReady> {
        self.runtime.block_on(work).map_err(|failure| self.not_ready(doing, &failure))
    }

    fn not_ready(&self, doing: &str, failure: &Failure) -> NotReady {
        let sentence = self.explain(doing, failure);
        if failure.is_transient() { NotReady::Away(sentence) } else { NotReady::Refused(sentence) }
    }

    /// Marks the bucket unless it is marked, and returns whose it is.
    async fn mark(&self, owner: &str) -> Result<String, Failure> {
        let key = format!("{}{OWNER}", self.prefix);
        if let Some(marked) = self.owner(&key).await? {
            return Ok(marked);
        }
        let mark = Payload::Bytes(Bytes::copy_from_slice(owner.as_bytes()));
        let put = Request::new(Method::PUT, &key).header("if-none-match", "*").payload(mark);
        match self.client.send(&put).await {
            // Another server was faster.
            Err(failure) if failure.has_status(StatusCode::PRECONDITION_FAILED) => {
                Ok(self.owner(&key).await?.unwrap_or_default())
            }
            Err(failure) if failure.has_status(StatusCode::NOT_IMPLEMENTED) => {
                let plain = Request { headers: Vec::new(), ..put };
                self.client.send(&plain).await.map(|_| owner.to_owned())
            }
            put => put.map(|_| owner.to_owned()),
        }
    }

    async fn owner(&self, key: &str) -> Result<Option<String>, Failure> {
        match self.client.text(&Request::new(Method::GET, key)).await {
            Ok(text) => Ok(Some(text)),
            Err(failure) if failure.has_status(StatusCode::NOT_FOUND) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
