//! The loop of a WebSocket connection.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Request;
use hyper::body::Incoming as Body;
use tokio::time::{Instant, sleep_until};

use crate::disconnect_reason::DisconnectReason;
use crate::engine::buffer::with_buffer;
use crate::engine::frame::{CloseCode, Decoder, Incoming};
use crate::engine::payload::{self, Message};
use crate::engine::session::{EndOnPanic, Session, Tick};
use crate::engine::stream::WebSocketStream;
use crate::engine::timer::poll_deadline;
use crate::engine::transport::Upgraded;
use crate::engine::websocket_handshake::switch_protocol;

/// Reads in a row before other connections get their turn.
const READS_PER_TURN: usize = 8;

/// Opens a session on WebSocket once the protocol has switched; `open` creates the session.
///
/// The loop runs in a task of its own, as small as it can be: this one still holds the request.
pub(crate) async fn open(
    request: Request<Body>,
    max_payload: usize,
    max_fragments: usize,
    open: impl FnOnce(Arc<WebSocketStream>) -> Arc<Session>,
) {
    let Some((stream, first_bytes)) = switch_protocol(request).await else { return };
    let session = open(Arc::clone(&stream));
    let decoder = Decoder::new(max_payload, max_fragments, &first_bytes);
    tokio::spawn(run(session, Upgraded { stream, decoder }));
}

/// Owns a session for the life of its WebSocket.
#[expect(clippy::manual_async_fn, reason = "an async fn stores its arguments twice, here in each connection's task")]
pub(crate) fn run(session: Arc<Session>, mut upgraded: Upgraded) -> impl Future<Output = ()> + Send {
    async move {
        let end = {
            let _guard = EndOnPanic(&session);
            drive(&session, &mut upgraded).await
        };
        let is_between_frames = session.end(end.reason());
        if end.is_lost() || !is_between_frames {
            return upgraded.stream.abort();
        }
        tokio::spawn(upgraded.stream.close(end.close_code()));
    }
}

/// How the loop of a WebSocket ended.
#[derive(Clone, Copy, Debug)]
enum End {
    Frame(CloseCode),
    Session(DisconnectReason),
}

impl End {
    fn reason(self) -> DisconnectReason {
        match self {
            Self::Frame(_) => DisconnectReason::ParseError,
            Self::Session(reason) => reason,
        }
    }

    fn close_code(self) -> CloseCode {
        match self {
            Self::Frame(code) => code,
            Self::Session(DisconnectReason::RateLimited) => CloseCode::Policy,
            // Some clients come back by themselves after every code but 1000.
            Self::Session(
                DisconnectReason::ServerClose | DisconnectReason::PingTimeout | DisconnectReason::ConnectTimeout,
            ) => CloseCode::GoingAway,
            Self::Session(_) => CloseCode::Normal,
        }
    }

    /// Returns whether the client would not read a Close frame.
    fn is_lost(self) -> bool {
        matches!(self, Self::Session(DisconnectReason::TransportError | DisconnectReason::SlowClient))
    }
}

/// Polls by hand: `select!` keeps a place in memory for each thing that it waits for, and registers
/// and unregisters each of them for every packet.
async fn drive(session: &Arc<Session>, upgraded: &mut Upgraded) -> End {
    let mut timer = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        loop {
            if timer.is_elapsed() {
                // A pong that has arrived counts, even if this task runs late.
                if let Poll::Ready(Err(end)) = poll_stream(session, upgraded, cx) {
                    return Poll::Ready(end);
                }
            }
            let next = match session.tick(cx.waker()) {
                Tick::At(next) => next,
                Tick::Upgraded(_) => continue,
                Tick::End(reason) => return Poll::Ready(End::Session(reason)),
            };
            match poll_stream(session, upgraded, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(end)) => return Poll::Ready(end),
                Poll::Pending => ready!(poll_deadline(timer.as_mut(), next, cx)),
            }
        }
    })
    .await
}

/// Writes queued packets and reads available bytes, as far as the stream is ready.
fn poll_stream(session: &Arc<Session>, upgraded: &mut Upgraded, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
    const LOST: End = End::Session(DisconnectReason::TransportClose);
    if !session.is_paused() && upgraded.decoder.has_buffered() {
        // Whole messages may be buffered behind the one at which reading paused.
        feed(session, upgraded, &mut [])?;
    }
    let mut done = Poll::Pending;
    if session.has_waiting() && upgraded.stream.poll_writable(cx).map_err(|_| LOST)?.is_ready() {
        session.flush().map_err(End::Session)?;
        done = Poll::Ready(Ok(()));
    }
    if !session.is_paused() && upgraded.stream.poll_readable(cx).map_err(|_| LOST)?.is_ready() {
        read(session, upgraded)?;
        done = Poll::Ready(Ok(()));
    }
    done
}

fn read(session: &Arc<Session>, upgraded: &mut Upgraded) -> Result<(), End> {
    with_buffer(|buffer| {
        for _ in 0..READS_PER_TURN {
            match upgraded.stream.try_read(buffer) {
                Ok(0) => return Err(End::Session(DisconnectReason::TransportClose)),
                Ok(count) => {
                    feed(session, upgraded, &mut buffer[..count])?;
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return Err(End::Session(DisconnectReason::TransportClose)),
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

fn receive(session: &Arc<Session>, incoming: Incoming) -> Result<(), DisconnectReason> {
    match incoming {
        Incoming::Text(text) => session.receive(payload::decode(&text)),
        Incoming::Binary(data) => session.receive(Ok(payload::Incoming::Message(Message::Binary(data.into())))),
        Incoming::Ping(data) => {
            session.count_packet()?;
            session.answer_ping(&data);
            Ok(())
        }
        Incoming::Pong => session.count_packet().map(|_| ()),
        Incoming::Close => Err(DisconnectReason::TransportClose),
    }
}
