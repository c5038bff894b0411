//! Users who are connected to other nodes.

use crate::chat::member::Presence;
use crate::chat::node::NodeId;
use crate::ids::RoomId;

/// The presence of a user who is connected to other nodes.
#[derive(Default)]
pub(super) struct RemotePresence {
    pub(super) nodes: Vec<(NodeId, Presence)>,
    pub(super) rooms: Vec<RoomId>,
    pub(super) requests: Vec<RoomId>,
    /// Whether the user left the last of them, and does not hide it.
    pub(super) has_left: bool,
    /// The presence over all nodes that was last sent to users of this one.
    pub(super) sent: Presence,
}

impl RemotePresence {
    /// Notes that the user has accepted a stranger's room, whose stranger has not been sent the presence.
    pub(super) fn accepted(&mut self, room_id: RoomId) {
        self.requests.retain(|room| *room != room_id);
        if !self.rooms.contains(&room_id) {
            self.rooms.push(room_id);
        }
        self.sent = Presence::Offline;
    }

    pub(super) fn presence(&self) -> Presence {
        self.nodes.iter().map(|(_, presence)| *presence).fold(Presence::Offline, more_present)
    }
}

/// Returns the presence that counts for a user who has both.
pub(super) fn more_present(one: Presence, other: Presence) -> Presence {
    match (one, other) {
        (Presence::Online, _) | (_, Presence::Online) => Presence::Online,
        (Presence::Away, _) | (_, Presence::Away) => Presence::Away,
        (Presence::Offline, Presence::Offline) => Presence::Offline,
    }
}
