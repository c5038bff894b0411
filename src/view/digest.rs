//! The mail for what was missed, as HTML and as text.

use std::fmt::Write;

use askama::Template;

use super::my_rooms::{called, preview_line};
use super::render;
use crate::chat::digest::Missed;
use crate::chat::notification::Pending;
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::text;

/// The newest messages of a room that are shown, and how much of each.
const SHOWN: usize = 5;
const LINE_MAX: usize = 300;

/// The mail for what was missed.
#[derive(Template)]
#[template(path = "mail/digest.html")]
pub struct DigestMail<'a> {
    lang: &'a Lang,
    /// The name of the server.
    server: &'a str,
    /// The name of the user.
    name: &'a str,
    rooms: Vec<MissedRoom>,
    unsubscribe: &'a str,
}

struct MissedRoom {
    title: String,
    link: String,
    lines: Vec<Line>,
    /// How many messages are not shown.
    more: usize,
    count: usize,
}

struct Line {
    name: String,
    text: String,
}

impl<'a> DigestMail<'a> {
    pub fn new(
        missed: &'a Missed,
        me: UserId,
        lang: &'a Lang,
        server: &'a str,
        base: &str,
        unsubscribe: &'a str,
    ) -> Self {
        let rooms = missed.rooms.iter().map(|pending| MissedRoom::new(pending, me, lang, base)).collect();
        Self { lang, server, name: &missed.name, rooms, unsubscribe }
    }

    /// Returns the subject, which tells nobody who looks over a shoulder what was said.
    pub fn subject(&self) -> String {
        (self.lang.strings().mail.digest_subject)(self.server, self.count())
    }

    pub fn html(&self) -> String {
        render(self)
    }

    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.lead());
        for room in &self.rooms {
            let _ = write!(text, "\n{}\n{}\n", room.title, room.link);
            for line in &room.lines {
                let _ = writeln!(text, "  {}: {}", line.name, line.text);
            }
            if room.more > 0 {
                let _ = writeln!(text, "  {}", self.more(&room.more));
            }
        }
        let _ = write!(text, "\n--\n{} {}\n{}\n", self.why(), self.stop(), self.unsubscribe);
        text
    }

    fn count(&self) -> usize {
        self.rooms.iter().map(|room| room.count).sum()
    }

    fn lead(&self) -> String {
        (self.lang.strings().mail.digest_lead)(self.name, self.count())
    }

    fn more(&self, count: &usize) -> String {
        (self.lang.strings().settings_page.push_more)(*count)
    }

    fn why(&self) -> String {
        (self.lang.strings().mail.digest_why)(self.server)
    }

    fn stop(&self) -> &'static str {
        self.lang.strings().mail.unsubscribe
    }
}

impl MissedRoom {
    fn new(pending: &Pending, me: UserId, lang: &Lang, base: &str) -> Self {
        let more = pending.messages.len().saturating_sub(SHOWN);
        let lines = pending.messages.iter().skip(more).map(|message| Line {
            name: message.user.as_ref().map_or_else(String::new, |user| user.name.clone()),
            text: text::cut(&preview_line(message, lang), LINE_MAX),
        });
        Self {
            title: called(&pending.room, pending.other.as_ref(), me, lang),
            link: format!("{base}/room/{}", pending.room.id),
            lines: lines.collect(),
            more,
            count: pending.messages.len(),
        }
    }
}
