//! `madang reindex`: the search index built anew, also while a server runs on the folder.

use std::time::{Duration, Instant};

use crate::chat::Db;
use crate::chat::search::Rebuild;
use crate::clock::now_ms;
use crate::config::Config;
use crate::db;
use crate::db::Subject;
use crate::error::Error;

/// Messages of one transaction: few enough that a send beside it does not wait long.
const STEP: u32 = 500;
/// A server that writes must get its turn even when steps are done at once.
const PAUSE: Duration = Duration::from_millis(5);

/// Builds the index anew. `progress` hears after each step how many messages have been looked at, of
/// how many, by their numbers.
///
/// # Errors
/// A sentence for the operator: search is off, there is no such database, it is held or changed by
/// others.
pub async fn reindex(config: &Config, mut progress: impl FnMut(i64, i64)) -> Result<(), String> {
    if !config.has_search {
        return Err("search is off here: take SEARCH=off away first".into());
    }
    let path = super::backup::house(config)?;
    let db = Db::open(db::Options::new(&path), |_| {})
        .map_err(|fault| format!("cannot open {}: {fault}", path.display()))?;
    let done = rebuild(&db, &mut progress).await;
    db.close().await;
    done.map_err(|error| format!("the index was not built: {}", error.message))
}

async fn rebuild(db: &Db, progress: &mut impl FnMut(i64, i64)) -> Result<(), Error> {
    let mut rebuild = db.write(Subject::Server, |tx| Rebuild::begin(tx, now_ms())).await?;
    while !rebuild.is_finished {
        let begun = Instant::now();
        rebuild = db.write(Subject::Server, move |tx| rebuild.step(tx, STEP)).await?;
        progress(rebuild.done, rebuild.last);
        // The store is for others as long as it was for this.
        tokio::time::sleep(begun.elapsed().max(PAUSE)).await;
    }
    Ok(())
}
