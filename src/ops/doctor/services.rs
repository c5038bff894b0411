//! What the server talks to: the database, the bucket, the mail server, and the files of its certificate.

use std::time::{Duration, Instant};

use super::Finding;
use crate::chat::kinds::SignUpPolicy;
use crate::chat::{Db, Tx, instance, server_settings};
use crate::clock;
use crate::config::{Config, Tls};
use crate::db::{Inspection, SCHEMA};
use crate::error::Result;
use crate::files::{Files, NotReady};
use crate::hints;
use crate::mail::{Email, Mailer};
use crate::ops::backup_place::Place;
use crate::service::store;
use crate::tls::Certificate;

/// How long a hint may take.
const SLOW_HINT: Duration = Duration::from_millis(50);
const DAY_MS: i64 = 24 * 3_600_000;

pub(super) async fn database(config: &Config) -> Finding {
    if config.postgres.is_none() {
        let path = config.database();
        return tokio::task::spawn_blocking(move || sqlite(&path)).await.unwrap_or_else(|error| {
            Finding::error("database", format!("the check failed: {error}"), "report this as a bug")
        });
    }
    let opened = Db::open(store::options_of_command(config), |_| {});
    let db = match opened {
        Ok(db) => db,
        Err(fault) => {
            return Finding::error("database", store::cannot_open(config, &fault), "look at docs/postgres.md");
        }
    };
    let begin = Instant::now();
    let asked = db.ping().await;
    let time = begin.elapsed().as_secs_f64() * 1_000.0;
    db.close().await;
    match asked {
        Ok(()) if time < 20.0 => Finding::ok("database", format!("PostgreSQL answers in {time:.1} ms")),
        Ok(()) => Finding::warning(
            "database",
            format!("PostgreSQL answers in {time:.1} ms"),
            "put it into the same network: each send waits for several answers",
        ),
        Err(error) => Finding::error("database", format!("PostgreSQL does not answer: {error}"), "look at its log"),
    }
}

fn sqlite(path: &std::path::Path) -> Finding {
    if !path.exists() {
        return Finding::skipped("database", "there is none yet; the server creates it");
    }
    match Inspection::open(path).and_then(|found| found.schema()) {
        Ok(schema) if schema > SCHEMA => Finding::error(
            "database",
            format!("a newer version of madang has written it (schema {schema}; this one knows {SCHEMA})"),
            "install that version again, or restore a backup of before",
        ),
        Ok(schema) if schema < SCHEMA => Finding::ok(
            "database",
            format!("SQLite, schema {schema}; the next start changes it to {SCHEMA} and keeps a copy of before"),
        ),
        Ok(schema) => Finding::ok("database", format!("SQLite, schema {schema}")),
        Err(fault) => Finding::error(
            "database",
            format!("{} cannot be read: {fault}", path.display()),
            "run: madang verify; then restore a backup",
        ),
    }
}

/// Sends a hint through Redis, as nodes do.
pub(super) async fn redis(config: &Config) -> Finding {
    let Some(urls) = config.nodes.as_ref().and_then(|nodes| nodes.redis.as_ref()) else {
        return Finding::skipped("redis", "no REDIS_URL: one server, or several that read the database");
    };
    match hints::round_trip(urls, format!("madang-doctor-{}", clock::now_ms())).await {
        Ok(time) if time < SLOW_HINT => {
            Finding::ok("redis", format!("a hint arrives in {:.1} ms", time.as_secs_f64() * 1_000.0))
        }
        Ok(time) => Finding::warning(
            "redis",
            format!("a hint arrives in {:.0} ms", time.as_secs_f64() * 1_000.0),
            "put it into the same network: messages between nodes are as late",
        ),
        Err(why) => Finding::error("redis", why, "look at its log, its ACL (SUBSCRIBE, PUBLISH) and the firewall"),
    }
}

/// Uses the bucket as the server does at its start: lists, writes, reads and deletes a small object.
pub(super) async fn bucket(config: &Config) -> Finding {
    if config.s3.is_none() {
        return Finding::skipped("files", "in the data folder (no S3_BUCKET)");
    }
    let Some(owner) = read(config, instance::known_id).await.flatten() else {
        return Finding::skipped("files", "start the server once, which checks the bucket");
    };
    let checked = match Files::open(config) {
        Ok(files) => files.check(owner).await.map_err(|error| match error {
            NotReady::Away(why) | NotReady::Refused(why) => why,
        }),
        Err(why) => Err(why),
    };
    match checked {
        Ok(()) => Finding::ok("files", "the bucket can be listed, written, read and cleaned"),
        Err(why) => Finding::error("files", why, "look at docs/s3.md"),
    }
}

/// Reads from the database, if there is one. Creates nothing.
async fn read<T: Send + 'static>(config: &Config, read: fn(&mut Tx) -> Result<T>) -> Option<T> {
    if config.postgres.is_none() {
        return Inspection::open(&config.database()).ok()?.read(|tx: &mut Tx| read(tx)).ok();
    }
    let db = Db::open(store::options_of_command(config), |_| {}).ok()?;
    let found = db.read(read).await;
    db.close().await;
    found.ok()
}

async fn without_mail(config: &Config) -> Finding {
    let settings = read(config, server_settings::stored).await.unwrap_or_default().settings;
    match settings.sign_up {
        SignUpPolicy::EmailDomain => Finding::error(
            "mail",
            "nobody can sign up: signUp is emailDomain, and there is no SMTP_URL",
            "set SMTP_URL, or run: madang settings set signUp invite",
        ),
        _ => Finding::skipped("mail", "no SMTP_URL: `madang user reset EMAIL` prints links instead"),
    }
}

/// Logs in to the mail server, and sends a test mail if somebody is to get one.
pub(super) async fn mail(config: &Config, to: Option<&str>) -> Vec<Finding> {
    let Some(settings) = &config.mail else {
        let unsent = to.map(|_| Finding::error("test mail", "there is no SMTP_URL, so none was sent", "set SMTP_URL"));
        return std::iter::once(without_mail(config).await).chain(unsent).collect();
    };
    let mailer = match Mailer::new(settings) {
        Ok(mailer) => mailer,
        Err(why) => return vec![Finding::error("mail", why, "look at SMTP_URL and MAIL_FROM")],
    };
    if let Err(error) = mailer.check().await {
        let advice = "check host, port, name and password in SMTP_URL; some networks block port 25, so use smtps://";
        return vec![Finding::error("mail", format!("the mail server cannot be used: {}", error.why()), advice)];
    }
    let mut findings = vec![Finding::ok("mail", "the mail server lets this server in")];
    if let Some(to) = to {
        let (subject, text) = ("A test of Madang".to_owned(), "E-mails of this server arrive.\n".to_owned());
        findings.push(match mailer.send(Email::new(to, subject, text)).await {
            Ok(()) => Finding::ok("test mail", format!("handed over for {to}; look for it, also in the spam")),
            Err(error) => Finding::error(
                "test mail",
                error.why(),
                "check MAIL_FROM: many mail servers allow only their own senders",
            ),
        });
    }
    findings
}

/// Looks at the certificate that the server serves by itself.
pub(super) fn certificate_files(config: &Config) -> Finding {
    let (what, chain, key) = match &config.tls {
        None => return Finding::skipped("certificate", "no HTTPS by this server"),
        Some(Tls::Files { cert, key }) => ("TLS_CERT", std::fs::read(cert), std::fs::read(key)),
        Some(Tls::Acme(_)) => {
            let path = crate::tls::stored_certificate(&config.data_dir);
            if !path.exists() {
                let advice = "look at the log of the server: each attempt says why it failed";
                return Finding::warning("certificate", "none was issued yet", advice);
            }
            ("the certificate", std::fs::read(&path), std::fs::read(&path))
        }
    };
    let (chain, key) = match (chain, key) {
        (Ok(chain), Ok(key)) => (chain, key),
        (Err(error), _) | (_, Err(error)) => {
            let advice = "let the user of the server read the file";
            return Finding::error("certificate", format!("{what} or its key cannot be read: {error}"), advice);
        }
    };
    match Certificate::from_pem(&chain, &key) {
        Ok(certificate) => life(config, &certificate, clock::now_ms()),
        Err(why) => Finding::error("certificate", format!("{what} cannot be used: {why}"), "get a new one"),
    }
}

fn life(config: &Config, certificate: &Certificate, now: i64) -> Finding {
    let (names, until) = (certificate.names.join(", "), clock::rfc3339(certificate.not_after_ms));
    if let Some(public) = config.origins.public.as_ref().filter(|public| !certificate.covers(public.host())) {
        let what = format!("it is for {names} and not for {}", public.host());
        return Finding::error("certificate", what, "change PUBLIC_URL, or get one for its name");
    }
    let left = certificate.not_after_ms - now;
    if left <= 0 {
        return Finding::error("certificate", format!("it has ended at {until}"), "renew it; the log has the reason");
    }
    let facts = format!("for {names}, {} days left", left / DAY_MS);
    // It is due after two thirds, so a fifth is late.
    if left < (certificate.not_after_ms - certificate.not_before_ms) / 5 {
        return Finding::warning("certificate", facts, "it should have been renewed by now; the log has the reason");
    }
    Finding::ok("certificate", facts)
}

/// Looks at the backups that the server makes by itself.
pub(super) fn backups(config: &Config, now: i64) -> Finding {
    let Some(backups) = &config.backups else {
        let advice = "set BACKUP_EVERY=24h, or run `madang backup` regularly and ignore this";
        return match config.postgres {
            Some(_) => Finding::skipped("backups", "PostgreSQL has tools of its own"),
            None => Finding::warning("backups", "the server makes none by itself", advice),
        };
    };
    let folder = &backups.place;
    let advice = "look at the log of the server: it says why there is none";
    let found = Place::open(&backups.place).and_then(|place| place.found());
    let mut found = match found {
        Ok(found) => found,
        Err(why) => return Finding::error("backups", why, "correct that; no backup is made until then"),
    };
    let Some(newest) = found.pop() else {
        return Finding::warning("backups", format!("there is none in {folder} yet"), advice);
    };
    let age = now.saturating_sub(newest.made_ms);
    let facts = format!("the newest in {folder} is of {}", clock::rfc3339(newest.made_ms));
    // One that is late by half of the time was not made.
    let late = backups.every.as_millis() as i64 / 2 * 3;
    if age > late { Finding::error("backups", facts, advice) } else { Finding::ok("backups", facts) }
}
