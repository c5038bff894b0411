//! `/room/{id}/hooks`: the incoming webhooks of a room.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::hook::Hook;
use crate::chat::room::Room;
use crate::error::Code;
use crate::i18n::Lang;

#[derive(Template)]
#[template(path = "hook/hooks.html")]
pub struct HooksPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    /// The oldest first.
    pub hooks: &'a [Hook],
    /// The hook that was just made or got a new address, and the address, which is shown once.
    pub fresh: Option<(&'a Hook, &'a str)>,
    /// Why the last form was refused.
    pub notice: Option<Code>,
}

impl HooksPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}
