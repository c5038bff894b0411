//! The WebSocket handshake (RFC 6455 section 4.2), and the switch of the connection's protocol.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use hyper::body::Incoming as Body;
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};

use crate::engine::response::{HttpResponse, response};
use crate::engine::stream::WebSocketStream;
use crate::http_stream::HttpStream;

const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The answer to a valid handshake.
pub(crate) struct Accept {
    key: HeaderValue,
    /// The first of the sub-protocols that the client offers: browsers, and others, fail the connection
    /// when they offer some and none comes back.
    protocol: Option<HeaderValue>,
}

/// Checks a handshake and returns the answer to it, or the status to refuse it with.
pub(crate) fn accept(request: &Request<Body>) -> Result<Accept, StatusCode> {
    let headers = request.headers();
    if request.method() != http::Method::GET || !has_token(headers, CONNECTION, "upgrade") {
        return Err(StatusCode::BAD_REQUEST);
    }
    if !has_token(headers, UPGRADE, "websocket") {
        return Err(StatusCode::BAD_REQUEST);
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).ok_or(StatusCode::BAD_REQUEST)?.as_bytes();
    if STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16) {
        let digest = Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize();
        let key = HeaderValue::try_from(STANDARD.encode(digest)).map_err(|_| StatusCode::BAD_REQUEST)?;
        return Ok(Accept { key, protocol: first_protocol(headers) });
    }
    Err(StatusCode::BAD_REQUEST)
}

fn first_protocol(headers: &HeaderMap) -> Option<HeaderValue> {
    let offers = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    HeaderValue::from_str(offers.split(',').next()?.trim()).ok().filter(|first| !first.is_empty())
}

fn has_token(headers: &HeaderMap, name: http::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// Returns the 101 that switches protocols.
pub(crate) fn switching_protocols(accept: Accept) -> HttpResponse {
    let mut response = response(StatusCode::SWITCHING_PROTOCOLS, "", Bytes::new());
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept.key);
    if let Some(protocol) = accept.protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// Waits until the 101 has left, and takes the stream over with the client's first bytes.
pub(crate) async fn switch_protocol(request: Request<Body>) -> Option<(Arc<WebSocketStream>, Bytes)> {
    let upgraded = hyper::upgrade::on(request).await.ok()?;
    let parts = upgraded.downcast::<TokioIo<HttpStream>>().ok()?;
    let (tcp, tls, permit) = parts.io.into_inner().into_parts();
    Some((Arc::new(WebSocketStream::new(tcp, tls, permit)), parts.read_buf))
}
