//! The public address, as a browser uses it: by its name, through whatever is in front of the server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Finding;
use crate::config::{Config, Tls};
use crate::lock::Lock;
use crate::origin::Origin;
use crate::wire::health::{PROXY, RUN};

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How a refused certificate is named.
const UNTRUSTED: &str = "browsers do not trust its certificate";
/// Most bytes of an answer that are looked at.
const MAX_ANSWER: u64 = 16 * 1024;

/// A connection, in plain or with TLS.
trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub(super) async fn findings(config: &Config) -> Vec<Finding> {
    let Some(public) = &config.origins.public else {
        let advice =
            "set it once there is one, for example https://chat.example.org; until then any host name is answered";
        return vec![Finding::warning("public URL", "PUBLIC_URL is not set", advice)];
    };
    if !Lock::is_server_running(&config.data_dir) {
        return vec![Finding::skipped("public URL", "start the server first, so that there is something to reach")];
    }
    let name = public.as_str();
    let answer = match ask(config, public, "/healthz", "").await {
        Ok(answer) => answer,
        Err(why) => {
            let advice = match why.contains(UNTRUSTED) {
                true => {
                    "get one of a public authority, or name your own by ACME_CA_BUNDLE; one that has ended is renewed"
                }
                false => "check that the name leads to this machine, and that its ports are open and forwarded",
            };
            return vec![Finding::error("public URL", format!("{name} cannot be reached: {why}"), advice)];
        }
    };
    let run = Lock::server_run(&config.data_dir).filter(|_| config.nodes.is_none());
    let mut findings = vec![reached(name, &answer, run.as_deref())];
    if answer.status != 200 {
        return findings;
    }
    findings.push(forwarded(&answer));
    findings.push(named(config, public).await);
    findings.push(websocket(config, public).await);
    findings
}

/// Checks that the answer is of the server with this run; `None` where any server of the instance may answer.
fn reached(name: &str, answer: &Answer, run: Option<&str>) -> Finding {
    match answer.status {
        200 if is_other_madang(answer, run) => Finding::error(
            "public URL",
            format!("{name} leads to another server of Madang than the one on this data folder"),
            "check where the name leads to (DNS), the proxy's target, and DATA_DIR",
        ),
        200 if answer.text.contains("\r\n\r\nok\n") || answer.text.contains("\nok\n\r\n") => {
            Finding::ok("public URL", format!("{name} leads here"))
        }
        200 => Finding::error("public URL", format!("{name} leads to another server"), "check the proxy's target"),
        502..=504 => Finding::error(
            "public URL",
            format!("the proxy at {name} answers {}: it does not reach Madang", answer.status),
            "check the address and port that the proxy passes requests to",
        ),
        status => Finding::error(
            "public URL",
            format!("{name}/healthz answers {status}"),
            "check what the proxy does with it",
        ),
    }
}

/// Whether another Madang answers, by its run; one of an older version names none.
fn is_other_madang(answer: &Answer, run: Option<&str>) -> bool {
    answer.text.ends_with("ok\n") && run.is_some_and(|run| answer.header(RUN.as_str()) != Some(run))
}

/// Checks that the server knows the proxy in front of it.
fn forwarded(answer: &Answer) -> Finding {
    match answer.header(PROXY.as_str()) {
        Some(_) => Finding::error(
            "proxy",
            "TRUSTED_PROXIES does not name the proxy in front: all of its clients share one address and its limits",
            "set it to the address of the proxy, which is in the log of the server",
        ),
        None => Finding::ok("proxy", "no unknown one in the own network is in front"),
    }
}

/// Checks that requests arrive with the public name.
async fn named(config: &Config, public: &Origin) -> Finding {
    match ask(config, public, "/", "").await {
        Ok(answer) if answer.status == 421 => Finding::error(
            "host name",
            "the proxy passes another host name than the one of PUBLIC_URL",
            "let it keep the header Host (nginx: proxy_set_header Host $host;), or correct PUBLIC_URL",
        ),
        Ok(answer) if answer.status == 200 => Finding::ok("host name", "requests arrive with the name of PUBLIC_URL"),
        Ok(answer) => Finding::warning(
            "host name",
            format!("the first page answers {}", answer.status),
            "open it in a browser, and look at the log",
        ),
        Err(why) => Finding::error("host name", why, "try again; the connection broke"),
    }
}

/// Opens a WebSocket as a browser does, with the origin of the page.
async fn websocket(config: &Config, public: &Origin) -> Finding {
    let headers = format!(
        "origin: {}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        public.as_str()
    );
    match ask(config, public, "/socket.io/?EIO=4&transport=websocket", &headers).await {
        Ok(answer) if answer.status == 101 => Finding::ok("WebSocket", "passes through"),
        Ok(answer) if answer.status == 403 => Finding::error(
            "WebSocket",
            "the origin of the pages is refused",
            "PUBLIC_URL must be exactly what the browser shows, https:// included",
        ),
        Ok(answer) => Finding::warning(
            "WebSocket",
            format!("it is answered with {} instead of 101, so clients fall back to polling", answer.status),
            "let the proxy pass the headers Upgrade and Connection (nginx: proxy_http_version 1.1; \
             proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";)",
        ),
        Err(why) => Finding::error("WebSocket", why, "look whether the proxy closes long connections"),
    }
}

struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.text.lines().take_while(|line| !line.is_empty());
        let mut headers = lines.filter_map(|line| line.split_once(':'));
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

async fn ask(config: &Config, public: &Origin, path: &str, headers: &str) -> Result<Answer, String> {
    let asked = timeout(TIMEOUT, exchange(config, public, path, headers)).await;
    asked.map_err(|_| "it does not answer in time".to_owned())?.map_err(|error| error.to_string())
}

async fn exchange(config: &Config, public: &Origin, path: &str, headers: &str) -> io::Result<Answer> {
    let authority = public.as_str().split_once("://").map_or("", |(_, authority)| authority);
    let mut stream = connect(config, public, authority).await?;
    // A WebSocket keeps its own header.
    let close = if headers.is_empty() { "connection: close\r\n" } else { "" };
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n{close}{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    let mut limited = stream.take(MAX_ANSWER);
    loop {
        // The end of an answer is the end of the connection; one that switches protocols has only a head.
        let count = limited.read_buf(&mut bytes).await?;
        let has_head = bytes.windows(4).any(|end| end == b"\r\n\r\n");
        if count == 0 || (has_head && !headers.is_empty()) {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("it does not speak HTTP"))?;
    Ok(Answer { status, text })
}

async fn connect(config: &Config, public: &Origin, authority: &str) -> io::Result<Box<dyn Io>> {
    let host = public.host().trim_matches(['[', ']']).to_owned();
    let port = authority.strip_prefix(public.host()).and_then(|rest| rest.strip_prefix(':')?.parse().ok());
    let port = port.unwrap_or(if public.is_https() { 443 } else { 80 });
    let tcp = TcpStream::connect((host.as_str(), port)).await?;
    if !public.is_https() {
        return Ok(Box::new(tcp));
    }
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(Tls::Acme(acme)) = &config.tls
        && let Some(own) = &acme.ca_bundle
    {
        // Those who use the operator's own authority know it.
        let certificates = CertificateDer::pem_file_iter(own).map_err(io::Error::other)?;
        roots.add_parsable_certificates(certificates.flatten());
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let secured = TlsConnector::from(Arc::new(tls)).connect(name, tcp).await;
    let refused = |error| io::Error::other(format!("{UNTRUSTED} ({error})"));
    Ok(Box::new(secured.map_err(refused)?))
}
