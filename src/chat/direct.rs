//! Direct rooms: two people, or one alone with their notes; one room for each two, for ever.

use super::member::Presence;
use super::room::{self, Room};
use super::user::{self, User};
use super::{Fact, Tx, block};
use crate::clock::rfc3339;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// The other person of a direct room, as the one who looks at it sees them.
#[derive(Clone, Debug)]
pub struct Peer {
    /// `None` for one who has left the house.
    pub user: Option<User>,
    /// Filled in by the doors.
    pub presence: Presence,
    /// When they were last here, unless they hide it.
    pub seen_at: Option<String>,
}

/// The direct room of two people, made when there is none, and whether it was made now. Both are
/// members from the beginning, and neither leaves: who wants no more of it blocks the other.
///
/// # Errors
/// `not_found` with the field `userId` for nobody; `forbidden` where there is no room yet and the
/// other has blocked me.
pub fn open(tx: &mut Tx, now: i64, me: UserId, other: UserId) -> Result<(Room, bool)> {
    let pair = pair(me, other);
    let found = "SELECT id FROM rooms WHERE direct_pair = ?1 AND direct_pair IS NOT NULL";
    if let Some(id) = tx.query_opt(found, &[&pair], |row| row.get(0))? {
        return Ok((room::snapshot(tx, id)?, false));
    }
    let them = user::find(tx, other)?;
    let them = them.ok_or_else(|| Error { field: Some("userId".into()), ..Error::new(Code::NotFound) })?;
    if block::is_blocked(tx, other, me)? {
        return Err(Code::Forbidden.into());
    }
    let people = if me == other { vec![them] } else { vec![user::get(tx, me)?, them] };
    let id = RoomId::new(now);
    let made = tx.execute(
        "INSERT INTO rooms (id, kind, title, title_folded, max, ephemeral, member_count, rev, public_rev, epoch,
           active_at, created_at, is_listed, direct_pair)
         VALUES (?1, 'direct', '', '', 2, 0, ?2, 0, 0, ?3, ?4, ?4, 0, ?5)
         ON CONFLICT (direct_pair) WHERE direct_pair IS NOT NULL DO NOTHING",
        &[&id, &(people.len() as u64), &room::new_epoch(), &now, &pair],
    )?;
    if made == 0 {
        // With several writers both may begin at once; asked again, the later one finds the room.
        return Err(Code::Busy.into());
    }
    for person in &people {
        tx.execute(
            "INSERT INTO members (room_id, user_id, role, joined_at, joined_rev, read_seq)
             VALUES (?1, ?2, 'member', ?3, 0, 0)",
            &[&id, &person.id, &now],
        )?;
    }
    let room = room::snapshot(tx, id)?;
    for person in people {
        let user_id = person.id;
        tx.publish(Fact::Joined { room_id: id, user: Box::new(person), is_ephemeral: false });
        tx.publish(Fact::Added { room: Box::new(room.clone()), user_id });
    }
    Ok((room, true))
}

/// What names the two, whoever of them asks.
fn pair(one: UserId, other: UserId) -> String {
    format!("{}{}", one.min(other), one.max(other))
}

/// The two people of a direct room, from its pair.
fn people(pair: &str) -> Option<[UserId; 2]> {
    let (one, other) = pair.split_at_checked(pair.len() / 2)?;
    Some([one.parse().ok()?, other.parse().ok()?])
}

/// The other person of a direct room; oneself in the room of one.
///
/// # Errors
/// `room_not_found` for a room that is none of mine.
pub fn peer(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<UserId> {
    let sql = "SELECT direct_pair FROM rooms WHERE id = ?1 AND direct_pair IS NOT NULL";
    let pair = tx.query_opt(sql, &[&room_id], |row| row.get::<String>(0))?.ok_or(Code::RoomNotFound)?;
    match people(&pair) {
        Some([one, other]) if one == me => Ok(other),
        Some([one, other]) if other == me => Ok(one),
        _ => Err(Code::RoomNotFound.into()),
    }
}

/// The other person of a direct room with what is known of their coming and going.
///
/// # Errors
/// As [`peer`].
pub fn look(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Peer> {
    let id = peer(tx, me, room_id)?;
    let seen_at = user::seen_at(tx, id)?.map(rfc3339);
    Ok(Peer { user: user::find(tx, id)?, presence: Presence::Offline, seen_at })
}

/// Whether I may write into a direct room: the other is still here and has not blocked me.
///
/// # Errors
/// `forbidden` if not.
pub(super) fn check_open(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<()> {
    let other = peer(tx, me, room_id)?;
    if block::is_blocked(tx, other, me)? || user::find(tx, other)?.is_none() {
        return Err(Code::Forbidden.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::fixtures::House;
    use crate::chat::message::{self, New};

    #[tokio::test]
    async fn two_people_have_one_room_whoever_asks() {
        let house = House::open();
        let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
        let (room, made) = house.write(move |tx| open(tx, 1, minji.id, jun.id)).await.unwrap();
        assert!(made);
        let (again, made) = house.write(move |tx| open(tx, 2, jun.id, minji.id)).await.unwrap();
        assert_eq!((again.id, made), (room.id, false));
        let (alone, _) = house.write(move |tx| open(tx, 2, sora.id, sora.id)).await.unwrap();
        assert_eq!((alone.member_count, room.member_count), (1, 2));
        let id = room.id;
        assert_eq!(house.read(move |tx| peer(tx, jun.id, id)).await.unwrap(), minji.id);
        assert_eq!(house.read(move |tx| peer(tx, sora.id, id)).await.unwrap_err().code, Code::RoomNotFound);
        let sent = house.send(&sora, &room, New { text: "hello".into(), ..New::default() }).await;
        assert_eq!(sent.unwrap_err().code, Code::RoomNotFound);
        let nobody = UserId::new(5);
        assert_eq!(house.write(move |tx| open(tx, 3, sora.id, nobody)).await.unwrap_err().code, Code::NotFound);
    }

    #[tokio::test]
    async fn who_is_blocked_writes_no_more_and_opens_nothing_z9() {
        let house = House::open();
        let (minji, jun, sora) = (house.guest("minji").await, house.guest("jun").await, house.guest("sora").await);
        let (room, _) = house.write(move |tx| open(tx, 1, minji.id, jun.id)).await.unwrap();
        let block = move |tx: &mut Tx| {
            for other in [jun.id, sora.id] {
                let sql = "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (?1, ?2, 0)";
                tx.execute(sql, &[&minji.id, &other])?;
            }
            Ok(())
        };
        house.write(block).await.unwrap();
        let say = |who: &user::User| {
            let (me, id) = (who.id, room.id);
            let new = New { text: "hello".into(), ..New::default() };
            house.write(move |tx| message::send(tx, &crate::chat::fixtures::LIMITS, 2, me, id, new))
        };
        assert_eq!(say(&jun).await.unwrap_err().code, Code::Forbidden);
        assert!(say(&minji).await.is_ok());
        assert_eq!(house.write(move |tx| open(tx, 2, sora.id, minji.id)).await.unwrap_err().code, Code::Forbidden);
        assert!(house.write(move |tx| open(tx, 2, jun.id, minji.id)).await.is_ok());
    }
}
