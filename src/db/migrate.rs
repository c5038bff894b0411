//! Brings a database to the schema of this program: numbered steps, applied in order, once each, all in one
//! transaction.

use super::engine::{Connection, Engine, Step};
use super::fault::Fault;
use crate::clock::now_ms;

/// Declares the steps of an engine from `migrations/<engine>/<name>.sql`.
macro_rules! migrations {
    ($engine:literal: $($name:literal)+) => {
        const MIGRATIONS: &[Migration] = &[$(Migration {
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $engine, "/", $name, ".sql")),
        },)+];

    };
}
pub(super) use migrations;

/// Applies the missing steps. Calls [`Engine::before_migration`] first if the database holds data.
///
/// # Errors
/// [`Fault::Newer`] when a newer program has written this database: going on could lose data that this one
/// does not know. [`Fault::Unavailable`] when no copy can be kept; then nothing was changed.
pub(super) fn migrate(engine: &dyn Engine, connection: &dyn Connection) -> Result<(), Fault> {
    connection.step(Step::BeginWrite)?;
    let done = apply_missing(engine, connection).and_then(|()| connection.step(Step::Commit));
    if done.is_err() && connection.in_transaction() {
        connection.step(Step::Rollback)?;
    }
    done
}

fn apply_missing(engine: &dyn Engine, connection: &dyn Connection) -> Result<(), Fault> {
    connection.batch(engine.migrations_table())?;
    let (version, schema) = (version(connection)?, engine.migrations().len() as i64);
    if version > schema {
        return Err(Fault::Newer { schema: version, known: schema });
    }
    if (1..schema).contains(&version) {
        engine.before_migration(version, schema)?;
    }
    for (migration, number) in engine.migrations().iter().zip(1i64..).filter(|&(_, number)| number > version) {
        connection.batch(migration.sql)?;
        connection.execute(
            "INSERT INTO migrations (version, name, applied_at) VALUES (?1, ?2, ?3)",
            &[&number, &migration.name, &now_ms()],
        )?;
    }
    Ok(())
}

/// The version of a database that has a table of migrations; 0 before the first step.
pub(super) fn version(connection: &dyn Connection) -> Result<i64, Fault> {
    let mut version = 0;
    connection.query("SELECT COALESCE(MAX(version), 0) FROM migrations", &[], &mut |row| {
        version = row.get(0)?;
        Ok(false)
    })?;
    Ok(version)
}
