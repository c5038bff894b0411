//! The visitor's language.

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;

use crate::cookie;
use crate::error::Result;
use crate::i18n::Lang;
use crate::web::back;
use crate::web::caller::Caller;
use crate::web::form::{Form, see, with_cookie};

#[derive(Deserialize)]
pub(crate) struct Choose {
    lang: String,
}

/// `POST /lang`
pub(crate) async fn choose_lang(_: Caller, headers: HeaderMap, Form(form): Form<Choose>) -> Result<Response> {
    let lang = Lang::from_code(&form.lang).ok_or_else(|| crate::error::Error::invalid("lang", "ko or en"))?;
    Ok(with_cookie(see(&back::of_referer(&headers)), cookie::set_lang(lang)).into_response())
}
