//! The file key as the header has it, encrypted for one recipient.

use ring::aead::{Aad, Nonce};

use super::{FileKey, cipher};

/// The file key, encrypted for one recipient.
pub(super) struct Stanza {
    /// The kind of recipient, and what that needs.
    pub(super) arguments: Vec<String>,
    pub(super) body: Vec<u8>,
}

/// Encrypts the file key. Each key is used once, so the nonce may be zero.
pub(super) fn wrap(key: &[u8; 32], file_key: &FileKey) -> Vec<u8> {
    let mut body = file_key.0.to_vec();
    let sealed = cipher(key).seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut body);
    sealed.expect("16 bytes are less than the cipher can seal");
    body
}

/// Decrypts the file key; `None` if the key is another.
pub(super) fn unwrap(key: &[u8; 32], stanza: &Stanza) -> Option<FileKey> {
    let mut body = stanza.body.clone();
    let opened = cipher(key).open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut body).ok()?;
    <[u8; 16]>::try_from(&*opened).ok().map(FileKey)
}
