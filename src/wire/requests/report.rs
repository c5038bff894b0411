//! Bodies of REST for reports and for moderators.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::chat::kinds::{Decision, ReportReason};
use crate::chat::report;
use crate::ids::RoomId;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewReport {
    pub reason: ReportReason,
    /// At most 500 characters.
    #[serde(default)]
    pub note: String,
}

impl From<NewReport> for report::NewReport {
    fn from(new: NewReport) -> Self {
        Self { reason: new.reason, note: new.note }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUserReport {
    pub reason: ReportReason,
    /// At most 500 characters.
    #[serde(default)]
    pub note: String,
    /// The room where it happened: its moderators see the report. Left out, only admins do.
    #[serde(default)]
    pub room_id: Option<RoomId>,
}

impl From<NewUserReport> for report::NewReport {
    fn from(new: NewUserReport) -> Self {
        Self { reason: new.reason, note: new.note }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecideReport {
    pub decision: Decision,
    /// For `mute`: 1 to 43200.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// For `ban` and `suspend`: 1 to 8760; left out, it does not end by itself.
    #[serde(default)]
    pub hours: Option<u32>,
    /// What the user is told, for `warn`, `mute` and `ban`: at most 200 characters.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether the message is hidden as well: for `warn`, `mute`, `ban` and `suspend`.
    #[serde(default)]
    pub hide: bool,
}

impl From<DecideReport> for report::Act {
    fn from(body: DecideReport) -> Self {
        let DecideReport { decision, minutes, hours, reason, hide } = body;
        Self { decision, minutes, hours, reason, hides: hide }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MuteMember {
    /// 1 to 43200.
    pub minutes: u32,
    /// At most 200 characters.
    #[serde(default)]
    pub reason: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockJoins {
    /// 0 to 10080; 0 lets people come in again.
    pub minutes: u32,
}
