//! JSON and queries, read strictly: an error names the field.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Code, Error, Result};
use crate::web::form::{self, BODY_TIMEOUT};
use crate::wire::from_json;

/// A body of JSON.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !form::content_type(&request).eq_ignore_ascii_case("application/json") {
            return Err(Code::UnsupportedType.into());
        }
        if form::is_too_large(&request) {
            return Err(Code::TooLarge.into());
        }
        let body = tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await;
        let body = body.map_err(|_| Error::new(Code::BadRequest).with_message("the body did not come"))?.map_err(
            |rejection| {
                let status = rejection.into_response().status().as_u16();
                Error::from(if status == 413 { Code::TooLarge } else { Code::BadRequest })
            },
        )?;
        from_json(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The fields of a query, each at most once and none that is unknown.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query.
///
/// # Errors
/// `bad_request` for a field given twice; `invalid` with the field.
pub(super) fn read<T: DeserializeOwned>(query: &str) -> Result<T> {
    let names = || query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    if let Some(twice) = names().find(|name| names().filter(|other| other == name).count() > 1) {
        return Err(Error::new(Code::BadRequest).with_message(format!("{twice} is given twice")));
    }
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let sentence = error.inner().to_string();
        let field = match sentence.split('`').nth(1) {
            Some(named) if sentence.contains(" field ") => named.to_owned(),
            _ => error.path().to_string(),
        };
        Error::invalid(field, sentence)
    })
}
