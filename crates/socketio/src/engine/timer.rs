//! The one timer of a session.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

/// Waits until `deadline`, or until an earlier one of a previous call: waking up too early costs less
/// than setting the timer for each packet.
pub(crate) fn poll_deadline(mut timer: Pin<&mut Sleep>, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if deadline < timer.deadline() || timer.is_elapsed() {
        timer.as_mut().reset(deadline);
    }
    timer.poll(cx)
}
