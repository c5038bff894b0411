//! Bodies of REST for admins of the server.

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::OwnMessages;
use super::room::given;
use crate::chat::kinds::{DirectFrom, SignUpPolicy};
use crate::chat::server_settings::{Change, UnwantedWord};
use crate::config::RoomCreators;
use crate::network::Guests;

/// What is left out stays as it is. One of the two at a time. Suspending again replaces the end and the reason.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeUser {
    /// Whether the user is an admin. Needs an e-mail address and a password to log in with.
    #[serde(default)]
    pub is_admin: Option<bool>,
    /// Whether the user is suspended: logged out everywhere, without rights of an admin, and refused.
    #[serde(default)]
    pub suspended: Option<bool>,
    /// With `suspended`: after how many hours it ends by itself, 1 to 8760; left out, it does not.
    #[serde(default)]
    pub hours: Option<u32>,
    /// With `suspended`: what the user reads at the log-in, at most 200 characters.
    #[serde(default)]
    pub reason: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAccount {
    /// To log in with.
    pub email: String,
    /// That others see.
    pub name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteUser {
    pub messages: OwnMessages,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseRoom {
    /// Whether nobody joins or writes in the room; its members may read it.
    pub closed: bool,
}

/// What is left out stays as it is.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeServer {
    /// At most 40 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// At most 1000 characters.
    #[serde(default)]
    pub welcome: Option<String>,
    /// At most 5000 characters.
    #[serde(default)]
    pub rules: Option<String>,
    /// At most 300 characters.
    #[serde(default)]
    pub announcement: Option<String>,
    #[serde(default)]
    pub sign_up: Option<SignUpPolicy>,
    /// At most 100 hosts of e-mail addresses.
    #[serde(default)]
    pub email_domains: Option<Vec<String>>,
    /// Null: as the setting `ROOM_CREATORS` says.
    #[serde(default, deserialize_with = "given")]
    pub room_creators: Option<Option<RoomCreators>>,
    /// Null: as the setting `GUESTS` says.
    #[serde(default, deserialize_with = "given")]
    pub guests: Option<Option<Guests>>,
    #[serde(default)]
    pub direct_from: Option<DirectFrom>,
    /// 0 to 43200.
    #[serde(default)]
    pub hold_minutes: Option<u32>,
    /// At most 500.
    #[serde(default)]
    pub words: Option<Vec<UnwantedWord>>,
    /// For how many minutes from now nobody signs up or comes in as a guest, 0 to 43200; 0 ends it.
    #[serde(default)]
    pub lock_minutes: Option<u32>,
    /// 0 to 3650; 0 for good.
    #[serde(default)]
    pub keep_messages_days: Option<u32>,
    /// 0 to 3650; 0 for good.
    #[serde(default)]
    pub keep_files_days: Option<u32>,
    /// 0 to 3650; 0 for good.
    #[serde(default)]
    pub keep_idle_rooms_days: Option<u32>,
    /// 0 to 3650; 0 for a year.
    #[serde(default)]
    pub keep_idle_guests_days: Option<u32>,
}

impl From<ChangeServer> for Change {
    fn from(change: ChangeServer) -> Self {
        Self {
            from: None,
            name: change.name,
            welcome: change.welcome,
            rules: change.rules,
            announcement: change.announcement,
            sign_up: change.sign_up,
            email_domains: change.email_domains,
            room_creators: change.room_creators,
            guests: change.guests,
            direct_from: change.direct_from,
            hold_minutes: change.hold_minutes,
            words: change.words,
            lock_minutes: change.lock_minutes,
            keep_messages_days: change.keep_messages_days,
            keep_files_days: change.keep_files_days,
            keep_idle_rooms_days: change.keep_idle_rooms_days,
            keep_idle_guests_days: change.keep_idle_guests_days,
        }
    }
}
