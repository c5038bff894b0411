//! Certificates by ACME (RFC 8555): got, kept in the data folder, and renewed.

mod account;
mod https;
mod order;
mod renewal;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{Account, ChallengeType, Error, Problem};
use tokio::time::{Instant, sleep};

use self::https::Https;
use self::order::{Issued, Order};
use super::{Certificate, Certificates, cannot_read};
use crate::clock;
use crate::config;
use crate::data_folder;

/// The file of the chain and its key. One file, so that the two always match.
pub(super) const CERTIFICATE: &str = "certificate.pem";
/// The longest time between two attempts.
const MAX_DELAY: Duration = Duration::from_secs(6 * 3_600);
/// How often the certificate authority is asked when it suggests a renewal, and how often the clock is looked at.
const ASK_AGAIN: Duration = Duration::from_secs(6 * 3_600);
const LOOK_AGAIN: Duration = Duration::from_secs(3_600);
/// How much longer the pause is after a certificate authority has had too many requests.
const RATE_LIMITED: u32 = 60;

struct Acme {
    settings: config::Acme,
    folder: PathBuf,
    https: Https,
    has_http: bool,
    retry: Duration,
    certificates: Arc<Certificates>,
}

/// Why there is no new certificate.
struct Failure {
    why: String,
    kind: FailureKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FailureKind {
    /// The certificate authority asks for fewer requests.
    RateLimited,
    /// The certificate authority does not know the account.
    NoAccount,
    Other,
}

/// Reads the stored certificate and returns what renews it.
///
/// # Errors
/// A sentence for the operator: the folder cannot be used.
pub(super) fn open(
    settings: config::Acme,
    folder: PathBuf,
    retry: Duration,
    has_http: bool,
    certificates: Arc<Certificates>,
) -> Result<impl Future<Output = ()> + Send + use<>, String> {
    data_folder::create(&folder)?;
    let https = Https::new(settings.ca_bundle.as_deref())?;
    let acme = Acme { settings, folder, https, has_http, retry, certificates };
    match acme.stored()? {
        Some(certificate) => acme.certificates.replace(Arc::new(certificate)),
        None => tracing::info!("HTTPS has no certificate for {} yet; it is being ordered", acme.domains()),
    }
    Ok(acme.keep())
}

impl Acme {
    fn domains(&self) -> String {
        self.settings.domains.join(", ")
    }

    /// Reads the stored certificate, if it is for the present names and of the present authority.
    fn stored(&self) -> Result<Option<Certificate>, String> {
        let path = self.folder.join(CERTIFICATE);
        let pem = match std::fs::read(&path) {
            Ok(pem) => pem,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot_read("the certificate", &path, &error)),
        };
        if !account::is_of(&self.folder, &self.settings.directory) {
            return Ok(None);
        }
        match Certificate::from_pem(&pem, &pem) {
            Ok(certificate) => {
                let covers_all = self.settings.domains.iter().all(|name| certificate.covers(name));
                Ok(covers_all.then_some(certificate))
            }
            Err(why) => {
                tracing::warn!("a new certificate is ordered: {}", cannot_read("the old one,", &path, &why));
                Ok(None)
            }
        }
    }

    async fn keep(self) {
        let mut failures = 0_u32;
        loop {
            let due = self.due().await;
            let asked = Instant::now();
            while let Some(left) = left(due).filter(|_| asked.elapsed() < ASK_AGAIN) {
                failures = 0;
                // In short sleeps: the clock may be put forward.
                sleep(left.min(LOOK_AGAIN)).await;
            }
            if left(due).is_some() {
                continue;
            }
            match self.renew(failures).await {
                Ok(()) => failures = 0,
                Err(failure) => {
                    let delay = delay(self.retry, failures, failure.kind);
                    failures = failures.saturating_add(1);
                    if failure.kind == FailureKind::NoAccount {
                        account::forget(&self.folder);
                    }
                    self.report(&failure.why, delay);
                    sleep(delay).await;
                }
            }
        }
    }

    /// Returns when the next certificate is due.
    async fn due(&self) -> i64 {
        let Some(current) = self.certificates.current() else { return 0 };
        match self.account().await {
            Ok(account) => renewal::due_at(&account, &current).await,
            // An authority that is away matters only when the certificate is due.
            Err(_) => renewal::by_lifetime(&current),
        }
    }

    async fn account(&self) -> Result<Account, Failure> {
        account::open(&self.folder, &self.settings, &self.https).await
    }

    /// Orders a certificate, stores it and serves it.
    async fn renew(&self, failures: u32) -> Result<(), Failure> {
        let account = &self.account().await?;
        let current = self.certificates.current();
        let order = Order {
            account,
            domains: &self.settings.domains,
            profile: self.settings.profile.as_deref(),
            // One of the two ports may be closed, and nobody says which.
            challenge: if self.has_http && failures % 2 == 1 {
                ChallengeType::Http01
            } else {
                ChallengeType::TlsAlpn01
            },
            certificates: &self.certificates,
        };
        let issued = order.issue(current.as_deref()).await;
        self.certificates.clear_challenges();
        let Issued { chain, key } = issued?;
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes())
            .map_err(|why| Failure::other(format!("the new certificate cannot be used: {why}")))?;
        if let Err(error) = data_folder::write_secret(&self.folder.join(CERTIFICATE), &(chain + &key)) {
            // It is served until the next start, which then orders another.
            tracing::error!("cannot store the new certificate in {}: {error}", self.folder.display());
        }
        let until = clock::rfc3339(certificate.not_after_ms);
        tracing::info!(until, "got a certificate for {}", self.domains());
        self.certificates.replace(Arc::new(certificate));
        Ok(())
    }

    fn report(&self, why: &str, delay: Duration) {
        let (domains, again_in_s) = (self.domains(), delay.as_secs());
        match self.certificates.current().map(|certificate| certificate.not_after_ms) {
            None => tracing::error!(again_in_s, "no certificate for {domains}, so HTTPS does not work: {why}"),
            Some(until) if until <= clock::now_ms() => {
                tracing::error!(again_in_s, "the certificate of {domains} has expired: {why}");
            }
            Some(until) => tracing::warn!(
                again_in_s,
                until = clock::rfc3339(until),
                "cannot renew the certificate of {domains}; the old one stays in use: {why}"
            ),
        }
    }
}

impl Failure {
    fn other(why: String) -> Self {
        Self { why, kind: FailureKind::Other }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Api(Problem { r#type: Some(name), .. }) if name.ends_with(":rateLimited") => {
                FailureKind::RateLimited
            }
            Error::Api(Problem { r#type: Some(name), .. }) if name.ends_with(":accountDoesNotExist") => {
                FailureKind::NoAccount
            }
            _ => FailureKind::Other,
        };
        let why = match error {
            Error::Json(_) => "the certificate authority does not answer as ACME says".to_owned(),
            error => error.to_string(),
        };
        Self { why, kind }
    }
}

/// Returns the pause after a failure and the ones before it.
fn delay(retry: Duration, failures: u32, kind: FailureKind) -> Duration {
    let longer = if kind == FailureKind::RateLimited { RATE_LIMITED } else { 1 };
    retry.saturating_mul(longer).saturating_mul(1 << failures.min(16)).min(MAX_DELAY)
}

/// Returns how long it is until a time.
fn left(until: i64) -> Option<Duration> {
    let left = u64::try_from(until.saturating_sub(clock::now_ms())).ok()?;
    (left > 0).then(|| Duration::from_millis(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> FailureKind {
        let problem = Problem { r#type: Some(name.into()), detail: None, status: None, subproblems: Vec::new() };
        Failure::from(Error::Api(problem)).kind
    }

    #[test]
    fn an_authority_that_has_had_enough_is_asked_seldom() {
        assert!(kind("urn:ietf:params:acme:error:rateLimited") == FailureKind::RateLimited);
        assert!(kind("urn:ietf:params:acme:error:accountDoesNotExist") == FailureKind::NoAccount);
        assert!(kind("urn:ietf:params:acme:error:malformed") == FailureKind::Other);
        let minute = Duration::from_secs(60);
        let delays = |kind| [0, 1, 2, 40].map(|failures| delay(minute, failures, kind).as_secs() / 60);
        assert_eq!(delays(FailureKind::Other), [1, 2, 4, 360]);
        assert_eq!(delays(FailureKind::RateLimited), [60, 120, 240, 360]);
    }
}
