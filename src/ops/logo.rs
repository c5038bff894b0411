//! `madang settings logo`: sets the logo of the server or removes it, also while the server runs.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::backup::{BUCKET_NOT_SET, existing_database};
use super::stored::{checked_bucket, store_bytes};
use super::write;
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
    let bytes = read(picture, config.images.bytes).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let bytes = bytes.ok_or_else(|| format!("{shown} is too large: it may have {} bytes", config.images.bytes))?;
    let limits = config.images.clone();
    let made = tokio::task::spawn_blocking(move || image::portrait(&bytes, &limits)).await;
    let made = made.map_err(|error| error.to_string())?;
    let logo = made.map_err(|refused| format!("{shown} cannot be the logo: {}", Error::from(refused).message))?;
    let (store, data_dir) = (open_store(config).await?, config.data_dir.clone());
    // While this server runs, nothing may remove the bytes before the row needs them.
    let cannot = |error: io::Error| format!("cannot store the logo: {error}");
    let config = config.clone();
    let keep = move || {
        let no_removal = Lock::all_bytes(&data_dir)?;
        let hash = store_bytes(&*store, &data_dir, &logo)?;
        let write = Handle::current().block_on(write_logo(&config, Some(hash.clone())));
        // Another server may have removed the same bytes meanwhile. From now on it does not.
        let is_missing = write.is_ok() && store.size(&hash).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        if is_missing {
            store_bytes(&*store, &data_dir, &logo)?;
        }
        drop(no_removal);
        Ok(write)
    };
    tokio::task::spawn_blocking(keep).await.map_err(|error| error.to_string())?.map_err(cannot)?
}

/// Returns the bytes of a file; `None` if there are more than `most`.
fn read(path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() <= most))
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
    let (has_bucket, id) = write(config, |tx: &mut Tx| Ok((instance::has_bucket(tx)?, instance::id(tx)?))).await?;
    let Some(s3) = config.s3.clone() else {
        return match has_bucket {
            true => Err(BUCKET_NOT_SET.into()),
            false => Ok(Arc::new(LocalStore::new(&config.data_dir))),
        };
    };
    let bucket = tokio::task::spawn_blocking(move || checked_bucket(&s3, &id)).await;
    Ok(Arc::new(bucket.map_err(|error| error.to_string())??))
}

async fn write_logo(config: &Config, hash: Option<String>) -> Result<(), String> {
    write(config, move |tx: &mut Tx| server_settings::set_logo(tx, now_ms(), None, hash.as_deref()).map(drop)).await
}
