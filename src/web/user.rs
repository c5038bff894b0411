//! Oneself on the pages: name and language.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::REFERER;
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::{Form, see, see_refused, with_cookie};
use crate::cookie;
use crate::error::{Code, Result};
use crate::state::State;
use crate::words::Lang;

#[derive(Deserialize)]
pub(super) struct Rename {
    name: String,
}

/// `POST /me`
pub(super) async fn rename(
    Shared(state): Shared<State>,
    me: Option<Me>,
    headers: HeaderMap,
    Form(asked): Form<Rename>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let back = path_back(&headers);
    match state.rename(&me.user, asked.name).await {
        Ok(_) => see(&back),
        Err(error) => see_refused(&back, error.code),
    }
}

#[derive(Deserialize)]
pub(super) struct Choose {
    lang: String,
}

/// `POST /lang`
pub(super) async fn choose_lang(_: Caller, headers: HeaderMap, Form(asked): Form<Choose>) -> Result<Response> {
    let lang = Lang::from_code(&asked.lang).ok_or_else(|| crate::error::Error::invalid("lang", "ko or en"))?;
    Ok(with_cookie(see(&path_back(&headers)), cookie::set_lang(lang)).into_response())
}

/// The page that a form was sent from: its path alone, so that nobody is sent elsewhere.
fn path_back(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok()).unwrap_or_default();
    let path = referer.parse::<http::Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default();
    let is_a_path = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    if is_a_path { path } else { "/".into() }
}
