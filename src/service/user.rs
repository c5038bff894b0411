//! Guests and sessions of a request: created, found by their token, renamed.

use super::{App, ClientInfo};
use crate::chat::Tx;
use crate::chat::session::{self, SessionId, Token};
use crate::chat::user::{self, User};
use crate::db::Subject;
use crate::error::Result;
use crate::i18n::any_name;

/// A user with a new session.
pub struct Entered {
    pub user: User,
    pub token: Token,
    pub session_id: SessionId,
}

impl Entered {
    /// Opens a session for a user.
    pub(super) fn open(tx: &mut Tx, now: i64, user: User, client: &ClientInfo) -> Result<Self> {
        let token = session::open(tx, now, user.id, client.agent.as_deref(), Some(client.address))?;
        Ok(Self { user, session_id: token.session_id(), token })
    }
}

impl App {
    /// Returns whether visitors may come in as guests.
    pub fn takes_guests(&self) -> bool {
        self.budgets.takes_guests()
    }

    /// Creates a guest and their first session; without a name they get a friendly one.
    ///
    /// # Errors
    /// `forbidden` where the settings allow no guests; `rate_limited` for the address; `invalid`, `too_long` for the name;
    /// `unavailable` on a full disk.
    pub async fn enter_as_guest(&self, name: Option<String>, client: ClientInfo) -> Result<Entered> {
        self.budgets.check_guest(&self.disk_space)?;
        self.rates.guest(client.address)?;
        self.budgets.guest(client.address)?;
        let address = client.address;
        let create = self.write(Subject::Server, move |tx, limits, now| {
            limits.server.get().check_joins(now)?;
            let user = match &name {
                Some(name) => user::make_guest(tx, limits, now, name)?,
                None => user::make_friendly_guest(tx, limits, now, &any_name(client.lang))?,
            };
            Entered::open(tx, now, user, &client)
        });
        let entered = create.await?;
        self.budgets.seen(entered.user.id, entered.user.kind, address);
        Ok(entered)
    }

    /// Changes one's name.
    ///
    /// # Errors
    /// `rate_limited`; `invalid`, `too_long`.
    pub async fn rename(&self, me: &User, name: String) -> Result<User> {
        self.rates.act(me.id)?;
        let me = me.id;
        self.write(me, move |tx, limits, _| user::rename(tx, limits, me, &name)).await
    }
}
