//! Who is present in a room: reserved slots of ephemeral rooms, and stays that end.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::sleep;

use super::{App, log_failure};
use crate::chat::room::Room;
use crate::chat::user::{self, User};
use crate::chat::{Tx, member};
use crate::error::{Code, Result};
use crate::ids::UserId;
use crate::realtime::KnownUser;

impl App {
    /// Reserves a slot in an ephemeral room for a member who has no socket in it yet.
    pub fn reserve_slot(&self, me: &Arc<User>, room: &Room) {
        if room.ephemeral {
            self.realtime.reserve_slot(room.id, me);
        }
    }

    /// Reserves a slot for everyone who was in an ephemeral room when the server ended.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn reserve_all_slots(&self) -> Result<()> {
        let read = |tx: &mut Tx| {
            let members = member::all_ephemeral_members(tx)?;
            let mut ids: Vec<_> = members.iter().map(|(_, user_id)| *user_id).collect();
            ids.sort();
            ids.dedup();
            Ok((members, user::find_all(tx, &ids)?))
        };
        let (members, users) = self.db.read(read).await?;
        let users: HashMap<UserId, Arc<User>> = users.into_iter().map(|user| (user.id, Arc::new(user))).collect();
        for (room_id, user_id) in members {
            if let Some(user) = users.get(&user_id) {
                self.realtime.reserve_slot(room_id, user);
            }
        }
        Ok(())
    }

    /// Ends the stays whose grace is over; in ephemeral rooms the membership ends with them.
    pub async fn end_expired_stays(&self) {
        // A shutdown closes all sockets. Members get time to reconnect after it.
        if self.is_draining() {
            return;
        }
        let leaving = self.realtime.end_expired_stays();
        if let Some(nodes) = self.config.nodes.as_ref().filter(|_| !leaving.is_empty()) {
            // Another node announces a socket of theirs in this time.
            sleep(nodes.announce_interval * 3).await;
        }
        for (room_id, user) in leaving {
            if self.config.nodes.is_some() && self.drained(room_id).await.is_err() {
                self.realtime.reserve_slot(room_id, &user);
                continue;
            }
            // Back at this very moment, with a socket that must keep its room.
            if self.realtime.is_online(room_id, user.id) {
                continue;
            }
            match self.end_membership(user.id, room_id).await {
                // Removed meanwhile.
                Err(error) if matches!(error.code, Code::NotAMember | Code::RoomNotFound) => {}
                // The stay ends later instead.
                Err(error) if matches!(error.code, Code::Busy | Code::Unavailable) => {
                    self.realtime.reserve_slot(room_id, &user);
                }
                done => log_failure("ending a membership", done),
            }
        }
    }

    /// Hides from others what a user keeps to themselves, or shows it, as the database says now.
    ///
    /// # Errors
    /// Only those of the database.
    pub(super) async fn apply_privacy(&self, me: UserId) -> Result<()> {
        loop {
            let version = self.realtime.connections.version(me);
            let privacy = self.db.read(move |tx| user::privacy(tx, me)).await?;
            if self.realtime.set_privacy(me, version, privacy) {
                return Ok(());
            }
        }
    }

    /// Loads what the realtime state needs to know of a user who has connected.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn load_presence(&self, me: UserId) -> Result<()> {
        loop {
            let version = self.realtime.connections.version(me);
            let read = move |tx: &mut Tx| {
                let (rooms, requests) = (member::rooms_of(tx, me)?, member::requests_of(tx, me)?);
                Ok(KnownUser { rooms, requests, privacy: user::privacy(tx, me)? })
            };
            let known = self.db.read(read).await?;
            if self.realtime.connections.load_presence(me, version, known) {
                return Ok(());
            }
        }
    }
}
