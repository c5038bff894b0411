//! `madang reindex`: rebuilds the search index, also while the server runs.

use std::time::{Duration, Instant};

use crate::chat::Db;
use crate::chat::search::Rebuild;
use crate::clock::now_ms;
use crate::config::Config;
use crate::db::Subject;
use crate::error::Error;
use crate::service::store;

/// Messages per transaction: few enough that a concurrent send does not wait long.
const STEP: u32 = 500;
/// The least pause between two steps, so that a server gets its turn to write.
const PAUSE: Duration = Duration::from_millis(5);

/// Rebuilds the index. Calls `progress` after each step with the number of messages done and the total.
///
/// # Errors
/// A message for the operator: search is off, there is no database, or another process locks it.
pub async fn reindex(config: &Config, mut progress: impl FnMut(i64, i64)) -> Result<(), String> {
    if !config.has_search {
        return Err("search is switched off (remove SEARCH=off first)".into());
    }
    super::backup::existing_database(config)?;
    let db = Db::open(store::options_of_command(config), |_| {}).map_err(|fault| store::cannot_open(config, &fault))?;
    let done = rebuild(&db, &mut progress).await;
    db.close().await;
    done.map_err(|error| format!("cannot rebuild the search index: {}", error.message))
}

async fn rebuild(db: &Db, progress: &mut impl FnMut(i64, i64)) -> Result<(), Error> {
    let mut rebuild = db.write(Subject::Server, |tx| Rebuild::begin(tx, now_ms())).await?;
    while !rebuild.is_finished {
        let begun = Instant::now();
        rebuild = db.write(Subject::Server, move |tx| rebuild.clone().step(tx, STEP)).await?;
        progress(rebuild.done, rebuild.last);
        // Leaves the database to others for as long as this step took.
        tokio::time::sleep(begun.elapsed().max(PAUSE)).await;
    }
    Ok(())
}
