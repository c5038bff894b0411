//! Membership: coming in, what one is told on coming in, going, being removed.

use std::net::IpAddr;
use std::sync::Arc;

use super::{App, log_failure};
use crate::chat::Tx;
use crate::chat::member::{self, Joining, Kick, Member, Proof};
use crate::chat::message::{self, SystemEvent};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};
use crate::realtime::Marks;

mod page;
mod snapshot_batch;

pub use page::MemberCursor;
pub use snapshot_batch::Snapshot;
pub(super) use snapshot_batch::SnapshotBatches;

/// Members named on coming in; more are asked for by page.
const NAMED_MEMBERS: usize = 200;

/// What a newcomer shows at a room's door. An invite counts before a password.
#[derive(Clone, Default)]
pub struct Key {
    pub password: Option<String>,
    pub invite: Option<String>,
}

impl App {
    /// Makes somebody a member, or finds that they are one.
    ///
    /// # Errors
    /// In this order: `room_not_found`, `banned`, `wrong_password` or for an invite `gone` (or
    /// `rate_limited` after too many), `room_full`.
    pub async fn join(&self, me: &Arc<User>, room_id: RoomId, key: Key, address: IpAddr) -> Result<Joining> {
        let my_id = me.id;
        let look = move |tx: &mut Tx| match member::door(tx, Some(my_id), room_id)? {
            door if door.is_member => Ok(Err(member::again(tx, my_id, door)?)),
            door => Ok(Ok(door)),
        };
        let door = match self.db.read(look).await? {
            Ok(door) => door,
            // Whoever comes back costs the one writer nothing.
            Err(joining) => return Ok(joining),
        };
        // An empty field of a form shows nothing.
        let invite = key.invite.filter(|code| !code.is_empty());
        let proof = match (invite, door.password_hash) {
            _ if door.banned => Proof::Open,
            (Some(code), _) => Proof::Invite(code),
            (None, Some(hash)) => self.prove(my_id, room_id, key.password, hash, address).await?,
            (None, None) => Proof::Open,
        };
        let joining = self.join_with(my_id, room_id, proof).await;
        if matches!(&joining, Err(error) if error.code == Code::Gone) {
            // Only codes that open nothing count as guesses: a whole school may come by one good
            // code at once.
            self.rates.guess(room_id, my_id, address)?;
        }
        joining
    }

    async fn join_with(&self, my_id: UserId, room_id: RoomId, proof: Proof) -> Result<Joining> {
        self.realtime.wait_for_space(room_id).await;
        let is_large = self.realtime.is_large(room_id);
        let joining =
            self.db.write(room_id, move |tx| member::join(tx, now_ms(), my_id, room_id, proof, !is_large)).await?;
        if joining.newly {
            if is_large {
                self.realtime.changes.add_to_summary(room_id, SystemEvent::Join, my_id);
            }
            self.realtime.drained(room_id).await;
        }
        Ok(joining)
    }

    async fn prove(
        &self,
        me: UserId,
        room_id: RoomId,
        password: Option<String>,
        hash: String,
        address: IpAddr,
    ) -> Result<Proof> {
        let Some(password) = password.filter(|password| !password.is_empty()) else {
            return Err(Code::WrongPassword.into());
        };
        self.rates.guess(room_id, me, address)?;
        if self.passwords.verify(password, hash.clone()).await? {
            return Ok(Proof::Verified(hash));
        }
        Err(Code::WrongPassword.into())
    }

    /// Whether somebody is in a room.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`.
    pub async fn is_member(&self, me: UserId, room_id: RoomId) -> Result<()> {
        self.db.read(move |tx| member::role(tx, me, room_id)).await.map(drop)
    }

    /// Keeps the seat of who joined an ephemeral room without a socket.
    pub fn reserve_slot(&self, me: &Arc<User>, room: &Room) {
        if room.ephemeral {
            self.realtime.reserve_slot(room.id, me);
        }
    }

    /// The members that a room names: at most 200, those online first.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`.
    pub async fn named_members(&self, me: UserId, room_id: RoomId) -> Result<Vec<Member>> {
        let online = self.realtime.online(room_id, NAMED_MEMBERS);
        let limits = self.config.limits.clone();
        let named = self.db.read(move |tx| members_online_first(tx, &limits, me, room_id, &online)).await?;
        Ok(self.with_presence(room_id, named))
    }

    /// Ends one's own membership.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`.
    pub async fn leave(&self, me: UserId, room_id: RoomId) -> Result<()> {
        self.rates.act(me)?;
        self.end_membership(me, room_id).await
    }

    async fn end_membership(&self, me: UserId, room_id: RoomId) -> Result<()> {
        self.realtime.wait_for_space(room_id).await;
        let is_large = self.realtime.is_large(room_id);
        let gone = self.db.write(room_id, move |tx| member::leave(tx, now_ms(), me, room_id, !is_large)).await?;
        if gone.removed {
            self.sweep_rooms().await;
        } else if is_large {
            self.realtime.changes.add_to_summary(room_id, SystemEvent::Exit, me);
        }
        Ok(())
    }

    /// Removes somebody from a room, for good with `ban`; the rev of the line that tells it.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`, `not_found`; `invalid` with the field.
    pub async fn kick(
        &self,
        me: UserId,
        room_id: RoomId,
        user_id: UserId,
        ban: bool,
        reason: Option<String>,
    ) -> Result<i64> {
        self.rates.act(me)?;
        let limits = self.config.limits.clone();
        self.realtime.wait_for_space(room_id).await;
        self.db
            .write(room_id, move |tx| {
                let kick = Kick { user_id, ban, reason: reason.as_deref() };
                member::kick(tx, &limits, now_ms(), me, room_id, kick)
            })
            .await
    }

    /// Lets everybody whose time is over go, out of ephemeral rooms for good.
    pub async fn end_expired_stays(&self) {
        // Who is let go at the end of the server has a while to come back after it.
        if self.is_draining() {
            return;
        }
        for (room_id, user_id) in self.realtime.depart() {
            // Back in this very moment, with a socket that must not lose its room.
            if self.realtime.is_online(room_id, user_id) {
                continue;
            }
            // Who was removed meanwhile is gone as well.
            match self.end_membership(user_id, room_id).await {
                Err(error) if matches!(error.code, Code::NotAMember | Code::RoomNotFound) => {}
                done => log_failure("a departure", done),
            }
        }
    }

    /// Gives everybody who was in an ephemeral room when the server ended a while to come back.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn reserve_all_slots(&self) -> Result<()> {
        let seats = self
            .db
            .read(|tx| {
                let seats = member::all_ephemeral_members(tx)?;
                let mut ids: Vec<_> = seats.iter().map(|(_, user_id)| *user_id).collect();
                ids.sort();
                ids.dedup();
                let users = crate::chat::user::find_all(tx, &ids)?;
                let users: std::collections::HashMap<_, _> =
                    users.into_iter().map(|user| (user.id, Arc::new(user))).collect();
                Ok(seats.into_iter().filter_map(|(room, id)| Some((room, users.get(&id)?.clone()))).collect::<Vec<_>>())
            })
            .await?;
        for (room_id, user) in seats {
            self.realtime.reserve_slot(room_id, &user);
        }
        Ok(())
    }

    /// Stores how far people have read in the last second: one write, whatever was read.
    pub async fn store_reads(&self) -> Vec<(RoomId, Marks)> {
        let reads = self.realtime.changes.take_reads();
        if reads.is_empty() {
            return Vec::new();
        }
        let stored = self.db.write(Subject::Server, move |tx| {
            let moved = reads.into_iter().map(|(room_id, marks)| {
                let moved = member::mark_read(tx, room_id, marks.into_iter().collect())?;
                Ok((room_id, moved.into_iter().collect::<Marks>()))
            });
            moved.collect::<Result<Vec<_>>>()
        });
        match stored.await {
            Ok(moved) => {
                for (room_id, user_id) in moved.iter().flat_map(|(room, marks)| marks.keys().map(|id| (*room, *id))) {
                    self.realtime.changes.has_read(room_id, user_id);
                }
                moved.into_iter().filter(|(_, marks)| !marks.is_empty()).collect()
            }
            failed => {
                log_failure("read marks", failed);
                Vec::new()
            }
        }
    }

    /// Writes the lines of those who came to, or went from, crowded rooms in the last second.
    pub async fn write_summaries(&self) {
        for (room_id, event, crowd) in self.realtime.changes.take_summaries() {
            let told = self
                .db
                .write(room_id, move |tx| {
                    message::summary_line(tx, now_ms(), room_id, event, crowd.first, crowd.others)
                })
                .await;
            log_failure("the line of a crowd", told);
        }
    }
}

fn members_online_first(
    tx: &mut Tx,
    limits: &crate::chat::Limits,
    me: UserId,
    room_id: RoomId,
    online: &[UserId],
) -> Result<Vec<Member>> {
    let mut members = member::by_ids(tx, me, room_id, online)?;
    let mut place = None;
    while members.len() < NAMED_MEMBERS {
        let page = member::page(tx, limits, me, room_id, place, limits.page_max)?;
        members.extend(page.members.into_iter().filter(|other| !online.contains(&other.user.id)));
        match page.next {
            Some(next) => place = Some(next),
            None => break,
        }
    }
    members.truncate(NAMED_MEMBERS);
    Ok(members)
}
