//! A request that sends a body, over a connection that may be kept from an earlier one. It follows no redirect.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use tokio::time::timeout;
use url::Url;

use super::FetchError::{self, Permanent, Temporary};
use super::pool::Pool;

/// The longest body that is read of an answer.
const BODY_MAX: usize = 64 * 1024;
/// How long the body of an answer may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// What the other side answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The pause that `Retry-After` asks for, where it is a number of seconds.
    pub(crate) retry_after: Option<Duration>,
    /// The body. `None` for one that is too long or too slow; its connection is closed.
    pub(crate) body: Option<Bytes>,
}

/// How a body is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guarantee {
    /// Over a connection that may be kept from an earlier request; once more where that was closed just then.
    AtLeastOnce,
    /// Over a new connection, within a time of its own.
    AtMostOnce(Duration),
}

/// Posts a body and returns the answer.
pub(super) async fn body(
    pool: &Pool,
    url: &Url,
    content_type: &str,
    headers: &[(&str, String)],
    body: Bytes,
    guarantee: Guarantee,
) -> Result<Answer, FetchError> {
    let uri: Uri = url.as_str().parse().map_err(|_| Permanent("invalid URL"))?;
    let request = || {
        let mut request = Request::post(&uri).header(USER_AGENT, "Madang").header(CONTENT_TYPE, content_type);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(Full::new(body.clone())).map_err(|_| Permanent("invalid URL"))
    };
    let mut answer = pool.request(request()?).await;
    // The other side may close a kept connection at the moment at which it is used again.
    if guarantee == Guarantee::AtLeastOnce && answer.as_ref().is_err_and(was_closed) {
        answer = pool.request(request()?).await;
    }
    let answer = answer.map_err(|error| failure(&error))?;
    let (head, incoming) = answer.into_parts();
    // Read also where nobody wants it, so that the connection can be used again.
    let body = timeout(BODY_TIMEOUT, read(incoming)).await.ok().flatten();
    Ok(Answer { status: head.status.as_u16(), retry_after: retry_after(&head.headers), body })
}

fn was_closed(error: &legacy::Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    !error.is_connect() && source.is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
}

/// Returns why there is no answer: what the guard or the connection said, or only that there is none.
fn failure(error: &legacy::Error) -> FetchError {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<FetchError>() {
            return *error;
        }
        source = error.source();
    }
    Temporary("no response")
}

async fn read(mut body: Incoming) -> Option<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if bytes.len() + data.len() > BODY_MAX {
            return None;
        }
        bytes.extend_from_slice(&data);
    }
    Some(bytes.freeze())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map(Duration::from_secs)
}
