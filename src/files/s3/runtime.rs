//! The thread of requests to a store, apart from the server's own: calls in progress may outlive those.

use tokio::runtime::{Builder, Runtime};

pub(super) struct RequestRuntime(Option<Runtime>);

impl RequestRuntime {
    /// Starts the thread.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn start() -> Result<Self, String> {
        let built = Builder::new_multi_thread().worker_threads(1).thread_name("s3").enable_all().build();
        built.map(|runtime| Self(Some(runtime))).map_err(|error| format!("cannot start the requests to S3: {error}"))
    }

    /// Waits for requests. Only outside of the tasks of a runtime.
    pub(super) fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("it is taken when dropped").block_on(work)
    }
}

impl Drop for RequestRuntime {
    fn drop(&mut self) {
        // A runtime that is dropped within a task of another would wait there.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
