//! Bodies of REST about users and their accounts.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::chat::account::Change;
use crate::chat::key::ExternalUser;
use crate::ids::UserId;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGuest {
    /// At most 40 characters; a friendly name when left out.
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    /// At least 8 characters, at most 256 bytes, and none that everybody tries.
    pub password: String,
    /// At most 40 characters; a guest keeps theirs, anybody else gets a friendly one.
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogIn {
    pub email: String,
    pub password: String,
}

/// What is left out stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Change")]
pub struct ChangeAccount {
    /// 1 to 40 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// At most 160 characters; may be empty.
    #[serde(default)]
    pub bio: Option<String>,
    /// Wants the password.
    #[serde(default)]
    pub email: Option<String>,
    /// One's password, for another e-mail.
    #[serde(default)]
    pub password: Option<String>,
    /// Whether others are kept from seeing when one is here.
    #[serde(default)]
    pub hides_presence: Option<bool>,
}

impl From<ChangeAccount> for Change {
    fn from(change: ChangeAccount) -> Self {
        let ChangeAccount { name, bio, email, hides_presence, .. } = change;
        Self { name, bio, email, hides_presence }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPassword {
    /// The password until now.
    pub current: String,
    /// At least 8 characters, at most 256 bytes, and none that everybody tries.
    pub password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Leave")]
pub struct DeleteAccount {
    /// One's password, where one has one.
    #[serde(default)]
    pub password: Option<String>,
    pub messages: OwnMessages,
}

/// What becomes of what one said.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Messages")]
pub enum OwnMessages {
    /// It stays, as nobody's.
    Keep,
    /// It is deleted, soon and message by message.
    Remove,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// The person's id at the server that asks: 1 to 200 bytes.
    pub external_id: String,
    /// At most 40 characters.
    pub name: String,
    /// The https address of their picture.
    #[serde(default)]
    pub picture: Option<String>,
}

impl From<NewToken> for ExternalUser {
    fn from(new: NewToken) -> Self {
        Self { external_id: new.external_id, name: new.name, picture: new.picture }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Direct")]
pub struct OpenDirect {
    pub user_id: UserId,
}
