//! Pictures of users: small squares among the stored bytes.

use crate::chat::Tx;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::files::Upload;
use crate::ids::UserId;
use crate::image;
use crate::service::App;

impl App {
    /// Makes a square of an upload, stores its bytes, writes the row that names them, and removes the bytes that no
    /// row names after that. Like every upload, it runs to its end.
    pub(in crate::service) async fn put_portrait<T: Send + 'static>(
        &self,
        me: UserId,
        upload: Upload,
        write: impl Fn(&mut Tx, &str) -> Result<(T, Vec<String>)> + Send + 'static,
    ) -> Result<T> {
        self.budgets.store(&self.disk_space, me, upload.size as usize)?;
        let bytes = self.remake(me, upload, image::portrait).await?;
        self.require_store().await?;
        let app = self.clone();
        let work = tokio::spawn(async move {
            let content = app.files.write(bytes).await?;
            let (hash, stored) = (content.hash.clone(), content.hash.clone());
            let no_removal = app.files.hash_locks.prevent_removal(std::slice::from_ref(&hash)).await;
            let claim = app.claim_storing(std::slice::from_ref(&hash)).await?;
            let own = claim.clone();
            let written = match app.files.keep(content).await {
                Ok(()) => {
                    let write = move |tx: &mut Tx| own.release(tx).and_then(|()| write(tx, &hash));
                    app.db.write(Subject::Server, write).await
                }
                Err(error) => Err(error),
            };
            if written.is_err() {
                app.release(claim).await;
            }
            drop(no_removal);
            match written {
                Ok((done, unneeded)) => {
                    app.remove_bytes(unneeded).await;
                    Ok(done)
                }
                // The commit may have happened all the same; the sweep of the files decides later.
                Err(error) if error.code == Code::Unavailable => Err(error),
                Err(error) => {
                    app.remove_bytes(vec![stored]).await;
                    Err(error)
                }
            }
        });
        work.await.map_err(Error::internal)?
    }
}
