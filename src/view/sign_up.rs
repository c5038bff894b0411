//! The pages to sign up.

use std::sync::Arc;

use askama::Template;

use super::part::*;
use super::problem::{Problem, problem_at};
use super::{asset, render};
use crate::chat::kinds::SignUpPolicy;
use crate::chat::server_settings::Numbered;
use crate::chat::user::User;
use crate::i18n::Lang;

/// `/signup`
#[derive(Template)]
#[template(path = "account/sign_up.html")]
pub struct SignUpPage<'a> {
    pub lang: Lang,
    /// The guest who becomes an account.
    pub guest: Option<&'a User>,
    pub typed: &'a TypedSignUp,
    /// What admins have set.
    pub server: Arc<Numbered>,
    pub has_mail: bool,
    /// Where to continue.
    pub next: &'a str,
    pub problem: Option<&'a Problem>,
}

/// What is in the fields of the form to sign up, but for the password.
#[derive(Clone, Debug, Default)]
pub struct TypedSignUp {
    /// Fixed where it comes with a code.
    pub email: String,
    pub name: String,
    /// The code of an invite, where one is needed.
    pub invite: String,
    /// The code of the link that was mailed to the address, where one is needed.
    pub code: String,
}

impl SignUpPage<'_> {
    /// Returns why the visitor cannot sign up, if they cannot.
    fn hindrance(&self) -> Option<&'static str> {
        let words = self.lang.strings();
        match self.server.sign_up {
            SignUpPolicy::Closed => Some(words.admin.sign_up_closed),
            SignUpPolicy::Invite if self.typed.invite.is_empty() => Some(words.admin.sign_up_needs_invite),
            SignUpPolicy::EmailDomain if !self.has_mail => Some(words.account.sign_up_no_mail),
            _ => None,
        }
    }

    fn about(&self) -> &'static str {
        let words = self.lang.strings();
        match self.server.sign_up {
            SignUpPolicy::Invite if !self.typed.invite.is_empty() => words.admin.sign_up_invited,
            _ => words.account.sign_up_about,
        }
    }
}

/// `/signup` and `/signup/link` where only addresses of some domains may sign up: asks for the address, to which a link is mailed.
#[derive(Template)]
#[template(path = "account/sign_up_link.html")]
pub struct SignUpLinkPage<'a> {
    pub lang: Lang,
    /// The guest who becomes an account.
    pub guest: Option<&'a User>,
    pub email: &'a str,
    /// Where to continue.
    pub next: &'a str,
    pub server: Arc<Numbered>,
    pub is_sent: bool,
    pub problem: Option<&'a Problem>,
}

impl SignUpPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}

impl SignUpLinkPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }
}
