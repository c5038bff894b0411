//! A certificate with its key.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::InconsistentKeys;
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;

/// A certificate with its chain and key, and what it says of itself.
#[derive(Debug)]
pub struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    pub not_before_ms: i64,
    pub not_after_ms: i64,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// What it is asked about with: the id of its authority's key and its own number, both as DER.
    pub(super) id: Option<(Vec<u8>, Vec<u8>)>,
}

impl Certificate {
    /// Reads a chain and its key.
    ///
    /// # Errors
    /// In a few words: what is wrong.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        let first = chain.first().ok_or("it has no certificate")?.clone();
        // Its error may show a part of the key.
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "there is no private key in PEM")?;
        let key = any_supported_type(&key).map_err(|_| "the key is of an unknown kind (use ECDSA, Ed25519 or RSA)")?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // Not every kind of key can be compared.
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(Error::InconsistentKeys(_)) => return Err("the key belongs to another certificate".into()),
            Err(error) => return Err(error.to_string()),
        }
        let (_, parsed) = x509_parser::parse_x509_certificate(&first).map_err(|error| error.to_string())?;
        Ok(Self {
            not_before_ms: parsed.validity().not_before.timestamp().saturating_mul(1_000),
            not_after_ms: parsed.validity().not_after.timestamp().saturating_mul(1_000),
            names: names(&parsed),
            id: authority(&parsed).map(|authority| (authority, parsed.tbs_certificate.raw_serial().to_vec())),
            key: Arc::new(certified),
        })
    }

    /// Returns whether it is for a name.
    pub fn covers(&self, name: &str) -> bool {
        let parent = name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        self.names.iter().any(|own| own == name || parent.as_deref() == Some(own))
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn authority(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(authority) => Some(authority.key_identifier.as_ref()?.0.to_vec()),
        _ => None,
    })
}

/// Writes DER as PEM.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    // Base64 is ASCII, so a line can be cut anywhere.
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
