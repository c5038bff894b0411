//! Bodies of REST about rooms, members and messages.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::Send;
use crate::chat::message;
use crate::chat::room::{History, Writers};
use crate::ids::{FileId, UserId};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRoom {
    /// 1 to 80 characters.
    pub title: String,
    /// How many members it may have; 50 if left out.
    #[serde(default)]
    pub max: Option<u32>,
    #[serde(default)]
    pub password: Option<String>,
    /// Whether it vanishes when the last person leaves.
    #[serde(default)]
    pub ephemeral: bool,
    /// Whether the lobby shows it; true if left out.
    #[serde(default = "yes")]
    pub listed: bool,
    /// What members may see from before they joined; all if left out.
    #[serde(default)]
    pub history: History,
}

fn yes() -> bool {
    true
}

impl Default for NewRoom {
    fn default() -> Self {
        let (title, history) = (String::new(), History::default());
        Self { title, max: None, password: None, ephemeral: false, listed: true, history }
    }
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeRoom {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub max: Option<u32>,
    /// Null removes the password; left out, it stays.
    #[serde(default, deserialize_with = "given")]
    pub password: Option<Option<String>>,
    /// Whether the lobby shows it.
    #[serde(default)]
    pub listed: Option<bool>,
    /// What members may see from before they joined.
    #[serde(default)]
    pub history: Option<History>,
    /// Slow mode: seconds between two messages of the same member, 0 to 21600; 0 for none.
    #[serde(default)]
    pub slow_seconds: Option<u32>,
    /// Who may write: `all`, `moderators` (and the owner) or `owner`.
    #[serde(default)]
    pub writers: Option<Writers>,
    /// For how many days messages are kept; 0 for as long as the server keeps them, which is the most.
    #[serde(default)]
    pub keep_messages_days: Option<u32>,
    /// For how many days the files of messages are kept; 0 for as long as the server keeps them, which is the most.
    #[serde(default)]
    pub keep_files_days: Option<u32>,
    /// Whether all invites of the room are revoked, for example with a new password.
    #[serde(default)]
    pub revoke_invites: bool,
}

/// Distinguishes a null from a field that was left out.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Join")]
pub struct JoinCredentials {
    #[serde(default)]
    pub password: Option<String>,
    /// The code of an invite, in place of a password. An invalid one is `gone`, whatever the reason.
    #[serde(default)]
    pub invite: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "HandOver")]
pub struct NewOwner {
    pub user_id: UserId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewInvite {
    /// How many people may join with it, 1 to 1000; null or left out: no limit.
    #[serde(default)]
    pub uses: Option<u32>,
    /// How many hours it is valid, 1 to 8760; null or left out: no limit.
    #[serde(default)]
    pub hours: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMessage {
    /// The sender's own id, 1 to 64 bytes: with it a send may be repeated.
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub text: String,
    /// The seq of the message to reply to.
    #[serde(default)]
    pub reply_to: Option<i64>,
    #[serde(default)]
    pub file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    #[serde(default)]
    pub to: Option<UserId>,
    /// Whether it notifies nobody: no push, no mail, no sound, and a mention in it is not counted.
    #[serde(default)]
    pub silent: bool,
}

impl From<NewMessage> for message::NewMessage {
    fn from(new: NewMessage) -> Self {
        let NewMessage { key, text, reply_to, file_ids, to, silent } = new;
        Self { key, text, reply_to, file_ids, to, silent, looked: None }
    }
}

impl From<Send> for NewMessage {
    fn from(send: Send) -> Self {
        let Send { key, text, reply_to, file_ids, to, silent, .. } = send;
        Self { key: Some(key), text, reply_to, file_ids, to, silent }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Edit")]
pub struct NewText {
    pub text: String,
}
