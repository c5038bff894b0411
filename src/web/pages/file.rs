//! Files: their download, for those who may see the message with the file, and the page with all
//! files of a room.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;

use crate::chat::file::{Kind, Stored};
use crate::chat::kinds::BotRight;
use crate::error::{Code, Result};
use crate::files::Shown;
use crate::ids::FileId;
use crate::service::App;
use crate::view::GalleryPage;
use crate::web::etag;
use crate::web::extract::{Caller, ForBots, Path, RoomPath, SignedIn};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::range::{ByteRange, byte_range};
use crate::web::redirect::redirect_to_room;

pub(super) const CACHING: &str = "private, max-age=31536000, immutable";
/// Nothing in a file may run or load anything, as whatever type a browser reads it.
pub(super) const POLICY: &str = "default-src 'none'; sandbox";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/room/{id}/files", get(gallery))
}

/// Returns the routes of the files themselves, which are not compressed.
pub(in crate::web) fn download_routes() -> Router<App> {
    Router::new()
        .route("/files/{id}", get(download))
        .route("/files/{id}/thumbnail", get(thumbnail))
        .layer(Extension(ForBots(BotRight::Read)))
}

#[derive(Deserialize)]
struct GalleryQuery {
    kind: Option<String>,
    before: Option<String>,
}

/// `GET /room/{id}/files?kind=image|file&before=`
async fn gallery(
    State(app): State<App>,
    caller: Caller,
    room: OrRedirect<RoomPath>,
    me: Option<SignedIn>,
    Query(query): Query<GalleryQuery>,
) -> PageResult {
    // The page of the room says how to become a member.
    let Some(me) = me else { return Ok(redirect_to_room(room.id)) };
    let kind = if query.kind.as_deref() == Some("file") { Kind::File } else { Kind::Image };
    // An invalid cursor shows the newest page.
    let before = query.before.as_deref().and_then(|before| before.parse().ok());
    let listed = match app.gallery(me.user.id, room.id, kind, before, None).await {
        Ok((entries, next)) => app.room(Some(me.user.id), room.id).await.map(|room| (entries, next, room)),
        Err(error) => Err(error),
    };
    let (entries, next, room) = match listed {
        Ok(listed) => listed,
        Err(error) if error.code == Code::NotAMember => return Ok(redirect_to_room(room.id)),
        Err(error) if error.code == Code::RoomNotFound => return Err(PageError::lobby(error.code)),
        Err(error) => return Err(error).or_problem(caller.lang),
    };
    let page =
        GalleryPage { lang: caller.lang, room: &room, kind, entries: &entries, next, is_first: before.is_none() };
    Ok(Html(page.html()).into_response())
}

/// `GET /files/{id}`
async fn download(
    State(app): State<App>,
    me: SignedIn,
    method: Method,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let Stored { file, hash, .. } = find(&app, &me, &id).await?;
    let content_type = match file.media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    };
    // The server re-encoded the pictures; a browser must save everything else, never show it.
    let placement = if file.media_type.starts_with("image/") { "inline" } else { "attachment" };
    Served { hash: &hash, content_type, disposition: disposition(placement, &file.name)?, caching: CACHING }
        .respond(&app, &method, &headers)
        .await
}

/// `GET /files/{id}/thumbnail`
async fn thumbnail(
    State(app): State<App>,
    me: SignedIn,
    method: Method,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let Stored { file, thumbnail, .. } = find(&app, &me, &id).await?;
    let (hash, content_type) = thumbnail.ok_or(Code::NotFound)?;
    let disposition = disposition("inline", &file.name)?;
    Served { hash: &hash, content_type: &content_type, disposition, caching: CACHING }
        .respond(&app, &method, &headers)
        .await
}

async fn find(app: &App, me: &SignedIn, id: &str) -> Result<Stored> {
    let id: FileId = id.parse().map_err(|_| Code::NotFound)?;
    app.file(me.user.id, id).await
}

/// A stored file and the headers it is served with.
pub(super) struct Served<'a> {
    pub(super) hash: &'a str,
    pub(super) content_type: &'a str,
    pub(super) disposition: HeaderValue,
    pub(super) caching: &'static str,
}

impl Served<'_> {
    /// Returns a link into the store for a file that a browser saves. Pictures are sent by this server: their pages show
    /// nothing from elsewhere, and a browser keeps them for a year under their own address.
    fn link(&self, app: &App) -> Option<String> {
        let disposition = self.disposition.to_str().ok().filter(|placement| placement.starts_with("attachment"))?;
        app.files.link(self.hash, &Shown { content_type: self.content_type, disposition })
    }

    pub(super) async fn respond(self, app: &App, method: &Method, request: &HeaderMap) -> Result<Response> {
        let mut headers = HeaderMap::new();
        // The name of a stored file is a hash of its content.
        let tag = format!("\"{}\"", &self.hash[..32.min(self.hash.len())]);
        let tag = HeaderValue::try_from(tag).map_err(|_| Code::Internal)?;
        let is_known = request.get(IF_NONE_MATCH).is_some_and(|known| etag::matches(known, &tag));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(ETAG, tag.clone());
        if is_known {
            // A browser replaces its stored headers by those of a 304, so the policy is in it too.
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        if method == Method::GET
            && let Some(link) = self.link(app)
        {
            return linked(&link);
        }
        let size = app.files.size(self.hash).await?;
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        // A client that holds a part of other bytes gets the whole file.
        let is_same = request.get(IF_RANGE).is_none_or(|held| *held == tag);
        let range = request.get(RANGE).filter(|_| is_same).and_then(|range| range.to_str().ok());
        let (status, part) = match range.map_or(ByteRange::Whole, |range| byte_range(range, size)) {
            ByteRange::Whole => (StatusCode::OK, 0..size),
            ByteRange::Part(part) => {
                let named = format!("bytes {}-{}/{size}", part.start, part.end - 1);
                headers.insert(CONTENT_RANGE, HeaderValue::try_from(named).map_err(|_| Code::Internal)?);
                (StatusCode::PARTIAL_CONTENT, part)
            }
            ByteRange::Unsatisfiable => {
                let named = HeaderValue::try_from(format!("bytes */{size}")).map_err(|_| Code::Internal)?;
                headers.insert(CONTENT_RANGE, named);
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
            }
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(self.content_type).map_err(|_| Code::Internal)?);
        headers.insert(CONTENT_DISPOSITION, self.disposition);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
        if method == Method::HEAD {
            return Ok((status, headers, Body::empty()).into_response());
        }
        // Streamed, as fast as the client reads.
        let body = Body::from_stream(app.files.read(self.hash, part).await?);
        Ok((status, headers, body).into_response())
    }
}

/// Redirects to a link that is valid for a short time.
fn linked(link: &str) -> Result<Response> {
    let location = HeaderValue::try_from(link).map_err(|_| Code::Internal)?;
    let caching = HeaderValue::from_static("private, no-store");
    let policy = HeaderValue::from_static(POLICY);
    let headers = [(LOCATION, location), (CACHE_CONTROL, caching), (CONTENT_SECURITY_POLICY, policy)];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Returns a `Content-Disposition` (RFC 6266, RFC 8187). The name is percent-encoded, so no
/// character can end the parameter.
pub(crate) fn disposition(placement: &str, name: &str) -> Result<HeaderValue> {
    let mut value = format!("{placement}; filename*=UTF-8''");
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => value.push(byte as char),
            _ => value += &format!("%{byte:02X}"),
        }
    }
    HeaderValue::try_from(value).map_err(|_| Code::Internal.into())
}
