//! The settings of metrics and of the access log.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Switch, secret};
use crate::secret::Secret;

/// What the server tells its operator.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Monitoring")]
pub struct MonitoringSettings {
    /// Address for `GET /metrics` in the format of Prometheus, for example `127.0.0.1:9464`. Other machines may ask it only
    /// with METRICS_TOKEN.
    #[arg(long, env = "METRICS_BIND", value_name = "ADDRESS:PORT")]
    pub metrics_bind: Option<SocketAddr>,

    /// Bearer token for `GET /metrics`, then also at the address of the server itself. At least 16 characters.
    #[arg(long, env = "METRICS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub metrics_token: Option<Secret>,

    /// File that holds METRICS_TOKEN.
    #[arg(long, env = "METRICS_TOKEN_FILE", value_name = "FILE", conflicts_with = "metrics_token")]
    pub metrics_token_file: Option<PathBuf>,

    /// Whether each request is logged, in one line: method, path without its secrets, route, status, time, address and
    /// the id of the response's `x-request-id`.
    #[arg(long, env = "ACCESS_LOG", value_enum, default_value_t = Switch::Off)]
    pub access_log: Switch,
}

/// Who may read the metrics, and where.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// An address of their own.
    pub bind: Option<SocketAddr>,
    /// The token that is needed. Without one, only the address of their own answers.
    pub token: Option<Secret>,
}

impl MonitoringSettings {
    /// Reads the token from its file, if it is in one.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn with_secrets(mut self) -> Result<Self, String> {
        if let Some(path) = &self.metrics_token_file {
            self.metrics_token = Some(secret::read("METRICS_TOKEN_FILE", path)?);
        }
        Ok(self)
    }

    pub(super) fn metrics(&self) -> Metrics {
        Metrics { bind: self.metrics_bind, token: self.metrics_token.clone() }
    }
}

impl Metrics {
    /// Refuses metrics that anybody could read.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn check(&self) -> Result<(), String> {
        match (&self.bind, &self.token) {
            (_, Some(token)) if token.reveal().len() < 16 => {
                Err("METRICS_TOKEN is too short to be a secret (at least 16 characters; run: openssl rand -hex 16)"
                    .into())
            }
            (Some(bind), None) if !bind.ip().is_loopback() => Err(format!(
                "METRICS_BIND {bind} can be reached by other machines (set METRICS_TOKEN, or use 127.0.0.1:{})",
                bind.port()
            )),
            _ => Ok(()),
        }
    }
}
