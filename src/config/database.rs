//! The settings of a database server.

use std::path::PathBuf;

use clap::Args;

use super::{Switch, secret};
use crate::secret::Secret;

/// The database of an instance, if it is not a file in the data folder.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// PostgreSQL database: postgres://user:password@host/database?sslmode=verify-full. Unset: a
    /// SQLite file in the data folder. See docs/postgres.md.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<Secret>,

    /// File that holds DATABASE_URL, to keep the secret out of the environment.
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE", conflicts_with = "database_url")]
    pub database_url_file: Option<PathBuf>,

    /// Number of PostgreSQL connections for reads. Up to three more are for writes and searches.
    #[arg(long, env = "DATABASE_POOL", default_value_t = 4, value_parser = super::parse::positive::<usize>)]
    pub database_pool: usize,

    /// Whether statements are prepared once per connection. `off` is for a pooler in transaction mode
    /// (pgbouncer); nothing then stops a second server.
    #[arg(long, env = "DATABASE_PREPARE", value_enum, default_value_t = Switch::On)]
    pub database_prepare: Switch,

    /// Whether to start on a PostgreSQL that may lose confirmed messages in a power cut (fsync=off and the
    /// like).
    #[arg(long, env = "DATABASE_UNSAFE_COMMITS", value_enum, default_value_t = Switch::Off)]
    pub database_unsafe_commits: Switch,
}

/// A database server, as the store uses it.
#[derive(Clone, Debug)]
pub struct Postgres {
    pub url: Secret,
    /// The number of reads that run at once.
    pub pool: usize,
    pub prepares: bool,
    pub allows_unsafe_commits: bool,
}

impl DatabaseSettings {
    /// Reads the address from its file, if it is given so.
    pub(super) fn with_secrets(mut self) -> Result<Self, String> {
        if let Some(path) = &self.database_url_file {
            self.database_url = Some(secret::read("DATABASE_URL_FILE", path)?);
        }
        Ok(self)
    }

    pub(super) fn postgres(&self) -> Option<Postgres> {
        Some(Postgres {
            url: self.database_url.clone()?,
            pool: self.database_pool,
            prepares: self.database_prepare == Switch::On,
            allows_unsafe_commits: self.database_unsafe_commits == Switch::On,
        })
    }
}
