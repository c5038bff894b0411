//! Sessions: listing and ending them. Their sockets end with them.

use std::net::IpAddr;

use super::{App, log_failure};
use crate::chat::session::{self, Device, Session, SessionId, Token};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Result};

/// Sessions checked in one read.
const BATCH: usize = 512;

impl App {
    /// Returns the session of a token, and notes from where and from time to time that it is used.
    ///
    /// # Errors
    /// `unauthenticated` when it was closed or has expired.
    pub async fn session(&self, token: Token, address: IpAddr) -> Result<Session> {
        let found = self.db.read(move |tx| session::find(tx, now_ms(), &token)).await?;
        let session = found.ok_or(Code::Unauthenticated)?;
        self.budgets.seen(session.user.id, session.user.kind, address);
        if session.is_stale(now_ms()) {
            let id = session.id;
            let touch = self.write(session.user.id, move |tx, _, now| session::touch(tx, now, id));
            log_failure("updating a session", touch.await);
        }
        Ok(session)
    }

    /// Returns the devices on which one is signed in.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn devices(&self, session: &Session) -> Result<Vec<Device>> {
        let (me, current) = (session.user.id, session.id);
        self.db.read(move |tx| session::devices(tx, now_ms(), me, Some(current))).await
    }

    /// Ends a session and closes its sockets.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn log_out(&self, session: &Session) -> Result<()> {
        let id = session.id;
        self.write(session.user.id, move |tx, _, _| session::close(tx, id)).await.map(drop)
    }

    /// Ends one of one's sessions by its handle. Returns whether it was the present one.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn log_out_device(&self, session: &Session, handle: String) -> Result<bool> {
        let me = session.user.id;
        let id = self.write(me, move |tx, _, _| session::close_device(tx, me, &handle)).await?;
        Ok(id == session.id)
    }

    /// Ends all one's sessions, the present one too if `own`.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn log_out_everywhere(&self, session: &Session, own: bool) -> Result<()> {
        let (me, keep) = (session.user.id, Some(session.id).filter(|_| !own));
        self.write(me, move |tx, _, _| session::close_all(tx, me, keep)).await
    }

    /// Follows what another process has written: an admin command may have ended sessions or changed settings.
    pub async fn follow_commands(&self) {
        if self.db.have_others_written().await {
            self.check_sessions().await;
            self.reload_server_settings().await;
        }
    }

    /// Closes the sockets of sessions that have expired or were ended by an admin command, and notes that the others
    /// are in use. A session that is ended by a server closes its sockets at once.
    pub async fn check_sessions(&self) {
        for (user_id, kind, address) in self.realtime.connections.origins() {
            self.budgets.seen(user_id, kind, address);
        }
        let people = self.realtime.connections.sessions();
        let open: Vec<SessionId> = people.keys().copied().collect();
        for chunk in open.chunks(BATCH) {
            let chunk = chunk.to_vec();
            let checked = self.db.read(move |tx| session::check(tx, now_ms(), &chunk)).await;
            // If the database does not answer, no session is ended.
            let Ok((ended, stale)) = checked else { return log_failure("checking sessions", checked) };
            for id in ended {
                if let Some(&user_id) = people.get(&id) {
                    self.realtime.connections.end_sessions(user_id, &[id]);
                }
            }
            if stale.is_empty() {
                continue;
            }
            let touch = self
                .write(Subject::Server, move |tx, _, now| stale.iter().try_for_each(|id| session::touch(tx, now, *id)));
            log_failure("updating sessions", touch.await);
        }
    }
}
