//! The settings of backups that the server makes by itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::parse;

/// Backups that the server makes by itself.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups")]
pub struct BackupSettings {
    /// How often the server makes a backup of everything, for example `24h` or `7d`; each is checked as before a restore.
    /// Unset: never. Not with PostgreSQL, which has tools of its own.
    #[arg(long, env = "BACKUP_EVERY", value_name = "TIME", value_parser = parse::period)]
    pub backup_every: Option<Duration>,

    /// How many of these backups are kept.
    #[arg(long, env = "BACKUP_KEEP", value_name = "COUNT", default_value_t = 7, value_parser = parse::positive::<usize>)]
    pub backup_keep: usize,

    /// Folder for these backups, best on another disk. Unset: `backups/scheduled` in the data folder.
    #[arg(long, env = "BACKUP_FOLDER", value_name = "FOLDER")]
    pub backup_folder: Option<PathBuf>,
}

/// How often everything is backed up, and where to.
#[derive(Clone, Debug)]
pub struct Backups {
    pub every: Duration,
    pub keep: usize,
    pub folder: PathBuf,
}

impl BackupSettings {
    pub(super) fn backups(&self, data_dir: &Path) -> Option<Backups> {
        let folder = self.backup_folder.clone().unwrap_or_else(|| data_dir.join("backups/scheduled"));
        Some(Backups { every: self.backup_every?, keep: self.backup_keep, folder })
    }
}
