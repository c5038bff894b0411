//! The pages: lobby, door, room, error.

use askama::Template;

use super::blank::*;
use super::markup::markup;
use super::my_rooms::*;
use super::part::*;
use super::{asset, render};
use crate::chat::direct::Peer;
use crate::chat::file::{Entry, Kind};
use crate::chat::invite::Invite;
use crate::chat::member::{Ban, Member, Role};
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::{History, Room, RoomKind};
use crate::chat::unread::MyRoom;
use crate::chat::user::{User, UserKind};
use crate::error::Code;
use crate::i18n::{Lang, system_line};
use crate::ids::FileId;

/// `/`: the open rooms, a new one, and the way into one by its address.
#[derive(Template)]
#[template(path = "room/lobby.html")]
pub struct LobbyPage<'a> {
    pub lang: Lang,
    /// Who looks, once they have an identity.
    pub me: Option<&'a User>,
    /// The viewer's own rooms, the latest active first.
    pub mine: &'a [MyRoom],
    /// Open rooms, the busiest first.
    pub rooms: &'a [Room],
    /// Why the visitor was sent back here.
    pub notice: Option<Code>,
    /// A friendly name for who has none yet: [`crate::i18n::any_name`].
    pub suggestion: &'a str,
    /// Whether messages can be searched here.
    pub has_search: bool,
}

/// `/room/{id}` for who is not in the room.
#[derive(Template)]
#[template(path = "room/door.html")]
pub struct DoorPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    /// What stands in the name field: one's own name, or a friendly one.
    pub name: &'a str,
    /// The code of the invite by which the visitor came: it stands for the password.
    pub invite: Option<&'a str>,
    /// Why the last try was refused, where the visitor stays at the door.
    pub notice: Option<Code>,
}

/// `/room/{id}` for its members.
#[derive(Template)]
#[template(path = "room/room.html")]
pub struct RoomPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    pub me: &'a Member,
    /// At most 200, online first; `me` among them.
    pub members: &'a [Member],
    /// The other person, where this is a direct room.
    pub peer: Option<&'a Peer>,
    /// The newest page, or the one that the address asks for, ascending by seq.
    pub messages: &'a [Message],
    /// The room's rev in the same snapshot as `messages`; the socket resumes from it.
    pub rev: i64,
    pub epoch: &'a str,
    pub has_older: bool,
    /// Whether this is an older page.
    pub has_newer: bool,
    /// The seq of the message that the address points at.
    pub at: Option<i64>,
    /// What was said since one last read, at most 100.
    pub unread: u32,
    /// What is pinned, the latest pin first.
    pub pins: &'a [Message],
    /// The list beside the talk: the viewer's own rooms, the latest active first.
    pub mine: &'a [MyRoom],
    /// Below them other open rooms, the busiest first.
    pub rooms: &'a [Room],
    /// Whether messages can be searched here.
    pub has_search: bool,
    /// What links begin with; empty where the browser knows best.
    pub base: &'a str,
    /// The living invites, for who may make them.
    pub invites: &'a [Invite],
    /// Who is kept out, for who may let them in.
    pub bans: &'a [Ban],
    /// Why the last act was refused.
    pub notice: Option<Code>,
    /// Bytes that a file may have, so that a larger one is refused before it is sent.
    pub upload_max: usize,
    /// Files that go with one message.
    pub files_max: usize,
}

/// `/room/{id}/files`: all pictures of a room, or all its other files.
#[derive(Template)]
#[template(path = "file/files.html")]
pub struct GalleryPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    pub kind: Kind,
    /// The newest first.
    pub entries: &'a [Entry],
    /// Where older ones go on.
    pub next: Option<FileId>,
    /// Whether this is the page of the newest.
    pub is_first: bool,
}

impl RoomPage<'_> {
    fn title(&self) -> String {
        called(self.room, self.peer.and_then(|peer| peer.user.as_ref()), self.me.user.id, &self.lang)
    }

    /// The message that the address points at, where one may do something with it.
    fn pointed(&self) -> Option<&Message> {
        let is_pointed = |message: &&Message| Some(message.seq) == self.at && message.kind != MessageKind::System;
        self.messages.iter().find(is_pointed).filter(|message| message.deleted_at.is_none())
    }

    fn may_pin(&self) -> bool {
        self.room.may_pin(self.me.role)
    }
}

/// Whatever was refused, in words, with the way home.
#[derive(Template)]
#[template(path = "error/error.html")]
pub struct ErrorPage {
    pub lang: Lang,
    pub code: Code,
}

macro_rules! pages {
    ($($page:ident $(<$life:lifetime>)?,)+) => {$(
        impl $page$(<$life>)? {
            /// The whole page.
            pub fn html(&self) -> String {
                render(self)
            }
        }
    )+};
}

pages! { LobbyPage<'_>, DoorPage<'_>, RoomPage<'_>, GalleryPage<'_>, ErrorPage, }
