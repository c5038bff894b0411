//! The long-polling transport: GET takes queued packets, POST brings packets of the client.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming as Body;
use tokio::time::{Instant, sleep_until, timeout};

use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload;
use crate::engine::response::{HandshakeError, HttpResponse, response, text};
use crate::engine::session::{Closing, PollResult, Session, Tick};
use crate::engine::timer::poll_deadline;
use crate::engine::websocket;

/// Owns a polling session: sends pings, ends it when its time is over, and owns its WebSocket after
/// an upgrade.
pub(crate) async fn run(session: Arc<Session>) {
    let done = {
        // In a block, so that this timer is dropped before the WebSocket's loop has its own.
        let mut timer = pin!(sleep_until(Instant::now()));
        let next = |cx: &mut Context<'_>| loop {
            match session.tick(cx.waker()) {
                Tick::At(next) => ready!(poll_deadline(timer.as_mut(), next, cx)),
                Tick::Upgraded(upgraded) => return Poll::Ready(Ok(upgraded)),
                Tick::End(reason) => return Poll::Ready(Err(reason)),
            }
        };
        poll_fn(next).await
    };
    match done {
        // Boxed, so that the task of a session that stays on polling has no room for the other loop.
        Ok(upgraded) => Box::pin(websocket::run(session, *upgraded)).await,
        Err(reason) => {
            session.end(reason);
        }
    }
}

/// Ends the session when a request is dropped before its end: the client has gone away, and the
/// packets of the request or its response are lost.
struct RequestInProgress<'a>(Option<&'a Session>);

impl RequestInProgress<'_> {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for RequestInProgress<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.0 {
            session.abort_request();
        }
    }
}

/// How long a poll waits for the `5` of an upgrade in progress.
const UPGRADE_WAIT: Duration = Duration::from_millis(20);

/// Answers a GET: waits until packets are queued.
pub(crate) async fn poll(session: &Arc<Session>) -> HttpResponse {
    // The `5` and a poll sent after it race on two connections. A client that still has to pause its
    // polling waits for the noop of this poll, so the wait must be short.
    let _ = timeout(UPGRADE_WAIT, session.wait_for_upgrade()).await;
    if session.begin_poll().is_err() {
        return match session.take_last_poll() {
            true => noop(),
            false => HandshakeError::BadRequest.into_response(),
        };
    }
    let request = RequestInProgress(Some(session));
    let response = loop {
        match session.poll() {
            PollResult::Payload(payload) => break text(payload),
            PollResult::Ended => break HandshakeError::UnknownSid.into_response(),
            PollResult::Wait(ready) => ready.notified().await,
        }
    };
    session.end_poll();
    request.finish();
    response
}

/// Returns the response to a poll that ends without packets.
pub(crate) fn noop() -> HttpResponse {
    text("6".into())
}

/// Answers a POST: `ok` once all its packets are handled or wait in an inbox.
pub(crate) async fn post(session: &Arc<Session>, request: Request<Body>) -> HttpResponse {
    if session.begin_post().is_err() {
        return HandshakeError::BadRequest.into_response();
    }
    let in_progress = RequestInProgress(Some(session));
    let config = session.config();
    let body = match timeout(config.body_timeout, read_body(request, config.max_payload)).await {
        Ok(Ok(body)) => body,
        Ok(Err((status, reason))) => {
            session.close(Closing::Now(reason));
            return refused(status);
        }
        Err(_) => return refused(StatusCode::REQUEST_TIMEOUT),
    };
    match receive_all(session, &body).await {
        Ok(()) => {}
        Err(DisconnectReason::TransportClose) => session.close_by_client(),
        Err(reason) => {
            session.close(Closing::Now(reason));
            return HandshakeError::BadRequest.into_response();
        }
    }
    session.end_post();
    in_progress.finish();
    response(StatusCode::OK, "text/html", Bytes::from_static(b"ok"))
}

fn refused(status: StatusCode) -> HttpResponse {
    response(status, "text/plain; charset=UTF-8", Bytes::new())
}

async fn read_body(request: Request<Body>, max: usize) -> Result<String, (StatusCode, DisconnectReason)> {
    const TOO_LARGE: (StatusCode, DisconnectReason) = (StatusCode::PAYLOAD_TOO_LARGE, DisconnectReason::ParseError);
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.is_some_and(|length| length.parse().is_ok_and(|length: u64| length > max as u64)) {
        return Err(TOO_LARGE);
    }
    let bytes = match Limited::new(request.into_body(), max).collect().await {
        Err(error) if error.is::<LengthLimitError>() => return Err(TOO_LARGE),
        Err(_) => return Err((StatusCode::BAD_REQUEST, DisconnectReason::TransportError)),
        Ok(body) => body.to_bytes(),
    };
    String::from_utf8(bytes.into()).map_err(|_| (StatusCode::BAD_REQUEST, DisconnectReason::ParseError))
}

async fn receive_all(session: &Arc<Session>, body: &str) -> Result<(), DisconnectReason> {
    for packet in payload::decode_payload(body) {
        session.wait_for_inbox().await?;
        session.receive(packet)?;
    }
    Ok(())
}
