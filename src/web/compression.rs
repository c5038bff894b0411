//! Compression of responses.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use tokio::runtime::Handle;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::error::Error;
use crate::service::App;
use crate::web::extract::ClientAddress;

pub(super) fn layer() -> CompressionLayer<impl Predicate> {
    let is_worth_it = SizeAbove::new(256).and(NotForContentType::IMAGES);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(is_worth_it)
}

/// Compresses the page or JSON of a response on the blocking pool. [`layer`] only prepares it: the bytes
/// are compressed as the body is read, which would otherwise delay the sockets of the same thread.
pub(super) async fn compress_blocking(State(app): State<App>, request: Request, next: Next) -> Response {
    let client =
        request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ClientAddress(address)| *address);
    let (mut parts, body) = next.run(request).await.into_parts();
    if !parts.headers.contains_key(CONTENT_ENCODING) {
        return Response::from_parts(parts, body);
    }
    let compressed = app.render(client, |_| Handle::current().block_on(to_bytes(body, usize::MAX))).await;
    match compressed.and_then(|bytes| bytes.map_err(Error::internal)) {
        Ok(bytes) => {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            Response::from_parts(parts, Body::from(bytes))
        }
        Err(error) => error.into_response(),
    }
}
