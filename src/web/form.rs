//! The forms of the pages, and what their responses share.

use std::time::Duration;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::multipart::stalled;
use crate::error::{Code, Error, Result};

/// Reads a number that may be left out.
///
/// # Errors
/// `invalid` with the field: a limit that is misspelt must not count as none.
pub(super) fn number(field: &'static str, typed: &str) -> Result<Option<u32>> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| Error::invalid(field, format!("{field} must be a number"))),
    }
}

/// The fields of a form.
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_form = content_type(&request).eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if is_form && is_too_large(&request) {
            return Err(Code::TooLarge.into());
        }
        let form = axum::Form::<T>::from_request(request, state);
        let form = timeout(BODY_TIMEOUT, form).await.map_err(|_| stalled())?;
        form.map(|axum::Form(form)| Self(form)).map_err(|rejection| match rejection.into_response().status().as_u16() {
            413 => Code::TooLarge.into(),
            415 => Code::UnsupportedType.into(),
            _ => Error::invalid("form", "the form is not one of ours"),
        })
    }
}

/// Forbids every cache: the response sets or shows a secret.
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// Returns the content type of a body without its parameters.
pub(super) fn content_type(request: &Request) -> &str {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether a body announces more bytes than a form or JSON may have, so that it need not be read.
pub(super) fn is_too_large(request: &Request) -> bool {
    request.body().size_hint().lower() > super::BODY_MAX as u64
}

/// The longest time that a form or a body of JSON may take to arrive.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(10);
