//! Accounts that admins create for others.

use super::{lock_admins, require_admin, set_log_in};
use crate::chat::kinds::{AuditAction, LinkKind};
use crate::chat::one_time_link;
use crate::chat::session::Token;
use crate::chat::user::{self, User, UserKind};
use crate::chat::{Limits, Tx, audit};
use crate::error::Result;
use crate::ids::UserId;
use crate::text;

/// An account to create for somebody else.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: String,
    pub name: String,
    /// Of a random password, which nobody knows: the owner chooses one by the link.
    pub password_hash: String,
}

/// Creates an account, also where nobody can sign up, and the link with which its owner chooses a password. `by` is the admin, `None` for a
/// command.
///
/// # Errors
/// `forbidden` unless an admin; `invalid`, `too_long` or `filtered` with the field `email` or `name`; `email_taken`.
pub fn create(tx: &mut Tx, limits: &Limits, now: i64, by: Option<UserId>, new: &NewAccount) -> Result<(User, Token)> {
    // So that a demotion at the same time does not miss the link.
    lock_admins(tx)?;
    require_admin(tx, by)?;
    let email = text::email(&new.email)?;
    user::check_name(tx, limits, None, &new.name)?;
    let user = user::make(tx, limits, now, UserKind::Account, &new.name)?;
    set_log_in(tx, user.id, &email, &new.password_hash, None)?;
    audit::append(tx, now, by, AuditAction::AccountCreated, None, user.id)?;
    let link = one_time_link::make_by(tx, now, by, LinkKind::FirstPassword, Some(user.id))?;
    Ok((user, link))
}
