//! Figures of one moment, for the charts of admins.

use schemars::JsonSchema;
use serde::Serialize;

/// The figures of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// Milliseconds since 1970 UTC.
    pub at_ms: i64,
    pub online: u64,
    pub messages_a_minute: f64,
    /// The time in which 99 of 100 messages were stored, in milliseconds.
    pub send_p99_ms: f64,
    pub memory_bytes: u64,
    pub disk_free_bytes: u64,
}
