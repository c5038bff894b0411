//! What a bot may do, and to whom it belongs.

use super::Tx;
use super::kinds::BotRight;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// The rights of a bot, as its key has them: other rights need another key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BotRights(u8);

impl BotRights {
    /// Reads stored rights.
    pub(super) fn parse(rights: &str) -> Self {
        Self(parse(rights).into_iter().fold(0, |bits, right| bits | Self::bit(right)))
    }

    fn bit(right: BotRight) -> u8 {
        1 << right as u8
    }

    /// Checks that the bot may do what a right allows.
    ///
    /// # Errors
    /// `forbidden`, also where no right allows it.
    pub fn require(self, right: Option<BotRight>) -> Result<()> {
        match right {
            Some(right) if self.0 & Self::bit(right) != 0 => Ok(()),
            Some(right) => {
                Err(Error::new(Code::Forbidden).with_message(format!("this bot needs the right {}", right.as_str())))
            }
            None => Err(Error::new(Code::Forbidden).with_message("bots may not do this")),
        }
    }
}

/// Reads stored rights. Those that only a newer version knows are left out.
pub(super) fn parse(rights: &str) -> Vec<BotRight> {
    rights.split(' ').filter_map(BotRight::from_name).collect()
}

/// Returns rights as they are stored: each once, in the order of the table.
pub(super) fn stored(rights: &[BotRight]) -> String {
    let names = BotRight::ALL.iter().filter(|right| rights.contains(right)).map(|right| right.as_str());
    names.collect::<Vec<_>>().join(" ")
}

/// Checks that a bot may do what a right allows.
///
/// # Errors
/// `forbidden`, also where no right allows it.
pub(super) fn require(tx: &mut Tx, id: UserId, right: Option<BotRight>) -> Result<()> {
    let rights = tx.query_opt("SELECT rights FROM bots WHERE user_id = ?1", &[&id], |row| row.get::<String>(0))?;
    rights.map(|rights| BotRights::parse(&rights)).unwrap_or_default().require(right)
}

/// Returns the bots of an account.
pub(super) fn bots_of(tx: &mut Tx, owner: UserId) -> Result<Vec<UserId>> {
    // An account has few.
    Ok(tx.query_all("SELECT user_id FROM bots WHERE owner_id = ?1 LIMIT 100", &[&owner], |row| row.get(0))?)
}
