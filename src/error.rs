//! The table of error codes, and the error that carries one.
//!
//! A code is stable and part of the wire format. The message is plain English for developers; pages
//! translate the code instead (see [`crate::i18n`]).

use std::borrow::Cow;
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $status:literal $retry:ident;)+) => {
        /// An error code, as clients see it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// Returns the stable name on the wire.
            pub fn name(self) -> &'static str { match self { $(Code::$variant => $name,)+ } }

            /// Returns the code with a name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.name() == name)
            }

            /// Returns the HTTP status.
            pub fn status(self) -> u16 { match self { $(Code::$variant => $status,)+ } }

            /// Returns whether the same request may succeed later, unchanged.
            pub fn is_retryable(self) -> bool { match self { $(Code::$variant => codes!(@ $retry),)+ } }

            /// Returns the description from the table.
            pub fn describe(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
    (@ retry) => { true };
    (@ final_) => { false };
}

codes! {
    /// A field is missing, unknown or invalid; `field` names it.
    Invalid "invalid" 422 final_;
    /// A text is longer than its limit; `field` names it.
    TooLong "too_long" 422 final_;
    /// The image cannot be decoded or exceeds the limits.
    BadImage "bad_image" 422 final_;
    /// The body is not JSON.
    BadJson "bad_json" 400 final_;
    /// The request is malformed.
    BadRequest "bad_request" 400 final_;
    /// The session is missing or has ended.
    Unauthenticated "unauthenticated" 401 final_;
    /// The e-mail address or the password is wrong.
    BadCredentials "bad_credentials" 401 final_;
    /// The user is not allowed to do this.
    Forbidden "forbidden" 403 final_;
    /// Only members of the room may do this.
    NotAMember "not_a_member" 403 final_;
    /// The room is locked and the password is missing or wrong.
    WrongPassword "wrong_password" 403 final_;
    /// The user is banned from the room.
    Banned "banned" 403 final_;
    /// The account is suspended. With `retryAfterMs` it ends by itself; `reason` says why.
    Suspended "suspended" 403 final_;
    /// The user is muted in the room and may write again after `retryAfterMs`.
    Muted "muted" 403 final_;
    /// Only moderators or the owner write in the room.
    ReadOnly "read_only" 403 final_;
    /// The user has just come and may send links and files after `retryAfterMs`.
    TooNew "too_new" 403 final_;
    /// Nobody new may come in for now; try again after `retryAfterMs`.
    JoinsLocked "joins_locked" 403 final_;
    /// The text has a word that the server does not allow; `field` names it.
    Filtered "filtered" 422 final_;
    /// The room is closed: its members may only read it.
    RoomClosed "room_closed" 403 final_;
    /// The resource does not exist.
    NotFound "not_found" 404 final_;
    /// The room does not exist.
    RoomNotFound "room_not_found" 404 final_;
    /// The path does not support this method.
    MethodNotAllowed "method_not_allowed" 405 final_;
    /// The room is full.
    RoomFull "room_full" 409 final_;
    /// Another account uses this e-mail address.
    EmailTaken "email_taken" 409 final_;
    /// Somebody else has changed or decided it meanwhile.
    Conflict "conflict" 409 final_;
    /// A count is at its limit.
    TooMany "too_many" 409 final_;
    /// The resource existed and was removed.
    Gone "gone" 410 final_;
    /// The body is larger than its limit.
    TooLarge "too_large" 413 final_;
    /// The path does not accept this content type.
    UnsupportedType "unsupported_type" 415 final_;
    /// The Host header names another host.
    Misdirected "misdirected" 421 final_;
    /// Too many requests; try again after `retryAfterMs`.
    RateLimited "rate_limited" 429 retry;
    /// The server is overloaded; try again shortly.
    Busy "busy" 503 retry;
    /// The program behind a slash command did not take it.
    CommandFailed "command_failed" 502 final_;
    /// The database is unavailable; nothing was changed.
    Unavailable "unavailable" 503 retry;
    /// Search is switched off, or its index is incomplete.
    SearchUnavailable "search_unavailable" 503 final_;
    /// The server is about to restart.
    Draining "draining" 503 retry;
    /// An internal error, written to the server's log.
    Internal "internal" 500 retry;
    /// The event does not exist; the connection stays open.
    UnknownEvent "unknown_event" 400 final_;
}

/// An error: its code, and what helps to fix the request.
///
/// Serialized as `{code, message, field?, retryAfterMs?, reason?}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    pub message: Cow<'static, str>,
    pub field: Option<Cow<'static, str>>,
    pub retry_after: Option<Duration>,
    /// What a person has written about it.
    pub reason: Option<String>,
}

impl Error {
    pub fn new(code: Code) -> Self {
        Self { code, message: Cow::Borrowed(code.describe()), field: None, retry_after: None, reason: None }
    }

    /// Creates an error for a field that is missing, unknown or invalid.
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), message: message.into(), ..Self::new(Code::Invalid) }
    }

    /// Creates an error for a text over its limit of `max` characters, or bytes if the limit is in bytes.
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

    /// Creates an error for what is allowed after some time, such as `muted`.
    pub fn allowed_in(code: Code, left_ms: i64) -> Self {
        Self { retry_after: Some(Duration::from_millis(left_ms.unsigned_abs())), ..Self::new(code) }
    }

    /// Logs an unexpected error and returns one without its details.
    pub fn internal(fault: impl std::fmt::Display) -> Self {
        tracing::error!(%fault, "internal error");
        Self::new(Code::Internal)
    }

    pub fn with_field(mut self, field: &'static str) -> Self {
        self.field = Some(field.into());
        self
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
        if let Some(reason) = &self.reason {
            map.serialize_entry("reason", reason)?;
        }
        map.end()
    }
}
