//! Connections to addresses that were checked.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socketio::{Rate, RateLimiter};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::FetchError::{self, Permanent, Temporary};
use super::Limits;
use crate::network::NetworkLimits;

/// How many addresses of one host are tried.
const TRIES: usize = 3;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Opens connections, of which one address gets a limited number.
pub(super) struct Connector {
    pub(super) limits: Limits,
    tls: TlsConnector,
    addresses: RateLimiter<IpAddr>,
}

impl Connector {
    pub(super) fn new(limits: Limits, tls: TlsConnector) -> Self {
        let addresses = RateLimiter::new(Rate::per_minute(limits.per_address));
        Self { limits, tls, addresses }
    }

    /// Opens a connection to the host of a URL, with TLS for `https`.
    pub(super) async fn open(&self, url: &Url) -> Result<Box<dyn Stream>, FetchError> {
        let host = url.host().ok_or(Permanent("no host"))?;
        let addresses = self.addresses(url, &host).await?;
        let stream = self.connect(url, &addresses).await?;
        if url.scheme() == "http" {
            return Ok(Box::new(stream));
        }
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| Permanent("invalid host name"))?,
            Host::Ipv4(address) => IpAddr::from(address).into(),
            Host::Ipv6(address) => IpAddr::from(address).into(),
        };
        Ok(Box::new(self.tls.connect(name, stream).await.map_err(|error| tls_error(&error))?))
    }

    /// Returns the addresses of the host. One forbidden address refuses the whole host: a name with
    /// both a public and a private address is an attack.
    async fn addresses(&self, url: &Url, host: &Host<&str>) -> Result<Vec<IpAddr>, FetchError> {
        let addresses = match host {
            // It may resolve later.
            Host::Domain(name) => (self.limits.resolve)(name).await.map_err(|_| Temporary(NOT_PUBLIC))?,
            Host::Ipv4(address) => vec![IpAddr::from(*address)],
            Host::Ipv6(address) => vec![IpAddr::from(*address)],
        };
        let may = !addresses.is_empty() && addresses.iter().all(|&address| self.limits.may_connect(url, address));
        if may { Ok(addresses) } else { Err(Permanent(NOT_PUBLIC)) }
    }

    /// Connects to one of the checked addresses. The name is not resolved again, because a second
    /// response could differ (DNS rebinding).
    async fn connect(&self, url: &Url, addresses: &[IpAddr]) -> Result<TcpStream, FetchError> {
        let port = url.port_or_known_default().ok_or(Permanent("no port"))?;
        for &address in addresses.iter().take(TRIES) {
            // Of the other server, so the prefixes that the settings give for clients do not apply.
            self.addresses.check(NetworkLimits::default().network(address)).map_err(FetchError::Busy)?;
            let connecting = TcpStream::connect(SocketAddr::new(address, port));
            if let Ok(Ok(stream)) = timeout(self.limits.timeout / TRIES as u32, connecting).await {
                // A request is written in two parts, and the second must not wait for the first to be acknowledged.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
        Err(Temporary("cannot connect"))
    }
}

/// One sentence for both: a user who has chosen a name must not learn which names exist inside.
pub(super) const NOT_PUBLIC: &str = "the host is not public, or its name does not resolve";

/// An invalid certificate is permanent; a broken connection may be temporary.
fn tls_error(error: &io::Error) -> FetchError {
    let is_wrong = error.kind() == io::ErrorKind::InvalidData;
    if is_wrong { Permanent("no trusted TLS connection") } else { Temporary("no trusted TLS connection") }
}
