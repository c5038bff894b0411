//! Checks signatures as AWS describes them, by code of its own.

use sha2::{Digest, Sha256};

use super::Asked;

/// Returns whether a request is signed with a secret, and its body with it.
pub fn is_signed(asked: &Asked, secret: &str) -> bool {
    let Some(authorization) = asked.header("authorization") else { return false };
    let part = |name: &str| {
        let rest = &authorization[authorization.find(name)? + name.len()..];
        Some(rest.split(',').next().unwrap().trim())
    };
    let parts = (|| Some((part("Credential=")?, part("SignedHeaders=")?, part("Signature=")?)))();
    let Some((credential, names, signature)) = parts else { return false };
    let payload = asked.header("x-amz-content-sha256").unwrap_or_default();
    // Whatever a store acts on must be signed.
    let all_signed = asked.headers.iter().all(|(name, _)| {
        !(name.starts_with("x-amz-") || name == "host") || names.split(';').any(|signed| signed == name)
    });
    let expected = sign(asked, &asked.query, names, payload, asked.header("x-amz-date").unwrap(), credential, secret);
    all_signed && payload == sha256(&asked.body) && signature == expected
}

/// Returns whether a link is signed with a secret.
pub fn is_signed_link(asked: &Asked, secret: &str) -> bool {
    let Some((query, signature)) = asked.query.rsplit_once("&X-Amz-Signature=") else { return false };
    let value =
        |name: &str| super::decode(query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or_default());
    let (date, credential) = (value("X-Amz-Date="), value("X-Amz-Credential="));
    signature == sign(asked, query, &value("X-Amz-SignedHeaders="), "UNSIGNED-PAYLOAD", &date, &credential, secret)
}

fn sign(asked: &Asked, query: &str, names: &str, payload: &str, date: &str, credential: &str, secret: &str) -> String {
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let mut request = vec![asked.method.clone(), asked.path.clone(), pairs.join("&")];
    request.extend(names.split(';').map(|name| format!("{name}:{}", asked.header(name).unwrap_or_default())));
    request.extend([String::new(), names.to_owned(), payload.to_owned()]);
    let scope: Vec<&str> = credential.split('/').skip(1).collect();
    let hash = sha256(request.join("\n").as_bytes());
    let text = ["AWS4-HMAC-SHA256", date, &scope.join("/"), &hash].join("\n");
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope {
        key = hmac(&key, part.as_bytes());
    }
    hmac(&key, text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC with SHA-256, RFC 2104.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    match key.len() > block.len() {
        true => block[..32].copy_from_slice(&Sha256::digest(key)),
        false => block[..key.len()].copy_from_slice(key),
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The example "GET Object" of the Amazon S3 API reference, and its link.
#[test]
fn the_checks_accept_the_examples_of_the_documents() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let empty = sha256(b"");
    let headers = [
        ("host", "examplebucket.s3.amazonaws.com"),
        ("range", "bytes=0-9"),
        ("x-amz-content-sha256", &empty),
        ("x-amz-date", "20130524T000000Z"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
    ];
    let mut asked = Asked {
        method: "GET".into(),
        path: "/test.txt".into(),
        query: String::new(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: Vec::new(),
    };
    assert!(is_signed(&asked, secret) && !is_signed(&asked, "another"));
    asked.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3\
                   %2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                   &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        .into();
    assert!(is_signed_link(&asked, secret) && !is_signed_link(&asked, "another"));
}
