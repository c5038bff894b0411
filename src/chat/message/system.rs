//! System messages, as readers see them and as the store keeps them.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::kinds::SystemEvent;
use crate::chat::user::User;
use crate::ids::UserId;

/// The content of a system message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct System {
    pub event: SystemEvent,
    /// The user it happened to: the one removed, the new owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The user who did it, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// In a large room: how many besides the named user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u32>,
}

/// A system message in the form of the store, which keeps users by their ids. Readers get the names that
/// the users have when the message is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::chat) struct SystemMessage {
    pub(in crate::chat) event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) by: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) others: Option<u32>,
}

impl SystemMessage {
    pub(in crate::chat) fn new(event: SystemEvent) -> Self {
        let event = event.as_str().to_owned();
        Self { event, user: None, by: None, reason: None, title: None, max: None, others: None }
    }

    /// Returns the content as readers see it; `None` for an event that a newer version has stored.
    pub(super) fn content(self, users: &HashMap<UserId, User>) -> Option<System> {
        let find = |id: Option<UserId>| id.and_then(|id| users.get(&id).cloned());
        Some(System {
            event: SystemEvent::from_name(&self.event)?,
            user: find(self.user),
            by: find(self.by),
            reason: self.reason,
            title: self.title,
            max: self.max,
            others: self.others,
        })
    }
}
