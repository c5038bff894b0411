//! Direct rooms: two users, or one alone with their notes. Each pair has one room, for good.

use super::kinds::{DirectFrom, Presence, UserKind};
use super::new_member::{self, NewMember};
use super::room::{self, Room};
use super::user::{self, User};
use super::{Fact, Limits, Tx, account, block};
use crate::clock::rfc3339;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// The other user of a direct room, as the viewer sees them.
#[derive(Clone, Debug)]
pub struct OtherUser {
    /// `None` once they have deleted their account.
    pub user: Option<User>,
    /// Whether the viewer may see if they are there: the viewer does not hide it, and they have accepted the room.
    pub is_shown: bool,
    /// Filled in by the service.
    pub presence: Presence,
    /// When they were last online, where the viewer sees it.
    pub seen_at: Option<String>,
}

/// Returns the direct room of two users, creating it if there is none, and whether it was created now. Both
/// are members from the start. Leaving only hides it; a user who wants no more messages blocks the other.
///
/// # Errors
/// `not_found` with the field `userId` for an unknown user; `forbidden` where there is no room yet and the
/// other user has blocked me or takes no messages from me.
pub fn open(tx: &mut Tx, now: i64, me: UserId, other: UserId) -> Result<(Room, bool)> {
    let pair = pair(me, other);
    if let Some(id) = find(tx, me, other)? {
        accept(tx, me, id)?;
        return Ok((room::snapshot(tx, id)?, false));
    }
    let other_user = user::find(tx, other)?;
    let other_user = other_user.ok_or_else(|| Error::new(Code::NotFound).with_field("userId"))?;
    if me != other && (block::is_blocked(tx, other, me)? || !is_welcome(tx, other, me)?) {
        return Err(Code::Forbidden.into());
    }
    let users = if me == other { vec![other_user] } else { vec![user::get(tx, me)?, other_user] };
    let id = RoomId::new(now);
    let inserted = tx.execute(
        "INSERT INTO rooms (id, kind, title, title_folded, max, ephemeral, member_count, rev, public_rev, epoch,
           active_at, created_at, is_listed, direct_pair)
         VALUES (?1, 'direct', '', '', 2, 0, ?2, 0, 0, ?3, ?4, ?4, 0, ?5)
         ON CONFLICT (direct_pair) WHERE direct_pair IS NOT NULL DO NOTHING",
        &[&id, &(users.len() as u64), &room::new_epoch(), &now, &pair],
    )?;
    if inserted == 0 {
        // With several writers both users may do this at once. A retry finds the room.
        return Err(Code::Busy.into());
    }
    let is_request = me != other && !share_a_room(tx, me, other)?;
    for user in &users {
        let is_request = is_request && user.id == other;
        new_member::add(tx, now, id, user, NewMember { is_request, ..NewMember::default() })?;
    }
    let room = room::snapshot(tx, id)?;
    for user in users {
        let user_id = user.id;
        tx.publish(Fact::Joined { room_id: id, user: Box::new(user), is_ephemeral: false });
        let is_request = is_request && user_id == other;
        tx.publish(Fact::Added { room: Box::new(room.clone()), user_id, is_request });
    }
    Ok((room, true))
}

/// Returns the direct room of two users, if there is one.
///
/// # Errors
/// Only those of the database.
pub fn find(tx: &mut Tx, me: UserId, other: UserId) -> Result<Option<RoomId>> {
    let found = "SELECT id FROM rooms WHERE direct_pair = ?1 AND direct_pair IS NOT NULL";
    Ok(tx.query_opt(found, &[&pair(me, other)], |row| row.get(0))?)
}

/// Checks that the settings of the server let a user open a direct room with another. Existing rooms stay open, and
/// admins always may.
///
/// # Errors
/// `forbidden`.
pub fn check_allowed(tx: &mut Tx, limits: &Limits, me: UserId, other: UserId) -> Result<()> {
    let from = limits.server.get().direct_from;
    if from == DirectFrom::Everybody || me == other || find(tx, me, other)?.is_some() {
        return Ok(());
    }
    match is_among(tx, from, other, me)? || account::is_admin(tx, me)? {
        true => Ok(()),
        false => Err(Error::new(Code::Forbidden).with_message("this server does not let you write to them")),
    }
}

/// Returns whether a user lets another open a direct room with them.
fn is_welcome(tx: &mut Tx, user_id: UserId, from: UserId) -> Result<bool> {
    let setting = "SELECT direct_from FROM users WHERE id = ?1";
    let allowed = tx.query_one(setting, &[&user_id], |row| row.get(0))?;
    is_among(tx, allowed, user_id, from)
}

/// Returns whether `from` is among those who may open a direct room with a user.
fn is_among(tx: &mut Tx, allowed: DirectFrom, user_id: UserId, from: UserId) -> Result<bool> {
    match allowed {
        DirectFrom::Everybody => Ok(true),
        DirectFrom::Accounts => Ok(user::get(tx, from)?.kind != UserKind::Guest),
        DirectFrom::Known => share_a_room(tx, from, user_id),
        DirectFrom::Nobody => Ok(false),
    }
}

/// Returns whether two users are members of the same open room.
fn share_a_room(tx: &mut Tx, one: UserId, other: UserId) -> Result<bool> {
    let shared = "SELECT 1 FROM members a JOIN rooms r ON r.id = a.room_id AND r.kind = 'open'
                    JOIN members b ON b.room_id = a.room_id AND b.user_id = ?2
                  WHERE a.user_id = ?1 LIMIT 1";
    Ok(tx.query_opt(shared, &[&one, &other], |row| row.get::<i64>(0))?.is_some())
}

/// Accepts the request of a stranger who has opened a direct room, and shows a hidden one in one's list again.
///
/// # Errors
/// Only those of the database.
pub fn accept(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<()> {
    let asked = "UPDATE members SET is_request = 0 WHERE room_id = ?1 AND user_id = ?2 AND is_request = 1";
    if tx.execute(asked, &[&room_id, &me])? > 0 {
        tx.publish(Fact::Accepted { room_id, user_id: me });
    }
    tx.execute("UPDATE members SET hidden_rev = NULL WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &me])?;
    Ok(())
}

/// Hides a direct room when its user leaves it: until it changes after `rev`, or, if it was a stranger's request, for
/// good.
pub(super) fn leave(tx: &mut Tx, me: UserId, room_id: RoomId, rev: i64) -> Result<()> {
    let sql = "UPDATE members SET hidden_rev = CASE WHEN is_request = 1 THEN ?4 ELSE ?3 END
               WHERE room_id = ?1 AND user_id = ?2";
    tx.execute(sql, &[&room_id, &me, &rev, &i64::MAX])?;
    Ok(())
}

/// Returns the key of a pair, the same for either order.
fn pair(one: UserId, other: UserId) -> String {
    format!("{}{}", one.min(other), one.max(other))
}

/// Returns the other user of a pair's key; oneself in a room of one, `None` where `me` is not of the pair.
pub(super) fn other_of_pair(pair: &str, me: UserId) -> Option<UserId> {
    let (one, other) = pair.split_at_checked(pair.len() / 2)?;
    let (one, other): (UserId, UserId) = (one.parse().ok()?, other.parse().ok()?);
    if one == me { Some(other) } else { (other == me).then_some(one) }
}

/// Returns the other user of a direct room; oneself in a room of one.
///
/// # Errors
/// `room_not_found` for any room that is not a direct room of `me`.
pub fn other(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<UserId> {
    let sql = "SELECT direct_pair FROM rooms WHERE id = ?1 AND direct_pair IS NOT NULL";
    let pair = tx.query_opt(sql, &[&room_id], |row| row.get::<String>(0))?.ok_or(Code::RoomNotFound)?;
    other_of_pair(&pair, me).ok_or(Code::RoomNotFound.into())
}

/// Returns the other user of a direct room with what is known of their presence.
///
/// # Errors
/// As [`other`].
pub fn other_user(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<OtherUser> {
    let id = other(tx, me, room_id)?;
    let accepted = "SELECT 1 FROM members WHERE room_id = ?1 AND user_id = ?2 AND is_request = 0";
    let has_accepted = tx.query_opt(accepted, &[&room_id, &id], |row| row.get::<i64>(0))?.is_some();
    let is_shown = has_accepted && !user::privacy(tx, me)?.hides_presence;
    let seen_at = if is_shown { user::seen_at(tx, id)?.map(rfc3339) } else { None };
    Ok(OtherUser { user: user::find(tx, id)?, is_shown, presence: Presence::Offline, seen_at })
}

/// Checks that `me` may write into a direct room: the other user still exists and has not blocked them.
///
/// # Errors
/// `forbidden` if not; `room_not_found` for any room that is not a direct room of `me`.
pub fn check_open(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<()> {
    let other = other(tx, me, room_id)?;
    if block::is_blocked(tx, other, me)? || user::find(tx, other)?.is_none() {
        return Err(Code::Forbidden.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::fixtures::Store;
    use crate::chat::message::{self, NewMessage};

    #[tokio::test]
    async fn two_users_have_one_room_whichever_opens_it() {
        let store = Store::open();
        let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
        let (room, made) = store.write(move |tx| open(tx, 1, minji.id, jun.id)).await.unwrap();
        assert!(made);
        let (again, made) = store.write(move |tx| open(tx, 2, jun.id, minji.id)).await.unwrap();
        assert_eq!((again.id, made), (room.id, false));
        let (alone, _) = store.write(move |tx| open(tx, 2, sora.id, sora.id)).await.unwrap();
        assert_eq!((alone.member_count, room.member_count), (1, 2));
        let id = room.id;
        assert_eq!(store.read(move |tx| other(tx, jun.id, id)).await.unwrap(), minji.id);
        assert_eq!(store.read(move |tx| other(tx, sora.id, id)).await.unwrap_err().code, Code::RoomNotFound);
        let sent = store.send(&sora, &room, NewMessage { text: "hello".into(), ..NewMessage::default() }).await;
        assert_eq!(sent.unwrap_err().code, Code::RoomNotFound);
        let nobody = UserId::new(5);
        assert_eq!(store.write(move |tx| open(tx, 3, sora.id, nobody)).await.unwrap_err().code, Code::NotFound);
    }

    #[tokio::test]
    async fn a_blocked_user_cannot_write_or_open_a_room_z9() {
        let store = Store::open();
        let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
        let (room, _) = store.write(move |tx| open(tx, 1, minji.id, jun.id)).await.unwrap();
        let block = move |tx: &mut Tx| {
            for other in [jun.id, sora.id] {
                let sql = "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (?1, ?2, 0)";
                tx.execute(sql, &[&minji.id, &other])?;
            }
            Ok(())
        };
        store.write(block).await.unwrap();
        let say = |who: &user::User| {
            let (me, id) = (who.id, room.id);
            let new = NewMessage { text: "hello".into(), ..NewMessage::default() };
            store.write(move |tx| message::send(tx, &crate::chat::fixtures::LIMITS, 2, me, id, new.clone()))
        };
        assert_eq!(say(&jun).await.unwrap_err().code, Code::Forbidden);
        assert!(say(&minji).await.is_ok());
        assert_eq!(store.write(move |tx| open(tx, 2, sora.id, minji.id)).await.unwrap_err().code, Code::Forbidden);
        assert!(store.write(move |tx| open(tx, 2, jun.id, minji.id)).await.is_ok());
    }
}
