//! The list of the viewer's own rooms: name and last message.

use askama::Template;

use super::markup::bare;
use super::part::*;
use super::render;
use crate::chat::direct::OtherUser;
use crate::chat::member::Presence;
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::{Room, RoomKind};
use crate::chat::unread::MyRoom;
use crate::chat::user::{User, UserKind};
use crate::i18n::{Lang, page_line};
use crate::ids::UserId;

/// Renders one of the viewer's own rooms, for the lobby and the sidebar.
pub fn my_room_html(my_room: &MyRoom, lang: Lang) -> String {
    render(&MyRoomPart { my_room, lang })
}

#[derive(Template)]
#[template(path = "room/_my_room.html")]
struct MyRoomPart<'a> {
    my_room: &'a MyRoom,
    lang: Lang,
}

/// Returns the name of a room for a viewer: a direct room has the other user's name.
pub(super) fn called(room: &Room, other: Option<&User>, me: UserId, lang: &Lang) -> String {
    match (room.kind, other) {
        (RoomKind::Open, _) => room.title.clone(),
        (RoomKind::Direct, Some(other)) if other.id == me => lang.strings().notes.to_owned(),
        (RoomKind::Direct, Some(other)) => other.name.clone(),
        (RoomKind::Direct, None) => lang.strings().somebody.to_owned(),
    }
}

pub(super) fn title(my_room: &MyRoom, lang: &Lang) -> String {
    called(&my_room.room, my_room.other.as_ref(), my_room.me.user.id, lang)
}

/// Returns the newest message on one line. `web/ts/lib/preview_line.ts` does the same for messages that
/// arrive later.
pub(super) fn last(my_room: &MyRoom, lang: &Lang) -> String {
    my_room.waiting.last.as_ref().map_or_else(String::new, |message| preview_line(message, lang))
}

/// Returns who sent the newest message, where a line of several people's room begins with the name.
pub(super) fn last_name(my_room: &MyRoom) -> Option<&str> {
    let message = my_room.waiting.last.as_ref()?;
    let is_named = my_room.room.kind == RoomKind::Open && message.kind != MessageKind::System;
    let user = message.user.as_ref().filter(|user| is_named && user.id != my_room.me.user.id)?;
    Some(&user.name)
}

/// Returns the preview line of a message.
pub(super) fn preview_line(message: &Message, lang: &Lang) -> String {
    match message.files.first() {
        _ if message.kind == MessageKind::System => page_line(message, *lang),
        _ if message.deleted_at.is_some() => lang.strings().deleted.to_owned(),
        Some(file) if message.text.is_empty() => file.name.clone(),
        _ => bare(&message.text, &message.mentions),
    }
}

/// Returns how many rooms of strangers wait for an answer.
pub(super) fn request_count(my_rooms: &[MyRoom]) -> usize {
    my_rooms.iter().filter(|my_room| my_room.waiting.is_request).count()
}

pub(super) fn count(unread: &u32) -> String {
    if *unread > 99 { "99+".to_owned() } else { unread.to_string() }
}

pub(super) fn presence(presence: &Presence) -> &'static str {
    presence.as_str()
}

/// Returns whether a room is a direct one with a guest.
pub(super) fn is_with_guest(my_room: &MyRoom) -> bool {
    my_room.other.as_ref().is_some_and(|user| user.kind == UserKind::Guest)
}

/// Returns whether a direct room has another user, who may have left.
pub(super) fn is_with_another(peer: &OtherUser, me: &UserId) -> bool {
    peer.user.as_ref().is_some_and(|user| user.id != *me)
}
