//! The account at the certificate authority, kept in the data folder.

use std::path::{Path, PathBuf};

use instant_acme::{Account, AccountCredentials, NewAccount};
use serde::{Deserialize, Serialize};

use super::Failure;
use super::https::Https;
use crate::config::Acme;
use crate::data_folder;

#[derive(Deserialize, Serialize)]
struct Stored {
    directory: String,
    credentials: AccountCredentials,
}

/// Returns whether the stored account is one of this certificate authority.
pub(super) fn is_of(folder: &Path, directory: &str) -> bool {
    read(folder).is_some_and(|stored| stored.directory == directory)
}

/// Returns the account, which is created if there is none.
pub(super) async fn open(folder: &Path, settings: &Acme, https: &Https) -> Result<Account, Failure> {
    let directory = &settings.directory;
    if let Some(stored) = read(folder).filter(|stored| stored.directory == *directory) {
        let builder = Account::builder_with_http(Box::new(https.clone()));
        return Ok(builder.from_credentials(stored.credentials).await?);
    }
    let contact: Vec<String> = settings.email.iter().map(|email| format!("mailto:{email}")).collect();
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let builder = Account::builder_with_http(Box::new(https.clone()));
    let (account, credentials) = builder.create(&new, directory.clone(), None).await?;
    let stored = Stored { directory: directory.clone(), credentials };
    let text = serde_json::to_string(&stored).map_err(|error| Failure::other(error.to_string()))?;
    // Without its account each attempt would make a new one, which is limited.
    data_folder::write_secret(&path(folder), &text)
        .map_err(|error| Failure::other(format!("cannot store the account in {}: {error}", folder.display())))?;
    Ok(account)
}

/// Forgets an account that the certificate authority no longer knows.
pub(super) fn forget(folder: &Path) {
    let _ = std::fs::remove_file(path(folder));
}

fn read(folder: &Path) -> Option<Stored> {
    serde_json::from_slice(&std::fs::read(path(folder)).ok()?).ok()
}

fn path(folder: &Path) -> PathBuf {
    folder.join("account.json")
}
