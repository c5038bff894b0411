//! A browser with a push subscription, which decrypts what its push service receives. It follows RFC 8291 and RFC 8188 from
//! the side of the receiver.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as SigningKey};
use serde_json::{Value, json};

use super::receiver::Received;
use super::{App, Person};

/// A browser. Its key works once, so a test that decrypts two pushes subscribes again in between.
pub struct Browser {
    private: EphemeralPrivateKey,
    public: Vec<u8>,
    auth: [u8; 16],
}

impl Browser {
    /// Subscribes a browser at an endpoint, and returns it with the id of its subscription.
    pub async fn subscribe(app: &App, who: &Person, endpoint: &str) -> (Self, String) {
        let browser = Self::new();
        let answer = app.call(who, "POST", "/me/push-subscriptions", browser.json(endpoint)).await;
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        let stored: Value = serde_json::from_str(&answer.text()).unwrap();
        (browser, stored["id"].as_str().unwrap().to_owned())
    }

    pub fn new() -> Self {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = private.compute_public_key().unwrap().as_ref().to_vec();
        Self { private, public, auth: *b"a secret of 16 b" }
    }

    /// Returns what `PushSubscription.toJSON()` gives.
    pub fn json(&self, endpoint: &str) -> Value {
        let keys = json!({ "p256dh": URL_SAFE_NO_PAD.encode(&self.public), "auth": URL_SAFE_NO_PAD.encode(self.auth) });
        json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys })
    }

    /// Decrypts a push.
    pub fn decrypt(self, push: &Received) -> Value {
        assert_eq!(push.header("content-encoding"), "aes128gcm");
        let (salt, rest) = push.body.split_at(16);
        let (size, rest) = rest.split_at(4);
        assert_eq!((size, rest[0]), (&4_096_u32.to_be_bytes()[..], 65));
        let (sender, sealed) = rest[1..].split_at(65);
        let info = [b"WebPush: info\0", &self.public[..], sender].concat();
        let peer = UnparsedPublicKey::new(&ECDH_P256, sender);
        let auth = self.auth;
        let ikm: [u8; 32] = agree_ephemeral(self.private, &peer, |shared| hkdf(&auth, shared, &info)).unwrap();
        let key: [u8; 16] = hkdf(salt, &ikm, b"Content-Encoding: aes128gcm\0");
        let nonce: [u8; 12] = hkdf(salt, &ikm, b"Content-Encoding: nonce\0");
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let mut sealed = sealed.to_vec();
        let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).unwrap();
        let (mark, text) = opened.split_last().unwrap();
        assert_eq!(*mark, 2, "the last record");
        serde_json::from_slice(text).unwrap()
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn hkdf<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(&[info], Length(N)).unwrap().fill(&mut key).unwrap();
    key
}

/// Checks that a push is signed by the server's key for the origin of its endpoint, and returns its claims.
pub fn verify_vapid(push: &Received, key: &str, origin: &str) -> Value {
    let header = push.header("authorization").strip_prefix("vapid t=").unwrap();
    let (token, sent_key) = header.split_once(", k=").unwrap();
    assert_eq!(sent_key, key);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let key = SigningKey::new(&ECDSA_P256_SHA256_FIXED, decode(key));
    key.verify(signed.as_bytes(), &decode(signature)).unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!(claims["aud"], origin);
    claims
}
