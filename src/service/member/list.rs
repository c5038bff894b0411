//! A room's members by page: those online first, then the others by how long they have been members.

use std::fmt;
use std::str::FromStr;

use crate::chat::member::{self, Cursor, Member};
use crate::chat::user;
use crate::error::Result;
use crate::ids::{RoomId, UserId};
use crate::service::App;

/// Where the next page begins. It remembers who was online when the first page was made, so that users who come
/// online in between are neither left out nor shown twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberCursor {
    /// Among those online.
    Online { until: u64, id: UserId },
    /// Among the others.
    Other { until: u64, place: Cursor },
}

impl MemberCursor {
    fn until(self) -> u64 {
        let (Self::Online { until, .. } | Self::Other { until, .. }) = self;
        until
    }
}

impl fmt::Display for MemberCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Online { until, id } => write!(f, "o{until}-{id}"),
            Self::Other { until, place: (joined_at, id) } => write!(f, "m{until}-{joined_at}-{id}"),
        }
    }
}

impl FromStr for MemberCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (place, id) = text.rsplit_once('-').ok_or(())?;
        let id = id.parse().map_err(|_| ())?;
        if let Some(until) = place.strip_prefix('o') {
            return Ok(Self::Online { until: until.parse().map_err(|_| ())?, id });
        }
        let (until, joined_at) = place.strip_prefix('m').and_then(|place| place.split_once('-')).ok_or(())?;
        let place = (joined_at.parse().map_err(|_| ())?, id);
        Ok(Self::Other { until: until.parse().map_err(|_| ())?, place })
    }
}

impl App {
    /// Returns a page of members, those online first, and the cursor of the next one.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`; `invalid` with the field `limit`.
    pub async fn members(
        &self,
        me: UserId,
        room_id: RoomId,
        after: Option<MemberCursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<Member>, Option<MemberCursor>)> {
        let limits = self.config.limits.clone();
        let limit = limits.page(limit.unwrap_or(limits.page_default))? as usize;
        let (mut online, until) = self.realtime.online_until(room_id, after.map(MemberCursor::until));
        online.sort();
        let page = self.db.read(move |tx| {
            let (mut members, mut place) = (Vec::new(), None);
            if let Some(MemberCursor::Other { place: last, .. }) = after {
                place = Some(last);
            } else {
                let is_left = |id: &UserId| match after {
                    Some(MemberCursor::Online { id: last, .. }) => *id > last,
                    _ => true,
                };
                let left: Vec<_> = online.iter().copied().filter(is_left).collect();
                members = member::by_ids(tx, me, room_id, &left[..left.len().min(limit + 1)])?;
            }
            let shown_online = members.len();
            // The rest of the page are members who were not online.
            while members.len() <= limit {
                let page = member::page(tx, &limits, me, room_id, place, limits.page_max)?;
                let others = page.members.into_iter().filter(|other| online.binary_search(&other.user.id).is_err());
                members.extend(others);
                match page.next {
                    Some(next) => place = Some(next),
                    None => break,
                }
            }
            let has_more = members.len() > limit;
            members.truncate(limit);
            let next = match members.last().filter(|_| has_more) {
                None => None,
                Some(last) if members.len() <= shown_online => Some(MemberCursor::Online { until, id: last.user.id }),
                Some(last) => {
                    let place = member::place(tx, me, room_id, last.user.id)?;
                    Some(MemberCursor::Other { until, place })
                }
            };
            Ok((members, next, user::privacy(tx, me)?))
        });
        let (members, next, privacy) = page.await?;
        Ok((member::seen_by(me, privacy, self.with_presence(room_id, members)), next))
    }
}
