//! Extractors: the client, the signed-in user, the ids of the path, the page of a list.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chat::kinds::BotRight;
use crate::chat::outgoing_hook::Scope;
use crate::chat::session::{Session, Token};
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::ids::{DeliveryId, HookId, MessageId, PushId, RoomId, ScheduledId, UserId};
use crate::origin::Judgement;
use crate::service::{App, ClientInfo};

/// The client's address. The accept loop puts it into each request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// Marks a request that came through a proxy that the settings do not name. The accept loop finds it.
#[derive(Clone, Copy, Debug)]
pub struct UnknownProxy;

/// The client of a request, signed in or not.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    pub(super) lang: Lang,
    /// How many minutes their clock is ahead of UTC; before their browser has said so, what their language suggests.
    pub(super) minutes_east: i32,
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
        let likely = if lang == Lang::Ko { 9 * 60 } else { 0 };
        let minutes_east = cookie::minutes_east(&parts.headers).unwrap_or(likely);
        Self { address, lang, minutes_east, agent: text(USER_AGENT).map(str::to_owned) }
    }
}

impl From<Caller> for ClientInfo {
    fn from(caller: Caller) -> Self {
        Self { lang: caller.lang, agent: caller.agent, address: caller.address }
    }
}

/// The user that the request's token or cookie signs in. Without one the request is refused with
/// `unauthenticated`; pages wrap it in [`OrRedirect`](super::page_error::OrRedirect).
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    pub(super) user: Arc<User>,
    pub(super) session: Session,
}

impl SignedIn {
    fn new(session: Session) -> Self {
        Self { user: Arc::new(session.user.clone()), session }
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        admit(parts, app).await?.ok_or(Code::Unauthenticated.into())
    }
}

impl OptionalFromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        admit(parts, app).await
    }
}

/// A route that bots may use, with the right that it needs. They may use no other.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForBots(pub(super) BotRight);

/// Like [`authenticate`], refuses what a bot may not do, and counts the reads of a network and of a user; acts have rates of their own.
async fn admit(parts: &Parts, app: &App) -> Result<Option<SignedIn>> {
    let is_read = parts.method.is_safe();
    if is_read {
        app.rates.read_from(Caller::of(parts).address)?;
    }
    let signed_in = authenticate(parts, app).await?;
    if let Some(me) = &signed_in {
        me.session.require_right(parts.extensions.get().map(|ForBots(right)| *right))?;
    }
    if let Some(me) = signed_in.as_ref().filter(|_| is_read) {
        app.rates.read(me.user.id)?;
    }
    Ok(signed_in)
}

/// Returns the user of the bearer token or of the cookie. A bearer token decides alone: a bad one is
/// refused, and the cookie is not tried. A cookie of an ended session counts as none.
async fn authenticate(parts: &Parts, app: &App) -> Result<Option<SignedIn>> {
    let address = Caller::of(parts).address;
    if let Some(bearer) = bearer(&parts.headers) {
        return app.session(bearer?, address).await.map(SignedIn::new).map(Some);
    }
    // The cookie never counts for a page of another origin, not even of an allowed one.
    let is_own = app.config.origins.judge(&parts.headers) == Judgement::Own;
    let Some(token) = cookie::token(&parts.headers, app.config.origins.is_https()).filter(|_| is_own) else {
        return Ok(None);
    };
    let session = match app.session(token.clone(), address).await {
        Err(error) if error.code == Code::Unauthenticated => return Ok(None),
        found => found?,
    };
    // The session was just extended, so the browser must keep its cookie as long.
    if session.is_stale(now_ms())
        && let Some(renewal) = parts.extensions.get::<Renewal>()
    {
        *renewal.0.lock() = Some(cookie::set_session(&token, app.config.origins.is_https()));
    }
    Ok(Some(SignedIn::new(session)))
}

/// A slot for the renewed session cookie, until the response is there.
#[derive(Clone, Default)]
pub(super) struct Renewal(Arc<Mutex<Option<HeaderValue>>>);

impl Renewal {
    /// Adds the cookie to a response, unless the response sets one itself, as a log-out does.
    pub(super) fn renew(self, headers: &mut HeaderMap) {
        let Some(cookie) = self.0.lock().take() else { return };
        let name = cookie.as_bytes().split(|&byte| byte == b'=').next().unwrap_or_default();
        let is_set = |given: &HeaderValue| given.as_bytes().starts_with(name);
        if !headers.get_all(SET_COOKIE).iter().any(is_set) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

/// Returns the token of an `Authorization: Bearer` header, if there is one. Other schemes are for a proxy in front,
/// which may hand them on.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Result<Token>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let token = values.find_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked("bearer".len())?;
        scheme.eq_ignore_ascii_case(b"bearer").then_some(token)
    });
    let parse = |token| std::str::from_utf8(token).ok()?.strip_prefix(' ')?.trim().parse().ok();
    Some(parse(token?).ok_or(Code::Unauthenticated.into()))
}

/// The parameters of the path; `not_found` for what is not UTF-8, as no path of this server has it.
#[derive(Clone, Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(parameters)| Self(parameters)).map_err(|_| Code::NotFound.into())
    }
}

/// The room that the path names by `{id}`; `room_not_found` for text that is no id.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomPath {
    pub(super) id: RoomId,
}

impl<S: Send + Sync> FromRequestParts<S> for RoomPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "id", Code::RoomNotFound).await.map(|id| Self { id })
    }
}

/// The user that the path names by `{userId}`; `not_found` for text that is no id.
#[derive(Clone, Copy, Debug)]
pub(super) struct UserPath {
    pub(super) id: UserId,
}

impl<S: Send + Sync> FromRequestParts<S> for UserPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "userId", Code::NotFound).await.map(|id| Self { id })
    }
}

/// The webhook that the path names by `{hookId}`; `not_found` for text that is no id.
#[derive(Clone, Copy, Debug)]
pub(super) struct HookPath {
    pub(super) id: HookId,
}

impl<S: Send + Sync> FromRequestParts<S> for HookPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "hookId", Code::NotFound).await.map(|id| Self { id })
    }
}

/// Whose webhooks the path is about: those of the room that it names by `{id}`, or those of the server where it names none.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScopePath {
    pub(super) scope: Scope,
}

impl<S: Send + Sync> FromRequestParts<S> for ScopePath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Code::NotFound)?;
        match parameters.iter().any(|(name, _)| name == "id") {
            true => RoomPath::from_request_parts(parts, state).await.map(|room| Self { scope: Scope::Room(room.id) }),
            false => Ok(Self { scope: Scope::Server }),
        }
    }
}

/// The delivery that the path names by `{deliveryId}`; `not_found` for text that is no id.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeliveryPath {
    pub(super) id: DeliveryId,
}

impl<S: Send + Sync> FromRequestParts<S> for DeliveryPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "deliveryId", Code::NotFound).await.map(|id| Self { id })
    }
}

/// The push subscription that the path names by `{pushId}`; `not_found` for text that is no id.
#[derive(Clone, Copy, Debug)]
pub(super) struct PushPath {
    pub(super) id: PushId,
}

impl<S: Send + Sync> FromRequestParts<S> for PushPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "pushId", Code::NotFound).await.map(|id| Self { id })
    }
}

/// The scheduled message that the path names by `{scheduledId}`; `not_found` for text that is no id.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScheduledPath {
    pub(super) id: ScheduledId,
}

impl<S: Send + Sync> FromRequestParts<S> for ScheduledPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "scheduledId", Code::NotFound).await.map(|id| Self { id })
    }
}

/// The message that the path names by `{id}`; `forbidden` for text that is no id, as for a message
/// that the user may not see.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessagePath {
    pub(super) id: MessageId,
}

impl<S: Send + Sync> FromRequestParts<S> for MessagePath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        path_id(parts, state, "id", Code::Forbidden).await.map(|id| Self { id })
    }
}

async fn path_id<T: FromStr, S: Send + Sync>(parts: &mut Parts, state: &S, name: &str, code: Code) -> Result<T> {
    let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| code)?;
    let text = parameters.iter().find(|(key, _)| *key == name).map(|(_, text)| text);
    text.and_then(|text| text.parse().ok()).ok_or(code.into())
}

/// The query of a list that comes in pages.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, bound(deserialize = "C: Deserialize<'de>"))]
#[schemars(bound = "C: JsonSchema + Serialize")]
pub(super) struct Paging<C> {
    /// `next` of the page before.
    #[serde(default)]
    pub(super) after: Option<C>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    pub(super) limit: Option<u32>,
}

/// Reads the `next` of an earlier page.
///
/// # Errors
/// `invalid` with the field `after`.
pub(super) fn cursor<C: FromStr>(after: Option<String>) -> Result<Option<C>> {
    let cursor = after.map(|after| after.parse()).transpose();
    cursor.map_err(|_| Error::invalid("after", "after must be the next of a page"))
}
