//! The long-polling transport: GET takes what waits, POST brings what the client says.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming as Body;
use tokio::time::{sleep_until, timeout};

use crate::engine::{Answer, HandshakeError, answer, text};
use crate::payload;
use crate::session::{Poll, Reason, Session, Tick};
use crate::websocket;

/// How long a client may take to bring a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Owns a polling session: pings when they are due, ends it when its time is over, and becomes
/// the owner of its WebSocket when it upgrades.
pub(crate) async fn run(session: Arc<Session>) {
    loop {
        match session.tick() {
            Tick::At(next) => tokio::select! {
                () = sleep_until(next) => {}
                () = session.wake.notified() => {}
            },
            // Boxed, so that a session which stays on polling does not carry the other loop.
            Tick::Upgraded(upgraded) => return Box::pin(websocket::run(session, upgraded)).await,
            Tick::End(reason) => return session.end(reason),
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
            session.doom(Reason::TransportError);
        }
    }
}

/// Answers a GET: hangs until something waits.
pub(crate) async fn poll(session: &Arc<Session>) -> Answer {
    if session.begin_poll().is_err() {
        session.doom(Reason::TransportError);
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
        session.doom(Reason::TransportError);
        return HandshakeError::BadRequest.into_answer();
    }
    let unfinished = Unfinished(Some(session));
    let body = match body(request, session.engine.config.max_payload).await {
        Ok(body) => body,
        Err(status) => return answer(status, "text/plain; charset=UTF-8", Bytes::new()),
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

async fn body(request: Request<Body>, max: usize) -> Result<String, StatusCode> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.is_some_and(|length| length.parse().is_ok_and(|length: u64| length > max as u64)) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let collected = timeout(BODY_TIMEOUT, Limited::new(request.into_body(), max).collect()).await;
    let bytes = match collected {
        Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => return Err(StatusCode::BAD_REQUEST),
        Ok(Ok(body)) => body.to_bytes(),
    };
    String::from_utf8(bytes.into()).map_err(|_| StatusCode::BAD_REQUEST)
}

async fn receive_all(session: &Arc<Session>, body: &str) -> Result<(), Reason> {
    for packet in payload::decode_payload(body) {
        session.room().await;
        session.receive(packet)?;
    }
    Ok(())
}
