//! What callers ask the writer to do, and how they get their answer.

use tokio::sync::oneshot;

use super::{Subject, Tx};
use crate::error::{Code, Error, Result};

/// An act and the channel to its caller. It may run several times, in one transaction after the other, and is answered once, after the last.
pub(super) trait Act<F>: Send {
    /// Runs, or runs again; `false` when its changes must be undone.
    fn run(&mut self, tx: &mut Tx<'_, F>) -> bool;
    /// Answers with the result of the last run, or with the reason why nothing was committed.
    fn answer(self: Box<Self>, refused: Option<Error>);
    /// The room or user that the act is about.
    fn subject(&self) -> Subject;
}

pub(super) fn act<F, T, W>(subject: Subject, work: W, caller: oneshot::Sender<Result<T>>) -> Box<dyn Act<F>>
where
    T: Send + 'static,
    W: Fn(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
{
    let span = tracing::Span::current();
    Box::new(Queued { subject, span, work, outcome: Err(Code::Internal.into()), caller })
}

struct Queued<W, T> {
    subject: Subject,
    /// The request that it belongs to, for the log.
    span: tracing::Span,
    work: W,
    outcome: Result<T>,
    caller: oneshot::Sender<Result<T>>,
}

impl<F, T, W> Act<F> for Queued<W, T>
where
    T: Send,
    W: Fn(&mut Tx<'_, F>) -> Result<T> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_, F>) -> bool {
        // What an earlier run returned is void, also when this one panics.
        self.outcome = Err(Code::Internal.into());
        let _in_request = self.span.enter();
        self.outcome = (self.work)(tx);
        self.outcome.is_ok()
    }

    fn answer(self: Box<Self>, refused: Option<Error>) {
        // A caller that has stopped waiting needs no answer.
        let _ = self.caller.send(refused.map_or(self.outcome, Err));
    }

    fn subject(&self) -> Subject {
        self.subject
    }
}
