//! What every door shares: the configuration, the store, the live state; and the acts that both
//! the pages and the sockets do, whole: rates, passwords and back-pressure around one transaction.

mod account;
pub mod file;
mod invite;
mod lobby;
mod member;
mod message;
mod one_time_link;
mod people;
mod profile;
mod rates;
mod room;
mod search;
mod session;
mod unread;
mod user;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::chat::member::Member;
use crate::chat::room::{Room, forget_tombstones};
use crate::chat::{self, Db};
use crate::clock::now_ms;
use crate::config::Config;
use crate::db;
use crate::db::Subject;
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::files::Files;
use crate::mail::Mailer;
use crate::password::Passwords;
use crate::realtime::{Realtime, Timing};

pub use account::{SignUp, Visitor};
pub use lobby::LobbyCursor;
pub use member::{Key, MemberCursor, Snapshot};
pub use people::PeopleCursor;
pub use rates::{Asker, Rates};
pub use room::{RoomChange, RoomRequest};
pub use search::SearchRequest;
pub use user::Entered;

/// What every door shares. Cloning shares it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub db: Db,
    pub realtime: Arc<Realtime>,
    pub passwords: Passwords,
    pub rates: Rates,
    pub files: Files,
    uploads: file::Uploads,
    /// Sends letters, where the operator has named a mail server.
    mail: Option<Mailer>,
    /// What links to us begin with: never taken from a request.
    base_url: String,
    /// Looks at the pages of links, where that is wanted.
    pub(crate) fetcher: Option<Fetcher>,
    snapshot_batches: member::SnapshotBatches,
    is_draining: AtomicBool,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// How long an upload waits for a message.
const PENDING_UPLOAD: Duration = Duration::from_secs(24 * 3_600);
/// How long it is known that a room was there.
const TOMBSTONE: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How many logins and locked doors are worked on at a time: each takes 19 MiB and a core.
const PASSWORDS_AT_ONCE: usize = 2;

impl App {
    /// Opens the data folder, which is there, making what is missing in it. `port` is where we are reached when no
    /// public address is set.
    ///
    /// # Errors
    /// A sentence for the operator: the folder or the database cannot be opened, or letters cannot be
    /// sent as the settings say.
    pub fn open(config: Config, port: u16) -> Result<Self, String> {
        let timing =
            Timing { exit_grace: config.exit_grace, reservation: config.reservation, large_room: config.large_room };
        let realtime = Realtime::new(timing, tokio::runtime::Handle::current());
        let committed = {
            let realtime = Arc::clone(&realtime);
            move |facts| realtime.publish(facts)
        };
        let path = config.database();
        let options = db::Options { has_index: config.has_search, ..db::Options::new(&path) };
        let db = Db::open(options, committed).map_err(|fault| format!("cannot open {}: {fault}", path.display()))?;
        let files = Files::open(&config.data_dir)?;
        let passwords = Passwords::start(PASSWORDS_AT_ONCE)?;
        let mail = config.mail.as_ref().map(Mailer::start).transpose()?;
        let base_url = config.base_url(port);
        let fetcher = config.has_link_previews.then(|| Fetcher::new(config.fetch.clone()));
        let app = Self(Arc::new(Inner {
            mail,
            base_url,
            rates: Rates::new(config.has_rate_limits),
            passwords,
            is_draining: AtomicBool::new(false),
            uploads: file::Uploads::default(),
            config,
            db,
            realtime,
            files,
            fetcher,
            snapshot_batches: member::SnapshotBatches::default(),
        }));
        app.resync_when_commit_unknown();
        Ok(app)
    }

    /// When the store was opened anew, all that is live begins anew as well, as after a start.
    fn resync_when_commit_unknown(&self) {
        let (app, runtime) = (Arc::downgrade(&self.0), tokio::runtime::Handle::current());
        self.db.on_commit_unknown(move || {
            let Some(app) = app.upgrade().map(Self) else { return };
            app.realtime.resync();
            runtime.spawn(async move { log_failure("holding the seats", app.reserve_all_slots().await) });
        });
    }

    /// What is done now and then and that nobody waits for.
    pub async fn housekeeping(&self) {
        self.rates.forget_the_rested();
        self.realtime.connections.forget_ended();
        self.erase_the_gone().await;
        if let Some(fetcher) = &self.fetcher {
            fetcher.tidy();
        }
        let now = now_ms();
        log_failure("sweeping sessions", self.db.write(Subject::Server, move |tx| chat::session::sweep(tx, now)).await);
        let before = now - TOMBSTONE.as_millis() as i64;
        log_failure(
            "forgetting removed rooms",
            self.db.write(Subject::Server, move |tx| forget_tombstones(tx, before)).await,
        );
        self.sweep_rooms().await;
        let before = now - PENDING_UPLOAD.as_millis() as i64;
        match self.db.write(Subject::Server, move |tx| chat::file::sweep(tx, before)).await {
            Ok(unneeded) => self.remove_bytes(unneeded).await,
            failed => log_failure("sweeping uploads", failed),
        }
        self.remove_postponed().await;
    }

    /// Says that the server is about to end: it is not ready for more.
    pub fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// What links begin with: our own address, or nothing where it was not set.
    pub fn base(&self) -> &str {
        self.config.origins.public.as_ref().map_or("", |public| public.as_str())
    }

    /// Adds to a room what only the live state knows.
    pub fn with_counts(&self, mut room: Room) -> Room {
        room.online_count = self.realtime.online_count(room.id) as u32;
        room
    }

    /// Adds to members of a room what only the live state knows.
    fn with_presence(&self, room: crate::ids::RoomId, mut members: Vec<Member>) -> Vec<Member> {
        for member in &mut members {
            member.online = self.realtime.is_online(room, member.user.id);
            member.presence = self.realtime.connections.presence(member.user.id);
        }
        members
    }
}

pub(crate) fn make_private_folder(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| format!("cannot make the data folder {}: {error}", path.display()))
}

/// Does something that must happen sooner or later but that nobody waits for.
pub(crate) fn log_failure<T>(what: &'static str, result: Result<T, Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, what, "left undone");
    }
}
