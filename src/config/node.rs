//! The settings of an instance that runs on several machines.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Config, secret};
use crate::secret::Secret;

/// How the servers of one database learn what the others commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BusKind {
    /// There is one server.
    Off,
    /// They read it from the database, four times a second.
    Postgres,
}

/// Several servers of one database.
#[derive(Args, Clone, Debug)]
pub struct NodeSettings {
    /// Redis or Valkey through which several servers of one database notify each other:
    /// redis://user:password@host:port, or rediss:// for TLS; several addresses separated by commas.
    /// Nothing is stored in it. See docs/self-hosting/scaling.md.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<Secret>,

    /// File that holds REDIS_URL, to keep the secret out of the environment.
    #[arg(long, env = "REDIS_URL_FILE", value_name = "FILE", conflicts_with = "redis_url")]
    pub redis_url_file: Option<PathBuf>,

    /// `postgres` lets several servers share one database without Redis; each reads it four times a second.
    /// Not needed with REDIS_URL.
    #[arg(long, env = "BUS", value_enum, default_value_t = BusKind::Off)]
    pub bus: BusKind,

    /// Address at which other servers reach this one, for example `http://10.0.0.2:3000`. Unset: BIND, or
    /// the address of the default route if BIND is 0.0.0.0, with PORT.
    #[arg(long, env = "NODE_URL", value_name = "URL")]
    pub node_url: Option<String>,
}

/// How a server works beside others on the same database.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    pub redis: Option<Secret>,
    /// Where the others reach this one.
    pub url: Option<String>,
    /// How often the facts of others are read without hints, and with hints.
    pub poll_interval: Duration,
    pub poll_interval_with_hints: Duration,
    /// How often a node shows that it runs, and after how long without that it counts as ended.
    pub heartbeat: Duration,
    pub node_timeout: Duration,
    /// How often the others are sent who is connected, types or has read.
    pub announce_interval: Duration,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            redis: None,
            url: None,
            poll_interval: Duration::from_millis(250),
            poll_interval_with_hints: Duration::from_secs(2),
            heartbeat: Duration::from_secs(2),
            node_timeout: Duration::from_secs(8),
            announce_interval: Duration::from_millis(100),
        }
    }
}

impl NodeSettings {
    pub(super) fn with_secrets(mut self) -> Result<Self, String> {
        if let Some(path) = &self.redis_url_file {
            self.redis_url = Some(secret::read("REDIS_URL_FILE", path)?);
        }
        Ok(self)
    }

    pub(super) fn config(&self) -> Option<NodeConfig> {
        let is_on = self.redis_url.is_some() || self.bus == BusKind::Postgres;
        is_on.then(|| NodeConfig {
            redis: self.redis_url.clone(),
            url: self.node_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            ..NodeConfig::default()
        })
    }
}

impl Config {
    /// Checks that several servers can share what they must share.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn check_nodes(&self) -> Result<(), String> {
        let Some(nodes) = &self.nodes else { return Ok(()) };
        if self.postgres.is_none() {
            return Err("several servers need one PostgreSQL: set DATABASE_URL (or unset REDIS_URL and BUS)".into());
        }
        if self.s3.is_none() {
            return Err("several servers need one place for files: set S3_BUCKET (or unset REDIS_URL and BUS)".into());
        }
        if self.tls.is_some() {
            return Err("several servers speak HTTP behind a load balancer: unset TLS_DOMAIN and TLS_CERT there".into());
        }
        let is_valid = |url: &String| {
            url.parse::<http::Uri>().is_ok_and(|url| url.scheme_str() == Some("http") && url.port().is_some())
        };
        match nodes.url.as_ref().filter(|url| !is_valid(url)) {
            Some(_) => Err("NODE_URL must be http://host:port".into()),
            None => Ok(()),
        }
    }
}
