//! The open sessions of a server, by their id.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The id of a session: 120 bits in base 64, all random or after the 12 of a node. It is a secret of the client: never
/// logged, never shown to others.
pub(crate) type Sid = [u8; 20];

pub(crate) fn new_sid(sid_prefix: Option<[u8; 2]>) -> Sid {
    let mut random = [0; 15];
    // The operating system's random source does not fail after boot; without it no id is safe.
    getrandom::fill(&mut random).expect("the system's random source");
    let mut sid = [0; 20];
    URL_SAFE_NO_PAD.encode_slice(random, &mut sid).expect("15 bytes are 20 characters");
    if let Some(prefix) = sid_prefix {
        sid[..2].copy_from_slice(&prefix);
    }
    sid
}

#[derive(Debug)]
pub(crate) struct Registry<S> {
    sessions: Mutex<HashMap<Sid, Arc<S>>>,
    /// Notified when the last session has ended.
    emptied: Notify,
}

impl<S> Default for Registry<S> {
    fn default() -> Self {
        Self { sessions: Mutex::default(), emptied: Notify::new() }
    }
}

impl<S> Registry<S> {
    pub(crate) fn insert(&self, sid: Sid, session: Arc<S>) {
        self.sessions.lock().insert(sid, session);
    }

    pub(crate) fn get(&self, sid: &Sid) -> Option<Arc<S>> {
        self.sessions.lock().get(sid).cloned()
    }

    pub(crate) fn remove(&self, sid: &Sid) {
        let mut sessions = self.sessions.lock();
        sessions.remove(sid);
        if sessions.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.sessions.lock().len()
    }

    pub(crate) fn all(&self) -> Vec<Arc<S>> {
        self.sessions.lock().values().cloned().collect()
    }

    /// Waits until there is no session.
    pub(crate) async fn wait_until_empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }
}
