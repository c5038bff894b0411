//! The pages for admins.

use askama::Template;
use serde::Deserialize;

use super::chart::Plot;
use super::hook::{Fresh, event_name};
use super::part::*;
use super::{asset, render};
use crate::backup_files::Backup;
use crate::chat::account::DirectFrom;
use crate::chat::admin::{AdminRoom, Person, Show, Storage, Waiting};
use crate::chat::audit::{Entry, Listed};
use crate::chat::kinds::{HookEvent, SignUpPolicy, WordAction};
use crate::chat::outbox::dead::DeadJob;
use crate::chat::outgoing_hook::OutgoingHook;
use crate::chat::server_invite::ServerInvite;
use crate::chat::server_settings::{Numbered, UnwantedWord};
use crate::chat::user::UserKind;
use crate::clock::rfc3339;
use crate::config::RoomCreators;
use crate::error::Code;
use crate::i18n::{AdminStrings, Lang, Strings, audit_sentence};
use crate::ids::UserId;
use crate::metrics::Sample;
use crate::network::Guests;

/// What all pages for admins have.
pub struct Head<'a> {
    /// Whether the last form was carried out.
    pub is_done: bool,
    /// Why the last form was refused, and the field that this concerns, if any.
    pub notice: Option<(Code, &'a str)>,
    /// What was searched for.
    pub q: &'a str,
    /// How many reports of the server are open.
    pub open_reports: u64,
}

/// `/admin`
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub struct OverviewPage<'a> {
    pub lang: Lang,
    pub head: Head<'a>,
    pub samples: &'a [Sample],
    pub storage: &'a Storage,
    pub jobs: &'a [Waiting],
    /// The latest of those that were given up.
    pub dead_jobs: &'a [DeadJob],
    /// The newest first; `None` where the server makes none by itself.
    pub backups: Option<&'a [Backup]>,
    pub backup_folder: &'a str,
    pub is_backup_begun: bool,
}

/// The charts of `/admin`, which its script fetches again.
#[derive(Template)]
#[template(path = "admin/_charts.html")]
pub struct Charts<'a> {
    pub lang: Lang,
    pub samples: &'a [Sample],
}

/// `/admin/hooks`
#[derive(Template)]
#[template(path = "admin/hooks.html")]
pub struct HooksPage<'a> {
    pub lang: Lang,
    pub head: Head<'a>,
    /// The oldest first.
    pub outgoing: &'a [OutgoingHook],
    /// The hook that was just made or got a new key, which is shown once.
    pub fresh: Option<Fresh<'a>>,
}

/// `/admin/people`
#[derive(Template)]
#[template(path = "admin/people.html")]
pub struct UsersPage<'a> {
    pub lang: Lang,
    pub head: Head<'a>,
    pub me: UserId,
    pub show: Show,
    pub people: &'a [Person],
    /// The cursor of the next page.
    pub next: Option<UserId>,
    /// A link to choose a password that was just made.
    pub made: Option<MadeLink<'a>>,
    /// What was refused for a new account.
    pub typed: Option<&'a TypedAccount>,
}

/// What was typed for a new account.
#[derive(Clone, Debug, Deserialize)]
pub struct TypedAccount {
    pub email: String,
    pub name: String,
}

/// A link to choose a password, which is shown once.
pub struct MadeLink<'a> {
    pub user_id: UserId,
    pub link: &'a str,
    /// Whether the account was made with it.
    pub is_first: bool,
}

/// `/admin/rooms`
#[derive(Template)]
#[template(path = "admin/rooms.html")]
pub struct RoomsPage<'a> {
    pub lang: Lang,
    pub head: Head<'a>,
    pub rooms: &'a [AdminRoom],
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// `/admin/settings`
#[derive(Template)]
#[template(path = "admin/settings.html")]
pub struct SettingsPage<'a> {
    pub lang: Lang,
    pub head: Head<'a>,
    pub settings: &'a Numbered,
    /// Until when nobody new comes in.
    pub locked_until: Option<i64>,
    pub invites: &'a [(ServerInvite, String)],
}

/// `/admin/log`
#[derive(Template)]
#[template(path = "admin/log.html")]
pub struct LogPage<'a> {
    pub lang: Lang,
    pub head: Head<'a>,
    pub entries: &'a [Listed],
    /// The number before which the next page begins.
    pub next: Option<i64>,
}

/// A chart with its name and its newest value.
struct Chart {
    name: &'static str,
    value: String,
    plot: Plot,
}

fn charts(samples: &[Sample], words: &AdminStrings) -> Vec<Chart> {
    let chart = |name: &'static str, of: fn(&Sample) -> f64, format: fn(f64) -> String| {
        let values: Vec<f64> = samples.iter().map(of).collect();
        let value = values.last().map_or_else(String::new, |last| format(*last));
        Chart { name, value, plot: Plot::new(&values) }
    };
    let count = |value: f64| format!("{value:.0}");
    let bytes = |value: f64| size(value as u64);
    vec![
        chart(words.online, |sample| sample.online as f64, count),
        chart(words.messages_a_minute, |sample| sample.messages_a_minute, count),
        chart(words.send_p99, |sample| sample.send_p99_ms, |value| format!("{value} ms")),
        chart(words.memory, |sample| sample.memory_bytes as f64, bytes),
        chart(words.disk_free, |sample| sample.disk_free_bytes as f64, bytes),
    ]
}

impl Charts<'_> {
    fn charts(&self) -> Vec<Chart> {
        charts(self.samples, &self.lang.strings().admin)
    }
}

impl OverviewPage<'_> {
    fn charts(&self) -> Vec<Chart> {
        charts(self.samples, &self.lang.strings().admin)
    }
}

impl UsersPage<'_> {
    fn shows(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let (labels, shown) = (self.lang.strings().admin.show, self.show);
        Show::ALL.into_iter().zip(labels).map(move |(show, label)| (show.name(), label, show == shown))
    }

    fn more(&self) -> Option<String> {
        let next = self.next?.to_string();
        Some(address("/admin/people", &[("q", self.head.q), ("show", self.show.name()), ("after", &next)]))
    }
}

impl RoomsPage<'_> {
    fn more(&self) -> Option<String> {
        Some(address("/admin/rooms", &[("q", self.head.q), ("after", self.next.as_deref()?)]))
    }
}

impl LogPage<'_> {
    fn more(&self) -> Option<String> {
        self.next.map(|next| format!("/admin/log?before={next}"))
    }
}

impl SettingsPage<'_> {
    fn sign_up_policies(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        const ALL: [SignUpPolicy; 4] =
            [SignUpPolicy::Open, SignUpPolicy::Invite, SignUpPolicy::EmailDomain, SignUpPolicy::Closed];
        let (labels, chosen) = (self.lang.strings().admin.sign_up_policies, self.settings.sign_up);
        ALL.into_iter().zip(labels).map(move |(policy, label)| (policy.as_str(), label, policy == chosen))
    }

    fn room_creators(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        const ALL: [(RoomCreators, &str); 3] = [
            (RoomCreators::Everyone, "everyone"),
            (RoomCreators::Accounts, "accounts"),
            (RoomCreators::Admins, "admins"),
        ];
        let (labels, chosen) = (self.lang.strings().admin.room_creator_kinds, self.settings.room_creators);
        ALL.into_iter().zip(labels).map(move |((kind, name), label)| (name, label, Some(kind) == chosen))
    }

    fn guest_rights(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        const ALL: [(Guests, &str); 3] = [(Guests::On, "on"), (Guests::Rooms, "rooms"), (Guests::Off, "off")];
        let (labels, chosen) = (self.lang.strings().admin.guest_rights, self.settings.guests);
        ALL.into_iter().zip(labels).map(move |((kind, name), label)| (name, label, Some(kind) == chosen))
    }

    fn keeps(&self) -> impl Iterator<Item = (&'static str, u32, &'static str, &'static str)> {
        let settings = self.settings;
        let fields = [
            ("keepMessagesDays", settings.keep_messages_days),
            ("keepFilesDays", settings.keep_files_days),
            ("keepIdleRoomsDays", settings.keep_idle_rooms_days),
            ("keepIdleGuestsDays", settings.keep_idle_guests_days),
        ];
        let labels = self.lang.strings().admin.keeps;
        fields.into_iter().zip(labels).map(|((name, days), (label, hint))| (name, days, label, hint))
    }

    fn direct_from(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let words = &self.lang.strings().account;
        let all = [
            (DirectFrom::Everybody, words.direct_everybody),
            (DirectFrom::Known, words.direct_known),
            (DirectFrom::Accounts, words.direct_accounts),
            (DirectFrom::Nobody, words.direct_nobody),
        ];
        let chosen = self.settings.direct_from;
        all.into_iter().map(move |(from, label)| (from.as_str(), label, from == chosen))
    }
}

/// Returns the sign before a word in the field of words.
fn sign(unwanted: &UnwantedWord) -> &'static str {
    match unwanted.action {
        WordAction::Warn => "?",
        WordAction::Hold => "~",
        WordAction::Refuse => "",
    }
}

/// Returns the pages for admins, each with its name.
pub(super) fn tabs(words: &Strings) -> [(&'static str, &'static str); 7] {
    let (reports, hooks, words) = (words.report.reports, words.hook.outgoing, &words.admin);
    [
        ("/admin", words.overview),
        ("/admin/reports", reports),
        ("/admin/people", words.people),
        ("/admin/rooms", words.rooms),
        ("/admin/settings", words.server),
        ("/admin/hooks", hooks),
        ("/admin/log", words.log),
    ]
}

fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut address = form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.append_pair(name, value);
    }
    address.finish()
}

/// Returns what an entry of the log says.
fn act(entry: &Entry, lang: &Lang) -> &'static str {
    audit_sentence(entry.act(), *lang)
}

/// Returns the address of a user in the list of people.
fn person_address(id: &UserId, name: &str) -> String {
    address("/admin/people", &[("q", name)]) + &format!("#u-{id}")
}

/// Returns the address of a room in the list of rooms.
fn room_address(title: &str) -> String {
    address("/admin/rooms", &[("q", title)])
}

/// Returns the subject of an entry of the log, where no link to a user or a room stands for it.
fn subject(listed: &Listed) -> Option<&str> {
    let subject = listed.entry.subject.as_str();
    let is_room = || listed.entry.room.is_some_and(|id| id.to_string() == subject);
    let is_linked = listed.user.is_some() || listed.room.is_some() && is_room();
    Some(subject).filter(|subject| !is_linked && *subject != "-")
}

/// Returns the day and the minute of an RFC 3339 time, in UTC; the browser replaces it by local time.
pub(super) fn moment(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}

/// Like [`moment`], of milliseconds since 1970 UTC.
fn moment_of(at_ms: &i64) -> String {
    moment(&rfc3339(*at_ms))
}

macro_rules! pages {
    ($($page:ident,)+) => {$(
        impl $page<'_> {
            /// Renders the page.
            pub fn html(&self) -> String {
                render(self)
            }
        }
    )+};
}

pages! { OverviewPage, Charts, UsersPage, RoomsPage, SettingsPage, HooksPage, LogPage, }

/// Returns the hours that the form for a suspension proposes: a week, or no end where there is none now.
fn suspended_for(person: &Person) -> &'static str {
    if person.suspended_at.is_some() && person.suspended_until.is_none() { "" } else { "168" }
}
