//! Who asks: the address, the language, the session.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;

use crate::chat::session::{Session, Token};
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::origin::Judgement;
use crate::service::{App, Visitor};

/// The client's address, put with each request by the accept loop.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// What is known of whoever asks, identity or not.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    pub(super) lang: Lang,
    pub(super) agent: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Caller {
    fn of(parts: &Parts) -> Self {
        let address = parts.extensions.get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ClientAddress(ip)| *ip);
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let lang = cookie::lang(&parts.headers);
        let lang = lang.unwrap_or_else(|| Lang::from_accept_language(text(ACCEPT_LANGUAGE).unwrap_or_default()));
        Self { address, lang, agent: text(USER_AGENT).map(str::to_owned) }
    }
}

impl From<Caller> for Visitor {
    fn from(caller: Caller) -> Self {
        Self { lang: caller.lang, agent: caller.agent, address: caller.address }
    }
}

/// Somebody with an identity.
#[derive(Clone, Debug)]
pub(super) struct Me {
    pub(super) user: Arc<User>,
    pub(super) session: Session,
}

impl FromRequestParts<App> for Me {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        find(parts, app).await?.ok_or(Code::Unauthenticated.into())
    }
}

impl OptionalFromRequestParts<App> for Me {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        find(parts, app).await
    }
}

/// The identity that the request shows. A bearer token decides alone: a bad one is refused and
/// the cookie is not tried. A cookie that has ended is the same as none.
async fn find(parts: &Parts, app: &App) -> Result<Option<Me>> {
    if let Some(bearer) = bearer(&parts.headers) {
        return app.session(bearer?).await.map(Me::new).map(Some);
    }
    // A foreign page, even an allowed one, never acts by the cookie.
    let is_own = app.config.origins.judge(&parts.headers) == Judgement::Own;
    let Some(token) = cookie::token(&parts.headers, app.config.origins.is_https()).filter(|_| is_own) else {
        return Ok(None);
    };
    let session = match app.session(token.clone()).await {
        Err(error) if error.code == Code::Unauthenticated => return Ok(None),
        found => found?,
    };
    // What is used is kept: the browser's copy must not end before the session does.
    if session.is_stale(now_ms())
        && let Some(renewal) = parts.extensions.get::<Renewal>()
    {
        *renewal.0.lock() = Some(cookie::set_session(&token, app.config.origins.is_https()));
    }
    Ok(Some(Me::new(session)))
}

/// Where the cookie of a session that was just noted as used waits for the answer.
#[derive(Clone, Default)]
pub(super) struct Renewal(Arc<Mutex<Option<HeaderValue>>>);

impl Renewal {
    /// Gives the answer the cookie, unless it has one of its own: whoever logs out does not stay.
    pub(super) fn renew(self, headers: &mut HeaderMap) {
        let Some(cookie) = self.0.lock().take() else { return };
        let name = cookie.as_bytes().split(|&byte| byte == b'=').next().unwrap_or_default();
        let is_set = |given: &HeaderValue| given.as_bytes().starts_with(name);
        if !headers.get_all(SET_COOKIE).iter().any(is_set) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

/// The token of the `Authorization` header, if there is one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Result<Token>> {
    let value = headers.get(AUTHORIZATION)?;
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(token.and_then(|(_, token)| token.trim().parse().ok()).ok_or(Code::Unauthenticated.into()))
}

impl Me {
    fn new(session: Session) -> Self {
        Self { user: Arc::new(session.user.clone()), session }
    }
}
