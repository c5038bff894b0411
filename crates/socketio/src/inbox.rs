//! The inbox of a socket: its events in order, one at a time, each answered before the next.
//!
//! No task stands by for an idle socket: the first event of a burst starts one, which ends with
//! the burst.

use std::any::Any;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::namespace::{Refusal, Reply};
use crate::packet::{self, Event};
use crate::peer::Reason;
use crate::socket::{Phase, Socket};

pub(crate) struct Inbox {
    queue: VecDeque<Item>,
    /// Whether a task works on the queue, or the socket is still connecting.
    is_running: bool,
    is_full: bool,
}

enum Item {
    Event { event: Event, id: Option<u64> },
    End(Reason),
}

impl Inbox {
    /// The inbox of a socket that is connecting: its first events wait for that to be done.
    pub(crate) fn new() -> Self {
        Self { queue: VecDeque::new(), is_running: true, is_full: false }
    }
}

impl Socket {
    /// Puts an event in order. When the inbox becomes full by it, the session is not read until
    /// there is room: back-pressure, not refusal.
    pub(crate) fn push(&self, event: Event, id: Option<u64>) {
        self.push_item(Item::Event { event, id });
    }

    pub(crate) fn push_end(&self, reason: Reason) {
        self.push_item(Item::End(reason));
    }

    fn push_item(&self, item: Item) {
        let mut state = self.0.state.lock();
        state.inbox.queue.push_back(item);
        if !state.inbox.is_full && state.inbox.queue.len() >= self.0.session.engine.config.inbox {
            state.inbox.is_full = true;
            self.0.session.pause();
        }
        if !std::mem::replace(&mut state.inbox.is_running, true) {
            drop(state);
            self.0.session.begin_work();
            tokio::spawn(work(self.clone()));
        }
    }

    fn pop(&self) -> Option<Item> {
        let mut state = self.0.state.lock();
        let item = state.inbox.queue.pop_front();
        if state.inbox.is_full && state.inbox.queue.len() <= self.0.session.engine.config.inbox / 2 {
            state.inbox.is_full = false;
            drop(state);
            self.0.session.resume();
            return item;
        }
        if item.is_none() {
            state.inbox.is_running = false;
            // An idle socket owns no buffer.
            state.inbox.queue = VecDeque::new();
        }
        item
    }
}

/// Works through the inbox until it is empty.
pub(crate) async fn work(socket: Socket) {
    while let Some(item) = socket.pop() {
        match item {
            Item::Event { event, id } => answer(&socket, event, id).await,
            Item::End(reason) => tell_disconnected(&socket, reason).await,
        }
    }
    socket.session().end_work();
}

/// Runs the namespace's disconnect handler, whose panic is its own.
pub(crate) async fn tell_disconnected(socket: &Socket, reason: Reason) {
    let namespace = Arc::clone(socket.namespace());
    let told = CatchUnwind(Box::pin(async { namespace.disconnected(socket, reason).await })).await;
    if told.is_err() {
        tracing::error!(namespace = namespace.name(), "a disconnect handler panicked");
    }
}

/// Runs what an application wants to follow an answer. Its panic must not stop the inbox.
pub(crate) fn run(then: Box<dyn FnOnce() + Send>) {
    if catch_unwind(AssertUnwindSafe(then)).is_err() {
        tracing::error!("what was to follow an answer panicked");
    }
}

async fn answer(socket: &Socket, event: Event, id: Option<u64>) {
    let namespace = Arc::clone(socket.namespace());
    // The call itself is inside, as a handler may panic before its first await.
    let handled = CatchUnwind(Box::pin(async { namespace.handle(socket.clone(), event).await })).await;
    let reply = handled.unwrap_or_else(|_| {
        tracing::error!(namespace = namespace.name(), "an event handler panicked");
        namespace.refuse(Refusal::Panicked)
    });
    acknowledge(socket, id, reply);
}

/// Sends the acknowledgement, if one was asked for, and then does what was to follow it.
pub(crate) fn acknowledge(socket: &Socket, id: Option<u64>, reply: Reply) {
    if let Some(id) = id
        && !matches!(socket.0.state.lock().phase, Phase::Ended(_))
    {
        let ack = packet::ack(socket.namespace().name(), id, &reply.args);
        if reply.is_paced { socket.session().send_paced(&ack) } else { socket.session().send_corked(&ack) }
    }
    reply.then.into_iter().for_each(run);
}

/// A future whose panic is an error.
pub(crate) struct CatchUnwind<F>(pub(crate) F);

impl<F: Future + Unpin> Future for CatchUnwind<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = Pin::new(&mut self.0);
        match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
