//! When the write-ahead log is moved into the database, and by which thread.
//!
//! By default SQLite does this within the commit that makes the log long, and all writes wait for two more
//! syncs. Here a thread does most of it beside the writer. Because commits go on meanwhile, the thread never
//! reaches the end, and only a log that is moved completely restarts: the writer moves the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use crate::db::fault::Fault;

/// How many times longer than its due length the log may become before the writer waits for the thread.
const MAX_LENGTH: u32 = 4;
/// The part of its due length by which it grows before the next try, where a reader still needed it.
const RETRY_AFTER: u32 = 4;

/// The checkpoints of the writer's connection.
pub(super) struct Checkpoints {
    /// Does a checkpoint on a connection of its own.
    checkpoint: Arc<dyn Fn() -> Result<(), Fault> + Send + Sync>,
    /// Pages of a log that is due.
    due_length: u32,
    /// Pages of the log, as SQLite reports after each commit.
    reported: Arc<AtomicU32>,
    /// Pages of the log at the last commit.
    pages: u32,
    /// Pages at which to begin next.
    next: u32,
    running: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn new(due_length: u32, checkpoint: impl Fn() -> Result<(), Fault> + Send + Sync + 'static) -> Self {
        let (checkpoint, reported) = (Arc::new(checkpoint), Arc::default());
        Self { checkpoint, due_length, reported, pages: 0, next: due_length, running: None }
    }

    /// Returns the hook to which SQLite reports the length of the log.
    pub(super) fn reporter(&self) -> impl Fn(u32) + Send + use<> {
        let reported = Arc::clone(&self.reported);
        move |pages| reported.store(pages, Ordering::Relaxed)
    }

    /// Looks at the log after a commit. `finish` does a checkpoint on the writer's own connection.
    pub(super) fn committed(&mut self, finish: impl FnOnce() -> Result<(), Fault>) {
        let pages = self.reported.load(Ordering::Relaxed);
        if pages < self.pages {
            // It restarted.
            self.next = self.due_length;
        }
        self.pages = pages;
        match &self.running {
            Some(running) if running.is_finished() => self.finish(finish),
            Some(_) if pages >= MAX_LENGTH * self.due_length => self.finish(finish),
            None if pages >= self.next => self.begin(),
            _ => {}
        }
    }

    fn begin(&mut self) {
        let checkpoint = Arc::clone(&self.checkpoint);
        let running = std::thread::Builder::new().name("checkpoint".into()).spawn(move || logged(checkpoint()));
        // If no thread can be started, the next commit tries again.
        self.running = running.ok();
    }

    /// Moves what the thread has left. The log restarts with the next commit that finds no reader in it. If
    /// that is not the next commit, the move is soon tried again.
    fn finish(&mut self, finish: impl FnOnce() -> Result<(), Fault>) {
        self.wait();
        logged(finish());
        self.next = self.pages + self.due_length / RETRY_AFTER;
    }

    fn wait(&mut self) {
        if let Some(running) = self.running.take() {
            // It logs what goes wrong; a panic has been printed.
            let _ = running.join();
        }
    }
}

/// Waits for the thread: a database that is reopened or closed must have no other writer in this process.
impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wait();
    }
}

/// What was not moved stays in the log, where it is just as durable, and is moved later.
fn logged(done: Result<(), Fault>) {
    if let Err(fault) = done {
        tracing::warn!(%fault, "a checkpoint failed; it is tried again");
    }
}
