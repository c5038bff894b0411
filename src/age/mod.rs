//! Files in the format of age (`age-encryption.org/v1`), which the programs `age` and `rage` read and write, too: for
//! recipients by X25519, or with a passphrase by scrypt.
//!
//! ```text
//! header ──── who can open it: the file key, encrypted for each recipient or with the passphrase; and a MAC
//! nonce ───── 16 bytes
//! payload ─── chunks of 64 KiB, each encrypted and authenticated, the last one marked as such
//! ```
//!
//! A format of others, so that a backup can be opened without this program.

mod bech32;
mod header;
mod passphrase;
mod stanza;
mod stream;
#[cfg(test)]
mod tests;
mod x25519;

use std::path::Path;

use ring::aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};

pub use header::BEGIN;
pub use passphrase::Passphrase;
pub use stream::{Decrypting, Encrypting};
pub use x25519::{Identity, Recipient};

/// Whom a file is encrypted for. The format has no file with a passphrase and recipients.
#[derive(Clone, Debug)]
pub enum Encryption {
    Passphrase(Passphrase),
    Recipients(Vec<Recipient>),
}

/// What opens encrypted files.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub passphrase: Option<Passphrase>,
    pub identities: Vec<Identity>,
    /// The key of one file, from the process that has just written it.
    pub file_key: Option<FileKey>,
}

impl Keys {
    /// Adds the identities of a file as `age-keygen` writes it.
    ///
    /// # Errors
    /// A sentence for the operator. It shows nothing of the file.
    pub fn read_identities(&mut self, path: &Path) -> Result<(), String> {
        let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            let identity = Identity::parse(line)
                .ok_or_else(|| format!("{} has a line that is no age identity (AGE-SECRET-KEY-1…)", path.display()))?;
            self.identities.push(identity);
        }
        match self.identities.is_empty() {
            true => Err(format!("{} has no age identity (AGE-SECRET-KEY-1…)", path.display())),
            false => Ok(()),
        }
    }
}

/// The key that the contents of one file are encrypted with.
#[derive(Clone)]
pub struct FileKey([u8; 16]);

impl FileKey {
    fn new() -> Result<Self, String> {
        random().map(Self)
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Derives a key of 32 bytes.
fn derive(secret: &[u8], salt: &[u8], purpose: &str) -> [u8; 32] {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut key = [0; 32];
    let secret = Salt::new(HKDF_SHA256, salt).extract(secret);
    let expanded = secret.expand(&[purpose.as_bytes()], Length).and_then(|okm| okm.fill(&mut key));
    expanded.expect("32 bytes are less than HKDF can make");
    key
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has 32 bytes"))
}
