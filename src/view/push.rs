//! What a push says, as a declarative push message of the W3C Push API. Browsers that do not know those hand it to the
//! service worker, which shows the same.

use serde_json::{Value, json};

use super::asset;
use super::my_rooms::{called, preview_line};
use crate::chat::kinds::RoomKind;
use crate::chat::notification::News;
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::text;

/// The most characters of the title and of the line below it.
const TITLE_MAX: usize = 80;
const BODY_MAX: usize = 240;

/// A notification of a browser.
pub struct PushMessage<'a> {
    pub title: String,
    pub body: String,
    /// Where a click leads.
    pub navigate: String,
    /// A later notification replaces one with the same tag.
    pub tag: String,
    pub lang: &'a Lang,
    /// The number on the icon of the app.
    pub unread: u64,
}

impl<'a> PushMessage<'a> {
    /// Returns what a push says of a room's news; with `hides_text` only that there are some.
    pub fn of_news(news: &News, me: UserId, lang: &'a Lang, base: &str, unread: u64, hides_text: bool) -> Self {
        let w = lang.strings();
        let room = &news.room;
        let (title, body) = match hides_text {
            true => (w.mark.to_owned(), w.settings_page.push_hidden.to_owned()),
            false => (called(room, news.other.as_ref(), me, lang), newest(news, lang)),
        };
        Self {
            title: text::cut(&title, TITLE_MAX),
            body: text::cut(&body, BODY_MAX),
            navigate: format!("{base}/room/{}", room.id),
            tag: format!("madang-{}", room.id),
            lang,
            unread,
        }
    }

    /// Returns the push by which a user tests a browser.
    pub fn test(lang: &'a Lang, base: &str) -> Self {
        let w = lang.strings();
        Self {
            title: w.mark.to_owned(),
            body: w.settings_page.push_test.to_owned(),
            navigate: format!("{base}/me#notifications"),
            tag: "madang-test".to_owned(),
            lang,
            unread: 0,
        }
    }

    /// Returns the message as push services carry it, encrypted.
    pub fn json(&self) -> Value {
        let Self { title, body, navigate, tag, lang, unread } = self;
        // 8030 is the mark of a declarative message.
        json!({
            "web_push": 8030,
            "notification": {
                "title": title, "body": body, "navigate": navigate, "tag": tag, "lang": lang.code(), "dir": "auto",
                "icon": asset("icon-192.png"),
            },
            "app_badge": unread,
        })
    }
}

/// Returns the newest message on one line, with its sender's name in a room of several, and how many more there are.
fn newest(news: &News, lang: &Lang) -> String {
    let Some(message) = news.last() else { return String::new() };
    let line = preview_line(message, lang);
    let name = message.user.as_ref().filter(|_| news.room.kind == RoomKind::Open).map(|user| user.name.as_str());
    let line = name.map_or_else(|| line.clone(), |name| format!("{name}: {line}"));
    match news.messages.len() {
        1 => line,
        count => {
            format!("{}\n{}", text::cut(&line, BODY_MAX - 40), (lang.strings().settings_page.push_more)(count - 1))
        }
    }
}
