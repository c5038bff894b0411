//! The part of a session that its HTTP requests touch: polls, posts, and the upgrade that ends both.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{Session, State};
use crate::outlet::{Polling, Transport, Upgrade};
use crate::peer::Reason;
use crate::stream::Wire;
use crate::websocket::Upgraded;

/// What the answer to a poll is.
#[derive(Debug)]
pub(crate) enum Poll {
    Payload(String),
    Wait(Arc<Notify>),
}

/// The request does not fit the session's transport or another request that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BadRequest;

impl State {
    fn polling(&mut self) -> Result<&mut Polling, BadRequest> {
        match &mut self.outlet.transport {
            Transport::Polling(polling) => Ok(polling),
            Transport::WebSocket(_) | Transport::Closed => Err(BadRequest),
        }
    }
}

impl Session {
    /// A poll has come. While another hangs, both fail and the session ends: its client has lost
    /// track of what it heard.
    pub(crate) fn begin_poll(&self) -> Result<(), BadRequest> {
        self.begin_request(|polling| &mut polling.is_hanging)
    }

    pub(crate) fn end_poll(&self) {
        // A session that has upgraded meanwhile keeps no account of polls.
        let _ = self.state.lock().polling().map(|polling| polling.is_hanging = false);
    }

    /// A post has come; the rule for two polls holds for two posts.
    pub(crate) fn begin_post(&self) -> Result<(), BadRequest> {
        self.begin_request(|polling| &mut polling.is_posting)
    }

    pub(crate) fn end_post(&self) {
        let _ = self.state.lock().polling().map(|polling| polling.is_posting = false);
    }

    fn begin_request(&self, mark: impl FnOnce(&mut Polling) -> &mut bool) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        // An upgraded session is not disturbed by who still asks in the old way.
        let is_under_way = mark(state.polling()?);
        if std::mem::replace(is_under_way, true) {
            state.doom.get_or_insert(Reason::TransportError);
            state.wake_all();
            return Err(BadRequest);
        }
        Ok(())
    }

    /// A request was not carried to its end, and with it is lost what it brought or was to take.
    pub(crate) fn abort_request(&self) {
        let mut state = self.state.lock();
        if state.polling().is_ok() {
            state.doom.get_or_insert(Reason::TransportError);
            state.wake_all();
        }
    }

    /// What the hanging poll is to be answered with.
    pub(crate) fn poll(&self) -> Poll {
        let mut state = self.state.lock();
        match state.doom {
            Some(Reason::TransportClose) => return Poll::Payload("6".into()),
            Some(_) => return Poll::Payload("1".into()),
            None => {}
        }
        let ready = match state.polling() {
            Ok(polling) if polling.upgrade != Upgrade::Probed => Arc::clone(&polling.ready),
            // The noop lets the poll end; what waits goes over the new transport.
            _ => return Poll::Payload("6".into()),
        };
        let payload = state.outlet.take_payload();
        if state.outlet.is_empty() && state.is_finishing {
            state.wake();
        }
        payload.map_or(Poll::Wait(ready), Poll::Payload)
    }

    /// Waits until the inboxes behind the session have room for another packet of a post.
    ///
    /// # Errors
    /// When the session has ended, or has gone over to another transport.
    pub(crate) async fn room(&self) -> Result<(), Reason> {
        loop {
            let room = {
                let mut state = self.state.lock();
                if let Some(reason) = state.doom {
                    return Err(reason);
                }
                let Ok(polling) = state.polling() else { return Err(Reason::TransportError) };
                if !self.is_paused() {
                    return Ok(());
                }
                Arc::clone(&polling.room)
            };
            room.notified().await;
        }
    }

    // Upgrade.

    pub(crate) fn begin_upgrade(&self) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        let polling = state.polling()?;
        if polling.upgrade != Upgrade::None {
            return Err(BadRequest);
        }
        polling.upgrade = Upgrade::Begun;
        Ok(())
    }

    pub(crate) fn probed(&self) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        let polling = state.polling()?;
        polling.upgrade = Upgrade::Probed;
        polling.ready.notify_one();
        Ok(())
    }

    /// Waits until no upgrade stands between its probe and its `5`.
    pub(crate) async fn settled(&self) {
        loop {
            let ready = match self.state.lock().polling() {
                Ok(polling) if polling.upgrade == Upgrade::Probed => Arc::clone(&polling.ready),
                _ => return,
            };
            ready.notified().await;
        }
    }

    pub(crate) fn abandon_upgrade(&self) {
        let mut state = self.state.lock();
        if let Ok(polling) = state.polling() {
            polling.upgrade = Upgrade::None;
            polling.ready.notify_one();
        }
        // What waits has its deadline again.
        state.wake();
    }

    /// Goes over to the new transport with all that waits, and hands it to the owner.
    ///
    /// # Errors
    /// When a post is still under way, whose packets those of the new transport would overtake, or
    /// when the session has ended.
    pub(crate) fn complete_upgrade(&self, wire: Arc<Wire>, upgraded: Upgraded) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        let polling = state.polling()?;
        if polling.is_posting {
            return Err(BadRequest);
        }
        // A poll that still hangs gets its noop.
        polling.ready.notify_one();
        if state.outlet.switch(wire).is_err() {
            state.doom.get_or_insert(Reason::TransportClose);
        }
        state.upgraded = Some(Box::new(upgraded));
        state.wake();
        Ok(())
    }
}
