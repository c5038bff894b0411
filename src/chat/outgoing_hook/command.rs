//! Slash commands of the outgoing hooks of a room, and the addresses at which a program answers one later.

use super::event::IS_ACTIVE;
use super::{Scope, get};
use crate::chat::command::{self, Command};
use crate::chat::hook_answer::HookAnswer;
use crate::chat::message::{self, Message, Post};
use crate::chat::session::Token;
use crate::chat::user::{self, User};
use crate::chat::{Limits, Tx, member};
use crate::db::Fault;
use crate::error::{Code, Result};
use crate::ids::{HookId, RoomId, UserId};
use crate::secret::Secret;

/// How long a program may answer a command, and how often.
const ANSWER_MS: i64 = 30 * 60_000;
const ANSWERS: u32 = 5;

/// A hook that has a command.
#[derive(Clone, Debug)]
pub struct CommandHook {
    pub id: HookId,
    pub url: Secret,
    pub key: Secret,
    /// The author of answers.
    pub user: User,
    pub is_paused: bool,
}

/// Replaces the commands of a hook.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`; `too_many` for more than twenty; `invalid` with the
/// field `name`, `hintKo` or `hintEn`.
pub fn set_commands(tx: &mut Tx, me: UserId, room_id: RoomId, id: HookId, commands: &[Command]) -> Result<()> {
    let scope = Scope::Room(room_id);
    scope.check(tx, me)?;
    get(tx, scope, id)?;
    tx.execute("DELETE FROM hook_commands WHERE hook_id = ?1", &[&id])?;
    for command in command::checked(commands)? {
        tx.execute(
            "INSERT INTO hook_commands (hook_id, name, hint_ko, hint_en) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (hook_id, name) DO UPDATE SET hint_ko = ?3, hint_en = ?4",
            &[&id, &command.name, &command.hint_ko, &command.hint_en],
        )?;
    }
    Ok(())
}

/// Returns the hook of a room that has a command, for a member who may write there. `None` where no hook has it.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`; `room_closed`, `muted`, `read_only`.
pub fn hook_of_command(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, name: &str) -> Result<Option<CommandHook>> {
    member::membership(tx, me, room_id)?;
    let sql = format!(
        "SELECT h.id, h.url, h.signing_key, h.paused_at, {} FROM hooks h JOIN hook_commands c ON c.hook_id = h.id
           JOIN users u ON u.id = h.user_id
         WHERE h.room_id = ?1 AND c.name = ?2 AND {IS_ACTIVE} ORDER BY h.user_id LIMIT 1",
        user::columns("u")
    );
    let found = tx.query_opt(&sql, &[&room_id, &name], |row| {
        let mut c = row.columns();
        let (id, url, key) = (c.next()?, c.next::<String>()?.into(), c.next::<String>()?.into());
        let is_paused = c.next::<Option<i64>>()?.is_some();
        Ok::<_, Fault>(CommandHook { id, url, key, is_paused, user: user::read_some(&mut c)? })
    })?;
    if found.is_some() {
        message::check_may_write(tx, now, me, room_id)?;
    }
    Ok(found)
}

/// Makes the address at which a program answers a command of a user later. Returns its secret.
///
/// # Errors
/// Only those of the store.
pub fn open_answers(tx: &mut Tx, now: i64, id: HookId, room_id: RoomId, user_id: UserId) -> Result<Token> {
    let secret = Token::new();
    tx.execute(
        "INSERT INTO command_answers (secret_hash, hook_id, room_id, user_id, uses, ends_at) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
        &[&secret.hash(), &id, &room_id, &user_id, &now.saturating_add(ANSWER_MS)],
    )?;
    Ok(secret)
}

/// Posts what a program answers at the address of a command, at most five times.
///
/// # Errors
/// `not_found` for an address that has ended, or whose user has left the room; those of [`answer`].
pub fn answer_later(tx: &mut Tx, limits: &Limits, now: i64, secret: &Token, text: &HookAnswer) -> Result<()> {
    let sql = format!(
        "UPDATE command_answers SET uses = uses + 1
         WHERE secret_hash = ?1 AND uses < ?2 AND ends_at > ?3
           AND EXISTS (SELECT 1 FROM hooks h WHERE h.id = hook_id AND {IS_ACTIVE})
         RETURNING hook_id, room_id, user_id"
    );
    let found = tx.query_opt(&sql, &[&secret.hash(), &ANSWERS, &now], |row| {
        Ok((row.get::<HookId>(0)?, row.get::<RoomId>(1)?, row.get::<UserId>(2)?))
    })?;
    let (id, room_id, user_id) = found.ok_or(Code::NotFound)?;
    answer(tx, limits, now, id, room_id, user_id, text).map(drop)
}

/// Posts the answer of a hook to a command: to the room, or as a whisper to the user.
///
/// # Errors
/// `not_found` for a hook that was revoked, and for a user who has left the room; `invalid` with the field `text` for one that is empty; `room_closed`,
/// `muted`, `read_only`, `too_new`, `filtered`.
pub fn answer(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    id: HookId,
    room_id: RoomId,
    user_id: UserId,
    answer: &HookAnswer,
) -> Result<Message> {
    let hook = get(tx, Scope::Room(room_id), id)?;
    let maker = hook.by.map(|by| by.id);
    if member::find_role(tx, user_id, room_id)?.is_none() {
        return Err(Code::NotFound.into());
    }
    let to = if answer.is_for_room { None } else { user::find(tx, user_id)? };
    let HookAnswer { text, silent, .. } = answer;
    message::post(tx, limits, now, Post { user: hook.user, room_id, to, text, reply_to: None, silent: *silent, maker })
}

/// Deletes the addresses that have ended.
///
/// # Errors
/// Only those of the store.
pub fn sweep_answers(tx: &mut Tx, now: i64) -> Result<()> {
    tx.execute("DELETE FROM command_answers WHERE ends_at <= ?1", &[&now])?;
    Ok(())
}
