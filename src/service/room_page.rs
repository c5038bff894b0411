//! The page of a room: everything it shows, read in one transaction.

use std::sync::Arc;

use super::App;
use super::lobby;
use super::member::NAMED_MEMBERS;
use crate::chat::block;
use crate::chat::direct::{self, OtherUser};
use crate::chat::invite::{self, Invite};
use crate::chat::kinds::NotifyLevel;
use crate::chat::member::{self, Member, OwnMute, Role};
use crate::chat::message::{self, Changes, Cursor, Message};
use crate::chat::notification;
use crate::chat::report::{self, Queue};
use crate::chat::room::{self, Room, RoomKind};
use crate::chat::scheduled;
use crate::chat::server_settings::Numbered;
use crate::chat::unread::{self, MyRoom};
use crate::chat::user::{self, Privacy};
use crate::chat::{Limits, Tx};
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// Open rooms in the list beside the room.
const OTHER_ROOMS: u32 = 30;
/// One's own rooms in the list.
pub const MY_ROOMS: u32 = 100;

/// The data of a room's page for one member, all read at one moment.
pub struct RoomPageData {
    pub server: Arc<Numbered>,
    pub room: Room,
    pub me: Member,
    pub mute: Option<OwnMute>,
    /// Those online first, `me` among them.
    pub members: Vec<Member>,
    /// The other person of a direct room.
    pub other: Option<OtherUser>,
    pub messages: Changes,
    /// Latest pin first.
    pub pins: Vec<Message>,
    /// The latest active first.
    pub my_rooms: Vec<MyRoom>,
    /// The busiest first.
    pub other_rooms: Vec<Room>,
    /// For the owner and the moderators.
    pub invites: Vec<Invite>,
    pub open_reports: u64,
    /// How many messages the member has scheduled here.
    pub scheduled_waiting: u64,
    /// The users whom the member has blocked.
    pub blocked: Vec<UserId>,
    /// What the member keeps to themselves.
    pub privacy: Privacy,
    /// How much the room notifies the member.
    pub notify: NotifyLevel,
    /// Whether a stranger has opened this direct room, and the member has not accepted it.
    pub is_request: bool,
}

/// The part of the realtime state that decides what is read.
pub(super) struct Online {
    /// Some of the users online in the room.
    members: Vec<UserId>,
    /// Rooms with somebody in them, the busiest first.
    busiest: Vec<(RoomId, usize)>,
}

impl App {
    /// Reads the page of a room. Blocks.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`; `busy`.
    pub fn read_room_page(&self, me: UserId, room_id: RoomId, cursor: Cursor) -> Result<RoomPageData> {
        let online = Online { members: self.realtime.online(room_id, NAMED_MEMBERS), busiest: self.realtime.busiest() };
        let limits = &self.config.limits;
        let page = self.db.read_blocking(|tx| read(tx, limits, me, room_id, cursor, &online))?;
        Ok(self.with_realtime(me, page))
    }

    /// Adds what only the realtime state knows.
    fn with_realtime(&self, me: UserId, mut page: RoomPageData) -> RoomPageData {
        let room_id = page.room.id;
        page.room = self.with_counts(page.room);
        page.me.online = self.realtime.is_online(room_id, me);
        page.me.presence = self.realtime.connections.presence(me);
        page.members = member::seen_by(me, page.privacy, self.with_presence(room_id, page.members));
        self.add_presence_to_my_rooms(me, page.privacy, &mut page.my_rooms);
        for room in &mut page.other_rooms {
            room.online_count = self.realtime.online_count(room.id) as u32;
        }
        if let Some(other) = &mut page.other
            && let Some(user) = &other.user
            && other.is_shown
        {
            other.presence = self.realtime.connections.presence_in(room_id, user.id);
        }
        page
    }
}

fn read(
    tx: &mut Tx,
    limits: &Limits,
    me: UserId,
    room_id: RoomId,
    cursor: Cursor,
    online: &Online,
) -> Result<RoomPageData> {
    let membership = member::membership(tx, me, room_id)?;
    let room = room::get(tx, Some(me), room_id)?;
    let members = member::online_first(tx, room_id, &online.members, NAMED_MEMBERS)?;
    // The effective role: an admin may do more than the stored role says.
    let my_member = Member { role: membership.role, ..member::get(tx, me, room_id, me)? };
    let messages = message::page(tx, limits, Some(me), room_id, cursor, limits.page_default)?;
    let (my_rooms, _) = unread::my_rooms(tx, &my_member.user, None, MY_ROOMS as usize)?;
    let (mut other_rooms, _) = lobby::list(tx, limits, None, None, &online.busiest, OTHER_ROOMS)?;
    other_rooms.retain(|room| my_rooms.iter().all(|my_room| my_room.room.id != room.id));
    let other = match room.kind {
        RoomKind::Direct => Some(direct::other_user(tx, me, room_id)?),
        RoomKind::Open => None,
    };
    let (invites, open_reports) = match membership.role {
        Role::Member => Default::default(),
        _ => (invite::list(tx, now_ms(), me, room_id)?, report::open_count(tx, me, Queue::Room(room_id))?),
    };
    let pins = message::pins(tx, me, room_id)?;
    let notify = notification::level(tx, me, room_id)?;
    let blocked = block::list(tx, me)?.into_iter().map(|user| user.id).collect();
    Ok(RoomPageData {
        server: limits.server.get(),
        room,
        me: my_member,
        mute: member::own_mute(tx, now_ms(), me, room_id, &membership)?,
        members,
        other,
        messages,
        pins,
        my_rooms,
        other_rooms,
        invites,
        open_reports,
        scheduled_waiting: scheduled::waiting_count(tx, me, room_id)?,
        blocked,
        privacy: user::privacy(tx, me)?,
        notify,
        is_request: membership.is_request,
    })
}
