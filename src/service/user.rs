//! Connections at the door: made, known again, renamed.

use std::net::IpAddr;

use super::{App, log_failure};
use crate::chat::session::{self, Session, SessionId, Token};
use crate::chat::user::{self, User};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::i18n::{Lang, any_name};

/// A new identity.
pub struct Entered {
    pub user: User,
    pub token: Token,
    pub session_id: SessionId,
}

impl App {
    /// Makes a guest and their first session; without a name they get a friendly one.
    ///
    /// # Errors
    /// `rate_limited` for the address; `invalid`, `too_long` for the name.
    pub async fn enter(
        &self,
        name: Option<String>,
        lang: Lang,
        agent: Option<String>,
        address: IpAddr,
    ) -> Result<Entered> {
        self.rates.guest(address)?;
        let limits = self.config.limits.clone();
        self.db
            .write(Subject::Server, move |tx| {
                let now = now_ms();
                let user = match &name {
                    Some(name) => user::make_guest(tx, &limits, now, name)?,
                    None => user::make_friendly_guest(tx, &limits, now, &any_name(lang))?,
                };
                let token = session::open(tx, now, user.id, agent.as_deref(), Some(address))?;
                Ok(Entered { user, session_id: token.session_id(), token })
            })
            .await
    }

    /// The session of a token, noted as used now and then.
    ///
    /// # Errors
    /// `unauthenticated` when it was closed or has ended.
    pub async fn session(&self, token: Token) -> Result<Session> {
        let found = self.db.read(move |tx| session::find(tx, now_ms(), &token)).await?;
        let session = found.ok_or(Code::Unauthenticated)?;
        if session.is_stale(now_ms()) {
            let id = session.id;
            log_failure(
                "noting that a session is used",
                self.db.write(Subject::Server, move |tx| session::touch(tx, now_ms(), id)).await,
            );
        }
        Ok(session)
    }

    /// Gives oneself another name.
    ///
    /// # Errors
    /// `invalid`, `too_long`.
    pub async fn rename(&self, me: &User, name: String) -> Result<User> {
        self.rates.act(me.id)?;
        let (me, limits) = (me.id, self.config.limits.clone());
        self.db.write(me, move |tx| user::rename(tx, &limits, me, &name)).await
    }
}
