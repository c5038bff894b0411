//! The partials: a message, a stretch of history, a member, a row of the lobby.

use askama::Template;

use super::markup::markup;
use super::my_rooms::{gist, presence};
use super::part::*;
use super::render;
use crate::chat::member::Member;
use crate::chat::message::{Changes, Cursor, Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::UserKind;
use crate::i18n::{Lang, system_line};
use crate::ids::RoomId;

/// One message: `html` of the live event, and every line of the history.
pub fn message_html(message: &Message, lang: Lang) -> String {
    render(&MessagePart { message, lang })
}

/// One person in the list of a room. The browser copies it from the page's template for who joins
/// later.
pub fn member_html(member: &Member, room_id: RoomId, lang: Lang) -> String {
    render(&MemberPart { member, room_id, lang })
}

/// One room in the lobby, and in the list beside a talk.
pub fn row_html(room: &Room, lang: Lang) -> String {
    render(&RowPart { room, lang })
}

#[derive(Template)]
#[template(path = "message/_message.html")]
struct MessagePart<'a> {
    message: &'a Message,
    lang: Lang,
}

#[derive(Template)]
#[template(path = "member/_member.html")]
struct MemberPart<'a> {
    member: &'a Member,
    room_id: RoomId,
    lang: Lang,
}

#[derive(Template)]
#[template(path = "room/_row.html")]
struct RowPart<'a> {
    room: &'a Room,
    lang: Lang,
}

/// A stretch of history as `GET /room/{id}/messages` answers it: the messages ascending by seq,
/// before them the link to what is older and behind them to what is newer.
#[derive(Template)]
#[template(path = "message/_history.html")]
pub struct HistoryPart<'a> {
    pub messages: &'a [Message],
    pub has_older: bool,
    pub has_newer: bool,
    pub lang: Lang,
}

impl<'a> HistoryPart<'a> {
    /// The page of a cursor. What lies on the side one comes from is there already.
    pub fn new(page: &'a Changes, cursor: Cursor, lang: Lang) -> Self {
        let has_older = page.older && !matches!(cursor, Cursor::After(_));
        let has_newer = page.newer && !matches!(cursor, Cursor::Before(_));
        Self { messages: &page.messages, has_older, has_newer, lang }
    }
}

/// What is pinned in a room, as `GET /room/{id}/pins` answers it: the latest pin first.
#[derive(Template)]
#[template(path = "message/_pins.html")]
pub struct PinsPart<'a> {
    pub pins: &'a [Message],
    pub may_pin: bool,
    pub lang: Lang,
}

impl PinsPart<'_> {
    pub fn html(&self) -> String {
        render(self)
    }
}

impl HistoryPart<'_> {
    pub fn html(&self) -> String {
        render(self)
    }
}
