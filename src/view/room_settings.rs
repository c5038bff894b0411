//! The page of a room's settings.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::member::{Ban, Role};
use crate::chat::room::Room;
use crate::chat::server_settings::ServerSettings;
use crate::chat::user::{User, UserKind};
use crate::error::Code;
use crate::i18n::Lang;

/// `/room/{id}/settings`, for the owner and the moderators.
#[derive(Template)]
#[template(path = "room/settings.html")]
pub struct RoomSettingsPage<'a> {
    pub lang: Lang,
    pub me: &'a User,
    pub room: &'a Room,
    /// Only the owner sees more than the bans.
    pub role: Role,
    pub has_invites: bool,
    /// Newest first.
    pub bans: &'a [Ban],
    pub server: &'a ServerSettings,
    /// Why the last form was refused.
    pub notice: Option<Code>,
}

impl RoomSettingsPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}
