//! What a database must be before the server starts on it: each refusal is one sentence that says what to do.

use std::error::Error as _;
use std::io;

use postgres::error::SqlState;
use postgres::{Client, Config, SimpleQueryMessage};

use super::Options;
use super::address::name;
use super::fault::describe;
use crate::db::copy::INCOMPLETE;
use crate::db::fault::Fault;

/// The oldest version whose features are used.
const OLDEST: i64 = 15;
/// Programs that speak PostgreSQL's protocol; their `version()` has their names.
const OTHERS: [&str; 4] = ["CockroachDB", "Materialize", "Redshift", "QuestDB"];

/// Explains why there is no connection.
pub(super) fn cannot_connect(config: &Config, error: &postgres::Error) -> Fault {
    let (place, user) = (name(config), config.get_user().unwrap_or_default());
    let database = config.get_dbname().unwrap_or(user);
    let Some(state) = error.code() else {
        let is_auth = error.to_string().starts_with("authentication") || error.to_string() == "invalid configuration";
        let hint = match error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind) {
            _ if is_auth => "check the password in DATABASE_URL",
            Some(io::ErrorKind::InvalidData) => "check sslmode and sslrootcert in DATABASE_URL",
            _ if error.to_string().contains("TLS") => "check sslmode in DATABASE_URL, or give the server a certificate",
            _ => "is it running, and is the host in DATABASE_URL right?",
        };
        return Fault::Refused(format!("cannot connect to PostgreSQL at {place}: {} ({hint})", describe(error)));
    };
    Fault::Refused(match *state {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            format!("PostgreSQL at {place} does not let user {user:?} in: check user, password and pg_hba.conf")
        }
        SqlState::UNDEFINED_DATABASE => format!(
            "PostgreSQL at {place} has no database {database:?} (run: createdb --owner={user} --encoding=UTF8 \
             --template=template0 {database})"
        ),
        SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("user {user:?} may not connect to database {database:?} at {place} (run: GRANT CONNECT)")
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            format!("PostgreSQL at {place} has no connection left (raise max_connections or lower DATABASE_POOL)")
        }
        _ => format!("cannot connect to PostgreSQL at {place}: {}", describe(error)),
    })
}

pub(super) fn other_server() -> Fault {
    Fault::Refused(
        "another Madang server uses this database (stop it first, or run both with REDIS_URL or BUS=postgres)".into(),
    )
}

/// Checks a connection, before anything is changed. `schema` is the version that this program knows.
pub(super) fn check(client: &mut Client, schema: i64, options: &Options) -> Result<(), Fault> {
    check_again(client, options)?;
    let found = &mut |sql: &str| first_value(client, sql);
    check_schema(found, schema, options.is_command)?;
    if options.is_copy { Ok(()) } else { check_complete(found) }
}

/// Checks what a connection to another host may lack: one that has taken over.
pub(super) fn check_again(client: &mut Client, options: &Options) -> Result<(), Fault> {
    let found = &mut |sql: &str| first_value(client, sql);
    check_engine(found)?;
    if options.allows_unsafe_commits { Ok(()) } else { check_durability(found) }
}

type Ask<'a> = dyn FnMut(&str) -> Result<String, Fault> + 'a;

fn check_engine(found: &mut Ask<'_>) -> Result<(), Fault> {
    let version = found("SELECT version()")?;
    let short: String = version.chars().take_while(|&c| c != ',' && c != '(').take(60).collect();
    let refuse = |why: &str| Err(Fault::Refused(format!("the database {why} (it says: {})", short.trim())));
    if OTHERS.iter().any(|other| version.contains(other)) {
        return refuse("only speaks PostgreSQL's protocol: use PostgreSQL 15 or later");
    }
    let number: i64 = found("SHOW server_version_num")?.parse().unwrap_or_default();
    if number < OLDEST * 10_000 {
        return refuse("is too old: use PostgreSQL 15 or later");
    }
    let encoding = found("SHOW server_encoding")?;
    if encoding != "UTF8" {
        return refuse(&format!(
            "has the encoding {encoding}: create one with UTF8 (createdb --encoding=UTF8 --template=template0)"
        ));
    }
    // What a compatible engine may lack: words without a dictionary, prefixes, locks by number.
    let probe = "SELECT array_to_tsvector(ARRAY['ab']) @@ CAST('''a'':*' AS TSQUERY)
                   AND pg_try_advisory_xact_lock(1, hashtext('probe')) IS NOT NULL AND 'B' COLLATE \"C\" < 'a'";
    if found(probe).is_ok_and(|answer| answer == "t") {
        Ok(())
    } else {
        refuse("lacks text search, advisory locks or the collation C: use PostgreSQL 15 or later")
    }
}

fn check_durability(found: &mut Ask<'_>) -> Result<(), Fault> {
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        if found(&format!("SHOW {setting}"))? == "off" {
            return Err(Fault::Refused(format!(
                "the database runs with {setting}=off, so a power cut may lose messages that were confirmed (switch \
                 it on, or set DATABASE_UNSAFE_COMMITS=on)"
            )));
        }
    }
    Ok(())
}

/// Refuses a schema that is somebody else's, or that lacks tables. Only a server changes one of an older version: a command
/// may run beside a server of that version.
fn check_schema(found: &mut Ask<'_>, known: i64, is_command: bool) -> Result<(), Fault> {
    let refuse = |why: String| Err(Fault::Refused(why));
    let schema = found("SELECT COALESCE(current_schema(), '')")?;
    if schema.is_empty() {
        return refuse("the database has no schema to use (create one that is in the user's search_path)".into());
    }
    let count = |names: &str| {
        format!(
            "SELECT COUNT(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname {names}"
        )
    };
    let (has_steps, others) = (found(&count("= 'migrations'"))? == "1", found(&count("<> 'migrations'"))?);
    let steps = "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema()
                   AND table_name = 'migrations' AND column_name IN ('version', 'name', 'applied_at')";
    if has_steps && found(steps)? != "3" || !has_steps && others != "0" {
        return refuse(format!(
            "schema {schema:?} of the database has tables of another program: give Madang a database of its own"
        ));
    }
    if is_command && !has_steps {
        return refuse("the database is empty (run: madang serve)".into());
    }
    let version = match has_steps {
        true => found("SELECT COALESCE(MAX(version), 0) FROM migrations")?.parse().unwrap_or_default(),
        false => 0,
    };
    if is_command && version < known {
        return refuse(format!(
            "the database has schema {version} of an older version; this one needs {known} (start the server once: \
             madang serve)"
        ));
    }
    if version < known && found("SELECT has_schema_privilege(current_schema(), 'CREATE')")? != "t" {
        return refuse(format!(
            "the database user may not create tables (run: GRANT CREATE ON SCHEMA {schema:?} TO …)"
        ));
    }
    let tables = super::MIGRATIONS.iter().take(usize::try_from(version).unwrap_or_default()).flat_map(|step| {
        step.sql.match_indices("CREATE TABLE ").filter_map(|(at, found)| step.sql[at + found.len()..].split(' ').next())
    });
    for table in tables {
        if found(&count(&format!("= '{table}'")))? != "1" {
            return refuse(format!(
                "the database lacks the table {table} of schema version {version}: restore a complete dump, or start \
                 with an empty database"
            ));
        }
    }
    Ok(())
}

/// Refuses a database that holds a part of a copy.
fn check_complete(found: &mut Ask<'_>) -> Result<(), Fault> {
    let parts = format!("SELECT COUNT(*) FROM meta WHERE key = '{INCOMPLETE}'");
    if found("SELECT COUNT(to_regclass('meta'))")? == "1" && found(&parts)? != "0" {
        return Err(Fault::Refused(
            "the database holds a part of a copy (run: madang migrate-store again, or use an empty database)".into(),
        ));
    }
    Ok(())
}

fn first_value(client: &mut Client, sql: &str) -> Result<String, Fault> {
    let messages = client.simple_query(sql)?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(row.unwrap_or_default().to_owned())
}
