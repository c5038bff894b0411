//! Reads and renders pages on the blocking pool, a limited number at a time, so that no page delays a
//! message.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::App;
use crate::error::{Code, Error, Result};

/// How long a request waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// The turns of rendering: one for each core.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from))))
    }
}

impl App {
    /// Runs blocking work for a page, in its turn. Once started, it continues even if the caller stops
    /// waiting.
    ///
    /// # Errors
    /// `busy` when no turn came in time; `internal` when the work panicked.
    pub async fn render<T: Send + 'static>(&self, work: impl FnOnce(&App) -> T + Send + 'static) -> Result<T> {
        let turn = timeout(QUEUE_TIMEOUT, Arc::clone(&self.turns.0).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Code::Busy.into()) };
        let app = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&app)
        });
        work.await.map_err(Error::internal)
    }
}
