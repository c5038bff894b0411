//! Bodies of REST about users and their accounts.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::chat::account::Change;
use crate::chat::account::DirectFrom;
use crate::chat::api_key::ExternalUser;
use crate::ids::UserId;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGuest {
    /// At most 40 characters; a generated name when left out.
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    /// At least 8 characters, at most 256 bytes, and not a common one.
    pub password: String,
    /// At most 40 characters; when left out, a guest keeps theirs and anyone else gets a generated one.
    #[serde(default)]
    pub name: Option<String>,
    /// The code of an invite of the server, where one is needed to sign up. An invalid one is `gone`, whatever the reason.
    #[serde(default)]
    pub invite: Option<String>,
    /// The code of the link that was mailed to the address, where only addresses of some domains may sign up
    /// (`POST /users/link`). An invalid one is `gone`.
    #[serde(default)]
    pub code: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSignUpLink {
    pub email: String,
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
    /// Needs the password.
    #[serde(default)]
    pub email: Option<String>,
    /// The current password, to change the e-mail.
    #[serde(default)]
    pub password: Option<String>,
    /// Whether the user's presence is hidden from others, and theirs from the user.
    #[serde(default)]
    pub hides_presence: Option<bool>,
    /// Whether the user's read marks are hidden from others, and theirs from the user. They are while the presence is.
    #[serde(default)]
    pub hides_reads: Option<bool>,
    /// Who may open a direct room with the user: `everybody`, `known` (users who share an open room with them),
    /// `accounts` or `nobody`. Direct rooms that exist stay open; see blocks.
    #[serde(default)]
    pub direct_from: Option<DirectFrom>,
    /// Whether the directory lists the user.
    #[serde(default)]
    pub listed: Option<bool>,
}

impl From<ChangeAccount> for Change {
    fn from(change: ChangeAccount) -> Self {
        let ChangeAccount { name, bio, email, hides_presence, hides_reads, direct_from, listed, .. } = change;
        Self { name, bio, email, hides_presence, hides_reads, direct_from, listed }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPassword {
    /// The current password.
    pub current: String,
    /// At least 8 characters, at most 256 bytes, and not a common one.
    pub password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Leave")]
pub struct DeleteAccount {
    /// The password, if the account has one.
    #[serde(default)]
    pub password: Option<String>,
    pub messages: OwnMessages,
}

/// What happens to the user's messages.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Messages")]
pub enum OwnMessages {
    /// They stay, without an author.
    Keep,
    /// They are deleted soon, one by one.
    Remove,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// The user's id at the calling server: 1 to 200 bytes.
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
