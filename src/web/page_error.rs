//! Errors of the pages: a redirect that shows the reason, or a page of its own.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use http::uri::PathAndQuery;

use super::problem;
use super::redirect::{redirect_to_log_in, redirect_with_error};
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::ids::RoomId;
use crate::service::App;

pub(super) type PageResult = Result<Response, PageError>;

/// How a page or a form refuses.
#[derive(Debug)]
pub(super) enum PageError {
    /// Leads to a page, which shows the reason. A script shows it beside the field instead, where what was typed still is.
    Redirect { path: String, error: Error },
    /// Leads to the log-in page, and from there to the page that was asked for.
    LogIn { next: String },
    /// A page about the error alone.
    Problem(Error, Lang),
    /// JSON, or a page where the client asks for HTML.
    Plain(Error),
}

impl PageError {
    pub(super) fn lobby(error: impl Into<Error>) -> Self {
        Self::to("/", error)
    }

    pub(super) fn to(path: impl Into<String>, error: impl Into<Error>) -> Self {
        Self::Redirect { path: path.into(), error: error.into() }
    }

    /// How a request of a visitor is refused who is not signed in: a page can be asked for again, a form cannot.
    fn signed_out(parts: &Parts) -> Self {
        match parts.method.is_safe() {
            true => Self::LogIn { next: parts.uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned() },
            false => Self::lobby(Code::Unauthenticated),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::Redirect { path, error } => redirect_with_error(&path, &error),
            Self::LogIn { next } => redirect_to_log_in(&next),
            Self::Problem(error, lang) => problem::error_page(&error, lang),
            Self::Plain(error) => error.into_response(),
        }
    }
}

/// Chooses how a page refuses when a call of the service fails.
pub(super) trait OrPageError<T> {
    /// Leads to the lobby.
    fn or_lobby(self) -> Result<T, PageError>;
    /// Leads back to the room, or to the lobby where the room is not there.
    fn or_room(self, id: RoomId) -> Result<T, PageError>;
    /// Shows a page about the error.
    fn or_problem(self, lang: Lang) -> Result<T, PageError>;
}

impl<T> OrPageError<T> for Result<T> {
    fn or_lobby(self) -> Result<T, PageError> {
        self.map_err(PageError::lobby)
    }

    fn or_room(self, id: RoomId) -> Result<T, PageError> {
        self.map_err(|error| match error.code {
            Code::RoomNotFound | Code::Gone => PageError::lobby(error),
            _ => PageError::to(format!("/room/{id}"), error),
        })
    }

    fn or_problem(self, lang: Lang) -> Result<T, PageError> {
        self.map_err(|error| PageError::Problem(error, lang))
    }
}

/// An extractor of a page, or a redirect: a visitor who is not signed in is led to the log-in page, or to the lobby after a
/// form; a room that does not exist leads to the lobby.
pub(super) struct OrRedirect<T>(pub(super) T);

impl<T> Deref for OrRedirect<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: FromRequestParts<App, Rejection = Error>> FromRequestParts<App> for OrRedirect<T> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        match T::from_request_parts(parts, app).await {
            Ok(found) => Ok(Self(found)),
            Err(Error { code: Code::Unauthenticated, .. }) => Err(PageError::signed_out(parts)),
            Err(Error { code: code @ Code::RoomNotFound, .. }) => Err(PageError::lobby(code)),
            Err(error) => Err(PageError::Plain(error)),
        }
    }
}

/// Returns the page of a refused form, with the status of the error.
pub(super) fn page_with_error(error: &Error, html: String) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Html(html)).into_response()
}
