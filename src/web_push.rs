//! Web Push: what is pushed is encrypted for one browser (RFC 8291 with RFC 8188), and push services know the server by
//! its key (VAPID, RFC 8292).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use url::Url;

/// The most bytes of a text to push: push services take records of 4,096 bytes (RFC 8030, 7.2).
pub(crate) const TEXT_MAX: usize = 3_000;

const RECORD_SIZE: u32 = 4_096;
const HOUR_S: i64 = 3_600;
/// How long a signed header is valid; RFC 8292 allows a day.
const SIGNED_S: i64 = 12 * HOUR_S;

/// The keys of a browser, from `PushSubscription.getKey()`.
pub(crate) struct BrowserKeys {
    /// An uncompressed point on P-256.
    public: Vec<u8>,
    secret: Vec<u8>,
}

impl BrowserKeys {
    /// Reads keys in base64url. Returns `None` unless they are of the right kind.
    pub(crate) fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let keys = Self { public: decode(p256dh)?, secret: decode(auth)? };
        // An agreement fails for what is no point of the curve.
        let is_right = keys.public.len() == 65 && keys.secret.len() == 16 && keys.encrypt(b"").is_ok();
        is_right.then_some(keys)
    }

    /// Encrypts a text for the browser, as one record with its header.
    pub(crate) fn encrypt(&self, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
        let public = private.compute_public_key()?;
        let mut salt = [0; 16];
        random.fill(&mut salt)?;
        let peer = UnparsedPublicKey::new(&ECDH_P256, &self.public);
        let ikm = agree_ephemeral(private, &peer, |shared| {
            let info: [&[u8]; 3] = [b"WebPush: info\0", &self.public, public.as_ref()];
            derive::<32>(&self.secret, shared, &info)
        })??;
        let key = derive::<16>(&salt, &ikm, &[b"Content-Encoding: aes128gcm\0"])?;
        let nonce = derive::<12>(&salt, &ikm, &[b"Content-Encoding: nonce\0"])?;
        let mut record = [&salt[..], &RECORD_SIZE.to_be_bytes(), &[65], public.as_ref()].concat();
        // The 2 says that it is the last record.
        let mut sealed = [text, &[2]].concat();
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)?;
        record.append(&mut sealed);
        Ok(record)
    }
}

/// The length of a derived key.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Derives a key by HKDF with SHA-256 (RFC 5869).
fn derive<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Result<[u8; N], Unspecified> {
    let mut key = [0; N];
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(info, Length(N))?.fill(&mut key)?;
    Ok(key)
}

/// The key pair of this server.
pub(crate) struct ServerKey {
    pair: EcdsaKeyPair,
    /// Whom push services write to: an address of this server.
    contact: String,
}

impl ServerKey {
    /// Reads a key from PKCS #8.
    pub(crate) fn new(pkcs8: &[u8], contact: String) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new()).ok()?;
        Some(Self { pair, contact })
    }

    /// Returns the public key as browsers take it: `applicationServerKey`, in base64url.
    pub(crate) fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// Returns the header `authorization` for a push service.
    pub(crate) fn authorization(&self, endpoint: &Url, now_s: i64) -> Result<String, Unspecified> {
        let audience = endpoint.origin().ascii_serialization();
        let claims = json!({ "aud": audience, "exp": now_s + SIGNED_S, "sub": self.contact });
        let head = json!({ "typ": "JWT", "alg": "ES256" });
        let part = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature.as_ref()), self.public()))
    }
}
