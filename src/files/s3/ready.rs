//! What is checked before a server uses a bucket.

use std::io::Read;

use bytes::Bytes;
use http::{Method, StatusCode};

use super::client::{Payload, Request};
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
            false => Err(NotReady::Refused(format!(
                "{} has the files of another server (choose another S3_BUCKET or S3_PREFIX; if that server is gone for \
                 good, delete the object {}{OWNER})",
                self.place, self.prefix
            ))),
        }
    }

    fn try_out(&self) -> Result<(), NotReady> {
        let key = format!("{}madang-check-{}", self.prefix, RoomId::new(now_ms()));
        let list = Request::new(Method::GET, "").query("list-type", "2").query("prefix", &key);
        self.step("list files", async { self.client.document(&list).await.map(drop) })?;
        let put = Request::new(Method::PUT, &key).payload(Payload::Bytes(Bytes::from_static(SAMPLE)));
        self.step("store files", async { self.client.send(&put).await.map(drop) })?;
        let read = read::Object::open(self, key.clone(), 7..10).and_then(|mut part| {
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).map(|_| bytes)
        });
        let removed =
            self.step("delete files", async { self.client.send(&Request::new(Method::DELETE, &key)).await.map(drop) });
        match read {
            Ok(bytes) if bytes == SAMPLE[7..10] => removed,
            Ok(_) => Err(NotReady::Refused(format!("{} returns other bytes than were put", self.place))),
            Err(error) => Err(NotReady::Refused(format!("cannot read files in {}: {error}", self.place))),
        }
    }

    fn step(&self, doing: &str, work: impl Future<Output = Result<(), Failure>>) -> Result<(), NotReady> {
        self.runtime.block_on(work).map_err(|failure| self.not_ready(doing, &failure))
    }

    fn not_ready(&self, doing: &str, failure: &Failure) -> NotReady {
        let sentence = failure.explain(doing, &self.place);
        if failure.is_passing() { NotReady::Away(sentence) } else { NotReady::Refused(sentence) }
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
