//! One-time links, which the operator or an e-mail gives to a user, or a user to another device of theirs.

use super::kinds::{AuditAction, JobKind};
use super::session::Token;
use super::{Tx, audit, outbox};
use crate::error::{Code, Result};
use crate::ids::UserId;

pub use super::kinds::LinkKind;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl LinkKind {
    /// Returns how long a link is valid.
    pub fn lifetime_ms(self) -> i64 {
        match self {
            Self::Admin | Self::FirstPassword | Self::Email | Self::NewEmail | Self::SignUp => 24 * HOUR,
            Self::Password => HOUR,
            Self::Device => 5 * MINUTE,
        }
    }
}

/// Creates a link and returns its code, which is stored only as a hash. The previous link of the same kind and user
/// is revoked.
///
/// # Errors
/// Only those of the store.
pub fn make(tx: &mut Tx, now: i64, kind: LinkKind, user_id: Option<UserId>) -> Result<Token> {
    replace(tx, now, None, kind, user_id)
}

fn replace(tx: &mut Tx, now: i64, by: Option<UserId>, kind: LinkKind, user_id: Option<UserId>) -> Result<Token> {
    match user_id {
        Some(user_id) => revoke(tx, kind, user_id)?,
        None => {
            tx.execute("DELETE FROM links WHERE kind = ?1 AND user_id IS NULL AND email IS NULL", &[&kind])?;
        }
    }
    insert(tx, now, kind, &Subject { user_id, by, email: None })
}

/// Revokes the links of a kind that a user has.
pub(super) fn revoke(tx: &mut Tx, kind: LinkKind, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM links WHERE kind = ?1 AND user_id = ?2", &[&kind, &user_id])?;
    Ok(())
}

/// Whom a link is for, and who has made it.
pub(super) struct Subject<'a> {
    /// `None` for the first who opens it.
    pub user_id: Option<UserId>,
    /// The address that the link is mailed to, if it is not that of the user.
    pub email: Option<&'a str>,
    /// The admin; `None` for a command and for the server.
    pub by: Option<UserId>,
}

/// Stores a new link, and deletes those that have ended.
pub(super) fn insert(tx: &mut Tx, now: i64, kind: LinkKind, subject: &Subject<'_>) -> Result<Token> {
    tx.execute("DELETE FROM links WHERE ends_at <= ?1", &[&now])?;
    let code = Token::new();
    tx.execute(
        "INSERT INTO links (code_hash, kind, user_id, email, by_user_id, created_at, ends_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[&code.hash(), &kind, &subject.user_id, &subject.email, &subject.by, &now, &(now + kind.lifetime_ms())],
    )?;
    Ok(code)
}

/// Creates a link for an admin, or for the operator by a command, who gives it to somebody: that is in the audit log.
///
/// # Errors
/// Only those of the store.
pub fn make_by(tx: &mut Tx, now: i64, by: Option<UserId>, kind: LinkKind, user_id: Option<UserId>) -> Result<Token> {
    let action = match kind {
        LinkKind::Admin => AuditAction::AdminLink,
        LinkKind::Password => AuditAction::ResetLink,
        // Of a first password, the new account is in the log. The others are for users themselves.
        LinkKind::FirstPassword | LinkKind::Device | LinkKind::Email | LinkKind::NewEmail | LinkKind::SignUp => {
            return replace(tx, now, by, kind, user_id);
        }
    };
    if let (LinkKind::Password, Some(user_id)) = (kind, user_id) {
        revoke(tx, LinkKind::FirstPassword, user_id)?;
    }
    let subject = user_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    audit::append(tx, now, by, action, None, subject)?;
    replace(tx, now, by, kind, user_id)
}

/// Returns the user of a valid link without using it.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn look(tx: &mut Tx, now: i64, kind: LinkKind, code: &Token) -> Result<Option<UserId>> {
    let sql = "SELECT user_id FROM links WHERE code_hash = ?1 AND kind = ?2 AND ends_at > ?3";
    tx.query_opt(sql, &[&code.hash(), &kind, &now], |row| row.get(0))?.ok_or(Code::Gone.into())
}

/// Uses a link. Of two simultaneous uses one succeeds.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn take(tx: &mut Tx, now: i64, kind: LinkKind, code: &Token) -> Result<Option<UserId>> {
    let sql = "DELETE FROM links WHERE code_hash = ?1 AND kind = ?2 AND ends_at > ?3 RETURNING user_id";
    tx.query_opt(sql, &[&code.hash(), &kind, &now], |row| row.get(0))?.ok_or(Code::Gone.into())
}

/// A link with which a user chooses a password.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    pub user_id: UserId,
    /// The address to log in with.
    pub email: String,
    /// Whether it is the first password, of an account that somebody else has created.
    pub is_first: bool,
}

/// Looks at a link to choose a password, without using it.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn look_password(tx: &mut Tx, now: i64, code: &Token) -> Result<PasswordLink> {
    let (password, first) = (LinkKind::Password, LinkKind::FirstPassword);
    let sql = "SELECT u.id, u.email, l.kind FROM links l JOIN users u ON u.id = l.user_id
               WHERE l.code_hash = ?1 AND l.kind IN (?2, ?3) AND l.ends_at > ?4 AND u.email IS NOT NULL";
    let found = tx.query_opt(sql, &[&code.hash(), &password, &first, &now], |row| {
        Ok(PasswordLink { user_id: row.get(0)?, email: row.get(1)?, is_first: row.get::<LinkKind>(2)? == first })
    });
    found?.ok_or(Code::Gone.into())
}

/// Uses a link to choose a password, and returns whose it is. Of two simultaneous uses one succeeds.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn take_password(tx: &mut Tx, now: i64, code: &Token) -> Result<UserId> {
    let sql = "DELETE FROM links WHERE code_hash = ?1 AND kind IN (?2, ?3) AND ends_at > ?4 RETURNING user_id";
    let (password, first) = (LinkKind::Password, LinkKind::FirstPassword);
    let taken = tx.query_opt(sql, &[&code.hash(), &password, &first, &now], |row| row.get(0))?;
    taken.flatten().ok_or(Code::Gone.into())
}

/// Revokes all links.
///
/// # Errors
/// Only those of the store.
pub fn forget_all(tx: &mut Tx) -> Result<()> {
    tx.execute("DELETE FROM links", &[])?;
    Ok(())
}

/// Revokes the links that an admin has made for others.
pub(super) fn revoke_all_by(tx: &mut Tx, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM links WHERE by_user_id = ?1", &[&user_id])?;
    Ok(())
}

/// Revokes all links of a user, also the one that is still to be mailed to a new address.
pub(super) fn revoke_all_of(tx: &mut Tx, user_id: UserId) -> Result<()> {
    outbox::drop_of_user(tx, JobKind::NewEmail, user_id)?;
    tx.execute("DELETE FROM links WHERE user_id = ?1", &[&user_id])?;
    Ok(())
}
