//! The settings as an operator gives them, by flags or the environment. `docs/settings.md` is generated from this file
//! and from `database.rs`, `s3.rs` and `node.rs`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backups::BackupSettings;
use super::metrics::MonitoringSettings;
use super::tls::TlsSettings;
use super::{Config, DatabaseSettings, NodeSettings, S3Settings, parse, secret};
use crate::mail;
use crate::network::Guests;
use crate::origin::Origin;
use crate::secret::Secret;

/// Where an instance keeps its data.
#[derive(Args, Clone, Debug)]
pub struct DataDir {
    /// Data folder: the database and all files. Unset: $STATE_DIRECTORY, else madang in
    /// $XDG_DATA_HOME, else ~/.local/share/madang.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,

    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// Where an instance keeps its data, and the address of its server.
#[derive(Args, Clone, Debug)]
pub struct ServerAddress {
    /// Port to listen on; 0 takes any free port. Unset: 443 with TLS_DOMAIN, else 3000.
    #[arg(long, env = "PORT", value_parser = parse::port)]
    pub port: Option<u16>,

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

    /// Mail server for links to sign up, forgotten passwords and missed messages: smtps://name:password@mail.example.org, or smtp:// with
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

    /// Private networks that outgoing webhooks and pushes may reach, on any port, for example those of your own programs:
    /// 10.1.2.3/32. Everybody who may create a webhook can then send requests there. Unset: public addresses only.
    #[arg(long, env = "OUTGOING_NETWORKS", value_name = "CIDR,…", value_delimiter = ',', value_parser = parse::network)]
    pub outgoing_networks: Vec<IpNet>,

    /// Whether browsers keep the last pages for the time without a network. `off` removes the service worker
    /// from the browsers that have one, at their next visit.
    #[arg(long, env = "SERVICE_WORKER", value_enum, default_value_t = Switch::On)]
    pub service_worker: Switch,

    /// What guests may do: `on` everything, `rooms` join rooms but make none, `off` no new guests come in.
    #[arg(long, env = "GUESTS", value_enum, default_value_t = Guests::On)]
    pub guests: Guests,

    /// Who may create open rooms. Guests never may with `GUESTS=rooms`.
    #[arg(long, env = "ROOM_CREATORS", value_enum, default_value_t = RoomCreators::Everyone)]
    pub room_creators: RoomCreators,

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

    #[command(flatten)]
    pub s3: S3Settings,

    #[command(flatten)]
    pub nodes: NodeSettings,

    #[command(flatten)]
    pub tls: TlsSettings,

    #[command(flatten)]
    pub backups: BackupSettings,

    #[command(flatten)]
    pub monitoring: MonitoringSettings,

    /// Format of the log lines on stderr. RUST_LOG sets what is logged.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// Who may create open rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoomCreators {
    Everyone,
    Accounts,
    Admins,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl DataDir {
    pub(super) fn path(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }

    /// Returns the configuration of a command that works on this data.
    ///
    /// # Errors
    /// A sentence for the operator: the file of a secret cannot be read or is empty.
    pub fn config(&self) -> Result<Config, String> {
        self.clone().with_secrets().map(|dir| Config::from(&dir))
    }

    fn with_secrets(self) -> Result<Self, String> {
        Ok(Self { database: self.database.with_secrets()?, ..self })
    }
}

/// The port without TLS.
const DEFAULT_PORT: u16 = 3000;

impl ServerAddress {
    /// Returns the port of links to a server that does not say its own.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(DEFAULT_PORT)
    }

    /// Returns the configuration of a command that knows of a server.
    ///
    /// # Errors
    /// As [`DataDir::config`].
    pub fn config(&self) -> Result<Config, String> {
        let data_dir = self.data_dir.clone().with_secrets()?;
        Ok(Config::from(&Self { data_dir, ..self.clone() }))
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
        self.s3 = self.s3.with_secrets()?;
        self.backups = self.backups.with_secrets(&mut self.s3)?;
        self.nodes = self.nodes.with_secrets()?;
        self.monitoring = self.monitoring.with_secrets()?;
        self.address.data_dir = self.address.data_dir.with_secrets()?;
        Ok(self)
    }

    /// Returns the port to listen on.
    pub fn port(&self) -> u16 {
        let unset = if self.tls.tls_domain.is_empty() { DEFAULT_PORT } else { 443 };
        self.address.port.unwrap_or(unset)
    }

    /// Returns the public address: as it is set, or the first name of the certificate.
    pub(super) fn public_url(&self) -> Option<Origin> {
        let certified = || {
            let name = self.tls.tls_domain.first()?;
            let host = if name.contains(':') { format!("[{name}]") } else { name.clone() };
            Origin::parse(&format!("https://{host}:{}", self.port())).ok()
        };
        self.address.public_url.clone().or_else(certified)
    }

    pub(super) fn mail(&self) -> Option<mail::Settings> {
        let public = self.public_url();
        let host = public.as_ref().map_or("localhost", Origin::host);
        let from = self.mail_from.clone().unwrap_or_else(|| format!("Madang <no-reply@{host}>"));
        self.smtp_url.clone().map(|url| mail::Settings { url, from })
    }
}

fn default_data_dir() -> PathBuf {
    let from_env = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(state) = from_env("STATE_DIRECTORY") {
        return state;
    }
    let data = from_env("XDG_DATA_HOME").or_else(|| Some(from_env("HOME")?.join(".local/share")));
    data.map_or_else(|| PathBuf::from("data"), |data| data.join("madang"))
}
