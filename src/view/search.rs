//! `/search`: search results, grouped by room.

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

/// A search and its results.
#[derive(Template)]
#[template(path = "search/search.html")]
pub struct SearchPage<'a> {
    pub lang: Lang,
    pub me: &'a User,
    pub q: &'a str,
    /// The room that is searched: its id and its name for the viewer.
    pub room: Option<(RoomId, String)>,
    /// The room with the newest match first.
    pub found: Vec<FoundIn<'a>>,
    /// The cursor of older matches.
    pub next: Option<MessageId>,
    pub zone: i32,
    /// Why the search was refused.
    pub notice: Option<Code>,
}

/// The matches in one room, newest first.
pub struct FoundIn<'a> {
    pub room_id: RoomId,
    pub title: String,
    pub hits: Vec<&'a Hit>,
}

impl FoundIn<'_> {
    /// Returns the name of a room for a viewer: a direct room has the other user's name.
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

    /// Returns the URL of the page with older matches.
    fn older(&self, next: &MessageId) -> String {
        let mut address = form_urlencoded::Serializer::new("/search?".to_owned());
        address.append_pair("q", self.q);
        if let Some((id, _)) = &self.room {
            address.append_pair("room", &id.to_string());
        }
        address.append_pair("zone", &self.zone.to_string()).append_pair("before", &next.to_string());
        address.finish()
    }

    /// Returns the URL of the same search in all rooms.
    fn everywhere(&self) -> String {
        let mut address = form_urlencoded::Serializer::new("/search?".to_owned());
        address.append_pair("q", self.q).append_pair("zone", &self.zone.to_string());
        address.finish()
    }
}
