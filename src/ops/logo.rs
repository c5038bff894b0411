//! `madang settings logo`: sets the logo of the server or removes it, also while the server runs.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::stored::{checked_bucket, store_bytes};
use super::{backup::existing_database, write};
use crate::chat::{Tx, instance, server_settings};
use crate::clock::now_ms;
use crate::config::Config;
use crate::error::Error;
use crate::files::{LocalStore, Store};
use crate::image;
use crate::lock::Lock;

/// Sets the logo: the middle of a picture, re-encoded as a small square. A running server shows it within a minute.
///
/// # Errors
/// A message for the operator: the picture cannot be read or is none, or the data folder or the bucket cannot be written.
pub async fn set(config: &Config, picture: &Path) -> Result<(), String> {
    existing_database(config)?;
    let shown = picture.display();
    let size = fs::metadata(picture).map_err(|error| format!("cannot read {shown}: {error}"))?.len();
    if size > config.images.bytes as u64 {
        return Err(format!("{shown} is too large: a picture may have {} bytes", config.images.bytes));
    }
    let bytes = fs::read(picture).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let limits = config.images.clone();
    let made = tokio::task::spawn_blocking(move || image::portrait(&bytes, &limits)).await;
    let made = made.map_err(|error| error.to_string())?;
    let logo = made.map_err(|refused| format!("{shown} cannot be the logo: {}", Error::from(refused).message))?;
    let store = open_store(config).await?;
    let data_dir = config.data_dir.clone();
    // The row that needs the bytes comes after them: nothing may remove them in between.
    let cannot = |error: io::Error| format!("cannot store the logo: {error}");
    let keeping = tokio::task::spawn_blocking(move || {
        let no_removal = Lock::all_bytes(&data_dir)?;
        store_bytes(&*store, &data_dir, &logo).map(|hash| (no_removal, hash))
    });
    let (_no_removal, hash) = keeping.await.map_err(|error| error.to_string())?.map_err(cannot)?;
    write_logo(config, Some(hash)).await
}

/// Removes the logo. The sweep of a running server removes its bytes.
///
/// # Errors
/// A message for the operator: the database cannot be written.
pub async fn remove(config: &Config) -> Result<(), String> {
    existing_database(config)?;
    write_logo(config, None).await
}

async fn open_store(config: &Config) -> Result<Arc<dyn Store>, String> {
    let Some(s3) = config.s3.clone() else { return Ok(Arc::new(LocalStore::new(&config.data_dir))) };
    let id = write(config, instance::id).await?;
    let bucket = tokio::task::spawn_blocking(move || checked_bucket(&s3, &id)).await;
    Ok(Arc::new(bucket.map_err(|error| error.to_string())??))
}

async fn write_logo(config: &Config, hash: Option<String>) -> Result<(), String> {
    write(config, move |tx: &mut Tx| server_settings::set_logo(tx, now_ms(), None, hash.as_deref()).map(drop)).await
}
