//! Forms of the pages: read strictly, answered by a redirect.

use std::time::Duration;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::multipart::stood_still;
use crate::error::{Code, Error, Result};

/// A form's fields. What is not a form of ours is refused.
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_form = kind(&request).eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if is_form && is_too_large(&request) {
            return Err(Code::TooLarge.into());
        }
        let form = axum::Form::<T>::from_request(request, state);
        let form = timeout(BODY_TIMEOUT, form).await.map_err(|_| stood_still())?;
        form.map(|axum::Form(form)| Self(form)).map_err(|rejection| match rejection.into_response().status().as_u16() {
            413 => Code::TooLarge.into(),
            415 => Code::UnsupportedType.into(),
            _ => Error::invalid("form", "the form is not one of ours"),
        })
    }
}

/// See other: what was posted is done, and this is where it shows.
pub(super) fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// To the lobby or a room, with the reason of a refusal shown there. Only our own codes are put
/// into the address, and only as their names.
pub(super) fn redirect_with_error(path: &str, code: Code) -> Response {
    see(&format!("{path}?refused={}", code.name()))
}

/// What nobody may keep: it carries a secret, or shows one.
pub(super) fn unstored(mut answer: Response) -> Response {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

pub(super) fn with_cookie(mut answer: Response, cookie: HeaderValue) -> Response {
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}

/// The type of a body, without what may stand behind it.
pub(super) fn kind(request: &Request) -> &str {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

/// Whether a body says itself that it is more than a form or JSON may be: it is not waited for.
pub(super) fn is_too_large(request: &Request) -> bool {
    request.body().size_hint().lower() > super::BODY_MAX as u64
}

/// How long a body of text may take.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(10);
