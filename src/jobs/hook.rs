//! Deliveries of outgoing webhooks, signed as Standard Webhooks say.

use bytes::Bytes;
use serde_json::json;

use super::worker::{Attempt, HELD_BACK};
use crate::chat::outbox::Job;
use crate::chat::outgoing_hook::{self, About, Next, Sending};
use crate::chat::{Limits, Tx};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::http_client::{Answer, FetchError, Guarantee};
use crate::i18n::Lang;
use crate::ids::DeliveryId;
use crate::service::{App, log_failure, webhook_event};
use crate::wire::WireMessage;

impl App {
    /// Posts a delivery once.
    pub(super) async fn try_hook(&self, job: &Job) -> Attempt {
        let Ok(id) = job.payload.parse::<DeliveryId>() else { return Attempt::Done(None) };
        let sending = match self.db.read(move |tx| outgoing_hook::sending(tx, id)).await {
            Ok(Next::Send(sending)) => sending,
            Ok(Next::End) => {
                return Attempt::Done(Some(Box::new(move |tx| outgoing_hook::give_up(tx, now_ms(), id))));
            }
            Ok(Next::Leave) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let (status, why) = match self.post_delivery(id, &sending).await {
            Ok(Answer { status, .. }) if (200..300).contains(&status) => {
                let done = move |tx: &mut Tx| outgoing_hook::delivered(tx, now_ms(), id, status);
                return Attempt::Done(Some(Box::new(done)));
            }
            Ok(Answer { status, .. }) => (Some(status), format!("the address answered {status}")),
            Err(FetchError::Busy(wait)) => return Attempt::Deferred(wait, HELD_BACK),
            Err(error) => (None, error.why().to_owned()),
        };
        let note =
            move |tx: &mut Tx, limits: &Limits, now| outgoing_hook::not_delivered(tx, limits, now, id, status, &why);
        log_failure("noting a failed delivery", self.write(Subject::Server, note).await);
        Attempt::Failed("the address did not take it")
    }

    async fn post_delivery(&self, id: DeliveryId, sending: &Sending) -> Result<Answer, FetchError> {
        let body = body(sending).ok_or(FetchError::Permanent("the message cannot be written"))?;
        self.post_signed(&id.to_string(), &sending.url, &sending.key, body, Guarantee::AtLeastOnce).await
    }
}

fn body(sending: &Sending) -> Option<Bytes> {
    let room = sending.room_id;
    let data = match &sending.about {
        About::Message(message) => {
            let message = WireMessage::new((**message).clone(), Lang::En, None);
            json!({ "room": room, "message": serde_json::to_value(message).ok()? })
        }
        About::Report(report) => json!({ "room": room, "report": {
            "id": report.id, "messageId": report.message_id, "userId": report.user_id, "reason": report.reason,
        } }),
        About::Room(found) => json!({ "room": room, "title": found.as_ref().map(|room| &room.title) }),
    };
    Some(webhook_event(sending.event.as_str(), sending.created_at, &data))
}
