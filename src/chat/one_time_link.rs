//! One-time links: whoever opens one has been told its code by the operator or by e-mail.

use super::Tx;
use super::session::Token;
use crate::error::{Code, Result};
use crate::ids::UserId;

const HOUR: i64 = 3_600_000;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// To become an admin; nobody's until it is used.
    Admin,
    /// To choose a new password, of one account.
    Password,
}

impl LinkKind {
    /// How long it opens.
    pub fn lifetime_ms(self) -> i64 {
        match self {
            Self::Admin => 24 * HOUR,
            Self::Password => HOUR,
        }
    }
}

/// Makes a link and hands out its code, which is nowhere else. The one before it, of the same kind
/// and person, opens nothing any more.
///
/// # Errors
/// Only those of the store.
pub fn make(tx: &mut Tx, now: i64, kind: LinkKind, user_id: Option<UserId>) -> Result<Token> {
    tx.execute("DELETE FROM links WHERE ends_at <= ?1", &[&now])?;
    match user_id {
        Some(user_id) => tx.execute("DELETE FROM links WHERE kind = ?1 AND user_id = ?2", &[&kind, &user_id])?,
        None => tx.execute("DELETE FROM links WHERE kind = ?1 AND user_id IS NULL", &[&kind])?,
    };
    let code = Token::new();
    tx.execute(
        "INSERT INTO links (code_hash, kind, user_id, created_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[&code.hash(), &kind, &user_id, &now, &(now + kind.lifetime_ms())],
    )?;
    Ok(code)
}

/// Whether a link still opens, and whose it is. It stays as it is: a GET uses nothing up.
///
/// # Errors
/// `gone` for one that was used, has ended or never was.
pub fn look(tx: &mut Tx, now: i64, kind: LinkKind, code: &Token) -> Result<Option<UserId>> {
    let sql = "SELECT user_id FROM links WHERE code_hash = ?1 AND kind = ?2 AND ends_at > ?3";
    tx.query_opt(sql, &[&code.hash(), &kind, &now], |row| row.get(0))?.ok_or(Code::Gone.into())
}

/// Uses a link up. Of two who try at once one does.
///
/// # Errors
/// `gone` for one that was used, has ended or never was.
pub fn take(tx: &mut Tx, now: i64, kind: LinkKind, code: &Token) -> Result<Option<UserId>> {
    let sql = "DELETE FROM links WHERE code_hash = ?1 AND kind = ?2 AND ends_at > ?3 RETURNING user_id";
    tx.query_opt(sql, &[&code.hash(), &kind, &now], |row| row.get(0))?.ok_or(Code::Gone.into())
}

/// Makes all links of the house open nothing any more.
///
/// # Errors
/// Only those of the store.
pub fn forget_all(tx: &mut Tx) -> Result<()> {
    tx.execute("DELETE FROM links", &[])?;
    Ok(())
}

/// Makes all links of a person open nothing any more.
pub(super) fn forget_all_of(tx: &mut Tx, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM links WHERE user_id = ?1", &[&user_id])?;
    Ok(())
}
