//! Recipients and their identities: pairs of X25519 keys, as `age-keygen` makes them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use x25519_dalek::{PublicKey, StaticSecret};

use super::stanza::{Stanza, unwrap, wrap};
use super::{FileKey, bech32, derive, random};

pub(super) const NAME: &str = "X25519";
const PURPOSE: &str = "age-encryption.org/v1/X25519";

/// The public key that a file is encrypted for: `age1…`.
#[derive(Clone, Debug)]
pub struct Recipient {
    key: [u8; 32],
}

impl Recipient {
    /// # Errors
    /// A sentence: what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            return Err("this is a secret identity; the recipient is its public key, which begins with age1".into());
        }
        let key = bech32::decode("age", text).ok_or("it is not an age recipient like age1… (see: age-keygen -y)")?;
        Ok(Self { key })
    }

    pub(super) fn wrap(&self, file_key: &FileKey) -> Result<Stanza, String> {
        let ephemeral = StaticSecret::from(random::<32>()?);
        let share = PublicKey::from(&ephemeral);
        let shared = ephemeral.diffie_hellman(&PublicKey::from(self.key));
        if !shared.was_contributory() {
            return Err("the age recipient is not a usable key".into());
        }
        let salt = [share.to_bytes(), self.key].concat();
        let body = wrap(&derive(shared.as_bytes(), &salt, PURPOSE), file_key);
        Ok(Stanza { arguments: vec![NAME.into(), STANDARD_NO_PAD.encode(share.as_bytes())], body })
    }
}

/// The secret key that opens what was encrypted for its recipient: `AGE-SECRET-KEY-1…`.
#[derive(Clone)]
pub struct Identity(StaticSecret);

impl Identity {
    pub(super) fn parse(text: &str) -> Option<Self> {
        bech32::decode("age-secret-key-", text).map(StaticSecret::from).map(Self)
    }

    /// Returns the file key of a stanza; `None` if it is for someone else.
    pub(super) fn unwrap(&self, stanza: &Stanza) -> Option<FileKey> {
        let [_, share] = stanza.arguments.as_slice() else { return None };
        let share: [u8; 32] = STANDARD_NO_PAD.decode(share).ok()?.try_into().ok()?;
        let shared = self.0.diffie_hellman(&PublicKey::from(share));
        if !shared.was_contributory() {
            return None;
        }
        let salt = [share, PublicKey::from(&self.0).to_bytes()].concat();
        unwrap(&derive(shared.as_bytes(), &salt, PURPOSE), stanza)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}
