//! One SQLite connection.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, OpenFlags, ToSql, ffi};

use super::checkpoint::Checkpoints;
use super::fts;
use crate::db::engine::{self, Step};
use crate::db::fault::Fault;
use crate::db::row::{Row, Values, wrong_type};
use crate::db::search::{Indexed, Match};
use crate::db::value::{Param, Value};

/// The number of prepared statements kept per connection; chat has fewer statements than this.
const STATEMENTS: usize = 128;

pub(super) struct Connection {
    engine: rusqlite::Connection,
    /// The checkpoints, if this is the writer's connection.
    checkpoints: Option<Checkpoints>,
}

use engine::Connection as _;

impl Connection {
    /// Opens a connection that writes; creates the file if there is none.
    pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<Self, Fault> {
        // Private to the user who runs the server, whatever the permissions of the folder. SQLite
        // gives the log the same mode. If this fails, the call below returns the reason.
        let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = Self::with_flags(path, flags, busy_timeout)?;
        // FULL: an acknowledged commit survives a power cut, because COMMIT returns after the
        // fsync. Secure: what is deleted is overwritten, so that it is in no copy of the file.
        connection.batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = 33554432;",
        )?;
        Ok(connection)
    }

    /// Opens the writer's connection. Its log is moved into the database at `log_pages` pages.
    pub(super) fn open_writer(path: &Path, busy_timeout: Duration, log_pages: u32) -> Result<Self, Fault> {
        let mut connection = Self::open(path, busy_timeout)?;
        let path = path.to_owned();
        let beside = move || Self::open(&path, busy_timeout)?.checkpoint_passive();
        let checkpoints = Checkpoints::new(log_pages, beside);
        connection.on_log(checkpoints.reporter())?;
        connection.checkpoints = Some(checkpoints);
        Ok(connection)
    }

    pub(super) fn open_read_only(path: &Path, busy_timeout: Duration) -> Result<Self, Fault> {
        Self::with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY, busy_timeout)
    }

    /// Opens a connection for inspection, also of a file that its last process did not close
    /// cleanly. The engine may recover such a file; statements cannot change anything.
    pub(super) fn open_for_inspection(path: &Path, busy_timeout: Duration) -> Result<Self, Fault> {
        let connection = Self::with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE, busy_timeout)?;
        // Not trusted: the file may be somebody's backup.
        connection.batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;")?;
        Ok(connection)
    }

    fn with_flags(path: &Path, flags: OpenFlags, busy_timeout: Duration) -> Result<Self, Fault> {
        let connection = rusqlite::Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Otherwise a plan may depend on bound values and is prepared again when they change. Our
        // plans should be the same for all values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // A negative cache size counts KiB. It holds what a batch of acts in as many rooms touches: with a smaller one,
        // pages would be written and read again in the middle of the batch. It only grows with use. Mapped memory would
        // turn an I/O error into a signal.
        connection.execute_batch("PRAGMA cache_size = -8192; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;")?;
        Ok(Self { engine: connection, checkpoints: None })
    }

    /// Opens an empty database in memory.
    pub(super) fn open_in_memory() -> Result<Self, Fault> {
        Ok(Self { engine: rusqlite::Connection::open_in_memory()?, checkpoints: None })
    }

    /// Copies the database into an empty file and syncs it. Calls `between` after each step with
    /// the number of pages done and the total; it may pause, or stop the copy with an error.
    ///
    /// A read transaction must be open, so that the copy shows one moment. Otherwise each write by
    /// another process would start the copy over, and on a busy server it would never end.
    pub(super) fn copy_to(
        &self,
        path: &Path,
        mut between: impl FnMut(u64, u64) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        /// Pages per step: one megabyte.
        const STEP: i32 = 256;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = rusqlite::Connection::open_with_flags(path, flags)?;
        // A partial copy is worthless, so nothing is logged or synced before the end.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
        let backup = Backup::new(&self.engine, &mut copy)?;
        loop {
            let step = backup.step(STEP)?;
            let progress = backup.progress();
            let (all, left) = (progress.pagecount.unsigned_abs(), progress.remaining.unsigned_abs());
            between(u64::from(all - left.min(all)), u64::from(all))?;
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(Fault::Unavailable("another process locks the database".into())),
            }
        }
        drop(backup);
        drop(copy);
        // A single file that can be opened where nothing may be written, so not in WAL mode like
        // its source.
        let copy = rusqlite::Connection::open_with_flags(path, flags)?;
        copy.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE;")?;
        drop(copy);
        Ok(std::fs::File::open(path)?.sync_all()?)
    }

    /// Calls `hook` after each commit with the number of pages in the log.
    pub(super) fn on_log(&mut self, hook: impl Fn(u32) + Send + 'static) -> Result<(), Fault> {
        Ok(self.engine.wal_hook(Some(move |_: &mut Wal, pages| {
            hook(u32::try_from(pages).unwrap_or_default());
            Ok(())
        }))?)
    }

    /// Moves pages that no reader needs from the log into the database, without waiting for others.
    pub(super) fn checkpoint_passive(&self) -> Result<(), Fault> {
        self.batch("PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Moves the whole log into the database, so that the folder contains a single file.
    pub(super) fn checkpoint_fully(&self) -> Result<(), Fault> {
        self.batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);")
    }
}

impl engine::Connection for Connection {
    fn step(&self, step: Step) -> Result<(), Fault> {
        let sql = match step {
            Step::BeginRead => "BEGIN",
            // Takes the write lock at once, so that no later statement can fail to get it.
            Step::BeginWrite => "BEGIN IMMEDIATE",
            Step::Commit => "COMMIT",
            Step::Rollback => "ROLLBACK",
            Step::Savepoint => "SAVEPOINT act",
            Step::ReleaseSavepoint => "RELEASE act",
            Step::RollbackToSavepoint => "ROLLBACK TO act",
        };
        self.engine.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }

    fn in_transaction(&self) -> bool {
        !self.engine.is_autocommit()
    }

    fn batch(&self, sql: &str) -> Result<(), Fault> {
        Ok(self.engine.execute_batch(sql)?)
    }

    fn execute(&self, sql: &str, params: &[&dyn Param]) -> Result<usize, Fault> {
        let mut statement = self.engine.prepare_cached(sql)?;
        bind(&mut statement, sql, params)?;
        Ok(statement.raw_execute()?)
    }

    fn insert_numbered(&self, sql: &str, params: &[&dyn Param]) -> Result<i64, Fault> {
        // The result of RETURNING, without the temporary table that SQLite creates for it.
        self.execute(sql, params)?;
        Ok(self.engine.last_insert_rowid())
    }

    fn query(
        &self,
        sql: &str,
        params: &[&dyn Param],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let mut statement = self.engine.prepare_cached(sql)?;
        bind(&mut statement, sql, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if !each(&Row::new(&SqliteRow(row)))? {
                break;
            }
        }
        Ok(())
    }

    fn set_deadline(&mut self, budget: Option<Duration>) -> Result<(), Fault> {
        /// Steps of the virtual machine between two checks of the time.
        const STEPS: i32 = 2_000;
        let until = budget.map(|budget| Instant::now() + budget);
        self.engine.progress_handler(STEPS, until.map(|until| move || Instant::now() >= until))?;
        Ok(())
    }

    fn check(&self) -> Result<(), Fault> {
        let mut verdict = String::new();
        self.query("PRAGMA quick_check(1)", &[], &mut |row| {
            verdict = row.get(0)?;
            Ok(false)
        })?;
        if verdict == "ok" { Ok(()) } else { Err(Fault::Broken(verdict)) }
    }

    fn version(&self) -> Result<i64, Fault> {
        let mut version = 0;
        self.query("PRAGMA data_version", &[], &mut |row| {
            version = row.get(0)?;
            Ok(false)
        })?;
        Ok(version)
    }

    fn release_memory(&self) -> Result<(), Fault> {
        self.batch("PRAGMA shrink_memory")
    }

    fn index(&self, rows: &[Indexed]) -> Result<(), Fault> {
        fts::index(self, rows)
    }

    fn matching(&self, wanted: &Match, from: i64, below: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        fts::matching(self, wanted, from, below, limit)
    }

    fn purge_index(&self) -> Result<bool, Fault> {
        let before = self.engine.total_changes();
        fts::merge(self)?;
        // Two changes are those of the command itself.
        Ok(self.engine.total_changes() - before >= 2)
    }

    fn clear_index(&self) -> Result<(), Fault> {
        fts::clear(self)
    }

    fn committed(&mut self) {
        if let Some(mut checkpoints) = self.checkpoints.take() {
            checkpoints.committed(|| self.checkpoint_passive());
            self.checkpoints = Some(checkpoints);
        }
    }

    fn close(mut self: Box<Self>) -> Result<(), Fault> {
        // Waits for a running checkpoint.
        self.checkpoints = None;
        self.checkpoint_fully()
    }
}

struct SqliteRow<'a>(&'a rusqlite::Row<'a>);

impl Values for SqliteRow<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>, Fault> {
        Ok(match self.0.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(int) => Value::Int(int),
            ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| wrong_type(column))?),
            ValueRef::Blob(bytes) => Value::Blob(bytes),
            ValueRef::Real(_) => return Err(wrong_type(column)),
        })
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, sql: &str, params: &[&dyn Param]) -> Result<(), Fault> {
    // An unbound placeholder would silently be NULL.
    if statement.parameter_count() != params.len() {
        return Err(Fault::Wrong(format!("{} parameters for: {sql}", params.len())));
    }
    for (place, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(place + 1, Bound(param.value()))?;
    }
    Ok(())
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            Value::Id(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let detail = error.to_string();
        let rusqlite::Error::SqliteFailure(failure, _) = error else { return Fault::Wrong(detail) };
        let is_unique =
            [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY].contains(&failure.extended_code);
        match failure.code {
            ErrorCode::ConstraintViolation if is_unique => Fault::Unique(detail),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory => Fault::Unavailable(detail),
            ErrorCode::DiskFull => Fault::Full(detail),
            ErrorCode::OperationInterrupted => Fault::Late(detail),
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed => Fault::Broken(detail),
            _ => Fault::Wrong(detail),
        }
    }
}
