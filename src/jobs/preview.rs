//! Previews of links, sought behind the back of a send: nothing waits for them, and nothing of how
//! they fare is told to who wrote the link.

use super::worker::Tried;
use crate::chat::Limits;
use crate::chat::message::{self, Preview};
use crate::clock::now_ms;
use crate::fetch::Missing;
use crate::ids::{MessageId, UserId};
use crate::service::App;
use crate::text::link;

impl App {
    /// The limits for an act by which somebody says this: no link of it is looked at where previews
    /// are off, in a whisper, or when the person has had enough of them for now. What is said twice
    /// under one key counts twice.
    pub(crate) fn limits_to_say(&self, me: UserId, text: &str, is_whisper: bool) -> Limits {
        let mut limits = self.config.limits.clone();
        let is_open = self.fetcher.is_some() && !is_whisper && link::first(text).is_some();
        if !is_open || self.rates.preview(me).is_err() {
            limits.waiting_previews_max = 0;
        }
        limits
    }

    /// Looks at the page of a message's link once.
    pub(super) async fn try_preview(&self, id: MessageId, url: String) -> Tried {
        // Switched off since.
        let Some(fetcher) = &self.fetcher else { return Tried::Done(None) };
        let wanted = url.clone();
        let room_id = match self.db.read(move |tx| message::awaits_preview(tx, id, &wanted)).await {
            Ok(Some(room_id)) => room_id,
            Ok(None) => return Tried::Done(None),
            Err(_) => return Tried::Failed("the store does not answer"),
        };
        let page = match fetcher.page(&url).await {
            Ok(page) => page,
            Err(Missing::ForNow(why)) => return Tried::Failed(why),
            Err(Missing::ForGood(why)) => {
                tracing::debug!(why, "no page for a link");
                return Tried::Done(None);
            }
        };
        let preview = Preview::new(url, &page.title, page.description.as_deref(), page.site.as_deref());
        let Some(preview) = preview else { return Tried::Done(None) };
        self.realtime.wait_for_space(room_id).await;
        Tried::Done(Some(Box::new(move |tx| message::set_preview(tx, now_ms(), id, &preview))))
    }
}
