//! Password hashes of accounts and rooms: Argon2id with 19 MiB, two passes, one lane.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::Duration;

use argon2::password_hash::{self, Output, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;

use crate::cpu_pool::CpuPool;
use crate::error::{Error, Result};
use crate::hex::hex;

mod choice;

pub use choice::check_choice;

/// The maximum length in bytes, checked before any hashing.
const MAX: usize = 256;

/// How long a request waits for a free thread before it gets `busy`.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);

/// A hash without a known password, made with the current parameters, so that a log-in for an
/// unknown e-mail takes as long as any other.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$8TqtlVaDt4MdRm12HPN9Sg$7GAF0f+B1EVtThO9HgHobwt7jcVRLAMQwaMsk+zjjWk";

/// Hashes and verifies passwords, a few at a time: each takes 19 MiB and tens of milliseconds of
/// one core. Networks take turns.
#[derive(Clone)]
pub struct Passwords {
    pool: CpuPool,
}

impl Passwords {
    /// Starts the threads: at most `count` hashes of one network run at once.
    ///
    /// # Errors
    /// Returns a sentence for the operator; see [`CpuPool::start`].
    pub fn start(count: usize) -> Result<Self, String> {
        CpuPool::start("password", count, free).map(|pool| Self { pool })
    }

    /// Returns the PHC string to store.
    ///
    /// # Errors
    /// `invalid` when empty, `too_long` over 256 bytes, both for the field `password`; `busy` when
    /// no thread was free within two seconds.
    pub async fn hash(&self, network: IpAddr, password: String) -> Result<String> {
        if password.is_empty() {
            return Err(Error::invalid("password", "password must not be empty"));
        }
        within(&password)?;
        self.pool.run(network, QUEUE_TIMEOUT, move || hash(&password)).await?
    }

    /// Returns the PHC string of a random password, which nobody knows.
    ///
    /// # Errors
    /// `busy` when no thread was free within two seconds.
    pub async fn hash_random(&self, network: IpAddr) -> Result<String> {
        let mut password = [0; 32];
        getrandom::fill(&mut password).map_err(Error::internal)?;
        self.hash(network, hex(&password)).await
    }

    /// Returns whether the password matches the stored hash.
    ///
    /// # Errors
    /// `too_long` over 256 bytes; `busy` when no thread was free within two seconds; `internal`
    /// when `phc` is not a valid hash.
    pub async fn verify(&self, network: IpAddr, password: String, phc: String) -> Result<bool> {
        within(&password)?;
        self.pool.run(network, QUEUE_TIMEOUT, move || verify(&password, &phc)).await?
    }

    /// Takes as long as [`verify`](Self::verify) and returns false: for users who do not exist.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_dummy(&self, network: IpAddr, password: String) -> Result<bool> {
        self.verify(network, password, DUMMY.to_owned()).await.map(|_| false)
    }
}

/// Normalises the password: keyboards send 가 as one character or as two.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn within(password: &str) -> Result<()> {
    if password.len() > MAX { Err(Error::too_long("password", MAX)) } else { Ok(()) }
}

thread_local! {
    /// The memory of one hash, kept by each thread while there are passwords to hash. Allocating it for every hash would
    /// fragment the heap and make it grow.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Frees the memory of a thread.
fn free() {
    MEMORY.take();
}

fn output(argon2: &Argon2<'_>, password: &str, salt: &[u8], length: usize) -> password_hash::Result<Output> {
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(argon2.params().block_count(), Block::default());
        let fill = |out: &mut [u8]| {
            let done = argon2.hash_password_into_with_memory(normal(password).as_bytes(), salt, out, &mut memory[..]);
            done.map_err(Into::into)
        };
        Output::init_with(length, fill)
    })
}

fn hash(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::internal)?;
    phc(password, &salt).map_err(Error::internal)
}

fn phc(password: &str, salt: &[u8]) -> password_hash::Result<String> {
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let params = Params::new(19 * 1024, 2, 1, None)?;
    let text = SaltString::encode_b64(salt)?;
    let argon2 = Argon2::new(algorithm, version, params.clone());
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: (&params).try_into()?,
        salt: Some(text.as_salt()),
        hash: Some(output(&argon2, password, salt, Params::DEFAULT_OUTPUT_LEN)?),
    };
    Ok(hash.to_string())
}

fn verify(password: &str, phc: &str) -> Result<bool> {
    matches(password, phc).map_err(Error::internal)
}

/// Hashes with the parameters of the stored hash, which may be older than the current ones.
fn matches(password: &str, phc: &str) -> password_hash::Result<bool> {
    let stored = PasswordHash::new(phc)?;
    let (Some(version), Some(salt), Some(hash)) = (stored.version, stored.salt, stored.hash) else {
        return Err(password_hash::Error::PhcStringField);
    };
    let params = Params::try_from(&stored)?;
    let argon2 = Argon2::new(stored.algorithm.try_into()?, version.try_into()?, params);
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes)?;
    // The comparison takes constant time.
    Ok(output(&argon2, password, salt, hash.len())? == hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    use crate::error::Code;

    /// Abuse: A2, A3
    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let passwords = Passwords::start(2).unwrap();
        let phc = passwords.hash(HERE, "열려라 참깨".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify(HERE, "열려라 참깨".into(), phc.clone()).await.unwrap());
        let decomposed: String = "열려라 참깨".nfd().collect();
        assert!(passwords.verify(HERE, decomposed, phc.clone()).await.unwrap());
        assert!(!passwords.verify(HERE, "".into(), phc.clone()).await.unwrap());
        assert!(!passwords.verify_dummy(HERE, "열려라 참깨".into()).await.unwrap());
        assert_eq!(passwords.verify(HERE, "x".into(), "plain".into()).await.unwrap_err().code, Code::Internal);
    }

    /// Abuse: A4
    #[tokio::test]
    async fn too_long_and_empty_passwords_are_refused_before_hashing() {
        let passwords = Passwords::start(1).unwrap();
        assert_eq!(passwords.hash(HERE, "x".repeat(257)).await.unwrap_err().code, Code::TooLong);
        assert_eq!(passwords.verify(HERE, "x".repeat(257), DUMMY.into()).await.unwrap_err().code, Code::TooLong);
        assert_eq!(passwords.hash(HERE, String::new()).await.unwrap_err().code, Code::Invalid);
    }

    /// Abuse: A3
    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_two_seconds_gets_busy() {
        let passwords = Passwords::start(1).unwrap();
        let _taken = passwords.pool.turns.acquire(HERE, Duration::MAX).await.unwrap();
        assert_eq!(passwords.hash(HERE, "x".into()).await.unwrap_err().code, Code::Busy);
    }
}
