//! Pages: lobby, join page, room, files, error.

use askama::Template;

use super::blank::*;
use super::look::{Row, Viewer, fold_event, rows};
use super::markup::markup;
use super::my_rooms::*;
use super::part::*;
use super::{asset, render};
use crate::chat::direct::OtherUser;
use crate::chat::file::{Entry, Kind};
use crate::chat::invite::Invite;
use crate::chat::kinds::NotifyLevel;
use crate::chat::member::{Member, OwnBan, OwnMute, Role};
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::{History, Room, RoomKind, Writers};
use crate::chat::server_settings::ServerSettings;
use crate::chat::unread::MyRoom;
use crate::chat::user::{User, UserKind};
use crate::error::Code;
use crate::i18n::{Lang, page_line, page_refusal};
use crate::ids::{FileId, UserId};

/// Members in the list of a room's page, unless all are requested.
const MEMBERS_LISTED: usize = 50;

/// `/`: the open rooms, a form for a new room, and a field for a room's address.
#[derive(Template)]
#[template(path = "room/lobby.html")]
pub struct LobbyPage<'a> {
    pub lang: Lang,
    /// The viewer, if they have an identity.
    pub me: Option<&'a User>,
    /// The viewer's own rooms, the most recently active first.
    pub my_rooms: &'a [MyRoom],
    /// Open rooms, the busiest first.
    pub rooms: &'a [Room],
    /// Whether the visitor has just deleted a room.
    pub is_room_deleted: bool,
    /// Why the visitor was redirected here.
    pub notice: Option<Code>,
    /// A friendly default name for a new visitor: [`crate::i18n::any_name`].
    pub suggestion: &'a str,
    /// Whether search is on.
    pub has_search: bool,
    pub may_create_rooms: bool,
    /// Whether visitors come in without an account.
    pub takes_guests: bool,
    /// What admins have set.
    pub server: &'a ServerSettings,
    /// The number of open reports, for admins.
    pub open_reports: Option<u64>,
    /// How many scheduled messages of the viewer could not be sent.
    pub refused_scheduled: u64,
}

/// `/room/{id}` for visitors who are not in the room.
#[derive(Template)]
#[template(path = "room/join.html")]
pub struct JoinPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    /// The visitor, if they have an identity.
    pub me: Option<&'a User>,
    /// The value of the name field: a friendly default.
    pub name: &'a str,
    /// The code of the invite that the visitor used; it replaces the password.
    pub invite: Option<&'a str>,
    /// Why the last attempt was refused.
    pub notice: Option<Code>,
    /// The visitor's ban, who cannot join then.
    pub ban: Option<&'a OwnBan>,
    /// What admins have set.
    pub server: &'a ServerSettings,
}

/// `/room/{id}` for its members.
#[derive(Template)]
#[template(path = "room/room.html")]
pub struct RoomPage<'a> {
    pub lang: Lang,
    /// How many minutes the viewer's clock is ahead of UTC.
    pub minutes_east: i32,
    /// What admins have set.
    pub server: &'a ServerSettings,
    pub room: &'a Room,
    pub me: &'a Member,
    /// Until when the viewer may not write.
    pub mute: Option<&'a OwnMute>,
    /// At most 200, online first; `me` among them.
    pub members: &'a [Member],
    /// Whether the list shows all of them, and not only the first `MEMBERS_LISTED`.
    pub is_every_member: bool,
    /// The member that the URL points to.
    pub pointed_member: Option<UserId>,
    /// The other user of a direct room.
    pub peer: Option<&'a OtherUser>,
    /// The newest page, or the one that the URL asks for, ascending by seq.
    pub messages: &'a [Message],
    /// The room's rev in the same snapshot as `messages`; the socket resumes from it.
    pub rev: i64,
    pub epoch: &'a str,
    pub has_older: bool,
    /// Whether this is an older page.
    pub has_newer: bool,
    /// The seq of the message that the URL points to.
    pub at: Option<i64>,
    /// The number of unread messages, at most 100.
    pub unread: u32,
    /// The pinned messages, the latest pin first.
    pub pins: &'a [Message],
    /// The sidebar: the viewer's own rooms, the most recently active first.
    pub my_rooms: &'a [MyRoom],
    /// Whether a stranger has opened this direct room, and the viewer has not accepted it.
    pub is_request: bool,
    /// Below them other open rooms, the busiest first.
    pub rooms: &'a [Room],
    /// Whether search is on.
    pub has_search: bool,
    /// The beginning of links; empty when the browser knows it best.
    pub base: &'a str,
    /// The number of open reports, for moderators.
    pub open_reports: u64,
    /// The valid invites, for moderators.
    pub invites: &'a [Invite],
    /// How much the room notifies the viewer.
    pub notify: NotifyLevel,
    /// How many messages the viewer has scheduled here.
    pub scheduled_waiting: u64,
    /// The users whom the viewer has blocked.
    pub blocked: &'a [UserId],
    /// Why the last request was refused.
    pub notice: Option<Code>,
    pub may_create_rooms: bool,
    /// The maximum number of letters of a message.
    pub text_max: usize,
    /// The maximum size of a file, so that the browser can refuse a larger one.
    pub upload_max: usize,
    /// The maximum number of files of one message.
    pub files_max: usize,
}

/// `/room/{id}/files`: all images of a room, or all its other files.
#[derive(Template)]
#[template(path = "file/files.html")]
pub struct GalleryPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    pub kind: Kind,
    /// Newest first.
    pub entries: &'a [Entry],
    /// The cursor of the next, older page.
    pub next: Option<FileId>,
    /// Whether this is the newest page.
    pub is_first: bool,
}

impl LobbyPage<'_> {
    /// The open rooms that are not in the list of the viewer's own.
    fn other_rooms(&self) -> impl Iterator<Item = &Room> {
        let is_own = |room: &&Room| self.my_rooms.iter().any(|my_room| my_room.room.id == room.id);
        self.rooms.iter().filter(move |room| !is_own(room))
    }
}

impl JoinPage<'_> {
    /// Whether the password was wrong, which the page says beside its field.
    fn asks_again(&self) -> bool {
        self.notice == Some(Code::WrongPassword) && self.room.locked && self.invite.is_none()
    }

    /// Whether the visitor was a guest whose session has ended.
    fn has_ended(&self) -> bool {
        self.notice == Some(Code::Unauthenticated)
    }

    /// The path to come back to after logging in.
    fn here(&self) -> String {
        self.invite.map_or_else(|| room_path(self.room), |code| format!("/invite/{code}"))
    }
}

impl RoomPage<'_> {
    fn rows(&self) -> Vec<Row<'_>> {
        let viewer = Viewer { id: self.me.user.id, lang: self.lang, minutes_east: self.minutes_east };
        rows(self.messages, viewer)
    }

    /// The ids of the blocked users, for the scripts.
    fn blocked_ids(&self) -> String {
        self.blocked.iter().map(UserId::to_string).collect::<Vec<_>>().join(" ")
    }

    fn title(&self) -> String {
        called(self.room, self.peer.and_then(|peer| peer.user.as_ref()), self.me.user.id, &self.lang)
    }

    /// Returns the message that the URL points to, if the viewer may act on it.
    fn pointed(&self) -> Option<&Message> {
        let is_pointed = |message: &&Message| Some(message.seq) == self.at && message.kind != MessageKind::System;
        self.messages.iter().find(is_pointed).filter(|message| message.deleted_at.is_none())
    }

    /// The members in the page itself: the owner, the moderators, then who is online. Scripts get the others with the snapshot of the socket.
    fn listed_members(&self) -> Vec<&Member> {
        let mut members: Vec<&Member> = self.members.iter().collect();
        members.sort_by_key(|member| (std::cmp::Reverse(member.role), !member.online, &member.user.name));
        members.truncate(self.listed_count());
        members
    }

    fn listed_count(&self) -> usize {
        if self.is_every_member { self.members.len() } else { MEMBERS_LISTED.min(self.members.len()) }
    }

    fn has_more_members(&self) -> bool {
        self.listed_count() < self.members.len()
    }

    fn pointed_member(&self) -> Option<&Member> {
        let others = self.members.iter().filter(|member| member.user.id != self.me.user.id);
        others.into_iter().find(|member| Some(member.user.id) == self.pointed_member)
    }

    /// Returns why the viewer cannot write in the room, if they cannot.
    fn read_only(&self) -> Option<&'static str> {
        let needed = match self.room.writers {
            Writers::All => Role::Member,
            Writers::Moderators => Role::Moderator,
            Writers::Owner => Role::Owner,
        };
        if self.room.closed {
            return Some(page_refusal(Code::RoomClosed, self.lang));
        }
        (self.me.role < needed).then_some(self.lang.strings().report.read_only)
    }

    /// Whether nobody has written in the room, so that it invites to begin.
    fn is_new(&self) -> bool {
        let is_quiet = self.messages.iter().all(|message| message.kind == MessageKind::System);
        is_quiet && !self.has_older && !self.has_newer && self.peer.is_none() && self.read_only().is_none()
    }

    fn may_pin(&self) -> bool {
        self.room.may_pin(self.me.role)
    }

    /// Returns what the button to leave does: a direct room is only hidden.
    fn leave(&self) -> &'static str {
        let words = self.lang.strings();
        if self.room.kind == RoomKind::Direct { words.hide_direct } else { words.leave }
    }
}

/// The error page: a sentence and a link to the lobby.
#[derive(Template)]
#[template(path = "error/error.html")]
pub struct ErrorPage {
    pub lang: Lang,
    pub code: Code,
}

impl ErrorPage {
    /// Returns what happened, as a heading.
    fn title(&self) -> &'static str {
        match self.code {
            Code::NotFound => self.lang.strings().page_not_found,
            code => sentence(&code, &self.lang).trim_end_matches('.'),
        }
    }
}

macro_rules! pages {
    ($($page:ident $(<$life:lifetime>)?,)+) => {$(
        impl $page$(<$life>)? {
            /// Renders the page.
            pub fn html(&self) -> String {
                render(self)
            }
        }
    )+};
}

pages! { LobbyPage<'_>, JoinPage<'_>, RoomPage<'_>, GalleryPage<'_>, ErrorPage, }
