//! A zip archive that is written from its beginning to its end, into a file on its way into the store.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use crate::error::{Error, Result};
use crate::files::Incoming;

/// Pictures do not get smaller, and texts do with the least effort.
const LEVEL: i64 = 1;

/// Stops what is made for it when it is dropped: a thread goes on when the task that waits for it is aborted.
#[derive(Default)]
pub(super) struct StopOnDrop(Arc<AtomicBool>);

impl StopOnDrop {
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes the bytes of the parts that are begun one after the other. It blocks.
pub(super) struct Archive(ZipWriter<StreamWriter<Sink>>);

struct Sink {
    incoming: Incoming,
    runtime: Handle,
    is_stopped: Arc<AtomicBool>,
}

impl Archive {
    /// Creates an archive that takes no more bytes once it is stopped.
    pub(super) fn new(incoming: Incoming, runtime: Handle, is_stopped: Arc<AtomicBool>) -> Self {
        Self(ZipWriter::new_stream(Sink { incoming, runtime, is_stopped }))
    }

    /// Begins a part.
    ///
    /// # Errors
    /// `internal` where the disk takes no more, or the archive was stopped.
    pub(super) fn begin(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_level(Some(LEVEL));
        self.0.start_file(name, options).map_err(Error::internal)
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// As [`Archive::begin`].
    pub(super) fn finish(self) -> Result<Incoming> {
        Ok(self.0.finish().map_err(Error::internal)?.into_inner().incoming)
    }
}

impl Write for Archive {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("the archive was stopped"));
        }
        self.runtime.block_on(self.incoming.write(bytes)).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::files::Files;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_archive_takes_nothing_more_when_its_task_has_ended() {
        let data_dir = std::env::temp_dir().join(format!("madang-archive-{}", crate::ids::RoomId::new(0)));
        let files = Files::open(&Config { data_dir: data_dir.clone(), ..Config::default() }).unwrap();
        let incoming = files.receive().await.unwrap();
        let stop = StopOnDrop::default();
        let mut archive = Archive::new(incoming, Handle::current(), stop.flag());
        let refused = tokio::task::spawn_blocking(move || {
            archive.begin("a").unwrap();
            archive.write_all(b"a").unwrap();
            drop(stop);
            archive.begin("b").is_err() && archive.finish().is_err()
        });
        assert!(refused.await.unwrap());
        std::fs::remove_dir_all(data_dir).unwrap();
    }
}
