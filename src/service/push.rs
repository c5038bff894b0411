//! Push subscriptions, and one push to a browser.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::App;
use crate::chat::push::{self, NewPushSubscription, PushSubscription};
use crate::chat::session::Session;
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::http_client::{Answer, FetchError, Guarantee, parse_url};
use crate::i18n::Lang;
use crate::ids::{PushId, UserId};
use crate::text;
use crate::view::PushMessage;
use crate::web_push::{BrowserKeys, ServerKey};

/// How long a push service keeps a push for a browser that is away.
const TTL_S: u32 = 12 * 3_600;

const AGENT_MAX: usize = 200;

/// How a push went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// The push service has it.
    Delivered,
    /// The browser has unsubscribed; there is nothing to push to any more.
    Gone,
    /// It failed, and would fail again.
    Refused(String),
    /// It failed, and is tried again, not before the time that the push service asks for.
    Delayed(String, Option<Duration>),
    /// It was not sent: this server sends no more to the push service for so long.
    Deferred(Duration),
}

impl App {
    /// Returns the key that browsers subscribe with.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn push_key(&self) -> Result<String> {
        Ok(self.server_key().await?.public())
    }

    /// Returns the browsers of a user that are pushed to.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn push_subscriptions(&self, me: UserId) -> Result<Vec<PushSubscription>> {
        self.db.read(move |tx| push::list(tx, me)).await
    }

    /// Stores the subscription of a browser. Returns it and whether it is new.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `endpoint` or `keys`.
    pub async fn subscribe(&self, session: &Session, new: NewPushSubscription) -> Result<(PushSubscription, bool)> {
        let (me, session) = (session.user.id, session.id);
        self.rates.act(me)?;
        let url =
            endpoint(&new.endpoint).ok_or_else(|| Error::invalid("endpoint", "endpoint must be an https address"))?;
        if !self.pusher().may_be_reached(&url) {
            return Err(Error::invalid("endpoint", "endpoint must be on a public host and the default port"));
        }
        let keys = BrowserKeys::parse(&new.p256dh, &new.auth)
            .ok_or_else(|| Error::invalid("keys", "keys must be those of a push subscription"))?;
        let (p256dh, auth) = keys.encoded();
        let agent = new.agent.map(|agent| text::cut(&agent, AGENT_MAX));
        let new = NewPushSubscription { endpoint: url.into(), p256dh, auth, agent, ..new };
        self.write(me, move |tx, _, now| push::subscribe(tx, now, me, session, &new)).await
    }

    /// Sets whether pushes to a browser say only that there is something new.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`.
    pub async fn set_push_hides_text(&self, me: UserId, id: PushId, hides_text: bool) -> Result<PushSubscription> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| push::set_hides_text(tx, me, id, hides_text)).await
    }

    /// Removes a subscription.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`.
    pub async fn unsubscribe(&self, me: UserId, id: PushId) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| push::unsubscribe(tx, me, id)).await
    }

    /// Pushes a test to a browser now. Returns why it was not taken, if it was not.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`.
    pub async fn test_push(&self, me: UserId, id: PushId) -> Result<Option<String>> {
        self.rates.act(me)?;
        let subscription = self.db.read(move |tx| push::get(tx, me, id)).await?;
        let lang = Lang::from_code(&subscription.lang).unwrap_or_default();
        let pushed = self.push(&subscription, &PushMessage::test(&lang, self.base()).json(), true).await;
        let why = match pushed {
            Pushed::Delivered => None,
            Pushed::Gone => {
                self.write(me, move |tx, _, _| push::remove(tx, id)).await?;
                return Ok(Some("the browser has unsubscribed".to_owned()));
            }
            Pushed::Refused(why) | Pushed::Delayed(why, _) => Some(why),
            Pushed::Deferred(wait) => return Err(Error::rate_limited(wait)),
        };
        let noted = why.clone();
        self.write(me, move |tx, _, now| push::record_result(tx, now, id, noted.as_deref())).await?;
        Ok(why)
    }

    /// Pushes once to a browser. An urgent push wakes a phone that saves power.
    pub(crate) async fn push(&self, subscription: &PushSubscription, message: &Value, is_urgent: bool) -> Pushed {
        match self.post_push(subscription, message, is_urgent).await {
            Ok(answer) => match answer.status {
                200..300 => Pushed::Delivered,
                404 | 410 => Pushed::Gone,
                status @ (408 | 429 | 500..) => {
                    Pushed::Delayed(format!("the push service answered {status}"), answer.retry_after)
                }
                status => Pushed::Refused(format!("the push service answered {status}")),
            },
            Err(FetchError::Temporary(why)) => Pushed::Delayed(why.to_owned(), None),
            Err(FetchError::Permanent(why)) => Pushed::Refused(why.to_owned()),
            Err(FetchError::Busy(wait)) => Pushed::Deferred(wait),
        }
    }

    async fn post_push(
        &self,
        subscription: &PushSubscription,
        message: &Value,
        is_urgent: bool,
    ) -> Result<Answer, FetchError> {
        const WRONG: FetchError = FetchError::Permanent("the subscription cannot be used");
        let key = self.server_key().await.map_err(|_| FetchError::Temporary("the key of the server cannot be read"))?;
        let url = endpoint(&subscription.endpoint).ok_or(WRONG)?;
        let keys = BrowserKeys::parse(&subscription.p256dh, &subscription.auth).ok_or(WRONG)?;
        let body = keys.encrypt(message.to_string().as_bytes()).map_err(|_| WRONG)?;
        let authorization = key.authorization(&url, now_ms() / 1_000).map_err(|_| WRONG)?;
        let headers = [
            ("authorization", authorization),
            ("content-encoding", "aes128gcm".to_owned()),
            ("ttl", TTL_S.to_string()),
            ("topic", topic(subscription, message)),
            ("urgency", if is_urgent { "high" } else { "normal" }.to_owned()),
        ];
        self.pusher().post(url, "application/octet-stream", &headers, Bytes::from(body), Guarantee::AtLeastOnce).await
    }

    async fn server_key(&self) -> Result<&ServerKey> {
        if let Some(key) = self.server_key.get() {
            return Ok(key);
        }
        let pkcs8 = self.write(Subject::Server, |tx, _, _| push::vapid_key(tx)).await?;
        let key = ServerKey::new(&pkcs8, self.base_url.clone()).ok_or(Code::Internal)?;
        Ok(self.server_key.get_or_init(|| key))
    }
}

/// Parses an endpoint. Push services have `https`; the guard of the client decides about `http` on this machine.
fn endpoint(url: &str) -> Option<url::Url> {
    parse_url(url).filter(|url| url.scheme() == "https" || url.host_str() == Some("127.0.0.1"))
}

/// Returns the topic, by which a push replaces one that still waits at the push service. It tells nobody which room.
fn topic(subscription: &PushSubscription, message: &Value) -> String {
    let tag = message["notification"]["tag"].as_str().unwrap_or_default();
    let digest = Sha256::digest(format!("{} {tag}", subscription.id));
    URL_SAFE_NO_PAD.encode(&digest[..24])
}
