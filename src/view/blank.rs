//! Empty values for the `<template>` elements that the scripts copy. The browser renders what it creates itself
//! (a pending message, a new member, a new room) from them, so it comes from the same partials as
//! everything else.

use crate::chat::member::{Member, Presence, Role};
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::{History, Room, RoomKind, Writers};
use crate::chat::unread::{MyRoom, Unread};
use crate::chat::user::{User, UserKind};
use crate::ids::{MessageId, RoomId, UserId};

/// Returns a pending message: it has no number yet, so its seq is 0.
pub(super) fn blank_message(kind: MessageKind) -> Message {
    let (id, room_id) = (MessageId::from_u128(0), RoomId::from_u128(0));
    let message = Message::new(id, room_id, kind, Some(blank_user()), String::new(), 0);
    Message { to: (kind == MessageKind::Whisper).then(blank_user), created_at: String::new(), ..message }
}

pub(super) fn blank_member() -> Member {
    Member {
        user: blank_user(),
        role: Role::Member,
        online: true,
        presence: Presence::Online,
        read_seq: None,
        joined_at: String::new(),
    }
}

pub(super) fn blank_room() -> Room {
    Room {
        id: RoomId::from_u128(0),
        kind: RoomKind::Open,
        title: String::new(),
        max: 0,
        locked: false,
        ephemeral: false,
        listed: true,
        slow_seconds: 0,
        history: History::All,
        closed: false,
        writers: Writers::All,
        keep_messages_days: 0,
        keep_files_days: 0,
        joins_locked_until: None,
        owner: Some(blank_user()),
        member_count: 0,
        online_count: 0,
        rev: 0,
        epoch: String::new(),
        created_at: String::new(),
    }
}

pub(super) fn blank_my_room() -> MyRoom {
    MyRoom {
        room: blank_room(),
        me: blank_member(),
        other: None,
        presence: Presence::Offline,
        waiting: Unread::default(),
    }
}

fn blank_user() -> User {
    User { id: UserId::from_u128(0), kind: UserKind::Account, name: String::new(), color: "", picture: None }
}
