//! When the log is moved into the database, and by whom.
//!
//! Left alone, SQLite does it within the commit that makes the log long, while everybody waits for
//! two more syncs. Here a thread does the bulk of it beside the writer. As commits go on meanwhile it
//! never gets to the very end, and only a log that is moved whole begins anew: the writer moves the
//! little that is left.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use super::Options;
use super::fault::Fault;
use super::sqlite::Connection;

/// By how many times the log may be longer than when it is due, before the writer waits for the thread.
const MOST: u32 = 4;
/// What part of that it grows before it is tried again, where a reader needed it as it was.
const AGAIN: u32 = 4;

pub(super) struct Checkpoints {
    path: PathBuf,
    busy_timeout: Duration,
    /// Pages of a log that is to be moved.
    long: u32,
    /// Pages of the log at the last commit.
    pages: u32,
    /// At how many pages to begin next.
    due: u32,
    moving: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn new(options: &Options) -> Self {
        let Options { path, busy_timeout, log_pages, .. } = options;
        Self {
            path: path.clone(),
            busy_timeout: *busy_timeout,
            long: *log_pages,
            pages: 0,
            due: *log_pages,
            moving: None,
        }
    }

    /// Looks at the log, which has so many pages, after a commit or a rest.
    pub(super) fn committed(&mut self, connection: &Connection, pages: u32) {
        if pages < self.pages {
            // It began anew.
            self.due = self.long;
        }
        self.pages = pages;
        match &self.moving {
            Some(moving) if moving.is_finished() => self.finish(connection),
            Some(_) if pages >= MOST * self.long => self.finish(connection),
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

    /// Moves what the thread has left. The log begins anew with the next commit that finds nobody reading
    /// from it; where that is not the next one, or a reader still needs what is in it, it is tried again
    /// before long.
    fn finish(&mut self, connection: &Connection) {
        self.wait();
        noted(connection.move_log());
        self.due = self.pages + self.long / AGAIN;
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
