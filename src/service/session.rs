//! Sessions: where one is signed in, and that sockets end with them.

use super::{App, log_failure};
use crate::chat::session::{self, Device, Session, SessionId};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;

/// Sessions looked at in one go.
const CHUNK: usize = 512;

impl App {
    /// Where one is signed in.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn devices(&self, session: &Session) -> Result<Vec<Device>> {
        let (me, current) = (session.user.id, session.id);
        self.db.read(move |tx| session::devices(tx, now_ms(), me, current)).await
    }

    /// Ends a session and closes its sockets.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn log_out(&self, session: &Session) -> Result<()> {
        let id = session.id;
        self.db.write(Subject::Server, move |tx| session::close(tx, id)).await?;
        self.end_sessions(session.user.id, &[id]);
        Ok(())
    }

    /// Ends one of one's own sessions by its handle; whether it was the one that asks.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn log_out_device(&self, session: &Session, handle: String) -> Result<bool> {
        let me = session.user.id;
        let id = self.db.write(Subject::Server, move |tx| session::close_device(tx, me, &handle)).await?;
        self.end_sessions(me, &[id]);
        Ok(id == session.id)
    }

    /// Ends all one's sessions, the one that asks too if `own`.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn log_out_everywhere(&self, session: &Session, own: bool) -> Result<()> {
        let (me, keep) = (session.user.id, Some(session.id).filter(|_| !own));
        let ended = self.db.write(Subject::Server, move |tx| session::close_all(tx, me, keep)).await?;
        self.end_sessions(me, &ended);
        Ok(())
    }

    /// Closes the sockets of sessions that have ended, by age or by the operator's hand, and notes
    /// that the others are in use. What ends a session here closes its sockets at once; this is for
    /// all the rest.
    pub async fn check_sessions(&self) {
        let people = self.realtime.connections.sessions();
        let open: Vec<SessionId> = people.keys().copied().collect();
        for chunk in open.chunks(CHUNK) {
            let chunk = chunk.to_vec();
            let checked = self.db.read(move |tx| session::check(tx, now_ms(), &chunk)).await;
            // A store that does not answer ends nobody's session.
            let Ok((ended, stale)) = checked else { return log_failure("checking sessions", checked) };
            for id in ended {
                if let Some(&user_id) = people.get(&id) {
                    self.end_sessions(user_id, &[id]);
                }
            }
            if stale.is_empty() {
                continue;
            }
            let touch =
                move |tx: &mut crate::chat::Tx| stale.iter().try_for_each(|id| session::touch(tx, now_ms(), *id));
            log_failure("noting that sessions are used", self.db.write(Subject::Server, touch).await);
        }
    }
}
