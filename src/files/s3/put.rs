//! Puts a file: in one request, or in parts if it is larger than one.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::ETAG;
use http::{Method, StatusCode};

use super::S3Store;
use super::client::{Payload, Request, sha256_of};
use super::failure::Failure;

/// The type of every object. A browser that reaches the store itself saves files and never shows them as pages.
const TYPE: &str = "application/octet-stream";

/// For a larger file the store is asked first whether it has it, so that many bytes are not sent for nothing.
const HEAD_FIRST_MIN: u64 = 256 * 1024;

/// Stores take so many parts of an object.
const MAX_PARTS: u64 = 10_000;

/// A part that the store has taken.
struct Part {
    etag: String,
    checksum: Option<String>,
}

impl S3Store {
    /// Stores a file, unless its hash is stored already.
    pub(super) async fn put_file(&self, hash: &str, file: &Path) -> Result<(), Failure> {
        let length = fs::metadata(file).map_err(Failure::unread)?.len();
        if length > HEAD_FIRST_MIN && self.is_stored(hash, length).await? {
            return Ok(());
        }
        let key = self.key(hash);
        match self.put_new(&key, hash, file, length).await {
            Err(failure) if failure.has_status(StatusCode::PRECONDITION_FAILED) => {
                if self.is_stored(hash, length).await? {
                    return Ok(());
                }
                tracing::warn!(hash, "the S3 store has something else under this hash; it is replaced");
                self.client.send(&Request::new(Method::DELETE, &key)).await?;
                self.put_new(&key, hash, file, length).await
            }
            // A store that knows no conditions. The same bytes may be put again: they have the same name.
            Err(failure) if failure.has_status(StatusCode::NOT_IMPLEMENTED) => {
                match self.is_stored(hash, length).await? {
                    true => Ok(()),
                    false => self.put_whole(&key, hash, file, length, false).await,
                }
            }
            stored => stored,
        }
    }

    /// Puts a file under a key that is free.
    pub(super) async fn put_new(&self, key: &str, sha256: &str, file: &Path, length: u64) -> Result<(), Failure> {
        match length > self.client.limits().part_size {
            true => self.put_in_parts(key, file, length).await,
            false => self.put_whole(key, sha256, file, length, true).await,
        }
    }

    /// Whether the store has so many bytes under a hash.
    async fn is_stored(&self, hash: &str, length: u64) -> Result<bool, Failure> {
        match self.length_of(&self.key(hash)).await {
            Ok(found) => Ok(found == length),
            Err(failure) if failure.has_status(StatusCode::NOT_FOUND) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn put_whole(
        &self,
        key: &str,
        sha256: &str,
        file: &Path,
        length: u64,
        is_conditional: bool,
    ) -> Result<(), Failure> {
        let mut request = Request::new(Method::PUT, key).header("content-type", TYPE);
        if is_conditional {
            request = request.header("if-none-match", "*");
        }
        if let Some(checksum) = self.checksum(sha256) {
            request = request.header("x-amz-checksum-sha256", checksum);
        }
        let payload = Payload::File { path: file, start: 0, length, sha256: sha256.to_owned() };
        let answer = self.client.send(&request.payload(payload)).await?;
        // A page of a proxy may be answered with 200 as well.
        match answer.headers().contains_key(ETAG) {
            true => Ok(()),
            false => Err(Failure::Unusable("the S3 store confirmed a file without an ETag".into())),
        }
    }

    async fn put_in_parts(&self, key: &str, file: &Path, length: u64) -> Result<(), Failure> {
        let mut begin = Request::new(Method::POST, key).query("uploads", "").header("content-type", TYPE);
        if self.has_checksums {
            begin = begin.header("x-amz-checksum-algorithm", "SHA256");
        }
        let begun = self.client.document(&begin, "InitiateMultipartUploadResult").await?;
        let upload = begun.text("UploadId").to_owned();
        if upload.is_empty() {
            return Err(Failure::Unusable("the S3 store began an upload without an id".into()));
        }
        let done = match self.put_parts(key, &upload, file, length).await {
            Ok(parts) => self.complete(key, &upload, &parts, length).await,
            Err(failure) => Err(failure),
        };
        if done.is_err() {
            // If this fails too, the sweep does it.
            let _ = self.abort(key, &upload).await;
        }
        done
    }

    async fn put_parts(&self, key: &str, upload: &str, file: &Path, length: u64) -> Result<Vec<Part>, Failure> {
        let size = self.client.limits().part_size.max(length.div_ceil(MAX_PARTS));
        let mut parts = Vec::new();
        for start in (0..length).step_by(size as usize) {
            let length = size.min(length - start);
            let sha256 = sha256_of(file, start, length).map_err(Failure::unread)?;
            let checksum = self.checksum(&sha256);
            let mut request = Request::new(Method::PUT, key)
                .query("partNumber", (parts.len() + 1).to_string())
                .query("uploadId", upload)
                .payload(Payload::File { path: file, start, length, sha256 });
            if let Some(checksum) = &checksum {
                request = request.header("x-amz-checksum-sha256", checksum);
            }
            let answer = self.client.send(&request).await?;
            let etag = answer.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
            parts.push(Part { etag, checksum });
        }
        Ok(parts)
    }

    async fn complete(&self, key: &str, upload: &str, parts: &[Part], length: u64) -> Result<(), Failure> {
        let mut list = String::from("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        for (number, part) in (1..).zip(parts) {
            list += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag>", escape(&part.etag));
            if let Some(checksum) = &part.checksum {
                list += &format!("<ChecksumSHA256>{checksum}</ChecksumSHA256>");
            }
            list += "</Part>";
        }
        list += "</CompleteMultipartUpload>";
        let request = Request::new(Method::POST, key)
            .query("uploadId", upload)
            .header("content-type", "application/xml")
            .header("if-none-match", "*")
            .payload(Payload::Bytes(Bytes::from(list)));
        match self.client.document(&request, "CompleteMultipartUploadResult").await {
            Ok(_) => Ok(()),
            // An earlier attempt may have been done, although its answer was lost.
            Err(failure) => match self.length_of(key).await {
                Ok(stored) if stored == length => Ok(()),
                _ => Err(failure),
            },
        }
    }

    pub(super) async fn abort(&self, key: &str, upload: &str) -> Result<(), Failure> {
        self.client.send(&Request::new(Method::DELETE, key).query("uploadId", upload)).await.map(drop)
    }

    /// The value of a checksum's header, if the store is to keep it.
    fn checksum(&self, sha256: &str) -> Option<String> {
        let byte = |at| u8::from_str_radix(sha256.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..sha256.len()).step_by(2).map(byte).collect();
        self.has_checksums.then(|| bytes.map(|bytes| STANDARD.encode(bytes))).flatten()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
