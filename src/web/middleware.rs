//! Middleware: checks of the host and the origin, CORS, and the headers of every response.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, STRICT_TRANSPORT_SECURITY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tracing::Instrument;

use super::extract::{Renewal, bearer};
use super::request_record::{self, RequestRecord};
use crate::cookie;
use crate::error::{Code, Result};
use crate::origin::Judgement;
use crate::service::App;

/// Scripts, styles and media of this server alone, nothing inline, no frames, and one Trusted Types
/// policy. The service worker counts as a script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types madang";

/// Refuses requests for another host, from a foreign origin, and cross-site requests that would act
/// by the cookie.
pub(super) async fn check_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    match check_request(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check_request(app: &App, request: &Request) -> Result<()> {
    let (origins, headers) = (&app.config.origins, request.headers());
    origins.check_host(request.uri(), headers)?;
    if origins.judge(headers) == Judgement::Foreign {
        return Err(Code::Forbidden.into());
    }
    let is_unsafe = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Forms create users and set cookies, so only pages of this server may send them.
    let is_form = is_unsafe && !request.uri().path().starts_with("/api/");
    if is_form && (origins.judge(headers) != Judgement::Own || is_cross_site(headers)) {
        return Err(Code::Forbidden.into());
    }
    if is_unsafe
        && bearer(headers).is_none()
        && cookie::value(headers, origins.is_https()).is_some()
        && is_cross_site(headers)
    {
        return Err(Code::Forbidden.into());
    }
    Ok(())
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Lets pages of allowed origins use the API, with a bearer token and never with the cookie.
pub(super) async fn cors(State(app): State<App>, request: Request, next: Next) -> Response {
    let Judgement::Allowed(origin) = app.config.origins.judge(request.headers()) else {
        return next.run(request).await;
    };
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.append(VARY, HeaderValue::from_static("origin"));
    response
}

/// Marks responses as made for one user, and renews the cookie of a session that was just extended.
pub(super) async fn vary_by_user(mut request: Request, next: Next) -> Response {
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    renewal.renew(response.headers_mut());
    response.headers_mut().append(VARY, HeaderValue::from_static("cookie, authorization, accept-language"));
    response
}

/// Adds the headers of every response, and the id by which it is found in the log.
pub(super) async fn add_headers(State(is_https): State<bool>, request: Request, next: Next) -> Response {
    let record = RequestRecord::begin(&request);
    let mut response = next.run(request).instrument(record.span()).await;
    record.end(response.status());
    let headers = response.headers_mut();
    if let Some(id) = record.id() {
        headers.insert(HeaderName::from_static(request_record::HEADER), id);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if is_https {
        // One year: a browser that has once come by HTTPS does not try HTTP again.
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // A shared cache keeps only what allows it explicitly; errors do not.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    // A file has a stricter policy of its own.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    response
}
