//! Claims on contents where several nodes share the files: see `chat/file/claim.rs`. One node needs none, as its locks on
//! hashes are enough.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use super::App;
use crate::chat::{Tx, file};
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::ids;

/// How often a node looks whether the removal of a content has ended, and how many times.
const RETRY_DELAY: Duration = Duration::from_millis(200);
const TRIES: usize = 50;

/// A claim on contents. It is released in the transaction that writes their rows, or by [`App::release`].
#[derive(Clone)]
pub(super) struct Claim(Option<String>);

/// Claims that could not be released, or that may have been made without an answer.
#[derive(Default)]
pub(in crate::service) struct Unreleased(Mutex<Vec<String>>);

impl Claim {
    /// Releases the claim in the transaction that writes the rows.
    ///
    /// # Errors
    /// `unavailable` when this node was taken for ended: the bytes may have been removed.
    pub(super) fn release(&self, tx: &mut Tx) -> Result<()> {
        match &self.0 {
            Some(id) if !file::release(tx, id)? => Err(Code::Unavailable.into()),
            _ => Ok(()),
        }
    }
}

impl App {
    /// Prevents the removal of contents on any node.
    ///
    /// # Errors
    /// `busy` when one of them is being removed for long.
    pub(super) async fn claim_storing(&self, hashes: &[String]) -> Result<Claim> {
        let Some(node) = self.node_id() else { return Ok(Claim(None)) };
        let id = ids::random();
        for _ in 0..TRIES {
            let (own, hashes) = (id.clone(), hashes.to_vec());
            if self.claim(&id, move |tx| file::claim_storing(tx, node, &own, &hashes)).await? {
                return Ok(Claim(Some(id)));
            }
            sleep(RETRY_DELAY).await;
        }
        Err(Code::Busy.into())
    }

    /// Returns those of the contents that can be removed now: no row names them, and no node stores them.
    ///
    /// # Errors
    /// Only those of the database.
    pub(super) async fn claim_removal(&self, hashes: Vec<String>) -> Result<(Vec<String>, Claim)> {
        let Some(node) = self.node_id() else {
            let unneeded = self.db.read(move |tx| file::unreferenced(tx, &hashes)).await?;
            return Ok((unneeded, Claim(None)));
        };
        let id = ids::random();
        let own = id.clone();
        let claimed = self.claim(&id, move |tx| file::claim_removal(tx, node, &own, &hashes)).await?;
        Ok((claimed, Claim(Some(id))))
    }

    /// Makes a claim. Without an answer it may be made all the same, and is released later.
    async fn claim<T: Send + 'static>(
        &self,
        id: &str,
        claim: impl Fn(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let claimed = self.db.write(Subject::Server, claim).await;
        if claimed.is_err() {
            self.unreleased.0.lock().push(id.to_owned());
        }
        claimed
    }

    pub(super) async fn release(&self, claim: Claim) {
        let Some(id) = claim.0 else { return };
        self.unreleased.0.lock().push(id);
        self.release_claims().await;
    }

    /// Releases the claims that could not be released before.
    pub(in crate::service) async fn release_claims(&self) {
        let ids = std::mem::take(&mut *self.unreleased.0.lock());
        if ids.is_empty() {
            return;
        }
        let released = ids.clone();
        let release = move |tx: &mut Tx| released.iter().try_for_each(|id| file::release(tx, id).map(drop));
        if self.db.write(Subject::Server, release).await.is_err() {
            self.unreleased.0.lock().extend(ids);
        }
    }
}
