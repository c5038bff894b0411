//! Every way an act can be refused: one table of codes, and the error that carries one.
//!
//! A code is stable and part of the wire. The message is plain English for developers; pages
//! translate by code (see [`crate::i18n`]).

use std::borrow::Cow;
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $status:literal $retry:ident;)+) => {
        /// What went wrong, as clients see it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The stable name on the wire.
            pub fn name(self) -> &'static str { match self { $(Code::$variant => $name,)+ } }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 { match self { $(Code::$variant => $status,)+ } }

            /// Whether the same request may succeed later, unchanged.
            pub fn is_retryable(self) -> bool { match self { $(Code::$variant => codes!(@ $retry),)+ } }

            /// The sentence of the table.
            pub fn describe(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
    (@ retry) => { true };
    (@ final_) => { false };
}

codes! {
    /// A field is missing, unknown or of the wrong form; `field` names it.
    Invalid "invalid" 422 final_;
    /// A text is longer than its limit; `field` names it.
    TooLong "too_long" 422 final_;
    /// The picture cannot be read or is larger than the limits.
    BadImage "bad_image" 422 final_;
    /// The body is not JSON.
    BadJson "bad_json" 400 final_;
    /// The request is not one this server reads.
    BadRequest "bad_request" 400 final_;
    /// No identity, or one that has ended.
    Unauthenticated "unauthenticated" 401 final_;
    /// E-mail and password do not belong together.
    BadCredentials "bad_credentials" 401 final_;
    /// Known, but not allowed.
    Forbidden "forbidden" 403 final_;
    /// Only for who is in the room.
    NotAMember "not_a_member" 403 final_;
    /// The room is locked and the password is missing or wrong.
    WrongPassword "wrong_password" 403 final_;
    /// Banned from the room.
    Banned "banned" 403 final_;
    /// There is nothing here.
    NotFound "not_found" 404 final_;
    /// There is no such room.
    RoomNotFound "room_not_found" 404 final_;
    /// The method is not for this address.
    MethodNotAllowed "method_not_allowed" 405 final_;
    /// All seats of the room are taken.
    RoomFull "room_full" 409 final_;
    /// The e-mail address has an account.
    EmailTaken "email_taken" 409 final_;
    /// A count is at its limit.
    TooMany "too_many" 409 final_;
    /// It was here and is gone.
    Gone "gone" 410 final_;
    /// The body is larger than its limit.
    TooLarge "too_large" 413 final_;
    /// The body's type is not one this address takes.
    UnsupportedType "unsupported_type" 415 final_;
    /// The Host header names another server.
    Misdirected "misdirected" 421 final_;
    /// Too often; try again after `retryAfterMs`.
    RateLimited "rate_limited" 429 retry;
    /// Too much at once; try again shortly.
    Busy "busy" 503 retry;
    /// The store does not answer; nothing was changed.
    Unavailable "unavailable" 503 retry;
    /// Search is switched off here, or its index is being built.
    SearchUnavailable "search_unavailable" 503 final_;
    /// The server is about to restart.
    Draining "draining" 503 retry;
    /// A fault of the server, written to its log.
    Internal "internal" 500 retry;
    /// No such event; the connection lives.
    UnknownEvent "unknown_event" 400 final_;
}

/// A refused act: its code, and what helps to mend the request.
///
/// Serialized as `{code, message, field?, retryAfterMs?}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    pub message: Cow<'static, str>,
    pub field: Option<Cow<'static, str>>,
    pub retry_after: Option<Duration>,
}

impl Error {
    pub fn new(code: Code) -> Self {
        Self { code, message: Cow::Borrowed(code.describe()), field: None, retry_after: None }
    }

    /// A field that is missing, unknown or of the wrong form.
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), message: message.into(), ..Self::new(Code::Invalid) }
    }

    /// A text over its limit of `max` characters (or bytes, where the limit is in bytes).
    pub fn too_long(field: &'static str, max: usize) -> Self {
        Self {
            field: Some(field.into()),
            message: format!("{field} is longer than {max}").into(),
            ..Self::new(Code::TooLong)
        }
    }

    pub fn rate_limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimited) }
    }

    /// An unexpected fault: logged here, once, and answered without its detail.
    pub fn internal(fault: impl std::fmt::Display) -> Self {
        tracing::error!(%fault, "internal fault");
        Self::new(Code::Internal)
    }

    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}

impl std::error::Error for Error {}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("message", &self.message)?;
        if let Some(field) = &self.field {
            map.serialize_entry("field", field)?;
        }
        if let Some(after) = self.retry_after {
            map.serialize_entry("retryAfterMs", &(after.as_millis() as u64))?;
        }
        map.end()
    }
}
