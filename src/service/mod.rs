//! The application: what pages, REST and sockets do, one file per noun.
//!
//! A method of [`App`] adds rate limits and back-pressure to one transaction. The rules themselves are in `chat`.

pub mod account;
pub mod admin;
mod ban;
mod block;
mod bot;
mod budgets;
mod bus;
mod command;
mod digest;
mod direct;
mod directory;
mod disk_space;
mod export;
pub mod file;
mod hook;
mod housekeeping;
mod invite;
mod job;
mod lobby;
mod member;
mod message;
mod moderator;
mod mute;
mod my_rooms;
mod node;
mod notification;
mod occupancy;
pub mod one_time_link;
mod outgoing_hook;
mod profile;
mod push;
mod rates;
mod read_mark;
mod render;
mod report;
mod retention;
mod room;
mod room_page;
mod room_password;
mod room_settings;
mod scheduled;
mod search;
mod session;
mod sign_up;
pub(crate) mod store;
mod user;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::backup_files::Backup;
use crate::chat::member::Member;
use crate::chat::room::Room;
use crate::chat::server_settings::SharedSettings;
use crate::chat::{Db, Limits, Tx};
use crate::clock::{SettledClock, now_ms};
use crate::config::Config;
use crate::db::Subject;
use crate::error::{Error, Result};
use crate::fair_queue::FairQueue;
use crate::files::Files;
use crate::http_client;
use crate::ids::{RoomId, UserId};
use crate::mail::Mailer;
use crate::password::Passwords;
use crate::preview::Fetcher;
use crate::realtime::{Realtime, Timing};
use crate::web_push::ServerKey;

pub use account::ClientInfo;
use budgets::Budgets;
use bus::Bus;
pub use command::CommandCaller;
use command::CommandSlots;
pub use directory::DirectoryCursor;
use disk_space::DiskSpace;
pub use lobby::LobbyCursor;
pub use member::{MemberCursor, Snapshot};
pub use notification::Notifications;
pub use outgoing_hook::OutgoingHookRequest;
pub(crate) use outgoing_hook::webhook_event;
pub(crate) use push::Pushed;
pub use rates::{Rates, Requester};
pub use room::{RoomChange, RoomRequest};
pub use room_page::{MY_ROOMS, RoomPageData};
use scheduled::Turns;
pub use search::SearchRequest;
pub use sign_up::SignUpLink;
pub use user::Entered;

/// The application. Clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub db: Db,
    pub realtime: Arc<Realtime>,
    pub passwords: Passwords,
    pub rates: Rates,
    budgets: Budgets,
    disk_space: DiskSpace,
    pub files: Files,
    uploads: file::Uploads,
    /// Claims on files that are still to be released.
    unreleased: file::claim::Unreleased,
    /// Sends e-mails, if a mail server is set.
    pub(crate) mail: Option<Mailer>,
    /// The beginning of links to this server, never taken from a request.
    pub(crate) base_url: String,
    /// Fetches the pages of links, if previews are on.
    pub(crate) fetcher: Option<Fetcher>,
    /// Posts to outgoing webhooks, and to push services. Made when the first one is used.
    poster: OnceLock<http_client::Client>,
    pusher: OnceLock<http_client::Client>,
    /// The commands of webhooks that wait for an answer.
    command_slots: CommandSlots,
    pub(crate) scheduled_turns: Turns,
    /// The key by which push services know this server.
    server_key: OnceLock<ServerKey>,
    /// The key by which links are signed that are never stored.
    link_key: OnceLock<ring::hmac::Key>,
    snapshot_batches: member::SnapshotBatches,
    /// The turns of pages, and of searches.
    pages: FairQueue,
    searches: FairQueue,
    clock: SettledClock,
    /// Figures of the last hour, for admins.
    samples: admin::Samples,
    /// Whether an admin has asked for a backup.
    is_backup_wanted: AtomicBool,
    backups_found: Mutex<Vec<Backup>>,
    is_draining: AtomicBool,
    /// The bus to other nodes. Empty on a single server.
    bus: Arc<OnceLock<Arc<Bus>>>,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// How many passwords of one network are hashed at a time, on as many cores: each takes 19 MiB and a core.
const PASSWORDS_AT_ONCE: usize = 2;

impl App {
    /// Opens the data folder and creates what is missing in it. `port` is where the server is reached when no
    /// public address is set.
    ///
    /// # Errors
    /// A sentence for the operator: the folder or the database cannot be opened, or the mail settings are wrong.
    pub fn open(mut config: Config, port: u16) -> Result<Self, String> {
        // Its own, also where two servers of one process have the same configuration.
        let server = SharedSettings::default();
        config.limits.server = server.clone();
        let timing =
            Timing { exit_grace: config.exit_grace, reservation: config.reservation, large_room: config.large_room };
        let realtime = Realtime::new(timing, tokio::runtime::Handle::current(), config.nodes.is_some(), server.clone());
        let bus = Arc::<OnceLock<Arc<Bus>>>::default();
        let committed = {
            let (realtime, bus) = (Arc::clone(&realtime), Arc::clone(&bus));
            move |facts| match bus.get() {
                Some(bus) => bus.committed(facts),
                None => realtime.publish(facts),
            }
        };
        let db = Db::open(store::options(&config), committed).map_err(|fault| store::cannot_open(&config, &fault))?;
        let files = Files::open(&config)?;
        let passwords = Passwords::start(PASSWORDS_AT_ONCE.min(render::cores()))?;
        let mail = config.mail.as_ref().map(Mailer::new).transpose()?;
        let base_url = config.base_url(port);
        let fetcher =
            config.has_link_previews.then(|| Fetcher::new(config.http_client.clone(), config.preview_retry_delay));
        let app = Self(Arc::new(Inner {
            bus,
            unreleased: file::claim::Unreleased::default(),
            mail,
            base_url,
            rates: Rates::new(config.has_rate_limits, config.networks.clone()),
            budgets: Budgets::new(config.has_rate_limits, config.networks.clone(), server),
            disk_space: DiskSpace::new(config.disk_reserve),
            passwords,
            clock: SettledClock::new(),
            samples: admin::Samples::default(),
            is_backup_wanted: AtomicBool::new(false),
            backups_found: Mutex::default(),
            is_draining: AtomicBool::new(false),
            uploads: file::Uploads::new(config.uploads_at_once),
            config,
            db,
            realtime,
            files,
            fetcher,
            poster: OnceLock::new(),
            pusher: OnceLock::new(),
            command_slots: CommandSlots::default(),
            scheduled_turns: Turns::default(),
            server_key: OnceLock::new(),
            link_key: OnceLock::new(),
            snapshot_batches: member::SnapshotBatches::default(),
            pages: FairQueue::new(render::cores()),
            searches: FairQueue::new(search::AT_ONCE),
        }));
        app.db.on_reopen(store::renew_epochs_if_moved);
        app.resync_when_commit_unknown();
        Ok(app)
    }

    /// Restarts all realtime state after the database was reopened because of a failed commit.
    fn resync_when_commit_unknown(&self) {
        let (app, runtime) = (Arc::downgrade(&self.0), tokio::runtime::Handle::current());
        self.db.on_commit_unknown(move || {
            let Some(app) = app.upgrade().map(Self) else { return };
            app.realtime.resync();
            runtime.spawn(async move { log_failure("reserving slots", app.reserve_all_slots().await) });
        });
    }

    /// Returns the client that posts to outgoing webhooks: a room may have more to say to a host than links have.
    pub(crate) fn poster(&self) -> &http_client::Client {
        self.poster.get_or_init(|| self.http_client(20, 16))
    }

    /// Returns the client that posts to push services, of which a few serve all browsers.
    pub(crate) fn pusher(&self) -> &http_client::Client {
        self.pusher.get_or_init(|| self.http_client(500, 64))
    }

    /// Returns a client that may ask a host `times` as often as for links, so many requests at once.
    fn http_client(&self, times: u32, at_once: usize) -> http_client::Client {
        let limits = self.config.http_client.clone();
        let times = if self.config.has_rate_limits { times } else { u32::MAX };
        let per_host = limits.per_host.saturating_mul(times);
        let per_address = limits.per_address.saturating_mul(times);
        let networks = self.config.outgoing_networks.clone();
        http_client::Client::new(http_client::Limits { per_host, per_address, at_once, networks, ..limits })
    }

    /// Runs an act in a transaction of the writer, with the limits and the time of the act.
    ///
    /// # Errors
    /// Those of the act and of [`crate::db::Db::write`].
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        subject: impl Into<Subject>,
        act: impl Fn(&mut Tx, &Limits, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let app = self.clone();
        self.db.write(subject, move |tx| act(tx, &app.config.limits, now_ms())).await
    }

    /// Runs an act of a member about a room: counts it, waits until the room's queue has space, and writes.
    ///
    /// # Errors
    /// `rate_limited`; those of [`App::write`].
    async fn act_in_room<T: Send + 'static>(
        &self,
        me: UserId,
        room_id: RoomId,
        act: impl Fn(&mut Tx, &Limits, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.rates.act(me)?;
        self.realtime.wait_for_space(room_id).await;
        self.write(room_id, act).await
    }

    /// Marks the server as not ready for more, as it is about to end.
    pub fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// The beginning of links on pages: the public address, or nothing where it is not set.
    pub fn base(&self) -> &str {
        self.config.origins.public.as_ref().map_or("", |public| public.as_str())
    }

    /// Adds to a room what only the realtime state knows.
    pub fn with_counts(&self, mut room: Room) -> Room {
        room.online_count = self.realtime.online_count(room.id) as u32;
        room
    }

    /// Adds to members of a room what only the realtime state knows.
    fn with_presence(&self, room: RoomId, mut members: Vec<Member>) -> Vec<Member> {
        for member in &mut members {
            member.online = self.realtime.is_visible(room, member.user.id);
            member.presence = self.realtime.connections.presence_in(room, member.user.id);
        }
        members
    }
}

/// Logs the failure of background work.
pub(crate) fn log_failure<T>(what: &'static str, result: Result<T, Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, what, "background work failed");
    }
}
