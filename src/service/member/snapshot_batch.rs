//! The snapshot that a member gets on joining, read once for all who join at the same time.
//!
//! When a whole room reconnects, for example after a restart, thousands of the same requests arrive. As with writes,
//! requests that arrive while a snapshot is read share the next one: the members and the messages are read and
//! encoded once for all of them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::NAMED_MEMBERS;
use crate::chat::member::{self, Member, OwnMute};
use crate::chat::message::{Changes, Reader, SharedChanges};
use crate::chat::room::{self, Room};
use crate::chat::{Limits, Tx};
use crate::clock::now_ms;
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};
use crate::service::App;
use crate::wire::SharedJson;

/// The maximum number of requests that share one read, so that the first of them does not wait for long.
const BATCH: usize = 64;

/// A room as one member sees it, at one moment.
pub struct Snapshot {
    pub room: Room,
    pub me: Member,
    pub mute: Option<OwnMute>,
    /// The room's rev at which the membership began.
    pub joined_rev: i64,
    /// At most 200, those online first.
    pub members: Arc<SharedJson<Vec<Member>>>,
    pub messages: Arc<SharedJson<Changes>>,
    /// The highest rev this member may see.
    pub visible_rev: i64,
}

/// A member who waits for a snapshot.
struct Request {
    me: UserId,
    since: Option<i64>,
    epoch: Option<String>,
    answer: oneshot::Sender<Result<Snapshot>>,
}

/// The requests for the next snapshot of each room. A room is here from its first request until a read after
/// which none is left.
#[derive(Default)]
pub(in crate::service) struct SnapshotBatches(Mutex<HashMap<RoomId, Vec<Request>>>);

impl SnapshotBatches {
    /// Adds a request. Returns whether the caller must start the reading.
    fn add(&self, room_id: RoomId, request: Request) -> bool {
        let mut rooms = self.0.lock();
        let is_first = !rooms.contains_key(&room_id);
        rooms.entry(room_id).or_default().push(request);
        is_first
    }

    /// Takes the next batch; when there is none, the room is forgotten.
    fn take(&self, room_id: RoomId) -> Option<Vec<Request>> {
        let mut rooms = self.0.lock();
        let waiting = rooms.get_mut(&room_id)?;
        if waiting.is_empty() {
            rooms.remove(&room_id);
            return None;
        }
        let rest = waiting.split_off(waiting.len().min(BATCH));
        Some(std::mem::replace(waiting, rest))
    }
}

/// Drops the requests when a read panics. Otherwise they would wait for ever, and no later one would start a read.
struct ForgetOnPanic<'a>(&'a SnapshotBatches, RoomId);

impl Drop for ForgetOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.0.lock().remove(&self.1);
        }
    }
}

impl App {
    /// Returns everything a member needs on joining: what changed `since`, or the newest page. It is read after the
    /// call, and may be shared with others.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`; `invalid` for a `since` that is not a rev.
    pub async fn snapshot(
        &self,
        me: UserId,
        room_id: RoomId,
        since: Option<i64>,
        epoch: Option<String>,
    ) -> Result<Snapshot> {
        let (answer, answered) = oneshot::channel();
        if self.snapshot_batches.add(room_id, Request { me, since, epoch, answer }) {
            // In a task of its own: the caller may stop waiting while others still wait.
            tokio::spawn(read_all(self.clone(), room_id));
        }
        let mut snapshot = answered.await.unwrap_or_else(|_| Err(Code::Internal.into()))?;
        snapshot.me.online = self.realtime.is_online(room_id, me);
        snapshot.me.presence = self.realtime.connections.presence(me);
        Ok(snapshot)
    }

    async fn read_batch(&self, room_id: RoomId, requests: Vec<Request>) {
        let online = self.realtime.online(room_id, NAMED_MEMBERS);
        let limits = self.config.limits.clone();
        let (readers, answers): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .map(|Request { me, since, epoch, answer }| (Reader { me, since, epoch }, answer))
            .unzip();
        let Batch { common, ranges, members } =
            match self.db.read(move |tx| Ok(read_in(tx, &limits, room_id, readers, &online))).await {
                Ok(all) => all,
                Err(error) => return answers.into_iter().for_each(|answer| drop(answer.send(Err(error.clone())))),
            };
        let common = common.map(|Common { room, members }| {
            (self.with_counts(room), SharedJson::new(self.with_presence(room_id, members)))
        });
        let ranges: Vec<_> = ranges.into_iter().map(SharedJson::new).collect();
        for (own, answer) in members.into_iter().zip(answers) {
            let snapshot = own.and_then(|Own { me, mute, joined_rev, range, visible_rev }| {
                let (room, members) = common.clone().ok_or(Code::Internal)?;
                Ok(Snapshot { room, me, mute, joined_rev, members, messages: Arc::clone(&ranges[range]), visible_rev })
            });
            // The caller may have stopped waiting.
            let _ = answer.send(snapshot);
        }
    }
}

async fn read_all(app: App, room_id: RoomId) {
    let _guard = ForgetOnPanic(&app.snapshot_batches, room_id);
    while let Some(requests) = app.snapshot_batches.take(room_id) {
        app.read_batch(room_id, requests).await;
    }
}

/// The result of one read.
struct Batch {
    common: Option<Common>,
    ranges: Vec<Changes>,
    members: Vec<Result<Own>>,
}

/// The part that is the same for all members.
struct Common {
    room: Room,
    members: Vec<Member>,
}

/// The part that differs for each member.
struct Own {
    me: Member,
    mute: Option<OwnMute>,
    joined_rev: i64,
    /// The index of their range of messages.
    range: usize,
    visible_rev: i64,
}

/// Reads for all of them in one transaction, in which each membership is checked.
fn read_in(tx: &mut Tx, limits: &Limits, room_id: RoomId, readers: Vec<Reader>, online: &[UserId]) -> Batch {
    let mut common = None;
    let mut ranges = SharedChanges::new(room_id);
    let read_one = |reader: Reader| {
        let me = reader.me;
        let membership = member::membership(tx, me, room_id)?;
        let (range, visible_rev) = ranges.read_for(tx, limits, membership, reader)?;
        if common.is_none() {
            let room = room::get(tx, Some(me), room_id)?;
            common = Some(Common { room, members: member::online_first(tx, room_id, online, NAMED_MEMBERS)? });
        }
        let mute = member::own_mute(tx, now_ms(), me, room_id, &membership)?;
        // The effective role: an admin may do more than the stored role says.
        let me = Member { role: membership.role, ..member::get(tx, me, room_id, me)? };
        Ok(Own { me, mute, joined_rev: membership.joined_rev, range, visible_rev })
    };
    let members = readers.into_iter().map(read_one).collect();
    Batch { common, ranges: ranges.all, members }
}
