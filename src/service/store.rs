//! The store of an instance, as its settings describe it.

use crate::config::Config;
use crate::db::{Fault, Options, postgres};

/// Returns the options for the store of a server.
pub(crate) fn options(config: &Config) -> Options {
    let options = Options { has_index: config.has_search, ..Options::new(config.database()) };
    let Some(server) = &config.postgres else { return options };
    let postgres = postgres::Options {
        prepares: server.prepares,
        allows_unsafe_commits: server.allows_unsafe_commits,
        ..postgres::Options::new(server.url.reveal())
    };
    Options { postgres: Some(postgres), readers: server.pool, ..options }
}

/// Returns the options for a command, which may run beside a server.
pub(crate) fn options_of_command(config: &Config) -> Options {
    let options = options(config);
    let postgres = options.postgres.map(|postgres| postgres::Options { is_command: true, ..postgres });
    // What commands change is not in the index, except by a reindex.
    Options { postgres, has_index: true, readers: 1, ..options }
}

/// Explains to the operator why the store cannot be opened.
pub(crate) fn cannot_open(config: &Config, fault: &Fault) -> String {
    match (fault, &config.postgres) {
        (Fault::Refused(sentence), _) => sentence.clone(),
        (_, Some(_)) => format!("cannot open the database: {fault}"),
        (_, None) => config.cannot_open(&config.database(), fault),
    }
}
