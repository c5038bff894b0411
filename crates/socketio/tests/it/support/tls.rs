//! TLS with a certificate made for the test.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use socket2::SockRef;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Bytes that the tunnel holds back in each of its buffers.
const BUFFER: usize = 4 * 1024;

/// The settings of a server named `localhost`, and of a client that trusts it.
pub(crate) struct Tls {
    pub(crate) server: Arc<ServerConfig>,
    connector: TlsConnector,
}

impl Tls {
    pub(crate) fn new() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { server: Arc::new(server), connector: TlsConnector::from(Arc::new(client)) }
    }

    /// Connects with a small receive buffer.
    pub(crate) async fn connect(&self, at: SocketAddr) -> TlsStream<TcpStream> {
        self.try_connect(at).await.unwrap()
    }

    pub(crate) async fn try_connect(&self, at: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(BUFFER as u32)?;
        let tcp = socket.connect(at).await?;
        tcp.set_nodelay(true)?;
        self.connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await
    }

    /// Opens a port whose connections lead through TLS to the server, for clients that know none.
    /// A client that stops reading stops the server from writing, after a few buffers.
    pub(crate) async fn tunnel(self: &Arc<Self>, to: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let tls = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((mut plain, _)) = listener.accept().await {
                let _ = plain.set_nodelay(true);
                let _ = SockRef::from(&plain).set_send_buffer_size(BUFFER);
                let tls = Arc::clone(&tls);
                tokio::spawn(async move {
                    let mut secured = tls.connect(to).await;
                    // It ends when either side does.
                    let _ = copy_bidirectional_with_sizes(&mut plain, &mut secured, BUFFER, BUFFER).await;
                });
            }
        });
        at
    }
}
