//! When the log is moved into the database, and by whom.
//!
//! Left alone, SQLite does it within the commit that makes the log long, while everybody waits for
//! two more syncs. Here a thread does the bulk of it beside the writer. As commits go on meanwhile it
//! never gets to the very end, and only a log that is moved whole begins anew: the writer moves the
//! little that is left.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use super::fault::Fault;
use super::sqlite::Connection;

/// Pages of the log at which it is moved: 16 MB. The pages that every batch writes are in it many times
/// and are moved once; a longer one would only make the first start after a crash slower.
const DUE: u32 = 4_000;
/// Pages of the log at which the writer moves it itself, as the thread does not keep up.
const MOST: u32 = 4 * DUE;

pub(super) struct Checkpoints {
    path: PathBuf,
    busy_timeout: Duration,
    /// Pages of the log at the last commit.
    pages: u32,
    /// At how many pages to begin next.
    due: u32,
    moving: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn new(path: PathBuf, busy_timeout: Duration) -> Self {
        Self { path, busy_timeout, pages: 0, due: DUE, moving: None }
    }

    /// Looks at the log after a commit that left so many pages in it.
    pub(super) fn committed(&mut self, connection: &Connection, pages: u32) {
        if pages < self.pages {
            // It began anew.
            self.due = DUE;
        }
        self.pages = pages;
        match &self.moving {
            Some(moving) if moving.is_finished() => self.finish(connection),
            Some(_) if pages >= MOST => self.finish(connection),
            None if pages >= self.due => self.begin(),
            _ => {}
        }
    }

    fn begin(&mut self) {
        let (path, busy_timeout) = (self.path.clone(), self.busy_timeout);
        let moving = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || noted(Connection::open(&path, busy_timeout).and_then(|connection| connection.move_log())));
        // Where no thread is to be had, the next commit tries again.
        self.moving = moving.ok();
    }

    /// Moves what the thread has left. A reader may still need the log as it is: then it is looked at
    /// again when it has grown as much once more.
    fn finish(&mut self, connection: &Connection) {
        self.wait();
        noted(connection.move_log());
        self.due = self.pages + DUE;
    }

    /// Waits for the thread, if there is one.
    pub(super) fn wait(&mut self) {
        if let Some(moving) = self.moving.take() {
            // It notes what goes wrong; a panic has been printed.
            let _ = moving.join();
        }
    }
}

/// What was not moved stays in the log, where it is just as durable, and is moved later.
fn noted(moved: Result<(), Fault>) {
    if let Err(fault) = moved {
        tracing::warn!(%fault, "the log was not moved into the database; the next time it is");
    }
}
