//! Connections to the store: opened, kept for the next request, and given up after a while.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::failure::Failure;
use crate::config::S3;
use crate::http_client::guard::is_global;

/// Connections kept for the next request.
const MAX_IDLE: usize = 32;
/// How long one is kept. Stores close idle connections after 20 seconds and more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read before someone wants them.
const READ_AHEAD: usize = 128 * 1024;
/// How many addresses of the store are tried.
const MAX_ADDRESSES: usize = 3;

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
pub(super) type Sender = SendRequest<Body>;

pub(super) struct Connections {
    /// Without brackets.
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeout: Duration,
    /// The setting of the address, which errors name.
    setting: &'static str,
    kept: Mutex<Vec<(Sender, Instant)>>,
}

impl Connections {
    /// Prepares connections to the host of a URL.
    ///
    /// # Errors
    /// A sentence for the operator: the certificates cannot be read.
    pub(super) fn new(url: &Url, s3: &S3) -> Result<Self, String> {
        let setting = s3.names.endpoint;
        let invalid = || format!("{setting} {url} has no host");
        let host = match url.host().ok_or_else(invalid)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let tls = match url.scheme() {
            "https" => {
                let name = ServerName::try_from(host.clone()).map_err(|_| invalid())?;
                Some((TlsConnector::from(Arc::new(tls(s3.ca_bundle.as_deref())?)), name))
            }
            _ => None,
        };
        let port = url.port_or_known_default().ok_or_else(invalid)?;
        Ok(Self { host, port, tls, timeout: s3.limits.connect, setting, kept: Mutex::default() })
    }

    /// Returns a connection that is ready for a request.
    pub(super) async fn take(&self) -> Result<Sender, Failure> {
        if let Some(kept) = self.take_kept() {
            return Ok(kept);
        }
        let stream = self.connect().await?;
        let Some((connector, name)) = &self.tls else {
            return handshake(TokioIo::new(stream)).await;
        };
        let secured = timeout(self.timeout, connector.connect(name.clone(), stream)).await.map_err(|_| too_slow())?;
        let stream = secured.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Failure::Unusable(format!(
                "the certificate of {} is not trusted: {error} (if it is your own, set AWS_CA_BUNDLE)",
                self.host
            )),
            _ => unreachable(&error),
        })?;
        handshake(TokioIo::new(stream)).await
    }

    fn take_kept(&self) -> Option<Sender> {
        let mut kept = self.kept.lock();
        kept.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE_TIMEOUT);
        // One whose last answer is still being read is not ready.
        let ready = kept.iter().rposition(|(sender, _)| sender.is_ready())?;
        Some(kept.swap_remove(ready).0)
    }

    /// Keeps a connection for the next request, also while its answer is being read.
    pub(super) fn keep(&self, sender: Sender) {
        let mut kept = self.kept.lock();
        if kept.len() < MAX_IDLE {
            kept.push((sender, Instant::now()));
        }
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let looked_up = timeout(self.timeout, lookup_host((self.host.as_str(), self.port))).await;
        let addresses: Vec<SocketAddr> =
            looked_up.map_err(|_| too_slow())?.map_err(|error| unreachable(&error))?.take(MAX_ADDRESSES).collect();
        if let Some(public) = addresses.iter().map(SocketAddr::ip).find(|&address| self.is_exposed(address)) {
            let Self { setting, host, .. } = self;
            return Err(Failure::Unusable(format!(
                "{setting} is http:// at the public address {public} of {host}, so files would cross the internet \
                 unprotected (use https://)"
            )));
        }
        let mut failed = Failure::Away("its name has no address".into());
        for address in addresses {
            match timeout(self.timeout, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
                    return Ok(stream);
                }
                Ok(Err(error)) => failed = unreachable(&error),
                Err(_) => failed = too_slow(),
            }
        }
        Err(failed)
    }

    fn is_exposed(&self, address: IpAddr) -> bool {
        self.tls.is_none() && is_global(address)
    }
}

fn unreachable(error: &io::Error) -> Failure {
    Failure::Away(error.to_string())
}

fn too_slow() -> Failure {
    Failure::Away("timed out".into())
}

async fn handshake(io: impl Read + Write + Unpin + Send + 'static) -> Result<Sender, Failure> {
    let (sender, connection) = Builder::new().max_buf_size(READ_AHEAD).handshake(io).await.map_err(broken)?;
    tokio::spawn(async move {
        // Its requests report what went wrong.
        let _ = connection.await;
    });
    Ok(sender)
}

pub(super) fn broken(error: hyper::Error) -> Failure {
    if error.is_user() {
        // The body of the request ended with an error: it is read from a file.
        let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        return Failure::unread(why);
    }
    Failure::Away(format!("the connection broke: {error}"))
}

fn tls(ca_bundle: Option<&Path>) -> Result<ClientConfig, String> {
    let roots = match ca_bundle {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(path) => {
            let cannot = |why: String| format!("cannot read AWS_CA_BUNDLE {}: {why}", path.display());
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| cannot(error.to_string()))? {
                let certificate = certificate.map_err(|error| cannot(error.to_string()))?;
                roots.add(certificate).map_err(|error| cannot(error.to_string()))?;
            }
            match roots.is_empty() {
                true => return Err(cannot("it has no certificate".into())),
                false => roots,
            }
        }
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
