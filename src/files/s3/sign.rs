//! AWS Signature Version 4, in headers and in links.
//!
//! The hash of a request's body is part of what is signed, so a store that checks signatures also checks what it stores.

use http::Method;
use ring::hmac;
use sha2::{Digest, Sha256};

use crate::config::Credentials;
use crate::hex::hex;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The hash of a body that is not signed: a link has none.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Something to be signed.
pub(super) struct ToSign<'a> {
    pub(super) method: &'a Method,
    pub(super) host: &'a str,
    /// The path as it is sent, percent-encoded.
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, String)],
}

/// Signs requests to one region with one key.
pub(super) struct Signer {
    pub(super) credentials: Credentials,
    pub(super) region: String,
}

impl Signer {
    /// Returns the headers of a request with those of its signature, without `host`. `payload` is the hash of the body.
    pub(super) fn sign(
        &self,
        request: &ToSign<'_>,
        headers: &[(&'static str, String)],
        payload: &str,
        now_ms: i64,
    ) -> Vec<(&'static str, String)> {
        let time = Time::of(now_ms);
        let mut signed = headers.to_vec();
        signed.push(("x-amz-content-sha256", payload.to_owned()));
        signed.push(("x-amz-date", time.stamp.clone()));
        if let Some(token) = &self.credentials.session_token {
            signed.push(("x-amz-security-token", token.reveal().to_owned()));
        }
        let mut all: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.push(("host", request.host));
        all.sort_unstable();
        let names = all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = all.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let query = query(request.query);
        let canonical = format!("{}\n{}\n{query}\n{lines}\n{names}\n{payload}", request.method, request.path);
        let (scope, signature) = self.signature(&time, &canonical);
        let id = &self.credentials.key_id;
        let value = format!("{ALGORITHM} Credential={id}/{scope},SignedHeaders={names},Signature={signature}");
        signed.push(("authorization", value));
        signed
    }

    /// Returns the query of a link with its signature. The link is valid for some seconds, for anyone who has it.
    pub(super) fn sign_link(&self, request: &ToSign<'_>, seconds: u64, now_ms: i64) -> String {
        let time = Time::of(now_ms);
        let mut pairs = request.query.to_vec();
        pairs.push(("X-Amz-Algorithm", ALGORITHM.to_owned()));
        pairs.push(("X-Amz-Credential", format!("{}/{}", self.credentials.key_id, self.scope(&time))));
        pairs.push(("X-Amz-Date", time.stamp.clone()));
        pairs.push(("X-Amz-Expires", seconds.to_string()));
        pairs.push(("X-Amz-SignedHeaders", "host".to_owned()));
        if let Some(token) = &self.credentials.session_token {
            pairs.push(("X-Amz-Security-Token", token.reveal().to_owned()));
        }
        let query = query(&pairs);
        let (method, path, host) = (request.method, request.path, request.host);
        let canonical = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\n{UNSIGNED}");
        let (_, signature) = self.signature(&time, &canonical);
        format!("{query}&X-Amz-Signature={signature}")
    }

    fn scope(&self, time: &Time) -> String {
        format!("{}/{}/s3/aws4_request", time.day(), self.region)
    }

    /// Returns the scope of the key and the signature.
    fn signature(&self, time: &Time, canonical: &str) -> (String, String) {
        let scope = self.scope(time);
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", time.stamp, sha256(canonical.as_bytes()));
        let secret = format!("AWS4{}", self.credentials.secret_key.reveal());
        let key = [time.day(), &self.region, "s3", "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| mac(&key, part.as_bytes()));
        (scope, hex(&mac(&key, text.as_bytes())))
    }
}

/// The time of a signature: `20261129T093000Z`.
struct Time {
    stamp: String,
}

impl Time {
    fn of(now_ms: i64) -> Self {
        let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self { stamp: time.strftime("%Y%m%dT%H%M%SZ").to_string() }
    }

    fn day(&self) -> &str {
        &self.stamp[..8]
    }
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// Returns a query as it is signed and sent.
pub(super) fn query(query: &[(&str, String)]) -> String {
    let mut encoded: Vec<_> = query.iter().map(|(name, value)| (encode(name, ""), encode(value, ""))).collect();
    encoded.sort_unstable();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Percent-encodes everything except unreserved characters and those that are kept.
pub(super) fn encode(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            byte if kept.as_bytes().contains(&byte) => encoded.push(byte as char),
            byte => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The examples of the Amazon S3 API reference, "Authenticating Requests".
#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// Fri, 24 May 2013 00:00:00 GMT.
    const MAY_24: i64 = 1_369_353_600_000;
    const HOST: &str = "examplebucket.s3.amazonaws.com";

    fn signer() -> Signer {
        let credentials = Credentials {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session_token: None,
        };
        Signer { credentials, region: "us-east-1".into() }
    }

    fn signature(
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> String {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let request = ToSign { method, host: HOST, path, query };
        let signed = signer().sign(&request, &headers, &sha256(body.as_bytes()), MAY_24);
        let (_, value) = signed.iter().find(|(name, _)| *name == "authorization").unwrap();
        value.rsplit_once('=').unwrap().1.to_owned()
    }

    #[test]
    fn requests_are_signed_as_in_the_documents() {
        let range = [("range", "bytes=0-9")];
        assert_eq!(
            signature(&Method::GET, "/test.txt", &[], &range, ""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let put = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        assert_eq!(
            signature(&Method::PUT, &encode("/test$file.text", "/"), &[], &put, "Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        assert_eq!(
            signature(&Method::GET, "/", &[("lifecycle", String::new())], &[], ""),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        let list = [("prefix", "J".to_owned()), ("max-keys", "2".to_owned())];
        assert_eq!(
            signature(&Method::GET, "/", &list, &[], ""),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn a_link_is_signed_as_in_the_documents() {
        let request = ToSign { method: &Method::GET, host: HOST, path: "/test.txt", query: &[] };
        let query = signer().sign_link(&request, 86_400, MAY_24);
        assert!(query.ends_with("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"), "{query}");
    }

    #[test]
    fn a_signature_shows_no_secret() {
        let shown = format!("{:?}", signer().credentials);
        assert!(!shown.contains("EXAMPLEKEY") && shown.contains("Secret(…)"), "{shown}");
    }
}
