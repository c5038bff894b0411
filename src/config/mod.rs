//! Settings as the operator gives them ([`Settings`]) and as the server uses them ([`Config`]).
//!
//! A flag wins over the environment, the environment over `.env`, and `.env` over the default. `parse.rs` has the
//! forms of the values.

mod backups;
mod database;
mod metrics;
mod node;
mod parse;
mod s3;
mod secret;
mod settings;
mod tls;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;

use crate::chat::Limits;
use crate::http_client;
use crate::image;
use crate::mail;
use crate::network::{NetworkLimits, UploadLimits};
use crate::origin::Origins;

pub use backups::{
    BackupObject, BackupPlace, BackupSource, BackupStoreSettings, BackupTo, Backups, EncryptionSettings,
    PassphraseSettings,
};
pub use database::{DatabaseSettings, Postgres};
pub use metrics::Metrics;
pub use node::{BusKind, NodeConfig, NodeSettings};
pub use s3::{Credentials, DataPlaces, S3, S3Limits, S3Names, S3Settings};
pub use settings::{DataDir, LogFormat, RoomCreators, ServerAddress, Settings, Switch};
pub use tls::{Acme, Tls};

/// The configuration that the server runs with. Tests build it as a literal.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    /// The database server. `None`: the database is a file in the data folder.
    pub postgres: Option<Postgres>,
    /// How the server works beside others. `None`: it is the only one of its database.
    pub nodes: Option<NodeConfig>,
    pub origins: Origins,
    /// Where the certificate comes from. `None`: the server speaks HTTP.
    pub tls: Option<Tls>,
    /// How often the files of a certificate are looked at.
    pub tls_check: Duration,
    /// How long after a failed order of a certificate comes the next; it doubles with each failure.
    pub acme_retry: Duration,
    pub limits: Limits,
    pub images: image::Limits,
    /// How e-mails are sent. `None`: no e-mail is sent.
    pub mail: Option<mail::Settings>,
    /// The bucket that keeps the files. `None`: the data folder does.
    pub s3: Option<S3>,
    /// Whether the link for the first admin is logged. It is a secret, and logs are often kept.
    pub shows_admin_link: bool,
    /// The program as it was started, for a line that names a command: a build from the sources is in no search path.
    pub program: String,
    /// Maximum size of an upload in bytes.
    pub upload_max: usize,
    /// Whether the search index is kept.
    pub has_search: bool,
    /// How long a search runs before it returns what it has found so far.
    pub search_budget: Duration,
    /// How many bodies with files are taken at once.
    pub uploads_at_once: UploadLimits,
    /// Bytes per second that an upload must reach once it has taken longer than `upload_grace`.
    pub upload_rate: u64,
    /// How long an upload may stall, and how long it may be slower than `upload_rate`.
    pub upload_grace: Duration,
    /// Stored files without a row in the database are removed when they are older than this: a
    /// crash left them.
    pub orphan_age: Duration,
    /// Whether link previews are fetched.
    pub has_link_previews: bool,
    /// Whether browsers get a service worker, or one that removes it.
    pub has_service_worker: bool,
    /// How long a page that could not be fetched is not tried again.
    pub preview_retry_delay: Duration,
    pub http_client: http_client::Limits,
    /// Private networks that outgoing webhooks and pushes may reach.
    pub outgoing_networks: Vec<IpNet>,
    /// Backups that the server makes by itself. `None`: it makes none.
    pub backups: Option<Backups>,
    /// Who may read the metrics.
    pub metrics: Metrics,
    /// Whether rate limits apply.
    pub has_rate_limits: bool,
    pub networks: NetworkLimits,
    pub room_creators: RoomCreators,
    /// Bytes of free disk below which guests store nothing; below half of it nobody does.
    pub disk_reserve: u64,
    pub connections_per_address: usize,
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// How long a user stays in a room after their last socket closed.
    pub exit_grace: Duration,
    /// How long a reservation in an ephemeral room waits for the user's first socket.
    pub reservation: Duration,
    /// The number of online connections from which on a room publishes counts instead of names.
    pub large_room: usize,
    /// The interval of events that are published at most once a second.
    pub second: Duration,
    /// The interval of background tasks that nobody waits for.
    pub housekeeping: Duration,
    /// The interval at which the memberships of guests who cannot come back end.
    pub guest_sweep: Duration,
    /// The interval at which messages, files and rooms go that are kept for a time only.
    pub retention: Duration,
    /// How long the clock must not have jumped before anything that has expired is deleted.
    pub clock_settling: Duration,
    /// The interval of rev heartbeats.
    pub rev_heartbeat: Duration,
    /// The interval at which the sessions of open sockets are checked.
    pub session_check: Duration,
    /// How long a user waits for the answer of a webhook to a slash command.
    pub command_patience: Duration,
    /// How long the server waits for a slow client.
    pub slow_client_timeout: Duration,
    /// How long a connection may stay open without joining a namespace.
    pub connect_timeout: Duration,
    /// How long a graceful shutdown may take.
    pub shutdown: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            postgres: None,
            nodes: None,
            origins: Origins::default(),
            tls: None,
            tls_check: Duration::from_secs(10),
            acme_retry: Duration::from_secs(60),
            limits: Limits::default(),
            images: image::Limits::default(),
            mail: None,
            s3: None,
            shows_admin_link: false,
            program: "madang".to_owned(),
            upload_max: 25 * 1024 * 1024,
            has_search: true,
            search_budget: Duration::from_secs(1),
            // Our pages send two at once. A class uploads together.
            uploads_at_once: UploadLimits { per_user: 8, per_site: 64, total: 256 },
            upload_rate: 8 * 1024,
            upload_grace: Duration::from_secs(15),
            orphan_age: Duration::from_secs(24 * 3_600),
            has_link_previews: false,
            has_service_worker: true,
            preview_retry_delay: Duration::from_secs(120),
            http_client: http_client::Limits::default(),
            outgoing_networks: Vec::new(),
            backups: None,
            metrics: Metrics::default(),
            has_rate_limits: true,
            networks: NetworkLimits::default(),
            room_creators: RoomCreators::Everyone,
            disk_reserve: 256 << 20,
            connections_per_address: 1_024,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            exit_grace: Duration::from_secs(5),
            reservation: Duration::from_secs(60),
            large_room: 200,
            second: Duration::from_secs(1),
            housekeeping: Duration::from_secs(60),
            guest_sweep: Duration::from_secs(24 * 3_600),
            retention: Duration::from_secs(600),
            clock_settling: Duration::from_secs(3_600),
            rev_heartbeat: Duration::from_secs(25),
            session_check: Duration::from_secs(60),
            command_patience: Duration::from_secs(3),
            slow_client_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            shutdown: Duration::from_secs(25),
        }
    }
}

/// The file name of the database in the data folder.
pub const DATABASE: &str = "madang.db";
/// How many uploads of the maximum size a user may have waiting for a message.
const WAITING_UPLOADS: u64 = 4;

impl From<&DataDir> for Config {
    fn from(dir: &DataDir) -> Self {
        Self { data_dir: dir.path(), postgres: dir.database.postgres(), ..Self::default() }
    }
}

impl From<&ServerAddress> for Config {
    fn from(address: &ServerAddress) -> Self {
        let origins = Origins { public: address.public_url.clone(), ..Origins::default() };
        Self { origins, ..Self::from(&address.data_dir) }
    }
}

impl Config {
    /// Explains why a file of the data folder cannot be opened. If the folder belongs to another user, the
    /// message says how to change that.
    pub fn cannot_open(&self, path: &Path, why: &dyn std::fmt::Display) -> String {
        let owner = |path: &Path| path.metadata().map(|found| found.uid()).ok();
        let user = owner(Path::new("/proc/self")).unwrap_or(0);
        let folder = self.data_dir.display();
        let other = [self.data_dir.as_path(), path].into_iter().filter_map(owner).find(|&uid| uid != user);
        let hint = match other {
            Some(uid) if user != 0 => format!(" (owned by user {uid}, not {user}; run: chown -R {user} {folder})"),
            _ => String::new(),
        };
        format!("cannot open {}: {why}{hint}", path.display())
    }

    /// Returns the path of the database.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join(DATABASE)
    }

    /// Returns the beginning of links to this server: the public address, never one from a request.
    /// `port` is used when no public address is set.
    pub fn base_url(&self, port: u16) -> String {
        let scheme = if self.origins.is_https() { "https" } else { "http" };
        self.origins
            .public
            .as_ref()
            .map_or_else(|| format!("{scheme}://localhost:{port}"), |public| public.as_str().to_owned())
    }
}

impl From<&Settings> for Config {
    fn from(settings: &Settings) -> Self {
        let limits = Limits {
            room_max: settings.room_max,
            text_max: settings.text_max,
            waiting_bytes_max: WAITING_UPLOADS.saturating_mul(settings.upload_max as u64),
            stored_bytes_max: settings.upload_quota,
            ..Limits::default()
        };
        Self {
            tls: settings.tls.tls(),
            origins: Origins {
                public: settings.public_url(),
                has_tls: settings.tls.tls().is_some(),
                allowed: settings.allowed_origins.clone(),
                proxies: settings.trusted_proxies.clone(),
            },
            limits,
            mail: settings.mail(),
            s3: settings.s3.bucket(),
            nodes: settings.nodes.config(),
            upload_max: settings.upload_max,
            has_search: settings.search == Switch::On,
            has_link_previews: settings.link_previews == Switch::On,
            has_service_worker: settings.service_worker == Switch::On,
            outgoing_networks: settings.outgoing_networks.clone(),
            backups: settings.backups.backups(&settings.address.data_dir.path(), &settings.s3),
            metrics: settings.monitoring.metrics(),
            has_rate_limits: settings.rate_limits == Switch::On,
            networks: NetworkLimits {
                guests: settings.guests,
                prefixes: (settings.ipv4_prefix, settings.ipv6_prefix),
                megabytes_a_day: settings.network_quota_mb,
                ..NetworkLimits::default()
            },
            room_creators: settings.room_creators,
            disk_reserve: settings.disk_reserve_mb.saturating_mul(1 << 20),
            connections_per_address: settings.connections_per_address,
            ping_interval: Duration::from_millis(settings.ping_interval_ms),
            ping_timeout: Duration::from_millis(settings.ping_timeout_ms),
            ..Self::from(&settings.address.data_dir)
        }
    }
}
