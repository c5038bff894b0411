//! Signing up: a guest or a newcomer gets an account. Where only e-mail addresses of some domains may, a mailed link shows that the
//! address is theirs.

use super::kinds::{SignUpPolicy, UserKind};
use super::one_time_link::{LinkKind, Subject};
use super::session::Token;
use super::user::{self, User};
use super::{Fact, Limits, Tx, account, one_time_link, server_invite, session};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::text;

/// An account to create. The password is hashed outside of any transaction.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: String,
    pub password_hash: String,
    /// Left out, a guest keeps theirs and a new user gets `fallback_name`.
    pub name: Option<String>,
    pub fallback_name: String,
    /// The code of an invite, where the settings of the server ask for one.
    pub invite: Option<String>,
    /// The code of the link that was mailed to the address, where only addresses of some domains may sign up.
    pub code: Option<Token>,
}

/// Creates an account. A `guest` becomes one with the same id, rooms and messages. The sessions of the guest
/// end: they must not open the account.
///
/// # Errors
/// `invalid` or `too_long` with the field `email`, `name`, `invite` or `code`; `email_taken`; `gone` with the field `invite` or
/// `code`; `forbidden` for a user who has an account already, and where nobody can sign up.
pub fn sign_up(tx: &mut Tx, limits: &Limits, now: i64, guest: Option<UserId>, new: NewAccount) -> Result<User> {
    let email = text::email(&new.email)?;
    let folded = text::email_key(&email);
    let settings = limits.server.get();
    settings.check_joins(now)?;
    settings.check_sign_up(&email, new.invite.is_some(), new.code.is_some())?;
    let (email, confirmed_at) = match (settings.sign_up, &new.invite, &new.code) {
        (SignUpPolicy::Invite, Some(invite), _) => {
            server_invite::take(tx, now, invite)?;
            (email, None)
        }
        (SignUpPolicy::EmailDomain, _, Some(code)) => (take_link(tx, now, code, &folded)?, Some(now)),
        _ => (email, None),
    };
    let Some(me) = guest else {
        if let Some(name) = &new.name {
            user::check_name(tx, limits, None, name)?;
        }
        let name = new.name.unwrap_or(new.fallback_name);
        let user = user::make(tx, limits, now, UserKind::Account, &name)?;
        account::set_log_in(tx, user.id, &email, &new.password_hash, confirmed_at)?;
        return Ok(user);
    };
    if user::get(tx, me)?.kind != UserKind::Guest {
        return Err(Error::new(Code::Forbidden).with_message("log out of the present account first"));
    }
    if let Some(name) = new.name {
        user::rename(tx, limits, me, &name)?;
    }
    account::set_log_in(tx, me, &email, &new.password_hash, confirmed_at)?;
    session::close_all(tx, me, None)?;
    let user = user::get(tx, me)?;
    tx.publish(Fact::UserChanged(Box::new(user.clone())));
    Ok(user)
}

/// Uses the link that was mailed to an address, and returns the address as it was mailed to. Of two simultaneous uses one succeeds.
fn take_link(tx: &mut Tx, now: i64, code: &Token, folded: &str) -> Result<String> {
    let sql = "DELETE FROM links WHERE code_hash = ?1 AND kind = ?2 AND email IS NOT NULL AND ends_at > ?3
               RETURNING email";
    let taken = tx.query_opt(sql, &[&code.hash(), &LinkKind::SignUp, &now], |row| row.get(0))?;
    let email: String = taken.ok_or_else(|| Error::new(Code::Gone).with_field("code"))?;
    match text::email_key(&email) == folded {
        true => Ok(email),
        false => Err(Error::invalid("email", "the link was mailed to another address")),
    }
}

/// Creates a link to sign up with an address, for a mail to it, and returns its code. The previous link of the address is revoked.
///
/// # Errors
/// Only those of the store.
pub fn make_link(tx: &mut Tx, now: i64, email: &str) -> Result<Token> {
    tx.execute("DELETE FROM links WHERE kind = ?1 AND email = ?2", &[&LinkKind::SignUp, &email])?;
    one_time_link::insert(tx, now, LinkKind::SignUp, &Subject { email: Some(email), user_id: None, by: None })
}

/// Returns the address with which a valid link lets somebody sign up, without using it.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn email_of_link(tx: &mut Tx, now: i64, code: &Token) -> Result<String> {
    let sql = "SELECT email FROM links WHERE code_hash = ?1 AND kind = ?2 AND email IS NOT NULL AND ends_at > ?3";
    tx.query_opt(sql, &[&code.hash(), &LinkKind::SignUp, &now], |row| row.get(0))?.ok_or(Code::Gone.into())
}
