//! Pushes of what is new in a room. Whether there is still anything to tell is asked right before.

use super::worker::{Attempt, HELD_BACK};
use crate::chat::notification::{self, Pending, Since, quiet_hours};
use crate::chat::push::{self, PushSubscription};
use crate::chat::{Tx, unread};
use crate::clock::now_ms;
use crate::error::Result;
use crate::i18n::Lang;
use crate::ids::{PushId, RoomId};
use crate::service::{App, Pushed};
use crate::view::PushMessage;

impl App {
    /// Pushes to a browser once.
    pub(super) async fn try_push(&self, payload: &str) -> Attempt {
        let Some((id, room_id, shown)) = parse(payload) else { return Attempt::Done(None) };
        let (subscription, pending, count) = match self.db.read(move |tx| find(tx, id, room_id, shown)).await {
            Ok(Some(found)) => found,
            // It was read meanwhile, for example.
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let lang = Lang::from_code(&subscription.lang).unwrap_or_default();
        let (me, hides_text) = (subscription.user_id, subscription.hides_text);
        let message = PushMessage::of_pending(&pending, me, &lang, self.base(), count, hides_text);
        match self.push(&subscription, &message.json(), pending.is_personal).await {
            Pushed::Delivered => result(id, None),
            Pushed::Refused(why) => result(id, Some(why)),
            Pushed::Gone => Attempt::Done(Some(Box::new(move |tx| push::remove(tx, id)))),
            Pushed::Deferred(wait) => Attempt::Deferred(wait, HELD_BACK),
            Pushed::Delayed(why, pause) => {
                tracing::debug!(why, "a push was not taken; it is tried again later");
                Attempt::Postponed("the push service did not take it", pause)
            }
        }
    }
}

/// Reads the subscription, the room, and the seq of a message that was held and is shown now.
fn parse(payload: &str) -> Option<(PushId, RoomId, Option<i64>)> {
    let mut parts = payload.split(' ');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next().and_then(|seq| seq.parse().ok())))
}

fn result(id: PushId, why: Option<String>) -> Attempt {
    Attempt::Done(Some(Box::new(move |tx| push::record_result(tx, now_ms(), id, why.as_deref()))))
}

/// Returns the browser, what to tell it, and the number of unread messages; `None` if there is nothing to tell now.
fn find(
    tx: &mut Tx,
    id: PushId,
    room_id: RoomId,
    shown: Option<i64>,
) -> Result<Option<(PushSubscription, Pending, u64)>> {
    let Some(subscription) = push::find(tx, id)? else { return Ok(None) };
    let me = subscription.user_id;
    if quiet_hours(tx, me)?.is_some_and(|hours| hours.include(now_ms())) {
        return Ok(None);
    }
    let pending = match shown {
        Some(seq) => notification::shown(tx, me, room_id, seq)?,
        None => notification::pending(tx, me, room_id, Since::Read)?,
    };
    let Some(pending) = pending else { return Ok(None) };
    let rooms = notification::rooms(tx, me)?;
    let count = unread::count(tx, me, &rooms)?;
    Ok(Some((subscription, pending, count)))
}
