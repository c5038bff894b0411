//! The certificates that handshakes choose from: the server's own, and the answers to challenges.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{ACME_PROTOCOL, Certificate};

/// The certificates of the server.
#[derive(Debug, Default)]
pub struct Certificates {
    current: RwLock<Option<Arc<Certificate>>>,
    /// Challenges by the name that the certificate authority connects to.
    challenges: RwLock<HashMap<String, Arc<CertifiedKey>>>,
    /// Challenges over plain HTTP, by the last part of their path.
    tokens: RwLock<HashMap<String, String>>,
}

impl Certificates {
    /// Returns the certificate that is served, if there is one.
    pub fn current(&self) -> Option<Arc<Certificate>> {
        self.current.read().clone()
    }

    pub(super) fn replace(&self, certificate: Arc<Certificate>) {
        *self.current.write() = Some(certificate);
    }

    pub(super) fn add_challenge(&self, name: String, key: Arc<CertifiedKey>) {
        self.challenges.write().insert(name, key);
    }

    pub(super) fn add_token(&self, token: String, answer: String) {
        self.tokens.write().insert(token, answer);
    }

    pub(super) fn clear_challenges(&self) {
        self.challenges.write().clear();
        self.tokens.write().clear();
    }

    /// Returns the answer to a challenge over plain HTTP.
    pub(super) fn answer(&self, token: &str) -> Option<String> {
        self.tokens.read().get(token).cloned()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_challenge = hello.alpn().is_some_and(|mut protocols| protocols.any(|name| name == ACME_PROTOCOL));
        if is_challenge {
            return self.challenges.read().get(&hello.server_name()?.to_lowercase()).cloned();
        }
        self.current.read().as_ref().map(|certificate| Arc::clone(&certificate.key))
    }
}
