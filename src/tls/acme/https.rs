//! Requests to the certificate authority. There are a dozen in two months, so each has a connection of its own.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::tls::cannot_read;

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const MAX_ANSWER: usize = 256 * 1024;

/// A client of one certificate authority. Clones share it.
#[derive(Clone)]
pub(super) struct Https(TlsConnector);

type Exchange<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Https {
    /// Trusts the certificates of a file, or those that browsers trust.
    ///
    /// # Errors
    /// A sentence for the operator: the file cannot be read.
    pub(super) fn new(ca_bundle: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = ca_bundle {
            roots = read_roots(path).map_err(|why| cannot_read("ACME_CA_BUNDLE", path, &why))?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("cannot set up TLS: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(tls))))
    }

    async fn exchange(self, request: Request<BodyWrapper<Bytes>>) -> Exchange<Response<Full<Bytes>>> {
        let (mut parts, body) = request.into_parts();
        let authority = parts.uri.authority().ok_or("the address has no host")?.clone();
        let tcp = TcpStream::connect((host(&authority), authority.port_u16().unwrap_or(443))).await?;
        let stream = self.0.connect(ServerName::try_from(host(&authority).to_owned())?, tcp).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        parts.headers.insert(HOST, HeaderValue::try_from(authority.as_str())?);
        parts.uri = Uri::from(parts.uri.into_parts().path_and_query.ok_or("the address has no path")?);
        let (parts, body) = sender.send_request(Request::from_parts(parts, body)).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
        connection.abort();
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let (client, host) = (self.clone(), request.uri().host().unwrap_or_default().to_owned());
        Box::pin(async move {
            let why = match timeout(TIMEOUT, client.exchange(request)).await {
                Ok(Ok(response)) => return Ok(BytesResponse::from(response)),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer in time".to_owned(),
            };
            Err(Error::Other(format!("cannot reach the certificate authority {host}: {why}").into()))
        })
    }
}

fn host(authority: &http::uri::Authority) -> &str {
    authority.host().trim_matches(['[', ']'])
}

fn read_roots(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("it has no certificate".into()) } else { Ok(roots) }
}
