//! `/room/{id}/hooks`: the webhooks of a room, and `…/outgoing-hooks/{hookId}`: what one of them was sent.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::hook::Hook;
use crate::chat::kinds::HookEvent;
use crate::chat::outgoing_hook::{Delivery, OutgoingHook};
use crate::chat::room::Room;
use crate::error::Code;
use crate::i18n::{Lang, delivery_failure};

#[derive(Template)]
#[template(path = "hook/hooks.html")]
pub struct HooksPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    /// The oldest first.
    pub hooks: &'a [Hook],
    pub outgoing: &'a [OutgoingHook],
    /// The name of the hook that was just made or got a new secret, and the secret, which is shown once.
    pub fresh: Option<Fresh<'a>>,
    /// Why the last form was refused.
    pub notice: Option<Code>,
}

/// What is shown once.
#[derive(Clone, Copy)]
pub enum Fresh<'a> {
    /// The address of an incoming hook.
    Address(&'a Hook, &'a str),
    /// The key of an outgoing one.
    Key(&'a OutgoingHook, &'a str),
}

/// The deliveries of an outgoing hook.
#[derive(Template)]
#[template(path = "hook/deliveries.html")]
pub struct DeliveriesPage<'a> {
    pub lang: Lang,
    /// The path of the page with the hook, and of its forms.
    pub back: &'a str,
    pub base: &'a str,
    pub hook: &'a OutgoingHook,
    /// The latest first.
    pub deliveries: &'a [Delivery],
}

impl DeliveriesPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}

/// Returns the name of an event.
pub(super) fn event_name(event: &HookEvent, lang: &Lang) -> &'static str {
    let at = HookEvent::ALL.iter().position(|one| one == event).expect("all are in the table");
    lang.strings().hook.event_names[at]
}

impl HooksPage<'_> {
    /// Returns the path of the forms of outgoing hooks.
    fn base(&self) -> String {
        format!("/room/{}/outgoing-hooks", self.room.id)
    }

    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}
