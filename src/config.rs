//! Settings: what an operator may say ([`Settings`]) and what it means ([`Config`]).
//!
//! A flag wins over the environment, that over `.env`, that over the default. The table of
//! settings is the struct below; `docs/settings.md` is made from it.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::chat::Limits;
use crate::fetch;
use crate::image;
use crate::mail::{self, Secret};
use crate::origin::{Origin, Origins};

/// Which house it is.
#[derive(Args, Clone, Debug)]
pub struct Folder {
    /// Folder of the database and the files. Unset: $STATE_DIRECTORY, else madang in
    /// $XDG_DATA_HOME, else ~/.local/share/madang.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
}

/// Which house it is, and where it is reached.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// Port to listen on; 0 takes any that is free.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub port: u16,

    #[command(flatten)]
    pub folder: Folder,

    /// Address under which people reach this server, `https://chat.example.org` say. Requests to
    /// another host are refused. Unset: any host is served.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", value_parser = Origin::parse)]
    pub public_url: Option<Origin>,
}

/// What was typed, by flag or environment.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    #[command(flatten)]
    pub place: Place,

    /// Address to listen on.
    #[arg(long, env = "BIND", default_value = "0.0.0.0")]
    pub bind: IpAddr,

    /// Other sites whose pages may use the API and the sockets, with a bearer token.
    #[arg(long, env = "ALLOWED_ORIGINS", value_name = "URL,…", value_delimiter = ',', value_parser = Origin::parse)]
    pub allowed_origins: Vec<Origin>,

    /// Networks of the proxies whose X-Forwarded-For is believed.
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "CIDR,…", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Mail server for forgotten passwords: smtps://name:password@mail.example.org, or smtp:// with
    /// ?tls=required. Unset: no letters are sent, and `madang user reset` helps.
    #[arg(long, env = "SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,

    /// File that holds SMTP_URL, for who keeps secrets out of the environment.
    #[arg(long, env = "SMTP_URL_FILE", value_name = "FILE", conflicts_with = "smtp_url")]
    pub smtp_url_file: Option<PathBuf>,

    /// Sender of letters, `Madang <madang@example.org>` say. Unset: no-reply at the host of PUBLIC_URL.
    #[arg(long, env = "MAIL_FROM", value_name = "SENDER")]
    pub mail_from: Option<String>,

    /// Most members a room may allow; 0 for no limit.
    #[arg(long, env = "ROOM_MAX", default_value_t = 10_000)]
    pub room_max: u32,

    /// Most characters of a message.
    #[arg(long, env = "TEXT_MAX", default_value_t = 10_000)]
    pub text_max: usize,

    /// Most bytes of an uploaded file.
    #[arg(long, env = "UPLOAD_MAX", default_value_t = 25 * 1024 * 1024)]
    pub upload_max: usize,

    /// Whether messages can be searched. While it is off no index is kept; when it is on again,
    /// `madang reindex` makes one.
    #[arg(long, env = "SEARCH", value_enum, default_value_t = Switch::On)]
    pub search: Switch,

    /// Most bytes of all files of one person, each counted with 64 KiB more; 0 for no limit.
    #[arg(long, env = "UPLOAD_QUOTA", default_value_t = 2 * 1024 * 1024 * 1024)]
    pub upload_quota: u64,

    /// Whether the first link of a message is looked up, so that the title of its page stands under
    /// it. The server then fetches pages that its people name; never from private networks.
    #[arg(long, env = "LINK_PREVIEWS", value_enum, default_value_t = Switch::Off)]
    pub link_previews: Switch,

    /// Whether limits per time (sends, packets, handshakes, guesses, sign-ups, uploads) hold.
    #[arg(long, env = "RATE_LIMITS", value_enum, default_value_t = Switch::On)]
    pub rate_limits: Switch,

    /// Most connections of one address; 0 for no limit.
    #[arg(long, env = "CONNECTIONS_PER_ADDRESS", default_value_t = 256)]
    pub connections_per_address: usize,

    /// Milliseconds between two pings to a socket.
    #[arg(long, env = "PING_INTERVAL_MS", default_value_t = 25_000)]
    pub ping_interval_ms: u64,

    /// Milliseconds that a pong may take.
    #[arg(long, env = "PING_TIMEOUT_MS", default_value_t = 20_000)]
    pub ping_timeout_ms: u64,

    /// Form of the log lines on stderr. What is logged is set by RUST_LOG.
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

fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| alone()).map_err(|_| format!("{text:?} is not a network like 10.0.0.0/8"))
}

/// What it means: everything that the server is told. Tests build it as a literal.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub origins: Origins,
    pub limits: Limits,
    pub images: image::Limits,
    /// How letters are sent; without it none are.
    pub mail: Option<mail::Settings>,
    /// Bytes of an upload.
    pub upload_max: usize,
    /// Whether messages are kept by their words, to be searched.
    pub has_search: bool,
    /// How long a search looks before it answers with what it has.
    pub search_budget: Duration,
    /// Bytes a second that an upload must bring, once it has taken longer than `upload_grace`.
    pub upload_rate: u64,
    /// How long an upload may bring nothing, and how long it may be slower than it must.
    pub upload_grace: Duration,
    /// From which age on stored bytes without a row are taken for what a failing machine left.
    pub orphan_age: Duration,
    /// Whether links get previews, and what fetching them is allowed.
    pub has_link_previews: bool,
    pub fetch: fetch::Limits,
    /// Whether limits per time hold.
    pub has_rate_limits: bool,
    pub connections_per_address: usize,
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// How long a person is still in a room after their last socket closed.
    pub exit_grace: Duration,
    /// How long a seat in an ephemeral room waits for its person's first socket.
    pub reservation: Duration,
    /// Connections online from which on a room tells counts instead of names.
    pub large_room: usize,
    /// The time between two of what is told at most once a second.
    pub second: Duration,
    /// The time between two rounds of what must happen sooner or later and nobody waits for.
    pub housekeeping: Duration,
    /// The time between two beacons.
    pub rev_heartbeat: Duration,
    /// The time between two looks at whether the sessions of open sockets still live.
    pub session_check: Duration,
    /// How long a slow reader is waited for.
    pub slow_client_timeout: Duration,
    /// How long a session may be without a joined namespace.
    pub connect_timeout: Duration,
    /// How long everything may take at the end.
    pub shutdown: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            origins: Origins::default(),
            limits: Limits::default(),
            images: image::Limits::default(),
            mail: None,
            upload_max: 25 * 1024 * 1024,
            has_search: true,
            search_budget: Duration::from_secs(1),
            upload_rate: 8 * 1024,
            upload_grace: Duration::from_secs(15),
            orphan_age: Duration::from_secs(24 * 3_600),
            has_link_previews: false,
            fetch: fetch::Limits::default(),
            has_rate_limits: true,
            connections_per_address: 256,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            exit_grace: Duration::from_secs(5),
            reservation: Duration::from_secs(60),
            large_room: 200,
            second: Duration::from_secs(1),
            housekeeping: Duration::from_secs(60),
            rev_heartbeat: Duration::from_secs(25),
            session_check: Duration::from_secs(60),
            slow_client_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            shutdown: Duration::from_secs(25),
        }
    }
}

/// What the database is called in the data folder.
pub const DATABASE: &str = "madang.db";
/// How many of the largest uploads of one person may wait for a message.
const WAITING_UPLOADS: u64 = 4;

impl Folder {
    fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }
}

impl From<&Folder> for Config {
    fn from(folder: &Folder) -> Self {
        Self { data_dir: folder.data_dir(), ..Self::default() }
    }
}

impl From<&Place> for Config {
    fn from(place: &Place) -> Self {
        let origins = Origins { public: place.public_url.clone(), ..Origins::default() };
        Self { origins, ..Self::from(&place.folder) }
    }
}

impl Config {
    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join(DATABASE)
    }

    /// What links to us begin with: the public address, never what a request says. `port` is where we
    /// are reached while none is set.
    pub fn base_url(&self, port: u16) -> String {
        self.origins
            .public
            .as_ref()
            .map_or_else(|| format!("http://localhost:{port}"), |public| public.as_str().to_owned())
    }
}

impl Settings {
    /// Reads what was given as the name of a file.
    ///
    /// # Errors
    /// A sentence for the operator when a file cannot be read or holds nothing.
    pub fn with_secrets(mut self) -> Result<Self, String> {
        if let Some(path) = &self.smtp_url_file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read SMTP_URL_FILE {}: {error}", path.display()))?;
            let secret = text.trim();
            if secret.is_empty() {
                return Err(format!("SMTP_URL_FILE {} is empty", path.display()));
            }
            // Not refused: containers mount secrets so, where there is nobody else.
            if std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0) {
                tracing::warn!("everybody on this machine can read SMTP_URL_FILE; chmod o-r mends that");
            }
            self.smtp_url = Some(Secret::new(secret));
        }
        Ok(self)
    }

    fn mail(&self) -> Option<mail::Settings> {
        let host = self.place.public_url.as_ref().map_or("localhost", Origin::host);
        let from = self.mail_from.clone().unwrap_or_else(|| format!("Madang <no-reply@{host}>"));
        self.smtp_url.clone().map(|url| mail::Settings { url, from })
    }
}

impl From<&Settings> for Config {
    fn from(settings: &Settings) -> Self {
        let limits = Limits {
            room_max: settings.room_max,
            text_max: settings.text_max,
            waiting_bytes_max: WAITING_UPLOADS * settings.upload_max as u64,
            stored_bytes_max: settings.upload_quota,
            ..Limits::default()
        };
        Self {
            data_dir: settings.place.folder.data_dir(),
            origins: Origins {
                public: settings.place.public_url.clone(),
                allowed: settings.allowed_origins.clone(),
                proxies: settings.trusted_proxies.clone(),
            },
            limits,
            mail: settings.mail(),
            upload_max: settings.upload_max,
            has_search: settings.search == Switch::On,
            has_link_previews: settings.link_previews == Switch::On,
            has_rate_limits: settings.rate_limits == Switch::On,
            connections_per_address: settings.connections_per_address,
            ping_interval: Duration::from_millis(settings.ping_interval_ms),
            ping_timeout: Duration::from_millis(settings.ping_timeout_ms),
            ..Self::default()
        }
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
