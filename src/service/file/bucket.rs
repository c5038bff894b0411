//! The bucket of the files, checked before it is used and while it is away.

use super::super::App;
use crate::chat::instance;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::files::NotReady;

impl App {
    /// Checks that the files are where the settings say, and that a bucket can be used. One that does not answer is no
    /// reason to refuse everything else: it is checked again later.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn check_store(&self) -> Result<(), String> {
        let failed = |error: Error| format!("cannot read where the files are: {}", error.message);
        if self.config.s3.is_none() {
            return match self.db.read(instance::has_bucket).await.map_err(failed)? {
                true => Err(instance_has_bucket()),
                false => Ok(()),
            };
        }
        let id = self.db.write(Subject::Server, instance::id).await.map_err(failed)?;
        match self.files.check(id).await {
            Ok(()) => {
                // Noted before the first file is in it, and not before it can be used: a server with wrong settings
                // still starts without them.
                let noted = self.db.write(Subject::Server, |tx| instance::set_bucket(tx, true));
                noted.await.map_err(failed)?;
                self.files.set_ours();
                Ok(())
            }
            Err(NotReady::Refused(why)) => Err(why),
            Err(NotReady::Away(why)) => {
                tracing::warn!("{why}; files are unavailable until it does");
                Ok(())
            }
        }
    }

    /// Makes sure that files can be stored: checks a bucket that was away at the start.
    ///
    /// # Errors
    /// `unavailable`.
    pub(super) async fn require_store(&self) -> Result<()> {
        self.recheck_store().await;
        if self.files.is_ours() { Ok(()) } else { Err(Code::Unavailable.into()) }
    }

    /// Checks a bucket again that was away, unless that is being done.
    pub(in crate::service) async fn recheck_store(&self) {
        let Ok(_checking) = self.files.checking.try_lock() else { return };
        if self.files.is_ours() {
            return;
        }
        match self.check_store().await {
            Ok(()) if self.files.is_ours() => tracing::info!("the store of files answers"),
            Ok(()) => {}
            Err(why) => tracing::error!("{why}"),
        }
    }
}

fn instance_has_bucket() -> String {
    "the files of this server are in an S3 bucket, and S3_BUCKET is not set (set it; to move them into the data folder, \
     make a backup with S3_BUCKET and restore it without)"
        .into()
}
