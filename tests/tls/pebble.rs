//! Pebble, a certificate authority for tests, from the machine's own package. It ends with the process, however that
//! ends.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use madang::config::Acme;
use serde_json::json;
use testkit::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::{Authority, client, connect, write};
use crate::support::TIMEOUT;

/// Starts the program, waits for the end of its standard input, and ends it by its own id.
const WATCH: &str = r#"exec 3<&0; "$@" </dev/null >"$LOG" 2>&1 3<&- & pid=$!; cat <&3 >/dev/null; kill -KILL $pid"#;

/// The ports at which Pebble looks for challenges, and how long its certificates live.
#[derive(Clone, Copy)]
pub struct Options {
    pub tls_port: u16,
    pub http_port: u16,
    pub seconds: u64,
}

/// A certificate authority that is there, or is not there yet.
pub struct Pebble {
    folder: TempDir,
    authority: Authority,
    address: SocketAddr,
    management: SocketAddr,
    watch: Option<Child>,
}

impl Pebble {
    /// Chooses its address. It is not started yet.
    pub fn new() -> Self {
        let (folder, authority) = (TempDir::new(), Authority::new());
        write(folder.path(), "root.pem", &authority.pem());
        let (cert, key) = authority.issue("localhost");
        write(folder.path(), "cert.pem", &cert);
        write(folder.path(), "key.pem", &key);
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { folder, authority, address: free(), management: free(), watch: None }
    }

    /// The settings of a server that gets its certificate here.
    pub fn settings(&self) -> Acme {
        Acme {
            domains: vec!["localhost".into()],
            directory: format!("https://localhost:{}/dir", self.address.port()),
            email: Some("minji@example.org".into()),
            profile: None,
            ca_bundle: Some(self.folder.path().join("root.pem")),
        }
    }

    /// Returns the certificate that its own server is trusted by.
    pub fn ca_bundle(&self) -> String {
        self.authority.pem()
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self, options: Options) {
        let config = json!({ "pebble": {
            "listenAddress": self.address.to_string(),
            "managementListenAddress": self.management.to_string(),
            "certificate": self.folder.path().join("cert.pem"),
            "privateKey": self.folder.path().join("key.pem"),
            "httpPort": options.http_port,
            "tlsPort": options.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": options.seconds,
        } });
        let config = write(self.folder.path(), "config.json", &config.to_string());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCH, "pebble", "pebble", "-config"]).arg(config).stdin(Stdio::piped());
        command.env("PEBBLE_VA_NOSLEEP", "1").env("LOG", self.folder.path().join("log"));
        self.watch = Some(command.spawn().unwrap());
        let answers = async {
            while connect(&self.authority.client(), self.address, "localhost").await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(TIMEOUT, answers).await.is_err() {
            panic!("pebble does not start: {}", self.log());
        }
    }

    /// Ends it at once; it forgets everything.
    pub fn stop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            drop(watch.stdin.take());
            watch.wait().unwrap();
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns a client that trusts the certificates that it issues.
    pub async fn client(&self) -> TlsConnector {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = connect(&self.authority.client(), self.management, "localhost").await.unwrap();
        stream.write_all(b"GET /roots/0 HTTP/1.0\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        // Pebble may leave out the end of TLS.
        let _ = stream.read_to_string(&mut answer).await;
        client(CertificateDer::from_pem_slice(answer.as_bytes()).expect(&answer))
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
    }
}
