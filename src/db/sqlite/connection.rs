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
use crate::db::search::Match;
use crate::db::value::{Param, Value};

/// Statements kept prepared per connection; chat has fewer texts than this.
const STATEMENTS: usize = 128;

pub(super) struct Connection {
    engine: rusqlite::Connection,
    /// Those of the writer's connection.
    checkpoints: Option<Checkpoints>,
}

use engine::Connection as _;

impl Connection {
    /// The writing connection; makes the file when there is none.
    pub(super) fn open(path: &Path, busy_timeout: Duration) -> Result<Self, Fault> {
        // For nobody else on the machine, whatever the folder is; its log gets the same mode from
        // SQLite. Where this fails, the opening below says why.
        let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = Self::with_flags(path, flags, busy_timeout)?;
        // The cache holds what a batch of acts in as many rooms touches; with less, pages are written
        // and read again in the midst of it. It grows with use only.
        // FULL: an acknowledged commit survives a power cut, as COMMIT returns after the fsync.
        connection.batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -8192;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = 33554432;",
        )?;
        Ok(connection)
    }

    /// Opens the connection of the writer, whose log is moved into the database at this length.
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

    /// For who only looks, also at a file that its last process left in the midst of things: the
    /// engine may tidy that away, statements may change nothing.
    pub(super) fn open_for_inspection(path: &Path, busy_timeout: Duration) -> Result<Self, Fault> {
        let connection = Self::with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE, busy_timeout)?;
        connection.batch("PRAGMA query_only = ON")?;
        Ok(connection)
    }

    fn with_flags(path: &Path, flags: OpenFlags, busy_timeout: Duration) -> Result<Self, Fault> {
        let connection = rusqlite::Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A plan that depended on bound values would be made anew whenever they change; ours are
        // meant to be the same for all.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // A negative cache size counts KiB. Mapped memory would turn an I/O error into a signal.
        connection.execute_batch("PRAGMA cache_size = -2048; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;")?;
        Ok(Self { engine: connection, checkpoints: None })
    }

    /// Copies the database into an empty file, which is then on the disk for good. `between` is
    /// called after each step with the pages that are done and all there are; it may pause, or break
    /// the copy off.
    ///
    /// The reading transaction that must be open gives the copy one moment: a write by another
    /// process would otherwise let it begin anew, and on a busy day it would never end.
    pub(super) fn copy_to(
        &self,
        path: &Path,
        mut between: impl FnMut(u64, u64) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        /// Pages of a step: a megabyte.
        const STEP: i32 = 256;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = rusqlite::Connection::open_with_flags(path, flags)?;
        // Nothing of it counts before the end, so nothing is logged or synced on the way.
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
        // One file that can be opened where nothing may be written: not in WAL mode like its source.
        let copy = rusqlite::Connection::open_with_flags(path, flags)?;
        copy.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE;")?;
        drop(copy);
        Ok(std::fs::File::open(path)?.sync_all()?)
    }

    /// Has `hook` told after each commit how many pages the log has.
    pub(super) fn on_log(&mut self, hook: impl Fn(u32) + Send + 'static) -> Result<(), Fault> {
        Ok(self.engine.wal_hook(Some(move |_: &mut Wal, pages| {
            hook(u32::try_from(pages).unwrap_or_default());
            Ok(())
        }))?)
    }

    /// Moves into the database what nobody needs in the log any more, without waiting for anybody.
    pub(super) fn checkpoint_passive(&self) -> Result<(), Fault> {
        self.batch("PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Moves the log into the database, so that the folder holds one tidy file.
    pub(super) fn checkpoint_fully(&self) -> Result<(), Fault> {
        self.batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);")
    }
}

impl engine::Connection for Connection {
    fn step(&self, step: Step) -> Result<(), Fault> {
        let sql = match step {
            Step::BeginRead => "BEGIN",
            // Takes the lock at once, so that a later statement need not fail for it.
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
        // What RETURNING would answer, without the temporary table that SQLite makes for each such answer.
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
        /// Steps of the virtual machine between two looks at the clock.
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

    fn release_memory(&self) -> Result<(), Fault> {
        self.batch("PRAGMA shrink_memory")
    }

    fn index(&self, number: i64, words: Option<&str>, is_new: bool) -> Result<(), Fault> {
        fts::index(self, number, words, is_new)
    }

    fn matching(&self, wanted: &Match, from: i64, below: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        fts::matching(self, wanted, from, below, limit)
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
        // Waits for one that runs.
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
    // A placeholder left unbound would be NULL in silence.
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
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull | ErrorCode::OutOfMemory => {
                Fault::Unavailable(detail)
            }
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
