//! The settings that admins change, invites to sign up, and the audit log.

use std::sync::Arc;

use crate::chat::audit::{self, Listed};
use crate::chat::kinds::SignUpPolicy;
use crate::chat::server_invite::{self, ServerInvite};
use crate::chat::server_settings::{self, Change, Numbered, ServerSettings};
use crate::chat::{Limits, Tx, file};
use crate::clock::now_ms;
use crate::config::RoomCreators;
use crate::db::Subject;
use crate::error::{Error, Result};
use crate::files::Upload;
use crate::i18n::{self, Lang};
use crate::ids::UserId;
use crate::service::{App, log_failure};

impl App {
    /// Returns what admins have set.
    pub fn server_settings(&self) -> Arc<Numbered> {
        self.config.limits.server.get()
    }

    /// Returns the name of the server, else Madang's own.
    pub fn server_name(&self, lang: Lang) -> String {
        i18n::server_name(&self.server_settings().name, lang).to_owned()
    }

    /// Reads what admins have set: at the start, and when another process may have changed it.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn load_server_settings(&self) -> Result<()> {
        self.config.limits.server.set(self.db.read(server_settings::stored).await?);
        Ok(())
    }

    /// Reads what admins have set again. A command beside this server tells no other one.
    pub async fn reload_server_settings(&self) {
        log_failure("reading the settings of the server", self.load_server_settings().await);
    }

    /// Returns who may create open rooms: as admins have set it, else as the operator has.
    pub fn room_creators(&self) -> RoomCreators {
        self.server_settings().room_creators.unwrap_or(self.config.room_creators)
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `invalid` or `too_long` with the field.
    pub async fn change_server_settings(&self, me: UserId, change: Change) -> Result<ServerSettings> {
        self.rates.act(me)?;
        let is_new = self.server_settings().sign_up != SignUpPolicy::EmailDomain;
        let lacks_mail = is_new && change.sign_up == Some(SignUpPolicy::EmailDomain) && !self.has_mail();
        let write = move |tx: &mut Tx, _: &Limits, now| {
            let settings = server_settings::change(tx, now, Some(me), change.clone())?;
            match lacks_mail {
                // The change is undone.
                true => Err(Error::invalid("signUp", "emailDomain needs SMTP_URL: a link is mailed to each address")),
                false => Ok(settings),
            }
        };
        self.write(Subject::Server, write).await
    }

    /// Sets the logo: the middle of the upload, re-encoded as a small square.
    ///
    /// # Errors
    /// `forbidden` unless an admin; those of [`App::set_picture`].
    pub async fn set_logo(&self, me: UserId, upload: Upload) -> Result<ServerSettings> {
        self.put_portrait(me, upload, move |tx, hash| set_logo(tx, now_ms(), me, Some(hash))).await
    }

    /// Takes the logo away.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin.
    pub async fn remove_logo(&self, me: UserId) -> Result<ServerSettings> {
        self.rates.act(me)?;
        let (settings, unneeded) = self.write(Subject::Server, move |tx, _, now| set_logo(tx, now, me, None)).await?;
        self.remove_bytes(unneeded).await;
        Ok(settings)
    }

    /// Creates an invite to sign up.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `invalid` with the field; `too_many`.
    pub async fn create_server_invite(
        &self,
        me: UserId,
        uses: Option<u32>,
        hours: Option<u32>,
    ) -> Result<ServerInvite> {
        self.rates.act(me)?;
        self.write(Subject::Server, move |tx, _, now| server_invite::create(tx, now, Some(me), uses, hours)).await
    }

    /// Returns the valid invites to sign up, the newest first.
    ///
    /// # Errors
    /// `forbidden` unless an admin.
    pub async fn server_invites(&self, me: UserId) -> Result<Vec<ServerInvite>> {
        self.db.read(move |tx| server_invite::list(tx, now_ms(), Some(me))).await
    }

    /// Revokes an invite to sign up.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `not_found`.
    pub async fn revoke_server_invite(&self, me: UserId, code: String) -> Result<()> {
        self.rates.act(me)?;
        self.write(Subject::Server, move |tx, _, now| server_invite::revoke(tx, now, Some(me), &code)).await
    }

    /// Returns the link of an invite to sign up.
    pub fn server_invite_link(&self, code: &str) -> String {
        format!("{}/signup?invite={code}", self.base_url)
    }

    /// Returns entries of the audit log, the newest first, before a number, with the names of those they are about.
    ///
    /// # Errors
    /// `forbidden` unless an admin; `invalid` with the field `limit`.
    pub async fn audit_log(&self, me: UserId, before: Option<i64>, limit: Option<u32>) -> Result<Vec<Listed>> {
        let limit = self.config.limits.page(limit.unwrap_or(self.config.limits.page_default))?;
        self.db.read(move |tx| audit::newest(tx, me, before, limit)).await
    }
}

/// Sets the logo and returns the hashes of stored bytes that are not needed any more.
fn set_logo(tx: &mut Tx, now: i64, me: UserId, hash: Option<&str>) -> Result<(ServerSettings, Vec<String>)> {
    let (settings, before) = server_settings::set_logo(tx, now, Some(me), hash)?;
    Ok((settings, file::unreferenced(tx, before.as_slice())?))
}
