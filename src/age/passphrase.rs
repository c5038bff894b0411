//! A passphrase, from which scrypt makes the key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use scrypt::{Params, scrypt};

use super::stanza::{Stanza, unwrap, wrap};
use super::{FileKey, random};

pub(super) const NAME: &str = "scrypt";
const PURPOSE: &[u8] = b"age-encryption.org/v1/scrypt";
/// The work to make a key, as a power of two: 64 MiB for a moment. `age` takes 18, which small machines do not have beside
/// a server; a passphrase that is read from a file can be long instead.
const WORK: u8 = 16;
/// The most work that a file may ask for: 1 GiB.
const MAX_WORK: u8 = 20;
/// The least length: anyone who has the file may try as many passphrases as they like.
const MIN_LENGTH: usize = 16;

/// A passphrase of encrypted files.
#[derive(Clone)]
pub struct Passphrase(String);

impl Passphrase {
    /// # Errors
    /// A sentence: it is too short.
    pub fn new(text: &str) -> Result<Self, String> {
        match text.chars().count() < MIN_LENGTH {
            true => Err(format!("must have at least {MIN_LENGTH} characters (make one with: openssl rand -base64 24)")),
            false => Ok(Self(text.to_owned())),
        }
    }

    pub(super) fn wrap(&self, file_key: &FileKey) -> Result<Stanza, String> {
        let salt = random::<16>()?;
        let body = wrap(&self.key(&salt, WORK)?, file_key);
        Ok(Stanza { arguments: vec![NAME.into(), STANDARD_NO_PAD.encode(salt), WORK.to_string()], body })
    }

    /// Returns the file key of a stanza; `None` if it was made with another passphrase.
    ///
    /// # Errors
    /// A sentence: the stanza asks for too much work, or is none.
    pub(super) fn unwrap(&self, stanza: &Stanza) -> Result<Option<FileKey>, String> {
        let invalid = || "corrupt: the header of the encryption is invalid".to_owned();
        let [_, salt, work] = stanza.arguments.as_slice() else { return Err(invalid()) };
        let salt: [u8; 16] =
            STANDARD_NO_PAD.decode(salt).ok().and_then(|salt| salt.try_into().ok()).ok_or_else(invalid)?;
        let work: u8 = work.parse().ok().filter(|number: &u8| number.to_string() == *work).ok_or_else(invalid)?;
        if work > MAX_WORK {
            return Err(format!(
                "its passphrase asks for {} MiB of memory (decrypt it with the program age, or encrypt it again)",
                1_u64 << (work.min(62) - 10)
            ));
        }
        Ok(unwrap(&self.key(&salt, work)?, stanza))
    }

    fn key(&self, salt: &[u8; 16], work: u8) -> Result<[u8; 32], String> {
        let params = Params::new(work, 8, 1).map_err(|error| error.to_string())?;
        let mut key = [0; 32];
        let salt = [PURPOSE, salt].concat();
        scrypt(self.0.as_bytes(), &salt, &params, &mut key).map_err(|error| error.to_string())?;
        Ok(key)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}
