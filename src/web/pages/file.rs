//! Stored files: to those who may see the message that carries them, and to nobody else.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::chat::file::Stored;
use crate::error::{Code, Result};
use crate::ids::FileId;
use crate::service::App;
use crate::web::caller::Me;
use crate::web::etag;
use crate::web::range::{Stretch, stretch};

pub(crate) const CACHING: &str = "private, max-age=31536000, immutable";
/// Nothing in a file may run or load anything, whatever a browser takes it for.
pub(crate) const POLICY: &str = "default-src 'none'; sandbox";

/// `GET /files/{id}`
pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    method: Method,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let Stored { file, hash, .. } = find(&app, &me, &id).await?;
    let kind = match file.media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        kind => kind,
    };
    // Pictures are of our own making; everything else is for the disk of who asks, never a page.
    let shown = if file.media_type.starts_with("image/") { "inline" } else { "attachment" };
    Served { hash: &hash, kind, disposition: disposition(shown, &file.name)? }.answer(&app, &method, &headers).await
}

/// `GET /files/{id}/thumbnail`
pub(crate) async fn thumbnail(
    State(app): State<App>,
    me: Me,
    method: Method,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let Stored { file, thumbnail, .. } = find(&app, &me, &id).await?;
    let (hash, kind) = thumbnail.ok_or(Code::NotFound)?;
    let disposition = disposition("inline", &file.name)?;
    Served { hash: &hash, kind: &kind, disposition }.answer(&app, &method, &headers).await
}

async fn find(app: &App, me: &Me, id: &str) -> Result<Stored> {
    let id: FileId = id.parse().map_err(|_| Code::NotFound)?;
    app.file(me.user.id, id).await
}

/// Stored bytes, and as what they are served.
struct Served<'a> {
    hash: &'a str,
    kind: &'a str,
    disposition: HeaderValue,
}

impl Served<'_> {
    async fn answer(self, app: &App, method: &Method, asked: &HeaderMap) -> Result<Response> {
        let mut headers = HeaderMap::new();
        // The name of the bytes is a tag of their content already.
        let tag = format!("\"{}\"", &self.hash[..32.min(self.hash.len())]);
        let tag = HeaderValue::try_from(tag).map_err(|_| Code::Internal)?;
        let is_known = asked.get(IF_NONE_MATCH).is_some_and(|known| etag::names(known, &tag));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHING));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(ETAG, tag.clone());
        if is_known {
            // With the policy again: a browser takes the headers of a 304 in place of those it holds.
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let size = app.files.size(self.hash).await?;
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        // Who holds a part of other bytes gets the whole.
        let is_same = asked.get(IF_RANGE).is_none_or(|held| *held == tag);
        let range = asked.get(RANGE).filter(|_| is_same).and_then(|range| range.to_str().ok());
        let (status, part) = match range.map_or(Stretch::Whole, |range| stretch(range, size)) {
            Stretch::Whole => (StatusCode::OK, 0..size),
            Stretch::Part(part) => {
                let named = format!("bytes {}-{}/{size}", part.start, part.end - 1);
                headers.insert(CONTENT_RANGE, HeaderValue::try_from(named).map_err(|_| Code::Internal)?);
                (StatusCode::PARTIAL_CONTENT, part)
            }
            Stretch::Beyond => {
                let named = HeaderValue::try_from(format!("bytes */{size}")).map_err(|_| Code::Internal)?;
                headers.insert(CONTENT_RANGE, named);
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
            }
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(self.kind).map_err(|_| Code::Internal)?);
        headers.insert(CONTENT_DISPOSITION, self.disposition);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
        if method == Method::HEAD {
            return Ok((status, headers, Body::empty()).into_response());
        }
        // Read piece by piece, as fast as the reader takes it.
        let body = Body::from_stream(app.files.read(self.hash, part).await?);
        Ok((status, headers, body).into_response())
    }
}

/// The file's name for who saves it (RFC 6266, RFC 8187): only as an encoded parameter, in which
/// no character can end it.
pub(crate) fn disposition(shown: &str, name: &str) -> Result<HeaderValue> {
    let mut value = format!("{shown}; filename*=UTF-8''");
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => value.push(byte as char),
            _ => value += &format!("%{byte:02X}"),
        }
    }
    HeaderValue::try_from(value).map_err(|_| Code::Internal.into())
}
