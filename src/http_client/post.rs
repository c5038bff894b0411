//! A request that sends a body, behind the same guard as [`get`]. It follows no redirect and reads no body.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use http::{Request, Response};
use http_body_util::Full;
use hyper::client::conn::http1;
use url::{Position, Url};

use super::FetchError::{self, Permanent, Temporary};
use super::{Client, get};

/// What the other side answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The pause that `Retry-After` asks for, where it is a number of seconds.
    pub(crate) retry_after: Option<Duration>,
}

/// Posts a body and returns the answer.
pub(super) async fn body(
    client: &Client,
    url: &Url,
    content_type: &str,
    headers: &[(&str, String)],
    body: Bytes,
) -> Result<Answer, FetchError> {
    let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, "Madang")
        .header(CONTENT_TYPE, content_type)
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
        answer = sender.send_request(request) => answer.map(|answer| read(&answer)).map_err(|_| Temporary("no response")),
        never = driver => match never {},
    }
}

fn read<B>(answer: &Response<B>) -> Answer {
    let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Answer { status: answer.status().as_u16(), retry_after: retry_after.map(Duration::from_secs) }
}
