//! What the bucket answers. Lists have two entries a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::signature::{is_signed, is_signed_link};
use super::{Asked, Bucket, KEY_ID, NAME, SECRET, State, decode, sha256};

const PAGE: usize = 2;
const SKEW_MS: i64 = 15 * 60_000;

pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(super) fn error(status: u16, code: &str) -> Self {
        Self::new(status, format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>no</Message></Error>"))
    }

    fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The head and the body as they are sent.
    pub(super) fn bytes(self, method: &str, now_ms: i64) -> (Vec<u8>, Vec<u8>) {
        let date = jiff::Timestamp::from_millisecond(now_ms).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut head = format!("HTTP/1.1 {} x\r\ndate: {date}\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        (head.into_bytes().into_iter().chain(*b"\r\n").collect(), if method == "HEAD" { Vec::new() } else { self.body })
    }
}

fn time(ms: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(ms).unwrap())
}

impl Bucket {
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        if let Some(page) = self.with(|state| state.page) {
            return Answer::new(200, page).header("content-type", "text/html");
        }
        let now = self.now_ms();
        if let Some(refusal) = self.refuse(asked, now) {
            return refusal;
        }
        let Some(key) =
            asked.path.strip_prefix(&format!("/{NAME}")).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return Answer::error(404, "NoSuchBucket");
        };
        let key = decode(key.trim_start_matches('/'));
        self.with(|state| match (asked.method.as_str(), key.as_str()) {
            ("GET", "") if asked.value("uploads").is_some() => state.list_uploads(asked),
            ("GET", "") => state.list(asked),
            ("POST", key) if asked.value("uploads").is_some() => state.begin(key, now),
            ("POST", key) => state.complete(asked, key, now),
            ("PUT", _) if asked.value("uploadId").is_some() => state.put_part(asked),
            ("PUT", key) => state.put(asked, key, now),
            ("GET" | "HEAD", key) => state.get(asked, key),
            ("DELETE", key) => state.delete(asked, key),
            _ => Answer::error(405, "MethodNotAllowed"),
        })
    }

    fn refuse(&self, asked: &Asked, now: i64) -> Option<Answer> {
        let is_link = asked.value("X-Amz-Signature").is_some();
        let credential = match is_link {
            true => asked.value("X-Amz-Credential"),
            false => {
                asked.header("authorization").and_then(|value| Some(value.split("Credential=").nth(1)?.to_owned()))
            }
        };
        let Some(credential) = credential else { return Some(Answer::error(403, "AccessDenied")) };
        if credential.split('/').next() != Some(KEY_ID) {
            return Some(Answer::error(403, "InvalidAccessKeyId"));
        }
        let is_right = if is_link { is_signed_link(asked, SECRET) } else { is_signed(asked, SECRET) };
        if !is_right {
            return Some(Answer::error(403, "SignatureDoesNotMatch"));
        }
        let token = self.with(|state| state.token.clone());
        if token.is_some() && asked.header("x-amz-security-token").map(str::to_owned) != token {
            return Some(Answer::error(400, "InvalidToken"));
        }
        let date = asked.value("X-Amz-Date").or(asked.header("x-amz-date").map(str::to_owned)).unwrap();
        let signed_at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &date).unwrap();
        let age = now - signed_at.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond();
        let is_over = asked.value("X-Amz-Expires").is_some_and(|seconds| age > seconds.parse::<i64>().unwrap() * 1_000);
        match age.abs() > SKEW_MS {
            _ if is_over => Some(Answer::error(403, "AccessDenied")),
            true => Some(Answer::error(403, "RequestTimeTooSkewed")),
            false => None,
        }
    }
}

impl State {
    fn list(&self, asked: &Asked) -> Answer {
        let (prefix, after) = (asked.value("prefix").unwrap(), asked.value("continuation-token").unwrap_or_default());
        let matching = self.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
        let page: Vec<_> = matching.clone().take(PAGE).collect();
        let mut text = format!("<ListBucketResult><IsTruncated>{}</IsTruncated>", matching.count() > PAGE);
        for (key, (content, at)) in &page {
            let (time, size) = (time(*at), content.len());
            text += &format!("<Contents><Key>{key}</Key><ETag>&quot;e&quot;</ETag>");
            for (name, value) in [("LastModified", time), ("Size", size.to_string())] {
                if self.left_out != Some(name) {
                    text += &format!("<{name}>{value}</{name}>");
                }
            }
            text += "</Contents>";
        }
        if let Some((key, _)) = page.last() {
            text += &format!("<NextContinuationToken>{key}</NextContinuationToken>");
        }
        Answer::new(200, text + "</ListBucketResult>")
    }

    fn list_uploads(&self, asked: &Asked) -> Answer {
        let after = asked.value("upload-id-marker").unwrap_or_default();
        let matching = self.uploads.iter().filter(|(id, _)| **id > after);
        let page: Vec<_> = matching.clone().take(PAGE).collect();
        let mut text = format!("<ListMultipartUploadsResult><IsTruncated>{}</IsTruncated>", matching.count() > PAGE);
        for (id, (key, at, _)) in &page {
            let time = time(*at);
            text += &format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{time}</Initiated></Upload>");
            text += &format!("<NextKeyMarker>{key}</NextKeyMarker><NextUploadIdMarker>{id}</NextUploadIdMarker>");
        }
        Answer::new(200, text + "</ListMultipartUploadsResult>")
    }

    fn begin(&mut self, key: &str, now: i64) -> Answer {
        let id = format!("upload-{}", madang::ids::RoomId::new(now));
        self.uploads.insert(id.clone(), (key.to_owned(), now, Default::default()));
        let text = format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
        Answer::new(200, text)
    }

    fn put_part(&mut self, asked: &Asked) -> Answer {
        let number = asked.value("partNumber").unwrap().parse().unwrap();
        match self.uploads.get_mut(&asked.value("uploadId").unwrap()) {
            _ if self.refuse_part == Some(number) => Answer::error(503, "ServiceUnavailable"),
            None => Answer::error(404, "NoSuchUpload"),
            Some(_) if !has_checksum(asked) => Answer::error(400, "BadDigest"),
            Some((_, _, parts)) => {
                parts.insert(number, asked.body.clone());
                Answer::new(200, "").header("etag", format!("\"{}\"", sha256(&asked.body)))
            }
        }
    }

    fn complete(&mut self, asked: &Asked, key: &str, now: i64) -> Answer {
        let id = asked.value("uploadId").unwrap();
        let Some((_, _, parts)) = self.uploads.get(&id) else { return Answer::error(404, "NoSuchUpload") };
        let list = String::from_utf8(asked.body.clone()).unwrap();
        let named = |part: &Vec<u8>| list.contains(&format!("<ETag>&quot;{}&quot;</ETag>", sha256(part)));
        if !parts.values().all(named) || list.matches("<Part>").count() != parts.len() {
            return Answer::error(400, "InvalidPart");
        }
        if asked.header("if-none-match") == Some("*") && self.objects.contains_key(key) {
            return Answer::error(412, "PreconditionFailed");
        }
        let content = parts.values().flatten().copied().collect();
        self.uploads.remove(&id);
        self.objects.insert(key.to_owned(), (content, now));
        Answer::new(200, "<CompleteMultipartUploadResult/>")
    }

    fn put(&mut self, asked: &Asked, key: &str, now: i64) -> Answer {
        if asked.header("if-none-match") == Some("*") && self.objects.contains_key(key) {
            return Answer::error(412, "PreconditionFailed");
        }
        if !has_checksum(asked) {
            return Answer::error(400, "BadDigest");
        }
        self.objects.insert(key.to_owned(), (asked.body.clone(), now));
        Answer::new(200, "").header("etag", format!("\"{}\"", sha256(&asked.body)))
    }

    fn get(&self, asked: &Asked, key: &str) -> Answer {
        let Some((content, _)) = self.objects.get(key) else { return Answer::error(404, "NoSuchKey") };
        let size = content.len();
        let range = asked.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let answer = match range {
            None => Answer::new(200, content.clone()),
            Some((first, last)) => {
                let first: usize = first.parse().unwrap();
                if first >= size {
                    return Answer::error(416, "InvalidRange");
                }
                let last = last.parse().unwrap_or(usize::MAX).min(size - 1);
                Answer::new(206, &content[first..=last]).header("content-range", format!("bytes {first}-{last}/{size}"))
            }
        };
        let shown = ["content-type", "content-disposition", "cache-control"].into_iter();
        shown.fold(answer, |answer, name| match asked.value(&format!("response-{name}")) {
            Some(value) => answer.header(name, value),
            None => answer,
        })
    }

    fn delete(&mut self, asked: &Asked, key: &str) -> Answer {
        match asked.value("uploadId") {
            Some(id) => drop(self.uploads.remove(&id)),
            None => drop(self.objects.remove(key)),
        }
        Answer::new(204, "")
    }
}

/// Whether the body is what a checksum says, if there is one.
fn has_checksum(asked: &Asked) -> bool {
    let is_right = |checksum: &str| checksum == STANDARD.encode(Sha256::digest(&asked.body));
    asked.header("x-amz-checksum-sha256").is_none_or(is_right)
}
