//! The header: for whom a file is encrypted, and a MAC over that.

use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::hmac;

use super::stanza::Stanza;
use super::{Encryption, FileKey, Keys, derive, passphrase, x25519};

/// The first line of every encrypted file.
pub const BEGIN: &[u8] = b"age-encryption.org/v1\n";
/// A longer header is not read.
const MAX: usize = 64 * 1024;
/// The columns of a line of base64.
const COLUMNS: usize = 64;

/// Writes the header of a new file.
pub(super) fn write(encryption: &Encryption, file_key: &FileKey) -> Result<Vec<u8>, String> {
    let stanzas = match encryption {
        Encryption::Passphrase(passphrase) => vec![passphrase.wrap(file_key)?],
        Encryption::Recipients(recipients) => {
            recipients.iter().map(|recipient| recipient.wrap(file_key)).collect::<Result<_, _>>()?
        }
    };
    let mut header = BEGIN.to_vec();
    for stanza in stanzas {
        header.extend(format!("-> {}\n", stanza.arguments.join(" ")).bytes());
        // A line of 32 bytes is never full, so it is the last.
        header.extend(format!("{}\n", STANDARD_NO_PAD.encode(&stanza.body)).bytes());
    }
    header.extend(b"---");
    let mac = STANDARD_NO_PAD.encode(hmac::sign(&mac_key(file_key), &header));
    header.extend(format!(" {mac}\n").bytes());
    Ok(header)
}

/// Reads the header, and returns the file key and how long the header is.
///
/// # Errors
/// A sentence: it is not one, or the keys do not open it.
pub(super) fn open(mut source: impl Read, keys: &Keys) -> Result<(FileKey, u64), String> {
    let mut text = Vec::new();
    source.by_ref().take(MAX as u64).read_to_end(&mut text).map_err(|error| format!("cannot read: {error}"))?;
    let (stanzas, signed, length) = parse(&text).ok_or("corrupt: the header of the encryption is invalid")?;
    let key = unlock(&stanzas, keys)?;
    let mac = &text[signed + 1..length - 1];
    let mac = STANDARD_NO_PAD.decode(mac).unwrap_or_default();
    hmac::verify(&mac_key(&key), &text[..signed], &mac)
        .map_err(|_| "corrupt: the header of the encryption was changed".to_owned())?;
    Ok((key, length as u64))
}

fn unlock(stanzas: &[Stanza], keys: &Keys) -> Result<FileKey, String> {
    if let Some(key) = &keys.file_key {
        return Ok(key.clone());
    }
    let is = |name: &'static str| move |stanza: &&Stanza| stanza.arguments.first().is_some_and(|kind| kind == name);
    if let Some(stanza) = stanzas.iter().find(is(passphrase::NAME)) {
        let Some(passphrase) = &keys.passphrase else {
            return Err("it is encrypted with a passphrase (set BACKUP_PASSPHRASE_FILE or BACKUP_PASSPHRASE)".into());
        };
        if stanzas.len() > 1 {
            return Err("corrupt: the header of the encryption is invalid".into());
        }
        return passphrase
            .unwrap(stanza)?
            .ok_or_else(|| "the passphrase is not the one of this file (or its header was changed)".into());
    }
    if keys.identities.is_empty() {
        return Err("it is encrypted for a recipient (pass --identity FILE with the identity of that)".into());
    }
    let mut stanzas = stanzas.iter().filter(is(x25519::NAME));
    let found = stanzas.find_map(|stanza| keys.identities.iter().find_map(|identity| identity.unwrap(stanza)));
    found.ok_or_else(|| "none of the identities is that of a recipient of this file".into())
}

/// Returns the stanzas, how much the MAC signs, and the length of the whole header.
fn parse(text: &[u8]) -> Option<(Vec<Stanza>, usize, usize)> {
    let mut at = BEGIN.len();
    text.starts_with(BEGIN).then_some(())?;
    let mut stanzas = Vec::new();
    loop {
        let line = line(text, at)?;
        if let Some(mac) = line.strip_prefix("---") {
            mac.starts_with(' ').then_some(())?;
            return (!stanzas.is_empty()).then_some((stanzas, at + 3, at + line.len() + 1));
        }
        let arguments: Vec<String> = line.strip_prefix("-> ")?.split(' ').map(str::to_owned).collect();
        (!arguments.iter().any(String::is_empty)).then_some(())?;
        at += line.len() + 1;
        let mut body = String::new();
        loop {
            let line = self::line(text, at)?;
            (line.len() <= COLUMNS).then_some(())?;
            body += line;
            at += line.len() + 1;
            if line.len() < COLUMNS {
                break;
            }
        }
        stanzas.push(Stanza { arguments, body: STANDARD_NO_PAD.decode(body).ok()? });
    }
}

fn line(text: &[u8], at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    std::str::from_utf8(&rest[..end]).ok().filter(|line| line.is_ascii())
}

fn mac_key(file_key: &FileKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &derive(&file_key.0, &[], "header"))
}

/// An error of a payload that was changed or cut.
pub(super) fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "corrupt: something of it was changed or is missing")
}
