//! A certificate in files that somebody else renews.

use std::fs;
use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{Certificate, Certificates, cannot_read};
use crate::clock;

/// What changes when a file is written or replaced: its place on the disk, size and time.
type Stamp = Option<(u64, u64, i64, i64)>;

struct Files {
    cert: PathBuf,
    key: PathBuf,
    /// The files as they were read last.
    seen: (Stamp, Stamp),
}

/// Reads the certificate and returns what reads it again when its files have changed.
///
/// # Errors
/// A sentence for the operator.
pub(super) fn open(
    cert: &Path,
    key: &Path,
    period: Duration,
    certificates: Arc<Certificates>,
) -> Result<impl Future<Output = ()> + Send + use<>, String> {
    let mut files = Files { cert: cert.to_owned(), key: key.to_owned(), seen: (None, None) };
    files.seen = files.stamps();
    let certificate = files.read()?;
    if certificate.not_after_ms < clock::now_ms() {
        tracing::warn!("TLS_CERT {} has expired: browsers refuse it", cert.display());
    }
    certificates.replace(Arc::new(certificate));
    Ok(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            files.look(&certificates);
        }
    })
}

impl Files {
    /// Reads changed files. Between the writing of the one and of the other they do not match; the old certificate
    /// stays until they do.
    fn look(&mut self, certificates: &Certificates) {
        let now = self.stamps();
        if now == self.seen {
            return;
        }
        self.seen = now;
        match self.read() {
            Ok(certificate) => {
                let until = clock::rfc3339(certificate.not_after_ms);
                tracing::info!(until, "read the changed certificate");
                certificates.replace(Arc::new(certificate));
            }
            Err(why) => tracing::warn!("the certificate has changed, and the old one stays in use: {why}"),
        }
    }

    fn stamps(&self) -> (Stamp, Stamp) {
        let stamp = |path: &Path| {
            fs::metadata(path).ok().map(|file| (file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
        };
        (stamp(&self.cert), stamp(&self.key))
    }

    fn read(&self) -> Result<Certificate, String> {
        let chain = fs::read(&self.cert).map_err(|error| cannot_read("TLS_CERT", &self.cert, &error))?;
        let key = fs::read(&self.key).map_err(|error| cannot_read("TLS_KEY", &self.key, &error))?;
        let invalid = |why| format!("TLS_CERT {} cannot be used with TLS_KEY: {why}", self.cert.display());
        Certificate::from_pem(&chain, &key).map_err(invalid)
    }
}
