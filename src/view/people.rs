//! `/people`: the user directory.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::member::Presence;
use crate::chat::user::{Listed, User};
use crate::error::Code;
use crate::i18n::Lang;

/// The accounts of this server by name, or those whose name contains the search.
#[derive(Template)]
#[template(path = "user/people.html")]
pub struct PeoplePage<'a> {
    pub lang: Lang,
    pub me: &'a User,
    pub q: &'a str,
    pub people: Vec<DirectoryEntry>,
    /// The cursor of the next page.
    pub next: Option<String>,
    pub notice: Option<Code>,
}

/// A user in the list.
pub struct DirectoryEntry {
    pub listed: Listed,
    pub presence: Presence,
}

impl PeoplePage<'_> {
    pub fn html(&self) -> String {
        render(self)
    }

    fn more(&self, next: &str) -> String {
        let mut address = form_urlencoded::Serializer::new("/people?".to_owned());
        if !self.q.is_empty() {
            address.append_pair("q", self.q);
        }
        address.append_pair("after", next);
        address.finish()
    }
}

fn state(presence: &Presence) -> &'static str {
    match presence {
        Presence::Online => "online",
        Presence::Away => "away",
        Presence::Offline => "offline",
    }
}
