//! The results of an application's handlers.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::packet::Args;

/// An action that follows a response.
pub(crate) type Then = Box<dyn FnOnce() + Send>;

/// Why an event was not handled. [`Namespace::refusals`](crate::Namespace::refusals) makes the
/// acknowledgement of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments are not those of the event; the text says what is wrong.
    Undecodable(String),
    /// The event has no handler.
    UnknownEvent,
    /// The session sends too much.
    RateLimited,
    /// The handler panicked.
    Panicked,
}

/// The acknowledgement of an event.
pub struct Reply {
    pub(crate) args: Args,
    pub(crate) is_acknowledgement: bool,
    pub(crate) is_flow_controlled: bool,
    pub(crate) then: Option<Then>,
}

impl Reply {
    /// Acknowledges with these arguments.
    pub fn new(args: Args) -> Self {
        Self { args, is_acknowledgement: true, is_flow_controlled: false, then: None }
    }

    /// Does not acknowledge, also if the client has requested it: it waits until its own timeout.
    pub fn none() -> Self {
        Self { is_acknowledgement: false, ..Self::new(Args::default()) }
    }

    /// Acknowledges with one value.
    ///
    /// # Errors
    /// When the value does not serialize to JSON.
    pub fn json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        Args::one(value).map(Self::new)
    }

    /// Lets the client read a long acknowledgement slowly.
    pub fn flow_controlled(mut self) -> Self {
        self.is_flow_controlled = true;
        self
    }

    /// Runs `then` right after the acknowledgement, before this socket's handlers send anything else.
    pub fn then(mut self, then: impl FnOnce() + Send + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }
}

/// A permission to connect.
#[derive(Default)]
pub struct Admission {
    pub(crate) then: Option<Then>,
}

impl Admission {
    /// Permits to connect.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `then` after the response to the client and before its first event.
    pub fn then(mut self, then: impl FnOnce() + Send + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }
}

/// A refused connect: the client gets it as `connect_error`.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectError {
    /// A text for people.
    pub message: String,
    /// Details for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

impl ConnectError {
    /// Creates a refusal without details.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds details for programs. Data that does not serialize is left out.
    pub fn with_data(mut self, data: &impl Serialize) -> Self {
        self.data = serde_json::value::to_raw_value(data).ok();
        self
    }
}
