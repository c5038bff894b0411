//! `madang migrate-store`: copies the database file of the data folder into the database of `DATABASE_URL`.

use super::restore;
use crate::config::Config;
use crate::db::{Copied, CopyProgress, Fault, Inspection, StoreCopy};
use crate::lock::Lock;
use crate::service::store;

/// Copies everything, compares both databases and builds the search index. The file stays as it is. A copy that was
/// interrupted goes on where it ended. With `is_dry_run` nothing is copied; the database gets its empty tables.
///
/// # Errors
/// A sentence for the operator: no database is named, a server uses the folder, the database is not empty, or an error
/// of `watch`.
pub async fn migrate_store(
    config: &Config,
    is_dry_run: bool,
    mut watch: impl FnMut(CopyProgress) -> Result<(), String> + Send + 'static,
) -> Result<Copied, String> {
    let Some(target) = store::options_of_copy(config) else {
        return Err("no database is named to copy to (set DATABASE_URL_FILE or DATABASE_URL)".into());
    };
    let folder = config.data_dir.display();
    restore::refuse_while_under_way(&config.data_dir)?;
    let source = config.database();
    if !source.is_file() {
        return Err(format!("there is no database in {folder} (set DATA_DIR to the folder to copy from)"));
    }
    let lock = Lock::server(&config.data_dir).map_err(|error| format!("cannot lock {folder}: {error}"))?;
    let _lock = lock.ok_or_else(|| format!("a server uses {folder} (stop it first)"))?;
    let config_of_source = config.clone();
    let work = tokio::task::spawn_blocking(move || {
        let file = Inspection::open(&source).map_err(|fault| config_of_source.cannot_open(&source, &fault))?;
        let cannot = |fault: Fault| match fault {
            Fault::Refused(sentence) => sentence,
            fault => format!("cannot copy the database: {fault}"),
        };
        let copy = StoreCopy::open(file, target).map_err(cannot)?;
        if is_dry_run {
            return copy.count().map_err(cannot);
        }
        copy.run(|progress| watch(progress).map_err(Fault::Refused)).map_err(cannot)
    });
    let copied = work.await.map_err(|error| format!("the copy failed: {error}"))??;
    if !is_dry_run {
        let is_copied = "everything is copied, but the search index is missing (run: madang reindex)";
        super::reindex(config, |_, _| {}).await.map_err(|error| format!("{error}; {is_copied}"))?;
    }
    Ok(copied)
}
