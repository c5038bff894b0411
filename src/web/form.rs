//! Forms of the pages: read strictly, answered by a redirect.

use std::time::Duration;

use axum::extract::{FromRequest, Multipart, Request};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::{Code, Error, Result};
use crate::state::file::Upload;

/// A form's fields. What is not a form of ours is refused.
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
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
pub(super) fn see_refused(path: &str, code: Code) -> Response {
    see(&format!("{path}?refused={}", code.name()))
}

pub(super) fn with_cookie(mut answer: Response, cookie: HeaderValue) -> Response {
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}

/// The parts of an upload: the file and the fields beside it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) file: Option<Upload>,
    pub(super) key: Option<String>,
    pub(super) text: Option<String>,
}

/// Bytes of a field that is not a file.
const FIELD_MAX: usize = 48 * 1024;

impl Parts {
    /// Reads a multipart body, giving up as soon as the file is over `max` bytes.
    ///
    /// # Errors
    /// `too_large`, `unsupported_type`, `invalid` with the field.
    pub(super) async fn read(request: Request, max: usize) -> Result<Self> {
        timeout(UPLOAD_TIMEOUT, Self::read_all(request, max)).await.map_err(|_| stood_still())?
    }

    async fn read_all(request: Request, max: usize) -> Result<Self> {
        let is_multipart = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"));
        if !is_multipart {
            return Err(Code::UnsupportedType.into());
        }
        let broken = |_| Error::new(Code::BadRequest).with_message("the multipart body is broken");
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Code::UnsupportedType)?;
        let mut parts = Self::default();
        while let Some(field) = multipart.next_field().await.map_err(too_large_or(broken))? {
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "file" if parts.file.is_none() => {
                    let name = field.file_name().unwrap_or_default().to_owned();
                    let bytes = collect(field, max).await?;
                    // A form whose file was left empty is a message without one.
                    parts.file = (!bytes.is_empty()).then_some(Upload { name, bytes });
                }
                "key" if parts.key.is_none() => parts.key = Some(text(field).await?),
                "text" if parts.text.is_none() => parts.text = Some(text(field).await?),
                _ => return Err(Error::invalid(name, "unknown or repeated field")),
            }
        }
        Ok(parts)
    }
}

fn too_large_or<F>(otherwise: F) -> impl Fn(axum::extract::multipart::MultipartError) -> Error
where
    F: Fn(axum::extract::multipart::MultipartError) -> Error,
{
    move |error| if error.status().as_u16() == 413 { Code::TooLarge.into() } else { otherwise(error) }
}

async fn collect(mut field: axum::extract::multipart::Field<'_>, max: usize) -> Result<Bytes> {
    let broken = |_| Error::new(Code::BadRequest).with_message("the upload broke off");
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut field).await?.map_err(too_large_or(broken))? {
        if bytes.len() + chunk.len() > max {
            return Err(Code::TooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

/// How long a whole upload may take: it holds memory all the time.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a body of text may take.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an upload may bring nothing.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(10);

fn stood_still() -> Error {
    Error::new(Code::BadRequest).with_message("the upload stood still")
}

type Chunk = std::result::Result<Option<Bytes>, axum::extract::multipart::MultipartError>;

async fn next_chunk(field: &mut axum::extract::multipart::Field<'_>) -> Result<Chunk> {
    tokio::time::timeout(CHUNK_TIMEOUT, field.chunk()).await.map_err(|_| stood_still())
}

async fn text(field: axum::extract::multipart::Field<'_>) -> Result<String> {
    let bytes = collect(field, FIELD_MAX).await?;
    String::from_utf8(bytes.into()).map_err(|_| Error::new(Code::BadRequest).with_message("a field is not UTF-8"))
}
