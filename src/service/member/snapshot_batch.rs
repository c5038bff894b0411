//! Coming in: what a member is told first, read in one look for all who come at the same time.
//!
//! A room that comes back as a whole, after a restart say, asks the same question thousands of
//! times. As with writes, whoever asks while a look is taken goes with the next one: the list of
//! members and what was said are then read and encoded once for all of them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{NAMED_MEMBERS, members_online_first};
use crate::chat::member::{self, Member};
use crate::chat::message::{Changes, Reader, Told};
use crate::chat::room::{self, Room};
use crate::chat::{Limits, Tx};
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};
use crate::service::App;
use crate::wire::SharedJson;

/// How many are read for in one look, so that the first of them does not wait for long.
const TOGETHER: usize = 64;

/// A room as one member meets it, all of one moment.
pub struct Snapshot {
    pub room: Room,
    pub me: Member,
    /// The room's rev at which the membership began.
    pub joined_rev: i64,
    /// At most 200, those online first.
    pub members: Arc<SharedJson<Vec<Member>>>,
    pub messages: Arc<SharedJson<Changes>>,
    /// The highest rev this member may see.
    pub visible_rev: i64,
}

/// Somebody who comes in, and the way to them.
struct SnapshotBatch {
    me: UserId,
    since: Option<i64>,
    epoch: Option<String>,
    answer: oneshot::Sender<Result<Snapshot>>,
}

/// Who waits for the next look at which room. A room is here from the first who asks to the end of
/// the look that nobody waited behind.
#[derive(Default)]
pub(in crate::service) struct SnapshotBatches(Mutex<HashMap<RoomId, Vec<SnapshotBatch>>>);

impl SnapshotBatches {
    /// Whether nobody looks at the room yet, so that the asker must see to it.
    fn add(&self, room_id: RoomId, arrival: SnapshotBatch) -> bool {
        let mut rooms = self.0.lock();
        let is_first = !rooms.contains_key(&room_id);
        rooms.entry(room_id).or_default().push(arrival);
        is_first
    }

    /// Those for the next look; when there are none, the room is forgotten.
    fn take(&self, room_id: RoomId) -> Option<Vec<SnapshotBatch>> {
        let mut rooms = self.0.lock();
        let waiting = rooms.get_mut(&room_id)?;
        if waiting.is_empty() {
            rooms.remove(&room_id);
            return None;
        }
        let rest = waiting.split_off(waiting.len().min(TOGETHER));
        Some(std::mem::replace(waiting, rest))
    }
}

/// Lets go of who waits when a look panics: nobody else would ever look at the room again.
struct LetGoOnPanic<'a>(&'a SnapshotBatches, RoomId);

impl Drop for LetGoOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.0.lock().remove(&self.1);
        }
    }
}

impl App {
    /// Everything a member is told on coming in: what changed `since`, or the newest page. It is
    /// read after the call, and may have been read for others as well.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`; `invalid` for a `since` that is no rev.
    pub async fn snapshot(
        &self,
        me: UserId,
        room_id: RoomId,
        since: Option<i64>,
        epoch: Option<String>,
    ) -> Result<Snapshot> {
        let (answer, answered) = oneshot::channel();
        if self.snapshot_batches.add(room_id, SnapshotBatch { me, since, epoch, answer }) {
            // Not by the asker, who may go away while others wait.
            tokio::spawn(look_until_all_are_in(self.clone(), room_id));
        }
        let mut snapshot = answered.await.unwrap_or_else(|_| Err(Code::Internal.into()))?;
        snapshot.me.online = self.realtime.is_online(room_id, me);
        snapshot.me.presence = self.realtime.connections.presence(me);
        Ok(snapshot)
    }

    async fn look(&self, room_id: RoomId, snapshot_batches: Vec<SnapshotBatch>) {
        let online = self.realtime.online(room_id, NAMED_MEMBERS);
        let limits = self.config.limits.clone();
        let (readers, answers): (Vec<_>, Vec<_>) = snapshot_batches
            .into_iter()
            .map(|SnapshotBatch { me, since, epoch, answer }| (Reader { me, since, epoch }, answer))
            .unzip();
        let All { company, told, seen } =
            match self.db.read(move |tx| Ok(see(tx, &limits, room_id, readers, &online))).await {
                Ok(all) => all,
                Err(error) => return answers.into_iter().for_each(|answer| drop(answer.send(Err(error.clone())))),
            };
        let company = company.map(|Company { room, members }| {
            (self.with_counts(room), SharedJson::new(self.with_presence(room_id, members)))
        });
        let told: Vec<_> = told.into_iter().map(SharedJson::new).collect();
        for (seen, answer) in seen.into_iter().zip(answers) {
            let snapshot = seen.and_then(|Seen { me, joined_rev, told: place, visible_rev }| {
                let (room, members) = company.clone().ok_or(Code::Internal)?;
                Ok(Snapshot { room, me, joined_rev, members, messages: Arc::clone(&told[place]), visible_rev })
            });
            // Who waited may have gone away.
            let _ = answer.send(snapshot);
        }
    }
}

async fn look_until_all_are_in(app: App, room_id: RoomId) {
    let _guard = LetGoOnPanic(&app.snapshot_batches, room_id);
    while let Some(snapshot_batches) = app.snapshot_batches.take(room_id) {
        app.look(room_id, snapshot_batches).await;
    }
}

/// What one look brings.
struct All {
    company: Option<Company>,
    told: Vec<Changes>,
    seen: Vec<Result<Seen>>,
}

/// What is the same for all.
struct Company {
    room: Room,
    members: Vec<Member>,
}

/// What is one member's own.
struct Seen {
    me: Member,
    joined_rev: i64,
    /// Which of the stretches of messages they are told.
    told: usize,
    visible_rev: i64,
}

/// Reads for all of them in one transaction; each one's membership is asked in it.
fn see(tx: &mut Tx, limits: &Limits, room_id: RoomId, readers: Vec<Reader>, online: &[UserId]) -> All {
    let mut company = None;
    let mut told = Told::new(room_id);
    let see_one = |reader: Reader| {
        let me = reader.me;
        let membership = member::membership(tx, me, room_id)?;
        let (told, visible_rev) = told.tell(tx, limits, membership, reader)?;
        if company.is_none() {
            let room = room::get(tx, Some(me), room_id)?;
            company = Some(Company { room, members: members_online_first(tx, limits, me, room_id, online)? });
        }
        // What one may do here: an admin may more than what is written down.
        let me = Member { role: membership.role, ..member::get(tx, me, room_id, me)? };
        Ok(Seen { me, joined_rev: membership.joined_rev, told, visible_rev })
    };
    let seen = readers.into_iter().map(see_one).collect();
    All { company, told: told.stretches, seen }
}
