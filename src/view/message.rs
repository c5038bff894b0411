//! Partials: a message, a page of history, a member, a row of the lobby.

use askama::Template;

use super::look::{Look, Row, fold_event, plain_rows};
use super::markup::markup;
use super::my_rooms::preview_line;
use super::part::*;
use super::render;
use crate::chat::member::{Member, Role};
use crate::chat::message::{Changes, Cursor, Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::UserKind;
use crate::i18n::{Lang, page_line};

/// Renders a message: `html` of the event, and every line of the history.
pub fn message_html(message: &Message, lang: Lang) -> String {
    render(&MessagePart { message, look: Look::default(), lang })
}

/// Renders a member in a room's list. The browser copies the page's template for members who join
/// later.
pub fn member_html(member: &Member, lang: Lang) -> String {
    render(&MemberPart { member, lang })
}

/// Renders a room in the lobby and in the sidebar.
pub fn row_html(room: &Room, lang: Lang) -> String {
    render(&RowPart { room, lang })
}

#[derive(Template)]
#[template(path = "message/_message.html")]
struct MessagePart<'a> {
    message: &'a Message,
    look: Look,
    lang: Lang,
}

#[derive(Template)]
#[template(path = "member/_member.html")]
struct MemberPart<'a> {
    member: &'a Member,
    lang: Lang,
}

#[derive(Template)]
#[template(path = "room/_row.html")]
struct RowPart<'a> {
    room: &'a Room,
    lang: Lang,
}

/// A page of history, the answer of `GET /room/{id}/messages`: messages ascending by seq, between
/// the links to older and newer ones.
#[derive(Template)]
#[template(path = "message/_history.html")]
pub struct HistoryPart<'a> {
    rows: Vec<Row<'a>>,
    has_older: bool,
    has_newer: bool,
    lang: Lang,
}

impl<'a> HistoryPart<'a> {
    /// Returns the page of a cursor. It links only onwards: the other side is on the client's page
    /// already.
    pub fn new(page: &'a Changes, cursor: Cursor, lang: Lang) -> Self {
        let has_older = page.older && !matches!(cursor, Cursor::After(_));
        let has_newer = page.newer && !matches!(cursor, Cursor::Before(_));
        Self::part(&page.messages, has_older, has_newer, lang)
    }

    /// Returns a part of a history.
    pub fn part(messages: &'a [Message], has_older: bool, has_newer: bool, lang: Lang) -> Self {
        Self { rows: plain_rows(messages), has_older, has_newer, lang }
    }
}

/// The pins of a room, the answer of `GET /room/{id}/pins`: the latest pin first.
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
