//! Plain HTTP beside HTTPS: the certificate authority's challenges, and the way to HTTPS for everybody else.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;

use super::Certificates;
use crate::origin::Origin;

/// The path of challenges (RFC 8555 section 8.3).
const CHALLENGES: &str = "/.well-known/acme-challenge/";

/// Answers requests of plain HTTP.
pub struct Redirect {
    pub certificates: Arc<Certificates>,
    /// The public address. While it is unset, the host of each request is kept.
    pub public: Option<Origin>,
    /// The port of HTTPS.
    pub port: u16,
}

impl Redirect {
    /// Answers one request.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if let Some(token) = request.uri().path().strip_prefix(CHALLENGES) {
            return match self.certificates.answer(token) {
                Some(answer) => text(StatusCode::OK, answer),
                None => text(StatusCode::NOT_FOUND, "no such challenge\n".into()),
            };
        }
        match self.public.clone().or_else(|| self.origin(request)) {
            Some(origin) => redirect_to(&origin, request),
            None => text(StatusCode::BAD_REQUEST, "this server speaks HTTPS\n".into()),
        }
    }

    fn origin<B>(&self, request: &Request<B>) -> Option<Origin> {
        let host = request.headers().get(HOST)?.to_str().ok()?;
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        Origin::parse(&format!("https://{name}:{}", self.port)).ok()
    }
}

/// Leads a request to the same path of another origin.
pub fn redirect_to<B>(origin: &Origin, request: &Request<B>) -> Response<Full<Bytes>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match HeaderValue::try_from(format!("{}{path}", origin.as_str())) {
        Ok(target) => {
            let mut response = text(StatusCode::PERMANENT_REDIRECT, "this server is elsewhere\n".into());
            response.headers_mut().insert(LOCATION, target);
            response
        }
        Err(_) => text(StatusCode::BAD_REQUEST, "the path cannot be redirected\n".into()),
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // A browser that has kept the answer would not see the way back to plain HTTP.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
