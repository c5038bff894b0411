//! One order of a certificate: the challenges are answered, and the certificate is fetched.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeHandle, ChallengeType, Identifier, NewOrder, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{Failure, renewal};
use crate::tls::certificate::pem;
use crate::tls::{Certificate, Certificates};

/// How long the certificate authority may take to look at a challenge, and to sign.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(250)).timeout(Duration::from_secs(90));

/// What is ordered, and how.
pub(super) struct Order<'a> {
    pub(super) account: &'a Account,
    pub(super) domains: &'a [String],
    pub(super) profile: Option<&'a str>,
    pub(super) challenge: ChallengeType,
    /// Where the challenges are answered.
    pub(super) certificates: &'a Certificates,
}

/// A new certificate and its key, as PEM.
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
}

impl Order<'_> {
    /// Orders a certificate that takes the place of an old one, and waits for it.
    pub(super) async fn issue(&self, old: Option<&Certificate>) -> Result<Issued, Failure> {
        let identifiers: Vec<Identifier> = self.domains.iter().map(|name| identifier(name)).collect();
        let mut order = self.place(&identifiers, old).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                status => return Err(Failure::other(format!("an authorization of the order is {status:?}"))),
            }
            let missing = || Failure::other(format!("the certificate authority offers no {:?}", self.challenge));
            let mut challenge = authorization.challenge(self.challenge.clone()).ok_or_else(missing)?;
            self.answer(&challenge)?;
            challenge.set_ready().await?;
        }
        if order.poll_ready(&PATIENCE).await? != OrderStatus::Ready {
            return Err(self.refusal(&mut order).await);
        }
        let key = KeyPair::generate().map_err(|error| Failure::other(error.to_string()))?;
        order.finalize_csr(&self.request(&key)?).await?;
        let chain = order.poll_certificate(&PATIENCE).await?;
        Ok(Issued { chain, key: pem("PRIVATE KEY", &key.serialize_der()) })
    }

    async fn place(
        &self,
        identifiers: &[Identifier],
        old: Option<&Certificate>,
    ) -> Result<instant_acme::Order, Failure> {
        let new = || match self.profile {
            Some(profile) => NewOrder::new(identifiers).profile(profile),
            None => NewOrder::new(identifiers),
        };
        // An authority may not know the old one, or count it as replaced: that is no reason to have none.
        if let Some(id) = old.and_then(renewal::id)
            && let Ok(order) = self.account.new_order(&new().replaces(id)).await
        {
            return Ok(order);
        }
        Ok(self.account.new_order(&new()).await?)
    }

    fn answer(&self, challenge: &ChallengeHandle<'_>) -> Result<(), Failure> {
        let authorization = challenge.key_authorization();
        if self.challenge == ChallengeType::Http01 {
            self.certificates.add_token(challenge.token.clone(), authorization.as_str().to_owned());
            return Ok(());
        }
        let name = challenge.identifier().to_string();
        let key = certify_challenge(&name, authorization.digest().as_ref())
            .map_err(|why| Failure::other(format!("cannot answer the challenge: {why}")))?;
        self.certificates.add_challenge(server_name(&name), Arc::new(key));
        Ok(())
    }

    /// Returns why the challenges were not accepted.
    async fn refusal(&self, order: &mut instant_acme::Order) -> Failure {
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let Ok(state) = authorization.refresh().await else { continue };
            let problem = state.challenges.iter().find_map(|challenge| challenge.error.clone());
            if let Some(problem) = problem {
                let name = state.identifier();
                return Failure::other(format!(
                    "the certificate authority could not reach this server as {name} by {:?}: {}",
                    self.challenge,
                    problem.detail.unwrap_or_default()
                ));
            }
        }
        Failure::other("the certificate authority has refused the order".into())
    }

    fn request(&self, key: &KeyPair) -> Result<Vec<u8>, Failure> {
        let cannot = |error: rcgen::Error| Failure::other(format!("cannot write the request: {error}"));
        let mut params = CertificateParams::new(self.domains.to_vec()).map_err(cannot)?;
        params.distinguished_name = DistinguishedName::new();
        Ok(params.serialize_request(key).map_err(cannot)?.der().to_vec())
    }
}

fn identifier(name: &str) -> Identifier {
    name.parse().map_or_else(|_| Identifier::Dns(name.to_owned()), Identifier::Ip)
}

/// Returns the name by which the certificate authority asks for a challenge: an address has none of its own, so it is
/// asked for as in reverse lookups (RFC 8738).
fn server_name(name: &str) -> String {
    match name.parse() {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Ok(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
        Err(_) => name.to_owned(),
    }
}

/// Makes the certificate that answers a challenge over TLS (RFC 8737).
fn certify_challenge(name: &str, digest: &[u8]) -> Result<CertifiedKey, String> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(|error| error.to_string())?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let certificate = params.self_signed(&key).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let key = any_supported_type(&key).map_err(|error| error.to_string())?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_asked_for_by_their_reverse_name() {
        assert_eq!(server_name("chat.example.org"), "chat.example.org");
        assert_eq!(server_name("192.0.2.17"), "17.2.0.192.in-addr.arpa");
        let v6 = server_name("2001:db8::1");
        assert!(v6.starts_with("1.0.0.0.") && v6.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa"), "{v6}");
    }
}
