//! What holds for every request: whose host, whose page; and for every answer: its headers.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::caller::{Renewal, bearer};
use crate::cookie;
use crate::error::{Code, Result};
use crate::origin::Judgement;
use crate::service::App;

/// Scripts, styles, pictures and films from here alone, nothing inline, no frames, and only one policy
/// that may make markup of text.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types madang";

/// Refuses what was sent to another host, comes from a stranger's page, or would act by the
/// cookie for one.
pub(super) async fn ours_only(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(app: &App, request: &Request) -> Result<()> {
    let (origins, headers) = (&app.config.origins, request.headers());
    origins.check_host(request.uri(), headers)?;
    if origins.judge(headers) == Judgement::Foreign {
        return Err(Code::Forbidden.into());
    }
    let is_unsafe = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // The forms of the pages make identities and cookies: they are for our own pages alone.
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

/// Lets pages of allowed sites use the API, with a bearer token and never with the cookie.
pub(super) async fn cors(State(app): State<App>, request: Request, next: Next) -> Response {
    let Judgement::Allowed(origin) = app.config.origins.judge(request.headers()) else {
        return next.run(request).await;
    };
    let mut answer = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.append(VARY, HeaderValue::from_static("origin"));
    answer
}

/// Pages and API are for one person, and so is the form they have. A session that was just noted as
/// used is kept by the browser for as long again.
pub(super) async fn private(mut request: Request, next: Next) -> Response {
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut answer = next.run(request).await;
    renewal.renew(answer.headers_mut());
    answer.headers_mut().append(VARY, HeaderValue::from_static("cookie, authorization, accept-language"));
    answer
}

/// The longest of our addresses is shorter; what is longer is a stranger's.
const LOGGED: usize = 256;

/// An address without the secret it may end with: whoever has the code of an invite gets in, and
/// that of a one-time link is as good as a password. Nobody fills the log with one request.
fn for_the_log(path: &str) -> &str {
    let secret =
        ["/invite/", "/invites/", "/admin/", "/reset/"].iter().find_map(|name| Some(path.find(name)? + name.len()));
    let end = secret.unwrap_or(path.len()).min(LOGGED);
    &path[..path.floor_char_boundary(end)]
}

/// The headers of every answer, and the number by which it is found in the log.
pub(super) async fn seal(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), for_the_log(request.uri().path()).to_owned());
    let mut answer = next.run(request).await;
    let mut number = [0; 8];
    // A request without a number is still answered.
    let _ = getrandom::fill(&mut number);
    let id = format!("{:016x}", u64::from_le_bytes(number));
    tracing::debug!(%method, path, status = answer.status().as_u16(), request_id = id, "answered");
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // No shared cache may keep what does not say so itself, refusals of any address included.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    // A file's own policy is stricter and stays.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    answer
}
