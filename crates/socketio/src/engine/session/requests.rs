//! The part of a session that its HTTP requests use: polls, posts, and the upgrade to WebSocket.

use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use super::{Closing, Session, State};
use crate::disconnect_reason::DisconnectReason;
use crate::engine::stream::WebSocketStream;
use crate::engine::transport::{Polling, Transport, Upgrade, Upgraded};

/// The response to a poll, or what to wait for.
#[derive(Debug)]
pub(crate) enum PollResult {
    Payload(String),
    /// The session has ended, and its client shall come back: a poll of an unknown session makes every
    /// client reconnect, while some take a close packet for good.
    Ended,
    Wait(Arc<Notify>),
}

/// The request does not fit the session's transport or another request in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BadRequest;

impl State {
    fn polling(&mut self) -> Result<&mut Polling, BadRequest> {
        match &mut self.send_queue.transport {
            Transport::Polling(polling) => Ok(polling),
            Transport::WebSocket(_) | Transport::Closed => Err(BadRequest),
        }
    }
}

impl Session {
    /// Begins a poll. While another waits, both fail and the session ends: its client has lost track
    /// of what it received.
    pub(crate) fn begin_poll(&self) -> Result<(), BadRequest> {
        self.begin_request(|polling| &mut polling.is_polling)
    }

    pub(crate) fn end_poll(&self) {
        // A session that has upgraded meanwhile does not track polls.
        let _ = self.state.lock().polling().map(|polling| polling.is_polling = false);
    }

    /// Begins a post; two at once are an error like two polls.
    pub(crate) fn begin_post(&self) -> Result<(), BadRequest> {
        self.begin_request(|polling| &mut polling.is_posting)
    }

    pub(crate) fn end_post(&self) {
        let _ = self.state.lock().polling().map(|polling| polling.is_posting = false);
    }

    fn begin_request(&self, flag: impl FnOnce(&mut Polling) -> &mut bool) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        // A request that comes after the upgrade fails here and does not end the session.
        let is_in_progress = flag(state.polling()?);
        if std::mem::replace(is_in_progress, true) {
            state.has_overlap = true;
            state.close(Closing::Now(DisconnectReason::TransportError));
            state.wake_all();
            return Err(BadRequest);
        }
        Ok(())
    }

    /// Ends the session because a request was aborted: its packets, or those of its response, are lost.
    pub(crate) fn abort_request(&self) {
        let mut state = self.state.lock();
        if state.polling().is_ok() {
            state.close(Closing::Now(DisconnectReason::TransportError));
            state.wake_all();
        }
    }

    /// Ends the session because its client has sent a close. A poll that was sent before it may still
    /// be on its way.
    pub(crate) fn close_by_client(&self) {
        let mut state = self.state.lock();
        if state.polling().is_ok_and(|polling| !polling.is_polling) {
            self.shared.last_polls.expect(self.sid);
        }
        state.close(Closing::Now(DisconnectReason::TransportClose));
        state.wake_all();
    }

    /// Returns whether the poll is one that the client's close has overtaken.
    pub(crate) fn take_last_poll(&self) -> bool {
        self.shared.last_polls.take(&self.sid)
    }

    /// Returns the response to the waiting poll, if there is one.
    pub(crate) fn poll(&self) -> PollResult {
        let mut state = self.state.lock();
        match state.closing.now() {
            Some(DisconnectReason::TransportClose) => {
                self.take_last_poll();
                return PollResult::Payload("6".into());
            }
            Some(reason) if state.has_overlap || reason.is_final() => return PollResult::Payload("1".into()),
            Some(_) => return PollResult::Ended,
            None => {}
        }
        let ready = match state.polling() {
            Ok(polling) if polling.upgrade != Upgrade::Probed => Arc::clone(&polling.packets_ready),
            // The noop ends the poll; queued packets go over the new transport.
            _ => return PollResult::Payload("6".into()),
        };
        let payload = state.send_queue.take_payload();
        if payload.as_deref() == Some("2") {
            self.ping_left(&mut state);
        }
        if state.send_queue.is_empty() && matches!(state.closing, Closing::AfterFlush(_)) {
            state.wake();
        }
        payload.map_or(PollResult::Wait(ready), PollResult::Payload)
    }

    /// Waits until the inboxes of the session have room for another packet of a post.
    ///
    /// # Errors
    /// When the session has ended, or has another transport.
    pub(crate) async fn wait_for_inbox(&self) -> Result<(), DisconnectReason> {
        loop {
            let ready = {
                let mut state = self.state.lock();
                if let Some(reason) = state.closing.now() {
                    return Err(reason);
                }
                let Ok(polling) = state.polling() else { return Err(DisconnectReason::TransportError) };
                if !self.is_paused() {
                    return Ok(());
                }
                Arc::clone(&polling.inbox_ready)
            };
            ready.notified().await;
        }
    }

    pub(crate) fn begin_upgrade(&self) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        let polling = state.polling()?;
        if polling.upgrade != Upgrade::None {
            return Err(BadRequest);
        }
        polling.upgrade = Upgrade::Started;
        polling.looks = Some(Box::default());
        Ok(())
    }

    pub(crate) fn upgrade_probed(&self) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        let polling = state.polling()?;
        polling.upgrade = Upgrade::Probed;
        polling.packets_ready.notify_one();
        Ok(())
    }

    /// Asks an upgrade in progress to take what its stream has received by now. The receiver is ready
    /// when it has, or has ended.
    pub(crate) fn request_look(&self) -> Option<oneshot::Receiver<()>> {
        let mut state = self.state.lock();
        let looks = state.polling().ok()?.looks.as_mut()?;
        let (looked, receiver) = oneshot::channel();
        looks.waiting.push(looked);
        looks.requested.notify_one();
        Some(receiver)
    }

    /// Notes that the stream of the upgrade has nothing more to read, and returns what wakes the upgrade
    /// for another look.
    ///
    /// # Errors
    /// When the session has ended, or has another transport.
    pub(crate) fn upgrade_looked(&self) -> Result<Arc<Notify>, BadRequest> {
        let mut state = self.state.lock();
        let looks = state.polling()?.looks.as_mut().ok_or(BadRequest)?;
        looks.waiting.clear();
        Ok(Arc::clone(&looks.requested))
    }

    pub(crate) fn abandon_upgrade(&self) {
        let mut state = self.state.lock();
        if let Ok(polling) = state.polling() {
            polling.upgrade = Upgrade::None;
            polling.looks = None;
            polling.packets_ready.notify_one();
        }
        // The send queue has its deadline again.
        state.wake();
    }

    /// Switches to the new transport with all queued packets, and passes it to the owner.
    ///
    /// # Errors
    /// While a post is in progress, as packets of the new transport would overtake its packets, or
    /// when the session has ended.
    pub(crate) fn complete_upgrade(&self, stream: Arc<WebSocketStream>, upgraded: Upgraded) -> Result<(), BadRequest> {
        let mut state = self.state.lock();
        let polling = state.polling()?;
        if polling.is_posting {
            return Err(BadRequest);
        }
        // A poll that still waits gets its noop.
        polling.packets_ready.notify_one();
        if state.send_queue.switch(stream).is_err() {
            state.close(Closing::Now(DisconnectReason::TransportClose));
        }
        state.upgraded = Some(Box::new(upgraded));
        state.wake();
        Ok(())
    }
}
