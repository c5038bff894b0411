//! Account pages: log-in, one-time links, `/me`.

use askama::Template;

use super::part::*;
use super::problem::{Problem, Suspension, is_problem_of, problem_at};
use super::{asset, render};
use crate::chat::account::new_email::NewEmail;
use crate::chat::account::{Account, DirectFrom};
use crate::chat::digest::{Digest, MINUTES};
use crate::chat::export::Export;
use crate::chat::notification::QuietHours;
use crate::chat::one_time_link::PasswordLink;
use crate::chat::push::PushSubscription;
use crate::chat::server_settings::ServerSettings;
use crate::chat::session::{Device, SessionId};
use crate::chat::user::{User, UserKind};
use crate::clock::rfc3339;
use crate::error::Code;
use crate::i18n::{AccountStrings, Lang, SettingsStrings, server_name};

/// A finished action, as the URL of the next page names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Saved,
    Reset,
    Left,
    /// A link to a new address was mailed.
    Mailed,
    /// The session ended elsewhere.
    Ended,
}

impl Done {
    /// Parses what [`Done::name`] returns.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Saved, Self::Reset, Self::Left, Self::Mailed, Self::Ended].into_iter().find(|done| done.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Reset => "reset",
            Self::Left => "left",
            Self::Mailed => "mailed",
            Self::Ended => "ended",
        }
    }
}

/// `/login`
#[derive(Template)]
#[template(path = "account/log_in.html")]
pub struct LogInPage<'a> {
    pub lang: Lang,
    pub is_guest: bool,
    pub email: &'a str,
    pub next: &'a str,
    pub has_mail: bool,
    /// What admins have set.
    pub server: &'a ServerSettings,
    pub done: Option<Done>,
    pub problem: Option<&'a Problem>,
    pub suspension: Option<&'a Suspension>,
}

/// `/forgot`
#[derive(Template)]
#[template(path = "account/forgot.html")]
pub struct ForgotPage<'a> {
    pub lang: Lang,
    pub email: &'a str,
    pub is_sent: bool,
    pub problem: Option<&'a Problem>,
}

/// `/reset/{code}`
#[derive(Template)]
#[template(path = "account/reset.html")]
pub struct ResetPage<'a> {
    pub lang: Lang,
    pub code: &'a str,
    pub link: &'a PasswordLink,
    /// What admins have set.
    pub server: &'a ServerSettings,
    pub problem: Option<&'a Problem>,
}

/// `/admin/{code}`
#[derive(Template)]
#[template(path = "account/admin.html")]
pub struct AdminPage<'a> {
    pub lang: Lang,
    pub code: &'a str,
    /// The user who becomes an admin; `None` without an account.
    pub me: Option<&'a User>,
    /// What admins have set.
    pub server: &'a ServerSettings,
    pub problem: Option<&'a Problem>,
}

/// `/transfer`: a link to another device of the user.
#[derive(Template)]
#[template(path = "account/transfer.html")]
pub struct TransferPage<'a> {
    pub lang: Lang,
    pub address: &'a str,
    pub code: &'a str,
}

/// `/transfer/{code}`: whom the link signs in.
#[derive(Template)]
#[template(path = "account/continue.html")]
pub struct ContinuePage<'a> {
    pub lang: Lang,
    pub code: &'a str,
    pub user: &'a User,
    /// Who is signed in on this device.
    pub me: Option<&'a User>,
    pub next: &'a str,
}

/// The page of a one-time link that is used or expired.
#[derive(Template)]
#[template(path = "account/gone.html")]
pub struct GonePage {
    pub lang: Lang,
}

/// `/me`
#[derive(Template)]
#[template(path = "account/me.html")]
pub struct MePage<'a> {
    pub lang: Lang,
    pub account: &'a Account,
    pub typed: Typed<'a>,
    pub can_change_email: bool,
    /// What admins have set.
    pub server: &'a ServerSettings,
    pub devices: &'a [Device],
    /// The session of the request.
    pub session: SessionId,
    pub quiet_hours: Option<QuietHours>,
    /// The browsers that are pushed to.
    pub pushes: &'a [PushSubscription],
    /// Whether missed messages are mailed; `None` where they cannot be.
    pub digest: Option<Digest>,
    pub export: Option<Export>,
    pub muted: &'a [User],
    pub blocks: &'a [User],
    pub done: Option<Done>,
    pub problem: Option<&'a Problem>,
}

/// A list of people in the settings, from which each can be taken off.
struct ListOfPeople<'a> {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    none: &'static str,
    action: &'static str,
    take_off: &'static str,
    people: &'a [User],
}

impl ResetPage<'_> {
    fn first_about(&self) -> String {
        let server = server_name(&self.server.name, self.lang);
        (self.lang.strings().account.first_password_about)(server, &self.link.email)
    }
}

impl MePage<'_> {
    fn export_size(&self) -> Option<String> {
        self.export.as_ref().and_then(|export| export.size).map(self::size)
    }

    /// The muted and the blocked people.
    fn lists_of_people(&self, words: &AccountStrings) -> [ListOfPeople<'_>; 2] {
        [
            ListOfPeople {
                id: "muted",
                title: words.muted,
                about: words.muted_about,
                none: words.muted_none,
                action: "/me/notifications/muted",
                take_off: words.unmute,
                people: self.muted,
            },
            ListOfPeople {
                id: "blocks",
                title: words.blocks,
                about: words.blocks_about,
                none: words.blocks_none,
                action: "/me/blocks",
                take_off: words.unblock,
                people: self.blocks,
            },
        ]
    }

    /// The beginning of the quiet hours, or of usual ones.
    fn quiet_from(&self) -> String {
        clock_of(self.quiet_hours.map_or(22 * 60, |hours| hours.from))
    }

    fn quiet_until(&self) -> String {
        clock_of(self.quiet_hours.map_or(7 * 60, |hours| hours.until))
    }
}

/// Returns a minute of the day as `22:00`.
fn clock_of(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Returns the choices for the setting `directFrom`, each with its name.
fn direct_from(words: &AccountStrings) -> [(DirectFrom, &'static str); 4] {
    [
        (DirectFrom::Everybody, words.direct_everybody),
        (DirectFrom::Known, words.direct_known),
        (DirectFrom::Accounts, words.direct_accounts),
        (DirectFrom::Nobody, words.direct_nobody),
    ]
}

/// The values in the fields of `/me`: the current ones, or those that were typed and refused.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub bio: &'a str,
    pub email: &'a str,
}

/// Returns the choices for the mail of what was missed, each with its name.
fn digest_choices(words: &SettingsStrings) -> impl Iterator<Item = (i64, &'static str)> {
    MINUTES.into_iter().zip(words.digest_after)
}

/// Returns a time in milliseconds as the pages have it.
fn instant(at: &i64) -> String {
    rfc3339(*at)
}

/// Describes a browser in two words.
fn agent(agent: &Option<String>, lang: &Lang) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let Some(agent) = agent.as_deref() else { return lang.strings().account.session_unknown.to_owned() };
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) => one.to_owned(),
        // The name of another program, cut to fit a line of the list.
        (None, _) => agent.chars().take(40).collect(),
    }
}

/// What a link of an e-mail does.
#[derive(Clone, Debug)]
pub enum EmailLink {
    Confirm,
    Unsubscribe,
    /// Changes the address of an account.
    New(NewEmail),
}

/// `/email/{code}`, `/email/new/{code}` and `/unsubscribe/{link}`
#[derive(Template)]
#[template(path = "account/email.html")]
pub struct EmailPage {
    pub lang: Lang,
    pub link: EmailLink,
    pub is_done: bool,
}

impl EmailPage {
    /// Returns the title, the button, and what is said when it was pressed.
    fn texts(&self) -> [&'static str; 3] {
        let strings = &self.lang.strings().mail;
        match self.link {
            EmailLink::Confirm => [strings.confirm_title, strings.confirm_button, strings.confirm_done],
            EmailLink::Unsubscribe => [strings.unsubscribe_title, strings.unsubscribe, strings.unsubscribe_done],
            EmailLink::New(_) => [strings.new_email_title, strings.new_email_button, strings.new_email_done],
        }
    }

    fn about(&self) -> String {
        let strings = &self.lang.strings().mail;
        match &self.link {
            EmailLink::Confirm => strings.confirm_about.to_owned(),
            EmailLink::Unsubscribe => strings.unsubscribe_about.to_owned(),
            EmailLink::New(new) => (strings.new_email_about)(&new.name, &new.email),
        }
    }

    /// Returns where the choice is that the link belongs to.
    fn back(&self) -> &'static str {
        match self.link {
            EmailLink::Confirm | EmailLink::Unsubscribe => "/me#digest",
            EmailLink::New(_) => "/me#email",
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

pages! {
    LogInPage<'_>,
    ForgotPage<'_>,
    ResetPage<'_>,
    AdminPage<'_>,
    GonePage,
    EmailPage,
    TransferPage<'_>,
    ContinuePage<'_>,
    MePage<'_>,
}
