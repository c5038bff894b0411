//! Passwords, of accounts and of rooms: Argon2id with 19 MiB, two passes, one lane.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Code, Error, Result};

mod choice;

pub use choice::check_choice;

/// Bytes; longer ones are refused before any hashing.
const MAX: usize = 256;

/// How long one waits for a turn before the answer is `busy`.
const PATIENCE: Duration = Duration::from_secs(2);

/// A hash nobody knows a password for, made with the parameters of today, so that an unknown
/// person costs as long as a known one.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$8TqtlVaDt4MdRm12HPN9Sg$7GAF0f+B1EVtThO9HgHobwt7jcVRLAMQwaMsk+zjjWk";

/// Hashes and verifies, a few at a time: each takes 19 MiB and a core for tens of milliseconds.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// `permits` is how many run at once.
    pub fn new(permits: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(permits.max(1))) }
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// `invalid` when empty, `too_long` over 256 bytes, both for the field `password`; `busy` when
    /// no turn came within two seconds.
    pub async fn hash(&self, password: String) -> Result<String> {
        if password.is_empty() {
            return Err(Error::invalid("password", "password must not be empty"));
        }
        within(&password)?;
        self.run(move || hash(&password)).await?
    }

    /// Whether the password is the one of the stored hash.
    ///
    /// # Errors
    /// `too_long` over 256 bytes; `busy` when no turn came within two seconds; `internal` when
    /// `phc` is no hash of ours.
    pub async fn verify(&self, password: String, phc: String) -> Result<bool> {
        within(&password)?;
        self.run(move || verify(&password, &phc)).await?
    }

    /// Takes as long as [`verify`](Self::verify) and is never true: for people who do not exist.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_dummy(&self, password: String) -> Result<bool> {
        self.verify(password, DUMMY.to_owned()).await.map(|_| false)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = turn else { return Err(Code::Busy.into()) };
        // The permit moves along: the work goes on even if the asker goes away.
        let work = move || {
            let done = work();
            drop(permit);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

/// A keyboard may send 가 as one character or as two: the same password either way.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn within(password: &str) -> Result<()> {
    if password.len() > MAX { Err(Error::too_long("password", MAX)) } else { Ok(()) }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::internal)?;
    let salt = SaltString::encode_b64(&salt).map_err(Error::internal)?;
    let hash = argon2()?.hash_password(normal(password).as_bytes(), &salt).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn verify(password: &str, phc: &str) -> Result<bool> {
    let stored = PasswordHash::new(phc).map_err(Error::internal)?;
    match argon2()?.verify_password(normal(password).as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(fault) => Err(Error::internal(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a2_a3_a_hash_knows_its_password_and_no_other() {
        let passwords = Passwords::new(2);
        let phc = passwords.hash("열려라 참깨".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("열려라 참깨".into(), phc.clone()).await.unwrap());
        let decomposed: String = "열려라 참깨".nfd().collect();
        assert!(passwords.verify(decomposed, phc.clone()).await.unwrap());
        assert!(!passwords.verify("".into(), phc.clone()).await.unwrap());
        assert!(!passwords.verify_dummy("열려라 참깨".into()).await.unwrap());
        assert_eq!(passwords.verify("x".into(), "plain".into()).await.unwrap_err().code, Code::Internal);
    }

    #[tokio::test]
    async fn a4_too_long_and_empty_ones_are_refused_before_hashing() {
        let passwords = Passwords::new(1);
        assert_eq!(passwords.hash("x".repeat(257)).await.unwrap_err().code, Code::TooLong);
        assert_eq!(passwords.verify("x".repeat(257), DUMMY.into()).await.unwrap_err().code, Code::TooLong);
        assert_eq!(passwords.hash(String::new()).await.unwrap_err().code, Code::Invalid);
    }

    #[tokio::test(start_paused = true)]
    async fn a3_who_gets_no_turn_within_two_seconds_is_told_busy() {
        let passwords = Passwords::new(1);
        let _taken = passwords.permits.clone().acquire_owned().await.unwrap();
        assert_eq!(passwords.hash("x".into()).await.unwrap_err().code, Code::Busy);
    }
}
