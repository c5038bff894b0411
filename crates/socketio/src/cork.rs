//! Packets that wait for company: several to one client that come in the same turn of the runtime
//! leave in one write, which costs what each of them would.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::task::yield_now;

use crate::session::Session;

/// Sessions written to before other tasks get their turn.
const SESSIONS_PER_TURN: usize = 64;

/// The sessions with packets that wait for company.
#[derive(Default)]
pub(crate) struct Corks(Arc<Mutex<Vec<Arc<Session>>>>);

impl Corks {
    /// Has the session written to when the tasks that are due now have had their turn.
    pub(crate) fn add(&self, session: Arc<Session>) {
        let is_first = {
            let mut sessions = self.0.lock();
            sessions.push(session);
            sessions.len() == 1
        };
        if is_first {
            tokio::spawn(uncork(Arc::clone(&self.0)));
        }
    }
}

async fn uncork(corks: Arc<Mutex<Vec<Arc<Session>>>>) {
    loop {
        yield_now().await;
        let some: Vec<_> = {
            let mut sessions = corks.lock();
            let count = sessions.len().min(SESSIONS_PER_TURN);
            sessions.drain(..count).collect()
        };
        some.iter().for_each(|session| session.uncork());
        // Whoever finds it empty starts another.
        if corks.lock().is_empty() {
            return;
        }
    }
}
