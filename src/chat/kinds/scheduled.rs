//! What is scheduled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScheduledKind {
    /// A message that is sent to its room.
    #[default]
    Message,
    /// A whisper of the server to the user.
    Reminder,
}
