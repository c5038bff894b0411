//! A zip archive that is written from its beginning to its end, into a file on its way into the store.

use std::io::{self, Write};

use tokio::runtime::Handle;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use crate::error::{Error, Result};
use crate::files::Incoming;

/// Pictures do not get smaller, and texts do with the least effort.
const LEVEL: i64 = 1;

/// Takes the bytes of the parts that are begun one after the other. It blocks.
pub(super) struct Archive(ZipWriter<StreamWriter<Sink>>);

struct Sink {
    incoming: Incoming,
    runtime: Handle,
}

impl Archive {
    pub(super) fn new(incoming: Incoming, runtime: Handle) -> Self {
        Self(ZipWriter::new_stream(Sink { incoming, runtime }))
    }

    /// Begins a part.
    ///
    /// # Errors
    /// `internal` where the disk takes no more.
    pub(super) fn begin(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_level(Some(LEVEL));
        self.0.start_file(name, options).map_err(Error::internal)
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// `internal` where the disk takes no more.
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
        self.runtime.block_on(self.incoming.write(bytes)).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
