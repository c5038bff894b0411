//! One PostgreSQL connection.

use std::cell::{Cell, RefCell, RefMut};
use std::time::{Duration, Instant};

use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, RowIter};

use super::statement::{Statements, translate};
use super::tsvector;
use super::value::{Bound, PostgresRow};
use crate::db::engine::{self, Step};
use crate::db::fault::Fault;
use crate::db::row::Row;
use crate::db::search::{Indexed, Match};
use crate::db::value::Param;

/// What bounds a session: how long it waits for a lock, how long a statement may run, and how long a transaction may
/// wait for its next statement, so that a process that hangs holds no lock.
const LIMITS: [(&str, &str); 3] =
    [("lock_timeout", "2s"), ("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "10s")];
/// The class of the advisory locks of writers, and that of servers. Their second key is the schema.
const WRITERS: i32 = 0x6d61_6401;
const SERVERS: i32 = 0x6d61_6402;
/// The row that counts the commits of commands beside the server.
const COMMANDS: &str = "commands";

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
    /// Writes beside a server, which must learn of it.
    Command,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Open,
    /// A statement failed: the transaction takes no other until it is rolled back, to a savepoint at least.
    Failed,
}

pub(super) struct Connection {
    /// `None` only while it is dropped.
    client: RefCell<Option<Client>>,
    /// The prepared statements; `None` where a pooler gives each transaction another connection.
    statements: Option<RefCell<Statements>>,
    purpose: Purpose,
    state: Cell<State>,
    /// Whether a savepoint was released that the server still has. It is released with the next one, or with the
    /// transaction.
    has_released: Cell<bool>,
    deadline: Option<Instant>,
    /// The time that the server gives each statement of a transaction with a deadline.
    statement_timeout: Cell<Duration>,
}

impl Connection {
    /// Takes over a new connection. Behind a pooler its settings end with each transaction.
    pub(super) fn new(mut client: Client, purpose: Purpose, is_pooled: bool) -> Result<Self, Fault> {
        if !is_pooled {
            let limits: String = LIMITS.iter().map(|(name, value)| format!("SET {name} = '{value}';")).collect();
            // The server notices soon when this process is gone, and frees its locks.
            client.batch_execute(&format!(
                "{limits} SET TimeZone = 'UTC'; SET client_min_messages = 'warning';
                 SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
            ))?;
        }
        Ok(Self {
            client: RefCell::new(Some(client)),
            statements: (!is_pooled).then(RefCell::default),
            purpose,
            state: Cell::new(State::Idle),
            has_released: Cell::new(false),
            deadline: None,
            statement_timeout: Cell::default(),
        })
    }

    /// Takes the lock of servers, shared with others or alone, until the connection ends.
    pub(super) fn lock_server(&self, is_shared: bool) -> Result<(), Fault> {
        let lock = if is_shared { "pg_advisory_lock_shared" } else { "pg_advisory_lock" };
        self.simple(&format!("SELECT {lock}({SERVERS}, hashtext(current_schema()))"))
    }

    fn client(&self) -> Result<RefMut<'_, Client>, Fault> {
        RefMut::filter_map(self.client.borrow_mut(), Option::as_mut)
            .map_err(|_| Fault::Broken("the connection is closed".into()))
    }

    /// Runs statements in the simple protocol: one round trip for all of them.
    fn simple(&self, sql: &str) -> Result<(), Fault> {
        self.with_client(|client| client.batch_execute(sql))
    }

    /// Uses the driver.
    pub(super) fn with_client<T>(
        &self,
        act: impl FnOnce(&mut Client) -> Result<T, postgres::Error>,
    ) -> Result<T, Fault> {
        let done = act(&mut *self.client()?);
        self.checked(done)
    }

    /// Notes what an error does to the transaction.
    fn checked<T>(&self, done: Result<T, postgres::Error>) -> Result<T, Fault> {
        done.map_err(|error| {
            let was_executed = error.as_db_error().is_some();
            let fault = Fault::from(error);
            if fault.is_broken() {
                self.state.set(State::Idle);
            } else if was_executed && self.state.get() == State::Open {
                self.state.set(State::Failed);
            }
            fault
        })
    }

    fn begin(&self, sql: &str) -> Result<(), Fault> {
        let mut sql = sql.to_owned();
        if self.statements.is_none() {
            sql.extend(LIMITS.iter().map(|(name, value)| format!("; SET LOCAL {name} = '{value}'")));
        }
        if let Some(left) = self.left()? {
            self.statement_timeout.set(left);
            sql.push_str(&format!("; SET LOCAL statement_timeout = {}", left.as_millis().max(1)));
        }
        if self.purpose != Purpose::Read {
            // One writer at a time, as in SQLite: an act sees all that was committed before it.
            sql.push_str(&format!("; SELECT pg_advisory_xact_lock({WRITERS}, hashtext(current_schema()))"));
        }
        let begun = self.simple(&sql);
        self.has_released.set(false);
        match &begun {
            Ok(()) => self.state.set(State::Open),
            // BEGIN itself may have worked.
            Err(fault) if !fault.is_broken() => self.simple("ROLLBACK")?,
            Err(_) => {}
        }
        begun
    }

    fn commit(&self) -> Result<(), Fault> {
        if self.state.get() == State::Failed {
            // The server would answer COMMIT with a rollback and no error.
            return Err(Fault::Wrong("an act went on after a failed statement".into()));
        }
        if self.purpose == Purpose::Command {
            self.simple(&format!(
                "INSERT INTO meta (key, value) VALUES ('{COMMANDS}', '1')
                 ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)"
            ))?;
        }
        self.end("COMMIT")
    }

    fn end(&self, sql: &str) -> Result<(), Fault> {
        self.simple(sql)?;
        self.state.set(State::Idle);
        Ok(())
    }

    /// Returns the time until the deadline, if there is one.
    fn left(&self) -> Result<Option<Duration>, Fault> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) => Ok(Some(left)),
            None => Err(Fault::Late("the deadline has passed".into())),
        }
    }

    /// Lets the server end the next statement at the deadline.
    fn limit_statement(&self) -> Result<(), Fault> {
        let Some(left) = self.left()? else { return Ok(()) };
        // A statement may be a little late, so that not each costs two round trips.
        if left * 4 >= self.statement_timeout.get() * 3 {
            return Ok(());
        }
        self.statement_timeout.set(left);
        self.simple(&format!("SET LOCAL statement_timeout = {}", left.as_millis().max(1)))
    }

    /// Runs a statement, calls `each` with its rows until it returns `false`, and returns how many rows it changed.
    fn run(
        &self,
        sql: &str,
        params: &[&dyn Param],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<u64, Fault> {
        self.limit_statement()?;
        let params: Vec<Bound<'_>> = params.iter().map(|param| Bound(param.value())).collect();
        let mut client = self.client()?;
        let mut wants_more = true;
        let mut read = Ok(());
        let done = self.start(&mut client, sql, &params)?.and_then(|mut rows| {
            // Read to the end, because the last answer may be an error.
            while let Some(row) = rows.next()? {
                if wants_more && read.is_ok() {
                    read = each(&Row::new(&PostgresRow(&row))).map(|more| wants_more = more);
                }
            }
            Ok(rows.rows_affected().unwrap_or_default())
        });
        drop(client);
        let changed = self.checked(done)?;
        read.map(|()| changed)
    }

    /// Sends a statement. The inner error is the server's.
    fn start<'a>(
        &self,
        client: &'a mut Client,
        sql: &str,
        params: &[Bound<'_>],
    ) -> Result<Result<RowIter<'a>, postgres::Error>, Fault> {
        let Some(statements) = &self.statements else {
            let (text, count) = translate(sql);
            check_count(sql, count, params)?;
            let typed = params.iter().map(|param| (param, param.declared()));
            return Ok(client.query_typed_raw(&text, typed));
        };
        let known = statements.borrow_mut().get(sql);
        let statement = match known {
            Some(statement) => statement,
            None => {
                let (text, count) = translate(sql);
                check_count(sql, count, params)?;
                let types: Vec<_> = params.iter().map(Bound::declared).collect();
                match client.prepare_typed(&text, &types) {
                    Ok(statement) => statements.borrow_mut().put(sql, statement.clone()),
                    Err(error) => return Ok(Err(error)),
                }
                statements.borrow_mut().get(sql).ok_or_else(|| Fault::Wrong("no statement".into()))?
            }
        };
        check_count(sql, statement.params().len(), params)?;
        Ok(client.query_raw(&statement, params))
    }
}

fn check_count(sql: &str, count: usize, params: &[Bound<'_>]) -> Result<(), Fault> {
    if count == params.len() { Ok(()) } else { Err(Fault::Wrong(format!("{} parameters for: {sql}", params.len()))) }
}

impl engine::Connection for Connection {
    fn step(&self, step: Step) -> Result<(), Fault> {
        match step {
            Step::BeginRead => self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Step::BeginWrite => self.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
            Step::Commit => self.commit(),
            Step::Rollback => self.end("ROLLBACK"),
            Step::Savepoint if self.has_released.take() => self.simple("RELEASE act; SAVEPOINT act"),
            Step::Savepoint => self.simple("SAVEPOINT act"),
            Step::ReleaseSavepoint if self.state.get() == State::Failed => {
                Err(Fault::Wrong("an act went on after a failed statement".into()))
            }
            Step::ReleaseSavepoint => {
                self.has_released.set(true);
                Ok(())
            }
            Step::RollbackToSavepoint => {
                self.simple("ROLLBACK TO act")?;
                self.state.set(State::Open);
                Ok(())
            }
        }
    }

    fn in_transaction(&self) -> bool {
        self.state.get() != State::Idle
    }

    fn needs_savepoint_to_read(&self) -> bool {
        // A failed statement of any kind ends the transaction.
        true
    }

    fn batch(&self, sql: &str) -> Result<(), Fault> {
        // The steps of a migration may take long.
        self.simple(&format!("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '30s'; {sql}"))
    }

    fn execute(&self, sql: &str, params: &[&dyn Param]) -> Result<usize, Fault> {
        let changed = self.run(sql, params, &mut |_| Ok(false))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn insert_numbered(&self, sql: &str, params: &[&dyn Param]) -> Result<i64, Fault> {
        let mut number = None;
        self.run(&format!("{sql} RETURNING number"), params, &mut |row| {
            number = Some(row.get(0)?);
            Ok(false)
        })?;
        number.ok_or_else(|| Fault::Wrong(format!("no row for: {sql}")))
    }

    fn query(
        &self,
        sql: &str,
        params: &[&dyn Param],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        self.run(sql, params, each).map(drop)
    }

    fn set_deadline(&mut self, budget: Option<Duration>) -> Result<(), Fault> {
        // In a transaction, the server's limit ends with it.
        self.deadline = budget.map(|budget| Instant::now() + budget);
        Ok(())
    }

    fn check(&self) -> Result<(), Fault> {
        // The server checks its files by itself, when it starts and when it reads.
        self.simple("SELECT 1")
    }

    fn version(&self) -> Result<i64, Fault> {
        let mut version = 0;
        self.query("SELECT CAST(value AS BIGINT) FROM meta WHERE key = ?1", &[&COMMANDS], &mut |row| {
            version = row.get(0)?;
            Ok(false)
        })?;
        Ok(version)
    }

    fn place(&self) -> Result<Option<String>, Fault> {
        let mut place = None;
        // Some providers keep the system's identifier to themselves. The number of the WAL's timeline changes when a
        // standby takes over or a backup is rolled forward, that of the table when a dump is restored.
        let may = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')
                     AND has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')";
        let mut is_allowed = false;
        self.query(may, &[], &mut |row| {
            is_allowed = row.get(0)?;
            Ok(false)
        })?;
        let system = match is_allowed {
            true => {
                "(SELECT system_identifier FROM pg_control_system())
                   || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"
            }
            false => "'?'",
        };
        let sql = format!(
            "SELECT {system} || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
               || '/' || CAST(CAST('rooms' AS REGCLASS) AS OID)"
        );
        self.query(&sql, &[], &mut |row| {
            place = Some(row.get(0)?);
            Ok(false)
        })?;
        Ok(place)
    }

    fn release_memory(&self) -> Result<(), Fault> {
        // The caches are the server's.
        Ok(())
    }

    fn index(&self, rows: &[Indexed]) -> Result<(), Fault> {
        tsvector::index(self, rows)
    }

    fn matching(&self, wanted: &Match, from: i64, below: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        tsvector::matching(self, wanted, from, below, limit)
    }

    fn purge_index(&self) -> Result<bool, Fault> {
        // Autovacuum removes old rows.
        Ok(false)
    }

    fn clear_index(&self) -> Result<(), Fault> {
        self.simple("TRUNCATE search")
    }
}

/// The driver waits for the end of the connection, which a thread of an asynchronous runtime must not do.
impl Drop for Connection {
    fn drop(&mut self) {
        let client = self.client.take();
        if tokio::runtime::Handle::try_current().is_ok() {
            // If no thread can be started, the client is dropped here: at worst a panic that is reported.
            let _ = std::thread::Builder::new().name("disconnect".into()).spawn(move || drop(client));
        }
    }
}
