//! The visitor's language.

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::back;
use super::caller::Caller;
use super::form::{Form, see, with_cookie};
use crate::cookie;
use crate::error::Result;
use crate::words::Lang;

#[derive(Deserialize)]
pub(super) struct Choose {
    lang: String,
}

/// `POST /lang`
pub(super) async fn choose_lang(_: Caller, headers: HeaderMap, Form(asked): Form<Choose>) -> Result<Response> {
    let lang = Lang::from_code(&asked.lang).ok_or_else(|| crate::error::Error::invalid("lang", "ko or en"))?;
    Ok(with_cookie(see(&back::of_referer(&headers)), cookie::set_lang(lang)).into_response())
}
