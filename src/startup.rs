//! What is looked at before the server starts: where settings come from, and settings that cannot be meant.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tokio::net::{TcpListener, TcpSocket};

use crate::config::{Config, DATABASE, Settings};
use crate::db::postgres::is_unverified;
use crate::files::STORED;
use crate::log;
use crate::mail::{self, Mailer};

/// The file of settings in the working folder.
const ENV_FILE: &str = ".env";

/// Reads `.env` in the working folder, if it belongs to the user who runs the program or to root. Another user could
/// otherwise change the settings of a command that is run in a folder that all may write to.
///
/// # Errors
/// A sentence for the operator: the file is invalid.
pub fn load_env_file() -> Result<(), String> {
    // A missing file is normal.
    let Ok(file) = fs::symlink_metadata(ENV_FILE) else { return Ok(()) };
    let user = rustix::process::geteuid().as_raw();
    if ![0, user].contains(&file.uid()) {
        log::print(format!("warning: .env is ignored: it belongs to user {}, not {user}", file.uid()));
        return Ok(());
    }
    let text = fs::read_to_string(ENV_FILE).map_err(|error| format!("cannot read .env: {error}"))?;
    if let Some(number) = line_with_variable(&text) {
        return Err(format!(
            "line {number} of .env has a $ outside single quotes, where it would stand for a variable (write NAME='value')"
        ));
    }
    dotenvy::from_read(text.as_bytes()).map_err(|error| match error {
        // The line may hold a secret.
        dotenvy::Error::LineParse(..) => format!(
            "cannot read line {} of .env: it is not NAME=VALUE, a quote does not end, or a value with spaces, < or # has no quotes \
             (write NAME='value')",
            bad_line(&text)
        ),
        error => format!("cannot read .env: {error}"),
    })
}

/// Returns the number of the first line with a $ that would be replaced: a password would lose what follows it. Reads quotes,
/// escapes and comments as the parser does.
fn line_with_variable(text: &str) -> Option<usize> {
    let (mut quote, mut is_escaped, mut is_comment) = (None, false, false);
    let (mut before, mut number) = ('\n', 1);
    for c in text.chars() {
        match (quote, c) {
            (_, '\n') => (is_comment, is_escaped) = (false, false),
            _ if is_comment => {}
            _ if is_escaped => is_escaped = false,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => is_escaped = true,
            (_, '$') => return Some(number),
            (None, '\'' | '"') => quote = Some(c),
            (None, '#') => is_comment = before.is_whitespace(),
            _ => {}
        }
        number += usize::from(c == '\n');
        before = c;
    }
    None
}

/// Returns the number of the line at which an invalid file begins to be invalid: that behind the longest valid beginning.
fn bad_line(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let is_valid =
        |count: &usize| dotenvy::from_read_iter(lines[..*count].join("\n").as_bytes()).all(|item| item.is_ok());
    (0..=lines.len()).rev().find(is_valid).unwrap_or_default() + 1
}

/// Returns the command line without the variables that are set to nothing. `NAME: ${NAME}` in a compose file and
/// `NAME=` in `.env` mean that there is no such setting.
pub fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(None::<&str>) } else { arg })
        .mut_subcommands(without_empty_variables)
}

/// Refuses a passphrase on the command line, which every user of the machine can read.
///
/// # Errors
/// A sentence for the operator.
pub fn refuse_passphrase_in_arguments(command: &clap::ArgMatches) -> Result<(), String> {
    const ID: &str = "backup_passphrase";
    let Some((_, command)) = command.subcommand() else { return Ok(()) };
    let is_set = command.try_contains_id(ID).unwrap_or(false);
    match is_set && command.value_source(ID) == Some(clap::parser::ValueSource::CommandLine) {
        true => Err("other users can see a passphrase on the command line (set BACKUP_PASSPHRASE_FILE or \
                     BACKUP_PASSPHRASE, and choose another passphrase)"
            .into()),
        false => Ok(()),
    }
}

/// Refuses what would fail later, before anything is created.
///
/// # Errors
/// A sentence for the operator.
pub fn check(config: &Config) -> Result<(), String> {
    config.check_nodes()?;
    if config.tls.is_some() && config.origins.public.as_ref().is_some_and(|public| !public.is_https()) {
        return Err("PUBLIC_URL is http://, but this server speaks HTTPS (write https://)".into());
    }
    config.metrics.check()?;
    if config.backups.is_some() && config.postgres.is_some() {
        return Err(
            "BACKUP_EVERY cannot back up PostgreSQL (use pg_dump or the tools of its host; unset BACKUP_EVERY)".into(),
        );
    }
    config.mail.as_ref().map_or(Ok(()), |mail| Mailer::new(mail).map(drop))
}

/// Returns what is allowed and seldom meant, one sentence each.
pub fn warnings(settings: &Settings, config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if rustix::process::geteuid().is_root() {
        warnings.push("running as root; a user of its own is safer".to_owned());
    }
    if settings.address.public_url.is_none() && !settings.bind.is_loopback() {
        warnings.push(
            "PUBLIC_URL is not set: any host name is answered, and the session cookie is not kept to https".to_owned(),
        );
    }
    if config.mail.as_ref().is_some_and(mail::Settings::is_unprotected) {
        warnings.push(
            "e-mails go to the mail server without TLS, and so do their links; use smtps:// or ?tls=required"
                .to_owned(),
        );
    }
    if config.postgres.as_ref().is_some_and(|server| is_unverified(server.url.reveal())) {
        warnings.push(
            "any machine in between can pose as the database; add sslmode=verify-full to DATABASE_URL".to_owned(),
        );
    }
    if is_readable_by_all(&config.data_dir) {
        let folder = config.data_dir.display();
        warnings.push(format!("every user of this machine can read the data folder; run: chmod o-rwx {folder}"));
    }
    warnings
}

fn is_readable_by_all(folder: &Path) -> bool {
    // A folder with other things may be a mistake: a chmod of it is no advice.
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    (is_empty || [DATABASE, STORED].iter().any(|name| folder.join(name).exists()))
        && fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & 0o007 != 0)
}

/// Clients that may wait to be accepted: many come at once when a server is back.
const BACKLOG: u32 = 4_096;

/// Listens, as [`tokio::net::TcpListener::bind`] does, with a longer queue.
///
/// # Errors
/// Those of the system.
pub fn listen(bind: IpAddr, port: u16) -> std::io::Result<TcpListener> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that starts again need not wait for connections of the former one to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(bind, port))?;
    socket.listen(BACKLOG)
}

/// Explains why the server cannot listen at the address of a flag.
pub fn cannot_listen(bind: IpAddr, port: u16, flag: &str, error: &std::io::Error) -> String {
    let hint = match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(" (another program uses this port; pass {flag} for another)"),
        std::io::ErrorKind::AddrNotAvailable => {
            let flag = if flag == "--metrics-bind" { flag } else { "--bind" };
            format!(" ({flag} must be an address of this machine)")
        }
        std::io::ErrorKind::PermissionDenied => format!(
            " (ports below 1024 are reserved: pass {flag} for another, run: setcap cap_net_bind_service=+ep on the program, \
             or AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd)"
        ),
        _ => String::new(),
    };
    format!("cannot listen on {}: {error}{hint}", SocketAddr::new(bind, port))
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    /// Abuse: N4
    #[test]
    fn a_public_server_without_a_public_address_is_warned_of() {
        let warnings = |flags: &[&str]| {
            let matches = Settings::augment_args(Command::new("madang").no_binary_name(true)).get_matches_from(flags);
            let settings = Settings::from_arg_matches(&matches).unwrap();
            warnings(&settings, &Config::from(&settings)).join("\n")
        };
        for public in [&[][..], &["--bind", "192.0.2.1"], &["--bind", "::"]] {
            assert!(warnings(public).contains("PUBLIC_URL is not set"), "{public:?}");
        }
        for private in [&["--bind", "127.0.0.1"][..], &["--bind", "::1"], &["--public-url", "https://chat.example.org"]]
        {
            assert!(!warnings(private).contains("PUBLIC_URL"), "{private:?}");
        }
    }
}
