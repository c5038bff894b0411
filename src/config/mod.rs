//! Settings as the operator gives them ([`Settings`]) and as the server uses them ([`Config`]).
//!
//! A flag wins over the environment, the environment over `.env`, and `.env` over the default.
//! `docs/settings.md` is generated from the struct below; `parse.rs` has the forms of the values.

mod data_dir;
mod database;
mod parse;
mod secret;

use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::chat::Limits;
use crate::http_client;
use crate::image;
use crate::mail::{self, Secret};
use crate::network::{Guests, NetworkLimits, UploadLimits};
use crate::origin::{Origin, Origins};

pub use data_dir::DataDir;
pub use database::{DatabaseSettings, Postgres};

/// Where an instance keeps its data, and the address of its server.
#[derive(Args, Clone, Debug)]
pub struct ServerAddress {
    /// Port to listen on; 0 takes any free port.
    #[arg(long, env = "PORT", default_value_t = 3000, value_parser = parse::port)]
    pub port: u16,

    #[command(flatten)]
    pub data_dir: DataDir,

    /// Public address of this server, for example `https://chat.example.org`. Requests for other
    /// hosts are refused. Unset: any host is served.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", value_parser = parse::public_url)]
    pub public_url: Option<Origin>,
}

/// The settings as given by flags or the environment.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    #[command(flatten)]
    pub address: ServerAddress,

    /// Address to listen on.
    #[arg(long, env = "BIND", default_value = "0.0.0.0")]
    pub bind: IpAddr,

    /// Other sites and apps that may use the API and the sockets, with a bearer token. An app is named by
    /// the origin that it sends, for example `capacitor://localhost`, `file://` or `null`.
    #[arg(long, env = "ALLOWED_ORIGINS", value_name = "URL,…", value_delimiter = ',', value_parser = Origin::parse_allowed)]
    pub allowed_origins: Vec<Origin>,

    /// Networks of the proxies whose X-Forwarded-For is trusted.
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "CIDR,…", value_delimiter = ',', value_parser = parse::network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Mail server for forgotten passwords: smtps://name:password@mail.example.org, or smtp:// with
    /// ?tls=required. Unset: no e-mail is sent; use `madang user reset` instead.
    #[arg(long, env = "SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,

    /// File that holds SMTP_URL, to keep the secret out of the environment.
    #[arg(long, env = "SMTP_URL_FILE", value_name = "FILE", conflicts_with = "smtp_url")]
    pub smtp_url_file: Option<PathBuf>,

    /// Sender of e-mails, for example `Madang <madang@example.org>`. Unset: no-reply at the host of
    /// PUBLIC_URL.
    #[arg(long, env = "MAIL_FROM", value_name = "SENDER")]
    pub mail_from: Option<String>,

    /// Largest member limit that a room may set; 0 for no limit.
    #[arg(long, env = "ROOM_MAX", default_value_t = 10_000)]
    pub room_max: u32,

    /// Maximum number of characters of a message.
    #[arg(long, env = "TEXT_MAX", default_value_t = 10_000, value_parser = parse::positive::<usize>)]
    pub text_max: usize,

    /// Maximum size of an uploaded file in bytes; 0 for no uploads.
    #[arg(long, env = "UPLOAD_MAX", default_value_t = 25 * 1024 * 1024)]
    pub upload_max: usize,

    /// Whether messages can be searched. While it is off, no index is kept; after it is switched on
    /// again, `madang reindex` builds one.
    #[arg(long, env = "SEARCH", value_enum, default_value_t = Switch::On)]
    pub search: Switch,

    /// Maximum bytes of all files of one user, each counted with 64 KiB more; 0 for no limit.
    #[arg(long, env = "UPLOAD_QUOTA", default_value_t = 2 * 1024 * 1024 * 1024)]
    pub upload_quota: u64,

    /// Whether a message shows a preview of the page behind its first link. The server then fetches
    /// pages that users link to, but never from private networks.
    #[arg(long, env = "LINK_PREVIEWS", value_enum, default_value_t = Switch::Off)]
    pub link_previews: Switch,

    /// What guests may do: `on` everything, `rooms` join rooms but make none, `off` no new guests come in.
    #[arg(long, env = "GUESTS", value_enum, default_value_t = Guests::On)]
    pub guests: Guests,

    /// Megabytes that the guests of one network may store in a day, messages and files together; its accounts may store
    /// four times as many, and all networks together 32 times as many.
    #[arg(long, env = "NETWORK_QUOTA_MB", default_value_t = 1_024, value_parser = parse::positive::<u32>)]
    pub network_quota_mb: u32,

    /// Length of the IPv4 prefix that counts as one network for budgets, 8 to 32.
    #[arg(long, env = "IPV4_PREFIX", default_value_t = 32, value_parser = clap::value_parser!(u8).range(8..=32))]
    pub ipv4_prefix: u8,

    /// Length of the IPv6 prefix that counts as one network for budgets, 16 to 128.
    #[arg(long, env = "IPV6_PREFIX", default_value_t = 64, value_parser = clap::value_parser!(u8).range(16..=128))]
    pub ipv6_prefix: u8,

    /// Megabytes of free disk below which guests store nothing more; below half of it nobody does. Deletions and
    /// log-ins go on.
    #[arg(long, env = "DISK_RESERVE_MB", default_value_t = 256)]
    pub disk_reserve_mb: u64,

    /// Whether rate limits apply (sends, packets, handshakes, guesses, sign-ups, uploads).
    #[arg(long, env = "RATE_LIMITS", value_enum, default_value_t = Switch::On)]
    pub rate_limits: Switch,

    /// Maximum number of connections from one address; 0 for no limit.
    #[arg(long, env = "CONNECTIONS_PER_ADDRESS", default_value_t = 1_024)]
    pub connections_per_address: usize,

    /// Milliseconds between two pings to a socket.
    #[arg(long, env = "PING_INTERVAL_MS", default_value_t = 25_000, value_parser = parse::positive::<u64>)]
    pub ping_interval_ms: u64,

    /// Milliseconds to wait for a pong.
    #[arg(long, env = "PING_TIMEOUT_MS", default_value_t = 20_000, value_parser = parse::positive::<u64>)]
    pub ping_timeout_ms: u64,

    /// Format of the log lines on stderr. RUST_LOG sets what is logged.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// The configuration that the server runs with. Tests build it as a literal.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    /// The database server. `None`: the database is a file in the data folder.
    pub postgres: Option<Postgres>,
    pub origins: Origins,
    pub limits: Limits,
    pub images: image::Limits,
    /// How e-mails are sent. `None`: no e-mail is sent.
    pub mail: Option<mail::Settings>,
    /// Whether the link for the first admin is logged. It is a secret, and logs are often kept.
    pub shows_admin_link: bool,
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
    /// How long a page that could not be fetched is not tried again.
    pub preview_retry_delay: Duration,
    pub http_client: http_client::Limits,
    /// Whether rate limits apply.
    pub has_rate_limits: bool,
    pub networks: NetworkLimits,
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
    /// How long the clock must not have jumped before anything that has expired is deleted.
    pub clock_settling: Duration,
    /// The interval of rev heartbeats.
    pub rev_heartbeat: Duration,
    /// The interval at which the sessions of open sockets are checked.
    pub session_check: Duration,
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
            origins: Origins::default(),
            limits: Limits::default(),
            images: image::Limits::default(),
            mail: None,
            shows_admin_link: false,
            upload_max: 25 * 1024 * 1024,
            has_search: true,
            search_budget: Duration::from_secs(1),
            // Our pages send two at once. A class uploads together.
            uploads_at_once: UploadLimits { per_user: 8, per_site: 64, total: 256 },
            upload_rate: 8 * 1024,
            upload_grace: Duration::from_secs(15),
            orphan_age: Duration::from_secs(24 * 3_600),
            has_link_previews: false,
            preview_retry_delay: Duration::from_secs(120),
            http_client: http_client::Limits::default(),
            has_rate_limits: true,
            networks: NetworkLimits::default(),
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
            clock_settling: Duration::from_secs(3_600),
            rev_heartbeat: Duration::from_secs(25),
            session_check: Duration::from_secs(60),
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

impl ServerAddress {
    /// Returns the configuration of a command that knows of a server.
    ///
    /// # Errors
    /// As [`DataDir::with_secrets`].
    pub fn config(&self) -> Result<Config, String> {
        let data_dir = self.data_dir.clone().with_secrets()?;
        Ok(Config::from(&Self { data_dir, ..self.clone() }))
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
        self.origins
            .public
            .as_ref()
            .map_or_else(|| format!("http://localhost:{port}"), |public| public.as_str().to_owned())
    }
}

impl Settings {
    /// Reads the settings that are given as the name of a file.
    ///
    /// # Errors
    /// Returns a sentence for the operator when a file cannot be read or is empty.
    pub fn with_secrets(mut self) -> Result<Self, String> {
        if let Some(path) = &self.smtp_url_file {
            self.smtp_url = Some(secret::read("SMTP_URL_FILE", path)?);
        }
        self.address.data_dir = self.address.data_dir.with_secrets()?;
        Ok(self)
    }

    fn mail(&self) -> Option<mail::Settings> {
        let host = self.address.public_url.as_ref().map_or("localhost", Origin::host);
        let from = self.mail_from.clone().unwrap_or_else(|| format!("Madang <no-reply@{host}>"));
        self.smtp_url.clone().map(|url| mail::Settings { url, from })
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
            origins: Origins {
                public: settings.address.public_url.clone(),
                allowed: settings.allowed_origins.clone(),
                proxies: settings.trusted_proxies.clone(),
            },
            limits,
            mail: settings.mail(),
            upload_max: settings.upload_max,
            has_search: settings.search == Switch::On,
            has_link_previews: settings.link_previews == Switch::On,
            has_rate_limits: settings.rate_limits == Switch::On,
            networks: NetworkLimits {
                guests: settings.guests,
                prefixes: (settings.ipv4_prefix, settings.ipv6_prefix),
                megabytes_a_day: settings.network_quota_mb,
                ..NetworkLimits::default()
            },
            disk_reserve: settings.disk_reserve_mb.saturating_mul(1 << 20),
            connections_per_address: settings.connections_per_address,
            ping_interval: Duration::from_millis(settings.ping_interval_ms),
            ping_timeout: Duration::from_millis(settings.ping_timeout_ms),
            ..Self::from(&settings.address.data_dir)
        }
    }
}
