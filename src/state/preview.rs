//! Previews of links, sought behind the back of a send: nothing waits for them, and nothing of how
//! they fare is told to who wrote the link.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{State, log_failure};
use crate::chat::Db;
use crate::chat::message::{self, Message, Preview};
use crate::clock::now_ms;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::ids::{MessageId, RoomId, UserId};
use crate::live::Live;

/// Links that wait for their turn.
const QUEUE: usize = 256;
/// Pages fetched at a time.
const AT_ONCE: usize = 8;

/// Who seeks previews; nobody where they are off.
pub(super) struct Previews(Option<Seekers>);

struct Seekers {
    queue: mpsc::Sender<Sought>,
    fetcher: Arc<Fetcher>,
}

/// A message and its link.
struct Sought {
    id: MessageId,
    room_id: RoomId,
    url: String,
}

impl Previews {
    pub(super) fn start(config: &Config, db: &Db, live: &Arc<Live>) -> Self {
        if !config.has_link_previews {
            return Self(None);
        }
        let (queue, sought) = mpsc::channel(QUEUE);
        let fetcher = Arc::new(Fetcher::new(config.fetch.clone()));
        tokio::spawn(work(sought, Arc::clone(&fetcher), db.clone(), Arc::clone(live)));
        Self(Some(Seekers { queue, fetcher }))
    }

    pub(super) fn tidy(&self) {
        if let Some(seekers) = &self.0 {
            seekers.fetcher.tidy();
        }
    }
}

impl State {
    /// Has the page of a message's first link looked at, sooner or later. What waits when the
    /// process ends is not taken up again, and the message stays without a preview.
    pub(super) fn seek_preview(&self, me: UserId, message: &Message) {
        let Some(seekers) = &self.previews.0 else { return };
        let Some(url) = message::link_of(message) else { return };
        if self.rates.preview(me).is_err() {
            return;
        }
        let sought = Sought { id: message.id, room_id: message.room_id, url: url.to_owned() };
        if seekers.queue.try_send(sought).is_err() {
            tracing::debug!(room = %message.room_id, "too many links wait for their preview; this one has none");
        }
    }
}

async fn work(mut sought: mpsc::Receiver<Sought>, fetcher: Arc<Fetcher>, db: Db, live: Arc<Live>) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            // Each is a task of its own, so that a panic costs one preview.
            Some(done) = under_way.join_next() => if let Err(error) = done {
                tracing::error!(%error, "seeking a preview failed");
            },
            next = sought.recv(), if under_way.len() < AT_ONCE => {
                let Some(next) = next else { return };
                under_way.spawn(seek(next, Arc::clone(&fetcher), db.clone(), Arc::clone(&live)));
            }
        }
    }
}

async fn seek(sought: Sought, fetcher: Arc<Fetcher>, db: Db, live: Arc<Live>) {
    let Some(page) = fetcher.page(&sought.url).await else { return };
    let preview = Preview::new(sought.url, &page.title, page.description.as_deref(), page.site.as_deref());
    let Some(preview) = preview else { return };
    live.room_to_tell(sought.room_id).await;
    let stored = db.write(move |tx| message::set_preview(tx, now_ms(), sought.id, &preview)).await;
    log_failure("keeping a link's preview", stored);
}
