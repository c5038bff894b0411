use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A pair for this test alone, made by `age-keygen`.
const RECIPIENT: &str = "age1lqlqdqxlv67lqudhqjepjgpn6g8t6w7kujf3fm9fn4jnvmfdrq6s0647xt";
const IDENTITY: &str = "AGE-SECRET-KEY-1WJMVWSXM92C2953YH6HD708374Y892VQSW9MNRHUPS3T8MJ0VDYSV7D2J3";
const WORDS: &str = "a passphrase of many words";
/// Written by the program `age` 1.1.1, with `-r` and with `-p`.
const FOR_RECIPIENT: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBSbkRGcE5leHdNSlhrdkVQR202aTh2bC91b0pEcUJmVE9sa1RBTHJOWFE4Cmg3SVMrNHIrUTFzNG9jMlhsYzF6TG1sZ2VyNnRNcjh5NTlEcVFYVVR5NVkKLS0tIDNjRWZtRFk4bERsWUR5YnY0WHdaNXM0OWorNUJkUHlnSXp3TUNqNnBBRmMKmdiTohiEguktZE3Tky4cYq/FxQOHTAScT0GZMNL8oc3RbSXD877i7pknpFLpVQ==";
const WITH_PASSPHRASE: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBVYlNwMy9CWGVwOW8zdllwVlVURXlnIDE4CmlZVTJ3TEE4ekR6b2pBbnhvNUZuK09LQ1NlUDZvQjQ1RjR5eHhxY2FZTEEKLS0tIGlUZXVwYURPdnp5WmRIRlhEeWV2eG5TMEJNOWJ1eDFPUi9PR1JIR3owSncKz92QjqnuZP4pfV1njN3al5noUPRgLZPaMCAdCW7GAtze7/yiTzxEgRyJlXQJOw==";

fn passphrase(words: &str) -> Keys {
    Keys { passphrase: Some(Passphrase::new(words).unwrap()), ..Keys::default() }
}

fn identity() -> Keys {
    Keys { identities: vec![Identity::parse(IDENTITY).unwrap()], ..Keys::default() }
}

fn for_recipient() -> Encryption {
    Encryption::Recipients(vec![Recipient::parse(RECIPIENT).unwrap()])
}

fn encrypted(content: &[u8], encryption: &Encryption) -> (Vec<u8>, FileKey) {
    let (mut writer, key) = Encrypting::begin(Vec::new(), encryption).unwrap();
    writer.write_all(content).unwrap();
    (writer.finish().unwrap(), key)
}

fn decrypted(bytes: &[u8], keys: &Keys) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let mut reader = Decrypting::open(Cursor::new(bytes), keys)?;
    reader.read_to_end(&mut content).map_err(|error| error.to_string())?;
    Ok(content)
}

fn content(length: usize) -> Vec<u8> {
    (0..length as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn files_of_the_program_age_are_opened() {
    for (file, keys) in [(FOR_RECIPIENT, identity()), (WITH_PASSPHRASE, passphrase(WORDS))] {
        let bytes = STANDARD.decode(file).unwrap();
        assert_eq!(decrypted(&bytes, &keys).unwrap(), b"written by age");
    }
}

#[test]
fn what_is_written_is_read_from_any_place() {
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
        let content = content(length);
        let (bytes, key) = encrypted(&content, &for_recipient());
        let own = Keys { file_key: Some(key), ..Keys::default() };
        for keys in [identity(), own] {
            assert!(decrypted(&bytes, &keys).unwrap() == content, "{length}");
        }
        let mut reader = Decrypting::open(Cursor::new(&bytes), &identity()).unwrap();
        assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), length as u64);
        for at in [length / 2, 0, length.saturating_sub(3), length.min(65_536)] {
            let mut rest = Vec::new();
            reader.seek(SeekFrom::Start(at as u64)).unwrap();
            reader.read_to_end(&mut rest).unwrap();
            assert!(rest == content[at..], "{length} {at}");
        }
    }
}

#[test]
fn any_change_and_any_cut_is_found() {
    let (bytes, _) = encrypted(&content(70_000), &for_recipient());
    for at in (0..bytes.len()).filter(|at| *at < 250 || at % 997 == 0) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        assert!(decrypted(&changed, &identity()).is_err(), "{at}");
    }
    let header = bytes.len() - (70_000 + 2 * 16);
    for length in (0..=header).chain([header + 65_552, header + 65_553, bytes.len() - 16, bytes.len() - 1]) {
        assert!(decrypted(&bytes[..length], &identity()).is_err(), "{length}");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert!(decrypted(&longer, &identity()).is_err());
}

#[test]
fn who_cannot_open_it_learns_why() {
    let (locked, _) = encrypted(b"x", &Encryption::Passphrase(Passphrase::new(WORDS).unwrap()));
    let (sealed, _) = encrypted(b"x", &for_recipient());
    let other = Identity::parse("AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ");
    assert!(other.is_none(), "a typing error");
    for (bytes, keys, why) in [
        (&locked, identity(), "set BACKUP_PASSPHRASE_FILE"),
        (&locked, passphrase("another passphrase of words"), "not the one of this file"),
        (&sealed, passphrase(WORDS), "pass --identity FILE"),
        (&b"age-encryption.org/v1\n-> X25519\n".to_vec(), identity(), "the header of the encryption is invalid"),
    ] {
        let said = decrypted(bytes, &keys).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
    // A file must not make a machine swap.
    let greedy = String::from_utf8_lossy(&locked).replacen(" 16\n", " 40\n", 1);
    let said = decrypted(greedy.split_inclusive('\n').take(4).collect::<String>().as_bytes(), &passphrase(WORDS));
    assert!(said.unwrap_err().contains("MiB of memory"));
}

#[test]
fn keys_with_typing_errors_are_refused() {
    assert!(Recipient::parse(&RECIPIENT.to_uppercase()).is_ok());
    for wrong in
        ["", "age1", "age1lqlqd", &RECIPIENT.replace("xlv", "xlw"), &RECIPIENT.replace("age1l", "age1L"), "age1가"]
    {
        assert!(Recipient::parse(wrong).unwrap_err().contains("age1"), "{wrong}");
    }
    assert!(Recipient::parse(IDENTITY).unwrap_err().contains("secret identity"));
    let shown = format!("{:?} {:?}", identity(), passphrase(WORDS));
    assert!(!shown.contains(WORDS) && !shown.contains("SECRET"), "{shown}");
}
