//! Slash commands: those that every room has, those of the bots in it, and those of its webhooks.

use std::sync::LazyLock;

use super::kinds::UserKind;
use super::user::{self, User};
use super::{Tx, member};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

/// The most commands of one bot, and of the bots of one room that are listed.
const MOST: usize = 20;
const LISTED: u64 = 100;
const NAME_MAX: usize = 32;
const HINT_MAX: usize = 80;

/// A command that every room has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Says what one does, in italics.
    Me,
    /// Sends a text with a shrug behind it.
    Shrug,
    /// Sends a text that notifies nobody.
    Silent,
    /// Gives the room another title.
    Topic,
    /// Makes a link that leads into the room.
    Invite,
    /// Turns the notifications of the room off, or on again with `off`.
    Mute,
    /// Reminds of something at a time.
    Remind,
}

impl BuiltIn {
    pub const ALL: [Self; 7] =
        [Self::Me, Self::Shrug, Self::Silent, Self::Topic, Self::Invite, Self::Mute, Self::Remind];

    pub fn name(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Shrug => "shrug",
            Self::Silent => "silent",
            Self::Topic => "topic",
            Self::Invite => "invite",
            Self::Mute => "mute",
            Self::Remind => "remind",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name() == name)
    }
}

/// A command of a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Without the slash.
    pub name: String,
    /// What it does and takes, in Korean and English.
    pub hint_ko: String,
    pub hint_en: String,
}

/// Splits a text into the folded name of its command and what follows. `None` for a text that is no command: a path or a
/// date is none.
pub fn parse(typed: &str) -> Option<(String, &str)> {
    let rest = typed.strip_prefix('/')?;
    let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    is_name(name).then(|| (text::fold(name), arguments.trim()))
}

/// Whether a text may name a command: letters, digits, `_` and `-`, a letter first.
fn is_name(name: &str) -> bool {
    let is_begun = name.starts_with(char::is_alphabetic);
    is_begun && name.chars().count() <= NAME_MAX && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Replaces the commands of a bot.
///
/// # Errors
/// `forbidden` for a user who is no bot; `too_many` for more than twenty; `invalid` or `too_long` with the field `name`,
/// `hintKo` or `hintEn`.
pub fn set(tx: &mut Tx, me: UserId, commands: &[Command]) -> Result<()> {
    if user::get(tx, me)?.kind != UserKind::Bot {
        return Err(Error::new(Code::Forbidden).with_message("only bots have commands"));
    }
    tx.execute("DELETE FROM commands WHERE user_id = ?1", &[&me])?;
    for command in checked(commands)? {
        tx.execute(
            "INSERT INTO commands (user_id, name, hint_ko, hint_en) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (user_id, name) DO UPDATE SET hint_ko = ?3, hint_en = ?4",
            &[&me, &command.name, &command.hint_ko, &command.hint_en],
        )?;
    }
    Ok(())
}

/// Returns commands as they are stored.
///
/// # Errors
/// `too_many` for more than twenty; `invalid` with the field `name`, `hintKo` or `hintEn`.
pub(super) fn checked(commands: &[Command]) -> Result<Vec<Command>> {
    if commands.len() > MOST {
        return Err(Code::TooMany.into());
    }
    let checked = commands.iter().map(|command| {
        let name = text::fold(&command.name);
        if !is_name(&name) || BuiltIn::from_name(&name).is_some() {
            return Err(Error::invalid("name", "name must be a word that no command of every room has"));
        }
        let (hint_ko, hint_en) = (hint("hintKo", &command.hint_ko)?, hint("hintEn", &command.hint_en)?);
        Ok(Command { name, hint_ko, hint_en })
    });
    checked.collect()
}

fn hint(field: &'static str, hint: &str) -> Result<String> {
    text::clipped(hint, HINT_MAX).ok_or_else(|| Error::invalid(field, format!("{field} must not be empty")))
}

/// Returns the commands of the bots in a room and of its webhooks, by name. Of two with the same name that of a bot counts,
/// and then the older one's.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`.
pub fn list(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Vec<(Command, User)>> {
    member::membership(tx, me, room_id)?;
    static LIST: LazyLock<String> = LazyLock::new(|| {
        let user = user::columns("u");
        format!(
            "SELECT {user}, c.name, c.hint_ko, c.hint_en
             FROM (SELECT c.user_id, c.name, c.hint_ko, c.hint_en, 0 AS place
                   FROM commands c JOIN members m ON m.user_id = c.user_id AND m.room_id = ?1
                   UNION ALL SELECT h.user_id, c.name, c.hint_ko, c.hint_en, 1
                   FROM hooks h JOIN hook_commands c ON c.hook_id = h.id
                   WHERE h.room_id = ?1 AND h.revoked_at IS NULL) c
               JOIN users u ON u.id = c.user_id
             ORDER BY c.name, c.place, c.user_id LIMIT ?2"
        )
    });
    let mut commands = tx.query_all(&LIST, &[&room_id, &LISTED], |row| {
        let mut c = row.columns();
        let bot = user::read_some(&mut c)?;
        Ok((Command { name: c.next()?, hint_ko: c.next()?, hint_en: c.next()? }, bot))
    })?;
    commands.dedup_by(|later, first| later.0.name == first.0.name);
    Ok(commands)
}

/// Returns the bot of a room that has a command, if one has it.
///
/// # Errors
/// Only those of the store.
pub fn bot_of(tx: &mut Tx, room_id: RoomId, name: &str) -> Result<Option<UserId>> {
    let sql = "SELECT c.user_id FROM commands c JOIN members m ON m.user_id = c.user_id AND m.room_id = ?1
               WHERE c.name = ?2 ORDER BY c.user_id LIMIT 1";
    Ok(tx.query_opt(sql, &[&room_id, &name], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_dates_are_no_commands() {
        for text in ["/usr/bin", "/2026", "//", "/", "/ hello", "/me/too", "no /me"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("/Me waves"), Some(("me".to_owned(), "waves")));
        assert_eq!(parse("/투표 점심?\n김밥"), Some(("투표".to_owned(), "점심?\n김밥")));
        assert_eq!(parse("/shrug"), Some(("shrug".to_owned(), "")));
    }
}
