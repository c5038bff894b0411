//! The store of an instance, as its settings describe it.

use super::App;
use crate::chat::{Tx, one_time_link, room};
use crate::config::Config;
use crate::db::{Fault, Options, Subject, postgres};
use crate::error::Result;

/// Returns the options for the store of a server.
pub(crate) fn options(config: &Config) -> Options {
    let options = Options { has_index: config.has_search, ..Options::new(config.database()) };
    let Some(server) = &config.postgres else { return options };
    let postgres = postgres::Options {
        prepares: server.prepares,
        allows_unsafe_commits: server.allows_unsafe_commits,
        is_shared: config.nodes.is_some(),
        ..postgres::Options::new(server.url.reveal())
    };
    Options { postgres: Some(postgres), readers: server.pool, ..options }
}

/// Returns the options for a copy into the database of the settings, if they name one.
pub(crate) fn options_of_copy(config: &Config) -> Option<postgres::Options> {
    options(config).postgres
}

/// Returns the options for a command, which may run beside a server.
pub(crate) fn options_of_command(config: &Config) -> Options {
    let options = options(config);
    let postgres = options.postgres.map(|postgres| postgres::Options { is_command: true, ..postgres });
    // What commands change is not in the index, except by a reindex.
    Options { postgres, has_index: true, readers: 1, ..options }
}

impl App {
    /// Gives every room a new epoch, and makes one-time links invalid, if the database was restored from a copy.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn renew_epochs_if_moved(&self) -> Result<()> {
        self.db.write(Subject::Server, renew_epochs_if_moved).await
    }
}

/// Gives every room a new epoch if the database is not where it was. Also runs when it was reopened: a standby may have
/// taken over that lacks the newest revs.
pub(super) fn renew_epochs_if_moved(tx: &mut Tx) -> Result<()> {
    if room::renew_epochs_if_moved(tx)? {
        one_time_link::forget_all(tx)?;
        tracing::info!("the database is a copy, or another server has it now: every room has a new epoch");
    }
    Ok(())
}

/// Explains to the operator why the store cannot be opened.
pub(crate) fn cannot_open(config: &Config, fault: &Fault) -> String {
    match (fault, &config.postgres) {
        (Fault::Refused(sentence), _) => sentence.clone(),
        (_, Some(_)) => format!("cannot open the database: {fault}"),
        (_, None) => config.cannot_open(&config.database(), fault),
    }
}
