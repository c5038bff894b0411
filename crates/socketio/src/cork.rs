//! Packets that wait for company: several to one client that come in the same turn of the runtime
//! leave in one write, which costs what each of them would.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::yield_now;

use crate::session::Session;

/// Sessions written to before other tasks get their turn.
const SESSIONS_PER_TURN: usize = 256;

/// The sessions with packets that wait for company.
#[derive(Default)]
pub(crate) struct Corks(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    sessions: Vec<Arc<Session>>,
    /// Whether a task works on them.
    is_worked_on: bool,
}

impl Corks {
    /// Has the session written to when the tasks that are due now have had their turn. Outside of a
    /// runtime, where there are none, it is written to at once.
    pub(crate) fn add(&self, session: Arc<Session>) {
        let Ok(runtime) = Handle::try_current() else { return session.uncork() };
        let was_worked_on = {
            let mut waiting = self.0.lock();
            waiting.sessions.push(session);
            std::mem::replace(&mut waiting.is_worked_on, true)
        };
        if !was_worked_on {
            runtime.spawn(uncork(Work(Arc::clone(&self.0))));
        }
    }

    /// Writes what waits before something that takes longer.
    pub(crate) fn write_now(&self) {
        write_some(&self.0);
    }
}

/// Work on the sessions that wait. However it ends, the next may begin.
struct Work(Arc<Mutex<Waiting>>);

impl Drop for Work {
    fn drop(&mut self) {
        // What is left here is there only if the runtime has gone, or somebody's panic has.
        let left = std::mem::take(&mut *self.0.lock());
        left.sessions.iter().for_each(|session| session.uncork());
    }
}

async fn uncork(work: Work) {
    // Who was woken along with this task may run behind it, as the runtime keeps no order among them:
    // the second time they have run.
    yield_now().await;
    loop {
        yield_now().await;
        write_some(&work.0);
        if work.0.lock().sessions.is_empty() {
            return;
        }
    }
}

fn write_some(waiting: &Mutex<Waiting>) {
    let some: Vec<_> = {
        let mut waiting = waiting.lock();
        let count = waiting.sessions.len().min(SESSIONS_PER_TURN);
        waiting.sessions.drain(..count).collect()
    };
    some.iter().for_each(|session| session.uncork());
}
