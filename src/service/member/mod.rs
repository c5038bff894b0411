//! Membership: joining and its snapshot, leaving, being removed.

mod list;
mod snapshot_batch;

use std::net::IpAddr;
use std::sync::Arc;

use super::{App, log_failure};
use crate::chat::kinds::SystemEvent;
use crate::chat::member::{self, Joining, Kick, Lookup, Member, Proof};
use crate::chat::user::{self, User};
use crate::chat::{Limits, Tx, account, room, system_message};
use crate::clock::now_ms;
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};
use crate::realtime::Summary;
use crate::wire::JoinCredentials;

pub use list::MemberCursor;
pub use snapshot_batch::Snapshot;
pub(super) use snapshot_batch::SnapshotBatches;

/// Members that a snapshot names; more are requested by page.
pub(super) const NAMED_MEMBERS: usize = 200;

impl App {
    /// Makes a user a member, or finds that the user is one. An invite counts before a password.
    ///
    /// # Errors
    /// In this order: `room_not_found`, `banned`, `wrong_password` or for an invite `gone` (or `rate_limited` after
    /// too many), `room_full`.
    pub async fn join(
        &self,
        me: &Arc<User>,
        room_id: RoomId,
        credentials: JoinCredentials,
        address: IpAddr,
    ) -> Result<Joining> {
        let my_id = me.id;
        let check = match self.db.read(move |tx| member::look_up(tx, now_ms(), my_id, room_id)).await? {
            // A member who reconnects needs no write.
            Lookup::AlreadyMember(joining) => return Ok(joining),
            Lookup::Check(check) => check,
        };
        // An empty field of a form presents nothing.
        let invite = credentials.invite.filter(|code| !code.is_empty());
        let proof = match (invite, check.password_hash) {
            _ if check.banned => Proof::Open,
            (Some(code), _) => Proof::Invite(code),
            (None, Some(hash)) => self.check_room_password(my_id, room_id, credentials.password, hash, address).await?,
            (None, None) => Proof::Open,
        };
        let joining = self.join_with(my_id, room_id, proof).await;
        if matches!(&joining, Err(error) if error.code == Code::Gone) {
            // Only invalid codes count as guesses: many users behind one address may use one valid code at once.
            self.rates.guess(room_id, my_id, address)?;
        }
        joining
    }

    /// Finds that a user is a member, and makes nobody one.
    ///
    /// # Errors
    /// `room_not_found`, `gone`; `not_a_member`.
    pub async fn rejoin(&self, me: UserId, room_id: RoomId) -> Result<Joining> {
        match self.db.read(move |tx| member::look_up(tx, now_ms(), me, room_id)).await? {
            Lookup::AlreadyMember(joining) => Ok(joining),
            Lookup::Check(_) => Err(Code::NotAMember.into()),
        }
    }

    async fn join_with(&self, me: UserId, room_id: RoomId, proof: Proof) -> Result<Joining> {
        self.realtime.wait_for_space(room_id).await;
        let is_large = self.realtime.is_large(room_id);
        let network = self.budgets.network_and_kind(me).map(|(network, _)| network);
        let join = self.write(room_id, move |tx, _, now| {
            let joining = member::join(tx, now, me, room_id, proof.clone(), !is_large)?;
            if let Some(network) = network.as_ref().filter(|_| joining.newly) {
                room::joined_from(tx, room_id, network)?;
            }
            Ok(joining)
        });
        let joining = join.await?;
        if joining.newly {
            if is_large {
                self.realtime.changes.add_to_summary(room_id, SystemEvent::Join, Summary::of(me));
            }
            self.drained(room_id).await?;
        }
        Ok(joining)
    }

    /// Checks that a user is a member of a room.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`.
    pub async fn check_member(&self, me: UserId, room_id: RoomId) -> Result<()> {
        self.db.read(move |tx| member::role(tx, me, room_id)).await.map(drop)
    }

    /// Returns the members that a room names: at most 200, those online first.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`.
    pub async fn named_members(&self, me: UserId, room_id: RoomId) -> Result<Vec<Member>> {
        let online = self.realtime.online(room_id, NAMED_MEMBERS);
        let read = move |tx: &mut Tx| {
            member::role(tx, me, room_id)?;
            Ok((member::online_first(tx, room_id, &online, NAMED_MEMBERS)?, user::privacy(tx, me)?))
        };
        let (named, privacy) = self.db.read(read).await?;
        Ok(member::seen_by(me, privacy, self.with_presence(room_id, named)))
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`.
    pub async fn leave(&self, me: UserId, room_id: RoomId) -> Result<()> {
        self.rates.act(me)?;
        self.end_membership(me, room_id).await
    }

    pub(super) async fn end_membership(&self, me: UserId, room_id: RoomId) -> Result<()> {
        self.realtime.wait_for_space(room_id).await;
        let is_large = self.realtime.is_large(room_id);
        let left = self.write(room_id, move |tx, _, now| member::leave(tx, now, me, room_id, !is_large)).await?;
        if left.removed {
            self.sweep_rooms().await;
        } else if is_large {
            self.realtime.changes.add_to_summary(room_id, SystemEvent::Exit, Summary::of(me));
        }
        Ok(())
    }

    /// Ends the memberships of a user who will not come back, one at a time.
    pub(super) async fn end_memberships_for_good(&self, user_id: UserId, line: bool) -> Result<()> {
        for room_id in self.db.read(move |tx| member::rooms_of(tx, user_id)).await? {
            self.realtime.wait_for_space(room_id).await;
            let leave = self.write(room_id, move |tx, _, now| account::leave_room(tx, now, user_id, room_id, line));
            match leave.await {
                Ok(()) => {}
                // Removed from the room, or together with it, meanwhile.
                Err(error) if matches!(error.code, Code::NotAMember | Code::RoomNotFound | Code::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes a member from a room, or bans them. Returns the rev of the system message.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`, `not_found`; `invalid` with the field.
    pub async fn kick(&self, me: UserId, room_id: RoomId, kick: Kick) -> Result<i64> {
        let kick = move |tx: &mut Tx, limits: &Limits, now| member::kick(tx, limits, now, me, room_id, kick.clone());
        self.act_in_room(me, room_id, kick).await
    }

    /// Writes one system message for all who joined, or left, a large room in the last second.
    pub async fn write_summaries(&self) {
        for (room_id, event, summary) in self.realtime.changes.take_summaries() {
            let write = self.write(room_id, move |tx, _, now| {
                system_message::post_summary(tx, now, room_id, event, summary.first, summary.others)
            });
            match write.await {
                Err(error) if matches!(error.code, Code::Busy | Code::Unavailable) => {
                    self.realtime.changes.add_to_summary(room_id, event, summary);
                }
                done => log_failure("writing the summary of a large room", done),
            }
        }
    }
}
