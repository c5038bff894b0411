//! Pages over TLS, with certificates made for the test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::web::{Web, html};
use super::{Fetcher, RETRY_DELAY, fetcher, limits, titled};
use crate::http_client::Client;

/// A root store and a TLS server with a certificate for `good.example` that it trusts.
fn trusted() -> (RootCertStore, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let key = KeyPair::generate().unwrap();
    let site = CertificateParams::new(vec!["good.example".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![site.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (roots, TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn pages_need_a_trusted_certificate() {
    let (roots, acceptor) = trusted();
    let web = Web::secure(acceptor, |_| html("<title>sealed</title>")).await;
    let trusting = Fetcher::with_client(Client::trusting(limits(), roots), RETRY_DELAY);
    assert_eq!(trusting.page(&web.named("good.example", "/")).await.ok(), titled("sealed"));
    assert_eq!(trusting.page(&web.named("evil.example", "/")).await.ok(), None);
    assert_eq!(trusting.page(&web.at("/")).await.ok(), None);
    assert_eq!(fetcher().page(&web.named("good.example", "/")).await.ok(), None);
    assert_eq!(web.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_refused() {
    let (roots, acceptor) = trusted();
    let plain = Web::open(|path| match path {
        "/up" => html("<title>plain</title>"),
        to => format!("HTTP/1.1 301 Moved\r\nlocation: {}\r\n\r\n", to.trim_start_matches('/')).into_bytes(),
    })
    .await;
    let sealed = Web::secure(acceptor, |path| match path {
        "/" => html("<title>sealed</title>"),
        to => format!("HTTP/1.1 301 Moved\r\nlocation: {}\r\n\r\n", to.trim_start_matches('/')).into_bytes(),
    })
    .await;
    let trusting = Fetcher::with_client(Client::trusting(limits(), roots), RETRY_DELAY);
    let up = plain.at(&format!("/{}", sealed.named("good.example", "/")));
    assert_eq!(trusting.page(&up).await.ok(), titled("sealed"));
    let down = sealed.named("good.example", &format!("/{}", plain.at("/up")));
    assert_eq!(trusting.page(&down).await.ok(), None);
    assert_eq!(plain.requests().len(), 1);
}
