//! One's own rooms in a list: how each is called, and what was said there last.

use askama::Template;

use super::markup::bare;
use super::part::*;
use super::render;
use crate::chat::direct::Peer;
use crate::chat::member::Presence;
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::{Room, RoomKind};
use crate::chat::unread::MyRoom;
use crate::chat::user::User;
use crate::i18n::{Lang, system_line};
use crate::ids::UserId;

/// One of the viewer's own rooms, in the lobby and beside a talk.
pub fn my_room_html(mine: &MyRoom, lang: Lang) -> String {
    render(&MyRoomPart { mine, lang })
}

#[derive(Template)]
#[template(path = "room/_mine.html")]
struct MyRoomPart<'a> {
    mine: &'a MyRoom,
    lang: Lang,
}

/// What a room is called for somebody: a direct room by the other person.
pub(super) fn called(room: &Room, other: Option<&User>, me: UserId, lang: &Lang) -> String {
    match (room.kind, other) {
        (RoomKind::Open, _) => room.title.clone(),
        (RoomKind::Direct, Some(other)) if other.id == me => lang.strings().notes.to_owned(),
        (RoomKind::Direct, Some(other)) => other.name.clone(),
        (RoomKind::Direct, None) => lang.strings().somebody.to_owned(),
    }
}

pub(super) fn title(mine: &MyRoom, lang: &Lang) -> String {
    called(&mine.room, mine.peer.as_ref(), mine.me.user.id, lang)
}

/// The newest message on one line. The browser says the same of those that come later: see
/// `web/ts/lib/last.ts`.
pub(super) fn last(mine: &MyRoom, lang: &Lang) -> String {
    let Some(message) = &mine.waiting.last else { return String::new() };
    let line = gist(message, lang);
    let is_others = message.user.as_ref().is_some_and(|user| user.id != mine.me.user.id);
    match &message.user {
        Some(user) if is_others && mine.room.kind == RoomKind::Open && message.kind != MessageKind::System => {
            format!("{}: {line}", user.name)
        }
        _ => line,
    }
}

/// What a message says, on one line.
pub(super) fn gist(message: &Message, lang: &Lang) -> String {
    match message.files.first() {
        _ if message.kind == MessageKind::System => system_line(message, *lang),
        _ if message.deleted_at.is_some() => lang.strings().deleted.to_owned(),
        Some(file) if message.text.is_empty() => file.name.clone(),
        _ => bare(&message.text),
    }
}

pub(super) fn count(unread: &u32) -> String {
    if *unread > 99 { "99+".to_owned() } else { unread.to_string() }
}

pub(super) fn presence(presence: &Presence) -> &'static str {
    match presence {
        Presence::Online => "online",
        Presence::Away => "away",
        Presence::Offline => "offline",
    }
}

/// Whether a direct room is with somebody else, who may be there or not.
pub(super) fn is_with_another(peer: &Peer, me: &UserId) -> bool {
    peer.user.as_ref().is_some_and(|user| user.id != *me)
}
