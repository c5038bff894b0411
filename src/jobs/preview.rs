//! Link previews, fetched after a send: nothing waits for them, and the sender learns nothing of how they went.

use super::worker::Attempt;
use crate::chat::Limits;
use crate::chat::message::{self, Preview};
use crate::clock::now_ms;
use crate::http_client::FetchError;
use crate::ids::{MessageId, UserId};
use crate::service::App;
use crate::text::markup::first_link;

impl App {
    /// Returns the limits for a send or an edit: no preview is queued where previews are off, in a whisper, or over the
    /// rate of the sender. A repeated key counts twice.
    pub(crate) fn limits_of_text(&self, me: UserId, text: &str, is_whisper: bool) -> Limits {
        let mut limits = self.config.limits.clone();
        let is_open = self.fetcher.is_some() && !is_whisper && first_link(text).is_some();
        if !is_open || self.rates.preview(me).is_err() {
            limits.waiting_previews_max = 0;
        }
        limits
    }

    /// Fetches the page of a message's link once.
    pub(super) async fn try_preview(&self, id: MessageId, url: String) -> Attempt {
        // Previews were switched off meanwhile.
        let Some(fetcher) = &self.fetcher else { return Attempt::Done(None) };
        let wanted = url.clone();
        let room_id = match self.db.read(move |tx| message::awaits_preview(tx, id, &wanted)).await {
            Ok(Some(room_id)) => room_id,
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let page = match fetcher.page(&url).await {
            Ok(page) => page,
            Err(error @ (FetchError::Temporary(_) | FetchError::Busy(_))) => return Attempt::Failed(error.why()),
            Err(FetchError::Permanent(why)) => {
                tracing::debug!(why, "no preview for a link");
                return Attempt::Done(None);
            }
        };
        let preview = Preview::new(url, &page.title, page.description.as_deref(), page.site.as_deref());
        let Some(preview) = preview else { return Attempt::Done(None) };
        self.realtime.wait_for_space(room_id).await;
        Attempt::Done(Some(Box::new(move |tx| message::set_preview(tx, now_ms(), id, &preview))))
    }
}
