//! Deliveries of outgoing webhooks, signed as Standard Webhooks say.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ring::hmac;
use serde_json::json;

use super::worker::Attempt;
use crate::chat::outbox::Job;
use crate::chat::outgoing_hook::{self, Sending};
use crate::chat::{Limits, Tx};
use crate::clock::{now_ms, rfc3339};
use crate::db::Subject;
use crate::http_client::{FetchError, parse_url};
use crate::i18n::Lang;
use crate::ids::DeliveryId;
use crate::service::{App, log_failure};
use crate::wire::WireMessage;

impl App {
    /// Posts a delivery once.
    pub(super) async fn try_hook(&self, job: &Job) -> Attempt {
        let Ok(id) = job.payload.parse::<DeliveryId>() else { return Attempt::Done(None) };
        let sending = match self.db.read(move |tx| outgoing_hook::sending(tx, id)).await {
            Ok(Some(sending)) => sending,
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let (status, why) = match self.post_delivery(id, sending).await {
            Ok(status) if (200..300).contains(&status) => {
                let done = move |tx: &mut Tx| outgoing_hook::delivered(tx, now_ms(), id, status);
                return Attempt::Done(Some(Box::new(done)));
            }
            Ok(status) => (Some(status), format!("the address answered {status}")),
            Err(FetchError::Busy(wait)) => return Attempt::Deferred(wait),
            Err(error) => (None, error.why().to_owned()),
        };
        let note =
            move |tx: &mut Tx, limits: &Limits, now| outgoing_hook::not_delivered(tx, limits, now, id, status, &why);
        log_failure("noting a failed delivery", self.write(Subject::Server, note).await);
        Attempt::Failed("the address did not take it")
    }

    async fn post_delivery(&self, id: DeliveryId, sending: Sending) -> Result<u16, FetchError> {
        let url = parse_url(&sending.url).ok_or(FetchError::Permanent("not an address"))?;
        let body = body(&sending).ok_or(FetchError::Permanent("the message cannot be written"))?;
        let timestamp = now_ms() / 1_000;
        let signature = signature(sending.key.reveal(), id, timestamp, &body).ok_or(FetchError::Permanent("no key"))?;
        let headers = [
            ("webhook-id", id.to_string()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        let answer = self.poster().post(url, "application/json", &headers, Bytes::from(body)).await?;
        Ok(answer.status)
    }
}

fn body(sending: &Sending) -> Option<String> {
    let room = sending.message.room_id;
    let message = WireMessage::new(sending.message.clone(), Lang::En, None);
    let body = json!({
        "type": sending.event.as_str(),
        "timestamp": rfc3339(sending.created_at),
        "data": { "room": room, "message": serde_json::to_value(message).ok()? },
    });
    Some(body.to_string())
}

/// Returns `v1,` and the signature of id, time and body.
fn signature(key: &str, id: DeliveryId, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(key.strip_prefix("whsec_")?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag.as_ref())))
}
