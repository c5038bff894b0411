//! The WebSocket transport: its handshake (RFC 6455 section 4.2), its loop, and the upgrade of a
//! polling session to it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use hyper::body::Incoming as Body;
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use tokio::io::Interest;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::engine::{Answer, answer};
use crate::frame::{CloseCode, Decoder, Incoming};
use crate::payload::{self, Message, Packet};
use crate::peer::Reason;
use crate::session::{EndOnPanic, Session, Tick};
use crate::stream::{Stream, Wire};

const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes read at a time, into one buffer for all connections of a worker.
const READ_BUFFER: usize = 16 * 1024;
/// Reads before other connections get their turn.
const READS_IN_A_ROW: usize = 8;

thread_local! {
    /// Lent to whichever connection has bytes now, so that an idle one owns no buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BUFFER]);
}

/// A stream that speaks WebSocket, with what its decoder has begun.
#[derive(Debug)]
pub(crate) struct Upgraded {
    wire: Arc<Wire>,
    decoder: Decoder,
}

impl Upgraded {
    fn is_quiet(&self) -> bool {
        !self.decoder.has_rest()
    }
}

/// The answer to a WebSocket handshake: its `Sec-WebSocket-Accept`, or the refusing status.
pub(crate) fn accept(request: &Request<Body>) -> Result<HeaderValue, StatusCode> {
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
        return HeaderValue::try_from(STANDARD.encode(digest)).map_err(|_| StatusCode::BAD_REQUEST);
    }
    Err(StatusCode::BAD_REQUEST)
}

fn has_token(headers: &HeaderMap, name: http::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// The 101 that switches protocols.
pub(crate) fn switching(accept: HeaderValue) -> Answer {
    let mut answer = answer(StatusCode::SWITCHING_PROTOCOLS, "", Bytes::new());
    let headers = answer.headers_mut();
    headers.remove(http::header::CONTENT_TYPE);
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

/// Waits for the answer to leave and takes the stream over, with the client's first bytes.
async fn take_over(request: Request<Body>) -> Option<(Arc<Wire>, Bytes)> {
    let upgraded = hyper::upgrade::on(request).await.ok()?;
    let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
    Some((Arc::new(Wire::from(parts.io.into_inner())), parts.read_buf))
}

/// Opens a session on WebSocket once the stream has switched: `open` makes it.
///
/// The loop runs in a task of its own, as small as it can be: this one still holds the request.
pub(crate) async fn open(
    request: Request<Body>,
    max_payload: usize,
    max_fragments: usize,
    open: impl FnOnce(Arc<Wire>) -> Arc<Session>,
) {
    let Some((wire, first_bytes)) = take_over(request).await else { return };
    let session = open(Arc::clone(&wire));
    let decoder = Decoder::new(max_payload, max_fragments, &first_bytes);
    tokio::spawn(run(session, Upgraded { wire, decoder }));
}

/// Owns a session from its WebSocket's beginning to its end.
#[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice, here in each connection's task")]
pub(crate) fn run(session: Arc<Session>, mut upgraded: Upgraded) -> impl Future<Output = ()> + Send {
    async move {
        let end = {
            let _guard = EndOnPanic(&session);
            drive(&session, &mut upgraded).await
        };
        let is_between_frames = session.end(end.reason());
        if end.is_loss() || !is_between_frames {
            return upgraded.wire.abort();
        }
        tokio::spawn(upgraded.wire.close(end.code()));
    }
}

/// Switches protocols only to say goodbye. A WebSocket that comes too late is told so in its own
/// language, since stock clients take any other answer for a fault of the server.
pub(crate) async fn turn_away(request: Request<Body>) {
    if let Some((wire, _)) = take_over(request).await {
        wire.close(CloseCode::Policy).await;
    }
}

/// How the loop of a WebSocket ended.
#[derive(Clone, Copy, Debug)]
enum End {
    Frame(CloseCode),
    Session(Reason),
}

impl End {
    fn reason(self) -> Reason {
        match self {
            Self::Frame(_) => Reason::ParseError,
            Self::Session(reason) => reason,
        }
    }

    fn code(self) -> CloseCode {
        match self {
            Self::Frame(code) => code,
            Self::Session(Reason::RateLimited) => CloseCode::Policy,
            Self::Session(_) => CloseCode::Normal,
        }
    }

    /// Whether nobody is there to read a Close frame.
    fn is_loss(self) -> bool {
        matches!(self, Self::Session(Reason::TransportError | Reason::SlowReader))
    }
}

/// By hand and not by `select!`, which keeps a place in memory for each thing that it waits for, and
/// registers and takes back each of them for every packet.
async fn drive(session: &Arc<Session>, upgraded: &mut Upgraded) -> End {
    let mut alarm = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        loop {
            let next = match session.tick(cx.waker()) {
                Tick::At(next) => next,
                Tick::Upgraded(_) => continue,
                Tick::End(reason) => return Poll::Ready(End::Session(reason)),
            };
            match poll_stream(session, upgraded, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(end)) => return Poll::Ready(end),
                Poll::Pending => ready!(poll_alarm(alarm.as_mut(), next, cx)),
            }
        }
    })
    .await
}

/// Waits for `next`, or for an earlier time that was asked for before: to be looked at too soon costs
/// less than to set the timer for each packet.
pub(crate) fn poll_alarm(mut alarm: Pin<&mut Sleep>, next: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if next < alarm.deadline() || alarm.is_elapsed() {
        alarm.as_mut().reset(next);
    }
    alarm.poll(cx)
}

/// Writes what waits and reads what has come, as far as the stream can now.
fn poll_stream(session: &Arc<Session>, upgraded: &mut Upgraded, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
    const LOST: End = End::Session(Reason::TransportClose);
    if !session.is_paused() && !upgraded.is_quiet() {
        // Whole messages may wait behind the one at which reading stopped.
        feed(session, upgraded, &mut [])?;
    }
    let mut done = Poll::Pending;
    if session.has_waiting() && upgraded.wire.poll_writable(cx).map_err(|_| LOST)?.is_ready() {
        session.flush().map_err(End::Session)?;
        done = Poll::Ready(Ok(()));
    }
    if !session.is_paused() && upgraded.wire.poll_readable(cx).map_err(|_| LOST)?.is_ready() {
        read(session, upgraded)?;
        done = Poll::Ready(Ok(()));
    }
    done
}

/// Lends the worker's one buffer, to an act that must not wait.
pub(crate) fn with_buffer<T>(act: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| act(buffer))
}

fn read(session: &Arc<Session>, upgraded: &mut Upgraded) -> Result<(), End> {
    with_buffer(|buffer| {
        for _ in 0..READS_IN_A_ROW {
            match upgraded.wire.try_read(buffer) {
                Ok(0) => return Err(End::Session(Reason::TransportClose)),
                Ok(count) => {
                    feed(session, upgraded, &mut buffer[..count])?;
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return Err(End::Session(Reason::TransportClose)),
            }
            if session.is_paused() {
                break;
            }
        }
        Ok(())
    })
}

fn feed(session: &Arc<Session>, upgraded: &mut Upgraded, bytes: &mut [u8]) -> Result<(), End> {
    let mut result = Ok(());
    upgraded
        .decoder
        .feed(bytes, |incoming| {
            result = receive(session, incoming);
            result.is_ok() && !session.is_paused()
        })
        .map_err(End::Frame)?;
    result.map_err(End::Session)
}

fn receive(session: &Arc<Session>, incoming: Incoming) -> Result<(), Reason> {
    match incoming {
        Incoming::Text(text) => session.receive(payload::decode(&text)),
        Incoming::Binary(data) => session.receive(Ok(payload::Incoming::Message(Message::Binary(data.into())))),
        Incoming::Ping(data) => {
            session.count()?;
            session.answer_ping(&data);
            Ok(())
        }
        Incoming::Pong => session.count().map(|_| ()),
        Incoming::Close => Err(Reason::TransportClose),
    }
}

/// Carries a polling session over to WebSocket: probe, then `5`, within the upgrade's time. Until
/// then the session goes on polling, and whatever goes wrong leaves it there.
pub(crate) async fn upgrade(request: Request<Body>, session: Arc<Session>) {
    let time = session.engine.config.upgrade_timeout;
    let probed = timeout(time, probe(request, &session)).await;
    let is_complete = match probed {
        Ok(Ok((wire, upgraded))) => session.complete_upgrade(wire, upgraded).is_ok(),
        _ => false,
    };
    if !is_complete {
        session.abandon_upgrade();
    }
}

async fn probe(request: Request<Body>, session: &Arc<Session>) -> Result<(Arc<Wire>, Upgraded), Reason> {
    let (wire, first_bytes) = take_over(request).await.ok_or(Reason::TransportClose)?;
    let config = &session.engine.config;
    let decoder = Decoder::new(config.max_payload, config.max_fragments, &first_bytes);
    let mut upgraded = Upgraded { wire: Arc::clone(&wire), decoder };
    let mut expected = Some(Step::Probe);
    let mut input = Vec::new();
    loop {
        let mut result = Ok(());
        let fed = upgraded.decoder.feed(&mut input, |incoming| {
            result = session.count().and_then(|_| step(session, &wire, incoming, &mut expected));
            // What follows the `5` belongs to the session and waits for its owner.
            result.is_ok() && expected.is_some()
        });
        fed.map_err(|_| Reason::ParseError)?;
        result?;
        if expected.is_none() {
            return Ok((wire, upgraded));
        }
        wire.ready(Interest::READABLE).await.map_err(|_| Reason::TransportClose)?;
        input.resize(READ_BUFFER, 0);
        match wire.try_read(&mut input) {
            Ok(0) => return Err(Reason::TransportClose),
            Ok(count) => input.truncate(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => input.clear(),
            Err(_) => return Err(Reason::TransportClose),
        }
    }
}

/// Takes one message of an upgrading client: first the probe, then the `5`, pings at any time.
fn step(session: &Session, wire: &Wire, incoming: Incoming, expected: &mut Option<Step>) -> Result<(), Reason> {
    let packet = match incoming {
        Incoming::Ping(_) | Incoming::Pong => return Ok(()),
        Incoming::Text(text) => payload::decode(&text),
        Incoming::Binary(_) | Incoming::Close => return Err(Reason::ParseError),
    };
    match (packet, *expected) {
        (Ok(payload::Incoming::Probe), Some(Step::Probe)) => {
            wire.try_write(&Packet::probe_answer().in_one()).map_err(|_| Reason::TransportClose)?;
            *expected = Some(Step::Upgrade);
            session.probed().map_err(|_| Reason::TransportClose)
        }
        (Ok(payload::Incoming::Upgrade), Some(Step::Upgrade)) => {
            *expected = None;
            Ok(())
        }
        _ => Err(Reason::ParseError),
    }
}

/// What an upgrading client has to send next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Probe,
    Upgrade,
}
