//! `DATABASE_URL`: the driver's address of a database, and how far its certificate is checked.

use std::path::PathBuf;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use super::tls::{Check, Tls};
use crate::db::fault::Fault;

/// How long connecting to one host may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// When the network is asked whether the server is still there, and when sent data counts as lost.
const KEEPALIVE: Duration = Duration::from_secs(10);
const LOST_AFTER: Duration = Duration::from_secs(20);

pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

impl Address {
    /// Reads an address. No part of it is in the errors: any may be a piece of the password.
    pub(super) fn parse(url: &str) -> Result<Self, Fault> {
        let parts = Parts::of(url);
        // The driver takes what is behind the first @ as a host, and names it: it may be a piece of the password.
        let is_odd = parts.rest.split('?').next().is_some_and(|base| base.matches('@').count() > 1);
        if is_odd || !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(invalid());
        }
        let mut config: Config = parts.rest.parse().map_err(|_| invalid())?;
        let check = match (parts.mode, &parts.roots) {
            ("disable", _) => None,
            // As in libpq: a named authority is meant to be asked.
            ("require", Some(_)) | ("verify-ca", _) => Some(Check::Authority),
            ("prefer" | "require", _) => Some(Check::Nothing),
            ("verify-full", _) => Some(Check::Everything),
            _ => return Err(Fault::Refused(MODES.into())),
        };
        config.ssl_mode(match parts.mode {
            "disable" => SslMode::Disable,
            "prefer" => SslMode::Prefer,
            _ => SslMode::Require,
        });
        config.application_name("madang").keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 2);
        config.keepalives_retries(3);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(LOST_AFTER);
        }
        let tls = Tls::new(check.unwrap_or(Check::Nothing), parts.roots.as_deref())?;
        Ok(Self { config, tls })
    }
}

const MODES: &str = "sslmode in DATABASE_URL must be disable, prefer, require, verify-ca or verify-full";

fn invalid() -> Fault {
    Fault::Refused(
        "DATABASE_URL is not the address of a PostgreSQL database (postgres://user:password@host/database; special \
         characters of the password are written as %40 and so on, and only parameters of libpq are allowed)"
            .into(),
    )
}

/// An address without the two parameters that the driver does not know.
struct Parts<'a> {
    rest: String,
    mode: &'a str,
    roots: Option<PathBuf>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots) = ("prefer", None);
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                Some(("sslrootcert", _)) => {
                    let value = form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned());
                    roots = value.map(PathBuf::from);
                }
                _ => kept.push(pair),
            }
        }
        let rest = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        Self { rest, mode, roots }
    }
}

/// Returns whether a database on another machine is reached without a check that it is the right one.
pub fn is_unverified(url: &str) -> bool {
    let parts = Parts::of(url);
    let is_far = |host: &Host| match host {
        Host::Tcp(host) => !["localhost", "127.0.0.1", "::1"].contains(&host.as_str()),
        Host::Unix(_) => false,
    };
    let hosts = parts.rest.parse::<Config>().map(|config| config.get_hosts().iter().any(is_far));
    parts.mode != "verify-full" && hosts.unwrap_or_default()
}

/// Names the database for messages, without the user and the password.
pub(super) fn name(config: &Config) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(host) => host.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
    let hosts = config.get_hosts().iter().enumerate().map(|(at, one)| format!("{}:{}", host(one), port(at)));
    hosts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_no_error_shows_a_part_of_it() {
        let address = Address::parse("postgres://m:p%40ss@db.example.org:6000,other/chat?sslmode=disable").unwrap();
        assert_eq!(name(&address.config), "db.example.org:6000,other:5432");
        assert_eq!(address.config.get_password(), Some(&b"p@ss"[..]));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Disable);
        let address = Address::parse("postgresql://m@/chat?host=%2Frun%2Fpostgresql&connect_timeout=9").unwrap();
        assert_eq!(name(&address.config), "/run/postgresql:5432");
        assert_eq!(address.config.get_connect_timeout(), Some(&Duration::from_secs(9)));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Prefer);
        for wrong in [
            "mysql://m:hunter2@db/chat",
            "postgres://m:hunter2@db:port/chat",
            "postgres://m:p@hunter2@db/chat",
            "postgres://m:p@hunter2/x@db/chat",
            "postgres://m:hunter2@db/chat?sslmode=hunter2",
            "postgres://m:hunter2@db/chat?hunter2=on",
            "postgres://m:hunter2@db/chat?sslmode=verify-full&sslrootcert=/missing",
        ] {
            let refused = Address::parse(wrong).err().expect(wrong).to_string();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn only_a_verified_or_local_database_is_not_warned_of() {
        for (url, is_warned_of) in [
            ("postgres://m:p@db.example.org/chat", true),
            ("postgres://m:p@db.example.org/chat?sslmode=require", true),
            ("postgres://m:p@db.example.org/chat?sslmode=verify-full", false),
            ("postgres://m:p@localhost/chat", false),
            ("postgres:///chat?host=/run/postgresql", false),
        ] {
            assert_eq!(is_unverified(url), is_warned_of, "{url}");
        }
    }
}
