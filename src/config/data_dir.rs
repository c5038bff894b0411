//! Where an instance keeps its data.

use std::path::PathBuf;

use clap::Args;

use super::{Config, DatabaseSettings};

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

impl DataDir {
    pub(super) fn path(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }

    /// Returns the configuration of a command that works on this data.
    ///
    /// # Errors
    /// As [`DataDir::with_secrets`].
    pub fn config(&self) -> Result<Config, String> {
        self.clone().with_secrets().map(|dir| Config::from(&dir))
    }

    /// Reads the settings that are given as the name of a file.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn with_secrets(self) -> Result<Self, String> {
        Ok(Self { database: self.database.with_secrets()?, ..self })
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
