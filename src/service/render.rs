//! Reads and renders pages on the blocking pool, a limited number at a time, so that no page delays a
//! message.

use std::net::IpAddr;
use std::time::Duration;

use super::App;
use crate::error::{Code, Error, Result};

/// How long a request waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// The cores of the server. So many pages of one network are rendered at a time.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl App {
    /// Runs blocking work for a page, in the turn of the client's network. Once started, it continues even if the caller
    /// stops waiting.
    ///
    /// # Errors
    /// `busy` when no turn came in time; `internal` when the work panicked.
    pub async fn render<T: Send + 'static>(
        &self,
        client: IpAddr,
        work: impl FnOnce(&App) -> T + Send + 'static,
    ) -> Result<T> {
        let turn = self.pages.acquire(self.budgets.network(client), QUEUE_TIMEOUT).await.ok_or(Code::Busy)?;
        let app = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&app)
        });
        work.await.map_err(Error::internal)
    }
}
