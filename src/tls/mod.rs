//! HTTPS by the server itself: the certificate, where it comes from, and plain HTTP beside it.

mod acme;
mod certificate;
mod certificates;
mod files;
mod redirect;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use socketio::Listener;
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

pub use certificate::Certificate;
pub use certificates::Certificates;
pub use redirect::{Redirect, redirect_to};

use crate::config::{self, Config};

/// The folder of certificates in the data folder.
const FOLDER: &str = "tls";
/// The protocol by which a certificate authority asks for its challenge (RFC 8737).
const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// What keeps a certificate current, as long as it is polled.
type Keeper = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The server's side of HTTPS.
pub struct Tls {
    pub certificates: Arc<Certificates>,
    server: Arc<ServerConfig>,
    keeper: Keeper,
}

impl Tls {
    /// Reads the certificate, if there is one. `has_http` tells whether plain HTTP is answered, too.
    ///
    /// # Errors
    /// A sentence for the operator: a file is missing or wrong.
    pub fn open(config: &Config, tls: &config::Tls, has_http: bool) -> Result<Self, String> {
        let certificates = Arc::<Certificates>::default();
        let keeper: Keeper = match tls {
            config::Tls::Files { cert, key } => {
                Box::pin(files::open(cert, key, config.tls_check, Arc::clone(&certificates))?)
            }
            config::Tls::Acme(settings) => {
                let folder = config.data_dir.join(FOLDER);
                let retry = config.acme_retry;
                Box::pin(acme::open(settings.clone(), folder, retry, has_http, Arc::clone(&certificates))?)
            }
        };
        Ok(Self { server: server(Arc::clone(&certificates))?, certificates, keeper })
    }

    /// Speaks TLS on a listener.
    pub fn listen(&self, tcp: TcpListener) -> Listener {
        Listener::with_tls(tcp, Arc::clone(&self.server))
    }

    /// Keeps the certificate current; never returns.
    pub fn keep(self) -> impl Future<Output = ()> + Send + 'static {
        self.keeper
    }
}

fn server(certificates: Arc<Certificates>) -> Result<Arc<ServerConfig>, String> {
    let wrong = |error: tokio_rustls::rustls::Error| format!("cannot set up TLS: {error}");
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    server.alpn_protocols = vec![b"http/1.1".to_vec(), ACME_PROTOCOL.to_vec()];
    // Clients keep the state of their session, so that the server keeps none. One ticket suffices for one connection.
    server.ticketer = ring::Ticketer::new().map_err(wrong)?;
    server.send_tls13_tickets = 1;
    Ok(Arc::new(server))
}

/// Returns the file of the certificate that the server has got by itself.
pub fn stored_certificate(data_dir: &Path) -> PathBuf {
    data_dir.join(FOLDER).join(acme::CERTIFICATE)
}

/// Explains why a file cannot be read.
fn cannot_read(what: &str, path: &Path, why: &dyn std::fmt::Display) -> String {
    format!("cannot read {what} {}: {why}", path.display())
}
