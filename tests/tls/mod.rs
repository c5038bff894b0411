//! HTTPS by the server itself: certificates from files and from a certificate authority.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::TIMEOUT;

mod acme;
mod files;
pub mod pebble;
mod program;

/// A certificate authority made for the test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Returns a certificate and its key, as PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (pem("CERTIFICATE", certificate.der()), pem("PRIVATE KEY", &key.serialize_der()))
    }

    fn pem(&self) -> String {
        pem("CERTIFICATE", self.0.der())
    }

    fn client(&self) -> TlsConnector {
        client(self.0.der().clone())
    }
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// Returns a client that trusts one authority.
fn client(root: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn connect(client: &TlsConnector, to: SocketAddr, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(to).await?;
    client.connect(ServerName::try_from(name.to_owned()).unwrap(), tcp).await
}

/// Returns the certificate that a server shows for a name.
async fn shown(client: &TlsConnector, to: SocketAddr, name: &str) -> std::io::Result<Vec<u8>> {
    let stream = connect(client, to, name).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

/// Waits until the server shows another certificate than this one.
pub async fn shown_other(client: &TlsConnector, to: SocketAddr, name: &str, old: Option<&[u8]>) -> Vec<u8> {
    let other = async {
        loop {
            match shown(client, to, name).await {
                Ok(now) if old != Some(&now[..]) => return now,
                _ => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(TIMEOUT, other).await.expect("the certificate does not change")
}

/// Opens a port whose connections lead through TLS to a server, for clients that know none.
pub async fn tunnel(client: TlsConnector, to: SocketAddr, name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut plain, _)) = listener.accept().await {
            let client = client.clone();
            tokio::spawn(async move {
                if let Ok(mut secured) = connect(&client, to, name).await {
                    // It ends when either side does.
                    let _ = copy_bidirectional(&mut plain, &mut secured).await;
                }
            });
        }
    });
    at
}

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
