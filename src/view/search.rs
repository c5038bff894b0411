//! `/search`: what was found, by room.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::message::MessageKind;
use crate::chat::room::{Room, RoomKind};
use crate::chat::search::Hit;
use crate::chat::user::{User, UserKind};
use crate::error::Code;
use crate::i18n::Lang;
use crate::ids::{MessageId, RoomId};

/// What somebody looks for, and what was found.
#[derive(Template)]
#[template(path = "search/search.html")]
pub struct SearchPage<'a> {
    pub lang: Lang,
    pub me: &'a User,
    pub q: &'a str,
    /// The room that is searched, by its id and as it is called.
    pub room: Option<(RoomId, String)>,
    /// The room of the newest hit first.
    pub found: Vec<FoundIn<'a>>,
    /// Where older ones are.
    pub next: Option<MessageId>,
    pub zone: i32,
    /// Why nothing was looked for.
    pub notice: Option<Code>,
}

/// What was found in one room, the newest first.
pub struct FoundIn<'a> {
    pub room_id: RoomId,
    pub title: String,
    pub hits: Vec<&'a Hit>,
}

impl FoundIn<'_> {
    /// What a room is called by somebody: a direct one by the other person.
    pub fn title(room: &Room, peer: Option<&User>, me: &User, lang: Lang) -> String {
        match (room.kind, peer) {
            (RoomKind::Open, _) => room.title.clone(),
            (RoomKind::Direct, Some(peer)) if peer.id == me.id => lang.strings().notes.to_owned(),
            (RoomKind::Direct, Some(peer)) => peer.name.clone(),
            (RoomKind::Direct, None) => lang.strings().somebody.to_owned(),
        }
    }
}

impl SearchPage<'_> {
    pub fn html(&self) -> String {
        render(self)
    }

    /// The address of the page with older hits.
    fn older(&self, next: &MessageId) -> String {
        let mut address = form_urlencoded::Serializer::new("/search?".to_owned());
        address.append_pair("q", self.q);
        if let Some((id, _)) = &self.room {
            address.append_pair("room", &id.to_string());
        }
        address.append_pair("zone", &self.zone.to_string()).append_pair("before", &next.to_string());
        address.finish()
    }

    /// The address of the same search in all rooms.
    fn everywhere(&self) -> String {
        let mut address = form_urlencoded::Serializer::new("/search?".to_owned());
        address.append_pair("q", self.q).append_pair("zone", &self.zone.to_string());
        address.finish()
    }
}
