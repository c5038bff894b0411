//! Admins: how the first one is appointed, and what they do.

mod people;
mod rooms;
mod settings;
mod status;

pub use status::{Samples, Status};

use super::{App, log_failure};
use crate::chat::Db;
use crate::chat::account;
use crate::chat::one_time_link::{self, LinkKind};
use crate::chat::session::{Session, Token};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;

/// Creates a one-time link to become an admin.
///
/// # Errors
/// Only those of the database.
pub async fn create_admin_link(db: &Db, base_url: &str) -> Result<String> {
    let code =
        db.write(Subject::Server, |tx| one_time_link::make_by(tx, now_ms(), None, LinkKind::Admin, None)).await?;
    Ok(format!("{base_url}/admin/{}", code.reveal()))
}

impl App {
    /// Says how to become the first admin, as long as there is none.
    pub async fn offer_admin_link(&self) {
        match self.db.read(account::find_admin).await {
            Ok(None) if !self.config.shows_admin_link => {
                let (program, folder) = (&self.config.program, self.config.data_dir.display());
                tracing::info!("there is no admin yet; to become one, run: {program} admin-link --data-dir {folder}");
            }
            Ok(None) => match create_admin_link(&self.db, &self.base_url).await {
                Ok(link) => tracing::info!("there is no admin yet; open {link} within a day to become one"),
                failed => log_failure("creating a link for the first admin", failed),
            },
            found => log_failure("looking for an admin", found),
        }
    }

    /// Makes oneself an admin by a one-time link.
    ///
    /// # Errors
    /// `gone`; `forbidden` for a user without e-mail and password, which leaves the link as it was.
    pub async fn become_admin(&self, session: &Session, code: Token) -> Result<()> {
        let me = session.user.id;
        let become_admin = self.write(me, move |tx, _, now| {
            one_time_link::take(tx, now, LinkKind::Admin, &code)?;
            account::make_admin(tx, now, Some(me), me)
        });
        become_admin.await
    }
}
