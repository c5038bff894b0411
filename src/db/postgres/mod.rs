//! The engine for a database server: PostgreSQL. Only this folder knows its driver.

mod address;
mod connection;
mod fault;
mod requirements;
mod statement;
mod target;
mod tls;
mod tsvector;
mod value;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use postgres::Client;
use postgres::config::TargetSessionAttrs;

use super::copy::Target;
use super::engine::{self, Engine, Migration};
use super::fault::Fault;
use super::migrate::{migrate, migrations};
use address::Address;
use connection::{Connection, Purpose};

pub use address::is_unverified;

/// A database of a PostgreSQL server.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host/database`, with the parameters of libpq that the driver knows.
    pub url: String,
    /// Whether statements are prepared by name. A pooler in transaction mode may not allow it.
    pub prepares: bool,
    /// Whether to use a server that may lose committed transactions in a power cut.
    pub allows_unsafe_commits: bool,
    /// Whether this is a command that runs beside a server, not a server.
    pub is_command: bool,
    /// Whether other servers may use the database at the same time.
    pub is_shared: bool,
    /// Whether this fills a database, which a server must not use before it is complete.
    pub is_copy: bool,
}

impl Options {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prepares: true,
            allows_unsafe_commits: false,
            is_command: false,
            is_shared: false,
            is_copy: false,
        }
    }

    #[cfg(test)]
    pub(crate) fn test(url: String) -> Self {
        Self { allows_unsafe_commits: true, ..Self::new(url) }
    }
}

/// Does not show the password.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("prepares", &self.prepares).finish_non_exhaustive()
    }
}

/// How long all of connecting may take, with TLS and the password.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Why there is no connection.
enum Failure {
    Refused(postgres::Error),
    Timeout,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error.into(),
            Failure::Timeout => Fault::Unavailable("PostgreSQL accepts connections and does not answer".into()),
        }
    }
}

pub(super) struct Postgres {
    options: Options,
    address: Address,
    /// Whether the writer's connection was opened before.
    is_started: AtomicBool,
}

impl Postgres {
    pub(super) fn new(options: Options) -> Result<Self, Fault> {
        let mut address = Address::parse(&options.url)?;
        address.config.target_session_attrs(TargetSessionAttrs::ReadWrite).notice_callback(|_| {});
        Ok(Self { options, address, is_started: AtomicBool::new(false) })
    }

    fn connect(&self, purpose: Purpose) -> Result<(Client, Purpose), Failure> {
        let (config, tls) = (self.address.config.clone(), self.address.tls.clone());
        let (opened, opening) = mpsc::sync_channel(1);
        // The driver limits the time of the TCP connection only; a server that hangs would hold the writer for ever.
        let connect = move || drop(opened.send(config.connect(tls)));
        std::thread::Builder::new().name("connect".into()).spawn(connect).map_err(|_| Failure::Timeout)?;
        match opening.recv_timeout(CONNECT_TIMEOUT) {
            Ok(Ok(client)) => Ok((client, purpose)),
            Ok(Err(error)) => Err(Failure::Refused(error)),
            Err(_) => Err(Failure::Timeout),
        }
    }

    fn connection(&self, (client, purpose): (Client, Purpose)) -> Result<Connection, Fault> {
        Connection::new(client, purpose, !self.options.prepares)
    }

    fn open_first(&self, purpose: Purpose) -> Result<Connection, Fault> {
        let mut connected = self.connect(purpose).map_err(|failure| match failure {
            Failure::Refused(error) => requirements::cannot_connect(&self.address.config, &error),
            Failure::Timeout => failure.into(),
        })?;
        requirements::check(&mut connected.0, SCHEMA, &self.options)?;
        let connection = self.connection(connected)?;
        self.lock_server(&connection).map_err(|fault| match fault {
            Fault::Unavailable(_) => requirements::other_server(),
            fault => fault,
        })?;
        Ok(connection)
    }

    /// Keeps other servers away, or those that do not share. The lock belongs to the connection that writes, so every write is under it. Behind a
    /// pooler there are no such locks.
    fn lock_server(&self, connection: &Connection) -> Result<(), Fault> {
        if self.options.is_command || !self.options.prepares {
            return Ok(());
        }
        connection.lock_server(self.options.is_shared)
    }
}

/// Opens a database to copy rows into, and brings it to the present schema.
pub(super) fn open_target(options: Options) -> Result<Box<dyn Target>, Fault> {
    if !options.prepares {
        let sentence = "a copy needs a connection to PostgreSQL itself, not to a pooler (unset DATABASE_PREPARE)";
        return Err(Fault::Refused(sentence.into()));
    }
    let engine = Postgres::new(options)?;
    let connection = engine.open_first(Purpose::Write)?;
    migrate(&engine, &connection)?;
    // The rows of a large table take long to count.
    connection.with_client(|client| client.batch_execute("SET statement_timeout = 0"))?;
    Ok(Box::new(connection))
}

impl Engine for Postgres {
    fn open_writer(&self) -> Result<Box<dyn engine::Connection>, Fault> {
        let purpose = if self.options.is_command { Purpose::Command } else { Purpose::Write };
        if !self.is_started.load(Ordering::Relaxed) {
            let connection = self.open_first(purpose)?;
            self.is_started.store(true, Ordering::Relaxed);
            return Ok(Box::new(connection));
        }
        let mut connected = self.connect(purpose)?;
        requirements::check_again(&mut connected.0, &self.options)?;
        let connection = self.connection(connected)?;
        self.lock_server(&connection)?;
        Ok(Box::new(connection))
    }

    fn open_reader(&self) -> Result<Box<dyn engine::Connection>, Fault> {
        Ok(Box::new(self.connection(self.connect(Purpose::Read)?)?))
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn migrations_table(&self) -> &'static str {
        // IF NOT EXISTS would need the right to create tables where the table exists.
        "DO $$ BEGIN
           IF to_regclass('migrations') IS NULL THEN
             CREATE TABLE migrations (
               version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL
             );
           END IF;
         END $$"
    }

    fn before_migration(&self, from: i64, to: i64) -> Result<(), Fault> {
        // All steps are one transaction; copies are made by pg_dump.
        tracing::info!("the schema changes from version {from} to {to}");
        Ok(())
    }
}

/// The number of the last step that this program knows: the version of its schema.
const SCHEMA: i64 = MIGRATIONS.len() as i64;

migrations! {
    "postgres": "0001_chat" "0002_people" "0003_search" "0004_outbox" "0005_admins" "0006_changes" "0007_suspended"
    "0008_direct" "0009_bounds" "0010_guests" "0011_requests" "0012_reads"
    "0013_audit" "0014_nodes" "0015_notify" "0016_admin" "0017_moderation" "0018_jobs" "0019_hooks" "0020_bots"
    "0021_outgoing_hooks" "0022_retention" "0023_privacy" "0024_push" "0025_exports" "0026_commands"
    "0027_scheduled" "0029_webhooks" "0030_suspension_reasons" "0031_sign_up_links" "0032_link_makers"
}
