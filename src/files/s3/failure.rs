//! Why a request to the store failed, and what an operator can do about it.

use std::fmt;
use std::io;

use http::StatusCode;

use super::super::store::Away;
use crate::config::S3Names;

/// How far the clocks of both sides may be apart before a refusal is blamed on it. Stores allow 15 minutes.
const SKEW_MS: i64 = 10 * 60_000;

#[derive(Debug)]
pub(super) enum Failure {
    /// The store cannot be reached, does not answer, or has an error. It may be over later.
    Away(String),
    /// The store refused the request.
    Refused(Refusal),
    /// A sentence: the store is not to be talked to, or answers what makes no sense.
    Unusable(String),
    /// A sentence: a file of this machine cannot be read.
    Local(String),
}

#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The store's own code, for example `NoSuchBucket`; empty if there is none.
    pub(super) code: String,
    /// How far the clock of this machine is ahead of the store's, in milliseconds.
    pub(super) clock_skew_ms: i64,
}

impl Failure {
    pub(super) fn unread(why: impl fmt::Display) -> Self {
        Self::Local(format!("the file to be stored cannot be read: {why}"))
    }

    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Away(_) => true,
            Self::Unusable(_) | Self::Local(_) => false,
            Self::Refused(refusal) => refusal.is_transient(),
        }
    }

    pub(super) fn has_status(&self, status: StatusCode) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == status)
    }

    pub(super) fn has_code(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }

    /// Returns a sentence for the operator of a server that starts: what failed, and what to do.
    pub(super) fn explain(&self, doing: &str, place: &str, names: S3Names) -> String {
        match self {
            Self::Away(why) => format!("{place} does not answer: {why} (check {})", names.endpoint),
            Self::Unusable(why) | Self::Local(why) => why.clone(),
            Self::Refused(refusal) => refusal.explain(doing, place, names),
        }
    }
}

impl Refusal {
    fn is_transient(&self) -> bool {
        let is_named = matches!(self.code.as_str(), "RequestTimeout" | "SlowDown" | "ConditionalRequestConflict");
        let status = self.status;
        let is_failing = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        is_named || is_failing || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
    }

    fn explain(&self, doing: &str, place: &str, names: S3Names) -> String {
        let S3Names { bucket, endpoint, region, key_id, secret_key, .. } = names;
        let is_about_the_key = matches!(self.status, StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST);
        if self.code == "RequestTimeTooSkewed" || (is_about_the_key && self.clock_skew_ms.abs() > SKEW_MS) {
            let (minutes, side) =
                (self.clock_skew_ms.abs() / 60_000, if self.clock_skew_ms < 0 { "behind" } else { "ahead of" });
            return format!("the clock of this machine is {minutes} minutes {side} that of {place} (set it right)");
        }
        match self.code.as_str() {
            "NoSuchBucket" => format!("{place} does not exist (create the bucket, or correct {bucket})"),
            "InvalidAccessKeyId" | "InvalidClientTokenId" => {
                format!("{place} does not know the access key (correct {key_id})")
            }
            "SignatureDoesNotMatch" => {
                format!("{place} refuses the signature (correct {secret_key} or {region})")
            }
            "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
                format!("{place} refuses the session token (renew AWS_SESSION_TOKEN)")
            }
            "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException" => {
                format!("{place} belongs to another region or address (correct {region} or {endpoint})")
            }
            code if self.status.is_redirection() => {
                format!("{place} is elsewhere: {} {code} (correct {region} or {endpoint})", self.status.as_u16())
            }
            _ if self.status == StatusCode::FORBIDDEN => {
                format!("the access key may not {doing} in {place} (give it the rights in docs/s3.md)")
            }
            _ if self.status == StatusCode::NOT_FOUND => {
                format!("{place} does not exist (correct {bucket}, {endpoint} or S3_PATH_STYLE)")
            }
            _ => format!("{place} refuses to {doing}: {self}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(why) => write!(f, "the S3 store does not answer: {why}"),
            Self::Refused(refusal) => write!(f, "the S3 store refused: {refusal}"),
            Self::Unusable(why) | Self::Local(why) => f.write_str(why),
        }
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        // Not any 404: what is missing may be the store.
        let is_missing = failure.has_code("NoSuchKey");
        match failure {
            _ if is_missing => Self::new(io::ErrorKind::NotFound, failure.to_string()),
            // Of no kind: a local file that is not there is no stored file that is missing.
            Failure::Local(why) => Self::other(why),
            failure => Self::other(Away(failure.to_string())),
        }
    }
}
