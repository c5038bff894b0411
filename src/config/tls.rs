//! The settings of HTTPS.

use std::path::PathBuf;

use clap::Args;

use super::parse::{self, OptionalPort};

/// The production directory of Let's Encrypt.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// The profile by which Let's Encrypt certifies IP addresses.
const PROFILE_OF_ADDRESSES: &str = "shortlived";

/// HTTPS by this server itself. Without it the server speaks HTTP, for a proxy in front of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTPS")]
pub struct TlsSettings {
    /// Names by which this server is reached, for example `chat.example.org`, or its public IP address. The server then
    /// speaks HTTPS, with a certificate that it gets and renews by itself from a certificate authority, whose terms you
    /// accept by this setting. The first name is the address of the server unless PUBLIC_URL is set.
    #[arg(long, env = "TLS_DOMAIN", value_name = "NAME,…", value_delimiter = ',', value_parser = parse::tls_domain, conflicts_with = "tls_cert")]
    pub tls_domain: Vec<String>,

    /// Certificate of this server with its chain, as PEM. The server then speaks HTTPS. A changed file is read again
    /// within 10 seconds.
    #[arg(long, env = "TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of TLS_CERT, as PEM.
    #[arg(long, env = "TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Port of plain HTTP, which leads browsers to HTTPS and answers the certificate authority; `off` for none, 0 for any
    /// free port. Unset: 80 with TLS_DOMAIN, else none.
    #[arg(long, env = "HTTP_PORT", value_name = "PORT", value_parser = parse::optional_port)]
    pub http_port: Option<OptionalPort>,

    /// Directory of the certificate authority for TLS_DOMAIN, which speaks ACME.
    #[arg(long, env = "ACME_DIRECTORY", value_name = "URL", default_value = LETS_ENCRYPT, value_parser = parse::https_url)]
    pub acme_directory: String,

    /// E-mail address that the certificate authority may write to.
    #[arg(long, env = "ACME_EMAIL", value_name = "ADDRESS")]
    pub acme_email: Option<String>,

    /// Kind of certificate, from the list of the certificate authority. Unset: `shortlived` for an IP address, else its
    /// default.
    #[arg(long, env = "ACME_PROFILE", value_name = "NAME")]
    pub acme_profile: Option<String>,

    /// Certificates that the certificate authority's own server is trusted by, as PEM, for an authority of your own.
    #[arg(long, env = "ACME_CA_BUNDLE", value_name = "FILE")]
    pub acme_ca_bundle: Option<PathBuf>,
}

/// Where the certificate of this server comes from.
#[derive(Clone, Debug)]
pub enum Tls {
    /// Files that somebody else renews.
    Files {
        cert: PathBuf,
        key: PathBuf,
    },
    Acme(Acme),
}

/// A certificate authority, and what it certifies.
#[derive(Clone, Debug)]
pub struct Acme {
    pub domains: Vec<String>,
    pub directory: String,
    pub email: Option<String>,
    pub profile: Option<String>,
    pub ca_bundle: Option<PathBuf>,
}

impl TlsSettings {
    pub(super) fn tls(&self) -> Option<Tls> {
        if let (Some(cert), Some(key)) = (self.tls_cert.clone(), self.tls_key.clone()) {
            return Some(Tls::Files { cert, key });
        }
        if self.tls_domain.is_empty() {
            return None;
        }
        let certifies_address = self.tls_domain.iter().any(|name| is_address(name));
        Some(Tls::Acme(Acme {
            domains: self.tls_domain.clone(),
            directory: self.acme_directory.clone(),
            email: self.acme_email.clone(),
            profile: self.acme_profile.clone().or_else(|| {
                (certifies_address && self.acme_directory == LETS_ENCRYPT).then(|| PROFILE_OF_ADDRESSES.to_owned())
            }),
            ca_bundle: self.acme_ca_bundle.clone(),
        }))
    }

    /// Returns the port of plain HTTP beside HTTPS.
    pub fn http_port(&self) -> Option<u16> {
        let unset = OptionalPort((!self.tls_domain.is_empty()).then_some(80));
        self.http_port.unwrap_or(unset).0
    }
}

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}
