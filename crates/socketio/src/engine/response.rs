//! The HTTP responses of the Engine.IO server.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER,
    SEC_WEBSOCKET_VERSION,
};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

/// A response of this server.
pub type HttpResponse = Response<Full<Bytes>>;

/// Why a request was refused, with the code numbers of the reference implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeError {
    UnknownTransport,
    UnknownSid,
    BadHandshakeMethod,
    BadRequest,
    Forbidden,
    UnsupportedVersion,
}

impl HandshakeError {
    pub(crate) fn into_response(self) -> HttpResponse {
        let (code, message, status) = match self {
            Self::UnknownTransport => (0, "Transport unknown", StatusCode::BAD_REQUEST),
            Self::UnknownSid => (1, "Session ID unknown", StatusCode::BAD_REQUEST),
            Self::BadHandshakeMethod => (2, "Bad handshake method", StatusCode::BAD_REQUEST),
            Self::BadRequest => (3, "Bad request", StatusCode::BAD_REQUEST),
            Self::Forbidden => (4, "Forbidden", StatusCode::FORBIDDEN),
            Self::UnsupportedVersion => (5, "Unsupported protocol version", StatusCode::BAD_REQUEST),
        };
        response(status, "application/json", format!(r#"{{"code":{code},"message":"{message}"}}"#).into())
    }
}

/// Returns the answer to a request whose session is unknown: stock clients then connect again.
pub fn unknown_session() -> HttpResponse {
    HandshakeError::UnknownSid.into_response()
}

pub(crate) fn response(status: StatusCode, media_type: &'static str, body: Bytes) -> HttpResponse {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn text(body: String) -> HttpResponse {
    response(StatusCode::OK, "text/plain; charset=UTF-8", body.into())
}

/// The response to a CORS preflight.
pub(crate) fn preflight() -> HttpResponse {
    let mut response = response(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, authorization"));
    response
}

/// The response to a WebSocket handshake of another version.
pub(crate) fn upgrade_required() -> HttpResponse {
    let mut response = response(StatusCode::UPGRADE_REQUIRED, "text/plain", Bytes::new());
    response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

/// A refusal that invites the client to try again in a second.
pub(crate) fn retry_later(status: StatusCode) -> HttpResponse {
    let mut response = response(status, "text/plain", Bytes::new());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
