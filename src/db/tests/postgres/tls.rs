//! TLS to a server with a certificate made for the test.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;

fn pem(kind: &str, der: &[u8]) -> String {
    let lines = STANDARD.encode(der).into_bytes();
    let lines: Vec<_> = lines.chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

#[tokio::test]
async fn each_sslmode_checks_what_it_says() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let site = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let (site, key) = (pem("CERTIFICATE", site.der()), pem("PRIVATE KEY", &key.serialize_der()));
    let cluster = Cluster::with_files(&["fsync=off", "ssl=on"], &[("server.crt", &site), ("server.key", &key)]);
    let roots = Folder::sqlite();
    let (ours, others) = (roots.0.join("ours.pem"), roots.0.join("others.pem"));
    std::fs::write(&ours, pem("CERTIFICATE", authority.der())).unwrap();
    let other = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let other = other.self_signed(&KeyPair::generate().unwrap()).unwrap();
    std::fs::write(&others, pem("CERTIFICATE", other.der())).unwrap();
    let (ours, others) = (format!("&sslrootcert={}", ours.display()), format!("&sslrootcert={}", others.display()));

    for (host, mode, roots, outcome) in [
        ("localhost", "disable", "", Ok(false)),
        ("localhost", "prefer", "", Ok(true)),
        ("localhost", "require", "", Ok(true)),
        ("127.0.0.1", "require", "", Ok(true)),
        ("127.0.0.1", "require", &ours, Ok(true)),
        ("localhost", "require", &others, Err("invalid peer certificate")),
        ("127.0.0.1", "verify-ca", &ours, Ok(true)),
        ("localhost", "verify-ca", &others, Err("invalid peer certificate")),
        ("localhost", "verify-ca", "", Err("invalid peer certificate")),
        ("localhost", "verify-full", &ours, Ok(true)),
        ("127.0.0.1", "verify-full", &ours, Err("not valid for name")),
        ("localhost", "verify-full", &others, Err("invalid peer certificate")),
        ("localhost", "verify-full", "", Err("invalid peer certificate")),
    ] {
        let url = format!("postgres://postgres@{host}:{}/postgres?sslmode={mode}{roots}", cluster.port());
        let found = Db::open(options(url.clone()), |_: Vec<String>| {});
        match (found, outcome) {
            (Ok(db), Ok(is_encrypted)) => {
                let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
                let ssl = db.read(|tx| Ok(tx.query_one(sql, &[], |row| row.get::<bool>(0))?)).await.unwrap();
                assert_eq!(ssl, is_encrypted, "{url}");
                db.close().await;
            }
            (Err(fault), Err(why)) => assert!(fault.to_string().contains(why), "{url}: {fault}"),
            (found, _) => panic!("{url}: {:?}", found.err()),
        }
    }
}
