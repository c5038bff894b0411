//! A request that sends JSON, behind the same guard as [`get`]. It follows no redirect and reads no body.

use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use http::Request;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http_body_util::Full;
use hyper::client::conn::http1;
use url::{Position, Url};

use super::FetchError::{self, Permanent, Temporary};
use super::{Client, get};

/// Posts a body and returns the status of the answer.
pub(super) async fn json(
    client: &Client,
    url: &Url,
    headers: &[(&str, String)],
    body: Bytes,
) -> Result<u16, FetchError> {
    let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, "Madang webhook")
        .header(CONTENT_TYPE, "application/json")
        .header(CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(body)).map_err(|_| Permanent("invalid URL"))?;
    let io = get::open(client, url).await?;
    let opened = http1::Builder::new().max_buf_size(get::HEAD_MAX).handshake(io).await;
    let (mut sender, connection) = opened.map_err(|_| Temporary("no connection"))?;
    let driver = async {
        let _ = connection.await;
        pending::<Infallible>().await
    };
    tokio::select! {
        answer = sender.send_request(request) => {
            answer.map(|answer| answer.status().as_u16()).map_err(|_| Temporary("no response"))
        }
        never = driver => match never {},
    }
}
