//! The pages about oneself: the ways in, the one-time links, one's own page.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::account::Account;
use crate::chat::session::Device;
use crate::chat::user::{User, UserKind};
use crate::error::{Code, Error};
use crate::i18n::Lang;

/// What was wrong with which field of which form. What was typed is shown again beside it, but never
/// a password.
#[derive(Clone, Debug)]
pub struct Problem {
    pub(super) code: Code,
    pub(super) form: &'static str,
    /// Empty where no field of the form is to blame.
    pub(super) field: String,
}

impl Problem {
    /// `fields` are those that the form shows.
    pub fn new(error: &Error, form: &'static str, fields: &[&str]) -> Self {
        // That an e-mail is taken concerns that field, though it has a code of its own.
        let field = match (error.code, error.field.as_deref()) {
            (Code::EmailTaken, None) => "email",
            (_, field) => field.unwrap_or_default(),
        };
        let field = if fields.contains(&field) { field.to_owned() } else { String::new() };
        Self { code: error.code, form, field }
    }
}

/// What was just done, as the address of the next page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Saved,
    Reset,
    Left,
    Admin,
}

impl Done {
    /// From what [`Done::name`] wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Saved, Self::Reset, Self::Left, Self::Admin].into_iter().find(|done| done.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Reset => "reset",
            Self::Left => "left",
            Self::Admin => "admin",
        }
    }
}

/// `/signup`
#[derive(Template)]
#[template(path = "account/sign_up.html")]
pub struct SignUpPage<'a> {
    pub lang: Lang,
    /// The guest who becomes the account.
    pub guest: Option<&'a User>,
    pub email: &'a str,
    pub name: &'a str,
    /// Where one goes on.
    pub next: &'a str,
    pub problem: Option<&'a Problem>,
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
    pub done: Option<Done>,
    pub problem: Option<&'a Problem>,
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
    pub problem: Option<&'a Problem>,
}

/// `/admin/{code}`
#[derive(Template)]
#[template(path = "account/admin.html")]
pub struct AdminPage<'a> {
    pub lang: Lang,
    pub code: &'a str,
    /// Who would become an admin; nobody yet without an account.
    pub me: Option<&'a User>,
    pub problem: Option<&'a Problem>,
}

/// A one-time link that opens nothing any more.
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
    pub devices: &'a [Device],
    pub blocks: &'a [User],
    pub done: Option<Done>,
    pub problem: Option<&'a Problem>,
}

/// What stands in the fields of `/me`: what is so, or what was typed and refused.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub bio: &'a str,
    pub email: &'a str,
}

/// What is wrong with a field of a form, if anything is.
fn problem_at(problem: &Option<&Problem>, form: &str, field: &str, lang: &Lang) -> Option<&'static str> {
    let problem = problem.filter(|problem| problem.form == form && problem.field == field)?;
    let special = (lang.strings().account.problem)(problem.code, field);
    Some(special.unwrap_or_else(|| sentence(&problem.code, lang)))
}

fn is_problem_of(problem: &Option<&Problem>, form: &str) -> bool {
    problem.is_some_and(|problem| problem.form == form)
}

/// What a browser calls itself, in two words.
fn agent(device: &Device, lang: &Lang) -> String {
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
    let Some(agent) = device.agent.as_deref() else { return lang.strings().account.session_unknown.to_owned() };
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) => one.to_owned(),
        // A program's own name, as far as it is one line of a list.
        (None, _) => agent.chars().take(40).collect(),
    }
}

macro_rules! pages {
    ($($page:ident $(<$life:lifetime>)?,)+) => {$(
        impl $page$(<$life>)? {
            /// The whole page.
            pub fn html(&self) -> String {
                render(self)
            }
        }
    )+};
}

pages! {
    SignUpPage<'_>,
    LogInPage<'_>,
    ForgotPage<'_>,
    ResetPage<'_>,
    AdminPage<'_>,
    GonePage,
    MePage<'_>,
}
