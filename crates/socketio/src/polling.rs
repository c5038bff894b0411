//! The long-polling transport: GET takes what waits, POST brings what the client says.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Context, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming as Body;
use tokio::time::{Instant, sleep_until, timeout};

use crate::engine::{Answer, HandshakeError, answer, text};
use crate::payload;
use crate::peer::Reason;
use crate::session::{Poll, Session, Tick};
use crate::websocket::{self, poll_alarm};

/// Owns a polling session: pings when they are due, ends it when its time is over, and becomes
/// the owner of its WebSocket when it upgrades.
pub(crate) async fn run(session: Arc<Session>) {
    let done = {
        // In a block, so that it is not kept beside the alarm of the other loop.
        let mut alarm = pin!(sleep_until(Instant::now()));
        let next = |cx: &mut Context<'_>| loop {
            match session.tick(cx.waker()) {
                Tick::At(next) => ready!(poll_alarm(alarm.as_mut(), next, cx)),
                Tick::Upgraded(upgraded) => return task::Poll::Ready(Ok(upgraded)),
                Tick::End(reason) => return task::Poll::Ready(Err(reason)),
            }
        };
        poll_fn(next).await
    };
    match done {
        // Boxed, so that a session which stays on polling does not carry the other loop.
        Ok(upgraded) => Box::pin(websocket::run(session, *upgraded)).await,
        Err(reason) => {
            session.end(reason);
        }
    }
}

/// Ends the session when its poll or its body is not carried to the end: the client has gone away
/// in the middle of it, and what it was to be told is lost.
struct Unfinished<'a>(Option<&'a Session>);

impl Unfinished<'_> {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.0 {
            session.abort_request();
        }
    }
}

/// How long a poll waits for the `5` of an upgrade that is on its way.
const CROSSING: Duration = Duration::from_millis(20);

/// Answers a GET: hangs until something waits.
pub(crate) async fn poll(session: &Arc<Session>) -> Answer {
    // The `5` and a poll sent behind it race on two connections. A client that still has to pause
    // its polling waits for the noop of this poll, so it cannot wait for long.
    let _ = timeout(CROSSING, session.settled()).await;
    if session.begin_poll().is_err() {
        return HandshakeError::BadRequest.into_answer();
    }
    let unfinished = Unfinished(Some(session));
    let payload = loop {
        match session.poll() {
            Poll::Payload(payload) => break payload,
            Poll::Wait(ready) => ready.notified().await,
        }
    };
    session.end_poll();
    unfinished.finish();
    text(payload)
}

/// Answers a POST: `ok` once all its packets are handled or wait in order.
pub(crate) async fn post(session: &Arc<Session>, request: Request<Body>) -> Answer {
    if session.begin_post().is_err() {
        return HandshakeError::BadRequest.into_answer();
    }
    let unfinished = Unfinished(Some(session));
    let config = &session.engine.config;
    let body = match timeout(config.body_timeout, body(request, config.max_payload)).await {
        Ok(Ok(body)) => body,
        Ok(Err(status)) => return unread(status),
        Err(_) => return unread(StatusCode::REQUEST_TIMEOUT),
    };
    if let Err(reason) = receive_all(session, &body).await {
        session.doom(reason);
        if reason != Reason::TransportClose {
            return HandshakeError::BadRequest.into_answer();
        }
    }
    session.end_post();
    unfinished.finish();
    answer(StatusCode::OK, "text/html", Bytes::from_static(b"ok"))
}

/// Refuses a body that was not read to its end: what is left of it must not be taken for the next
/// request.
fn unread(status: StatusCode) -> Answer {
    let mut answer = answer(status, "text/plain; charset=UTF-8", Bytes::new());
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

async fn body(request: Request<Body>, max: usize) -> Result<String, StatusCode> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.is_some_and(|length| length.parse().is_ok_and(|length: u64| length > max as u64)) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let bytes = match Limited::new(request.into_body(), max).collect().await {
        Err(error) if error.is::<LengthLimitError>() => return Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return Err(StatusCode::BAD_REQUEST),
        Ok(body) => body.to_bytes(),
    };
    String::from_utf8(bytes.into()).map_err(|_| StatusCode::BAD_REQUEST)
}

async fn receive_all(session: &Arc<Session>, body: &str) -> Result<(), Reason> {
    for packet in payload::decode_payload(body) {
        session.room().await?;
        session.receive(packet)?;
    }
    Ok(())
}
