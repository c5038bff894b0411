//! `madang doctor`: looks at everything that an installation needs, and says what to do about what is wrong. It changes
//! nothing, and may run beside the server.

mod folder;
mod machine;
mod public_url;
mod services;

use std::fmt;

use serde::Serialize;

use crate::clock;
use crate::config::Config;

/// What was found in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub level: Level,
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// Not used, or not there yet.
    Skipped,
    Warning,
    Error,
}

impl Finding {
    fn new(check: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self { check, level, message: message.into(), advice: None }
    }

    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Level::Ok, message)
    }

    fn skipped(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Level::Skipped, message)
    }

    fn warning(check: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..Self::new(check, Level::Warning, message) }
    }

    /// Names something that is wrong.
    pub fn error(check: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..Self::new(check, Level::Error, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Skipped => "–",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        write!(f, "{level:<8} {:<12} {}", self.check, self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "\n{:21} → {advice}", ""),
            None => Ok(()),
        }
    }
}

/// What is looked at besides the settings.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Who gets a test mail.
    pub mail_to: Option<String>,
}

/// Looks at everything, in the order in which it is shown.
pub async fn doctor(config: &Config, request: &Request) -> Vec<Finding> {
    let mut findings = machine::findings(config);
    let local = config.clone();
    // Files and databases block.
    let blocking = tokio::task::spawn_blocking(move || {
        let mut findings = folder::findings(&local);
        findings.push(services::certificate_files(&local));
        findings.push(services::backups(&local, clock::now_ms()));
        findings
    });
    findings.extend(blocking.await.unwrap_or_else(|error| {
        vec![Finding::error("data folder", format!("the check failed: {error}"), "report this as a bug")]
    }));
    findings.push(services::database(config).await);
    findings.push(services::redis(config).await);
    findings.push(services::bucket(config).await);
    findings.extend(services::mail(config, request.mail_to.as_deref()).await);
    findings.extend(public_url::findings(config).await);
    findings
}
