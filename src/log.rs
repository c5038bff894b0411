//! The log on stderr. Writing a line never waits, panics or ends the process: a thread of its own writes the lines,
//! and those that it cannot keep up with are dropped and counted.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait for stderr; any more are dropped.
const WAITING: usize = 4_096;
/// How long the end of the process waits for the last lines. Nobody may be reading them.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The target of the access log.
pub const ACCESS: &str = "access";

/// Starts the log. Drop the result at the end of the process: it waits for the last lines.
///
/// # Errors
/// A sentence for the operator: the thread cannot be started.
pub fn start(is_json: bool, has_access_log: bool) -> Result<Log, String> {
    let (lines, log) = Log::start(io::stderr())?;
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let access = if has_access_log { "info" } else { "off" };
    if let Ok(directive) = format!("{ACCESS}={access}").parse() {
        filter = filter.add_directive(directive);
    }
    // Colours only on a terminal: in a file, escape codes could only be noise or an injection.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .log_internal_errors(false)
        .with_writer(lines);
    match is_json {
        false => subscriber.init(),
        true => subscriber.json().init(),
    }
    // The default hook writes to stderr itself, which may block.
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(message, place, "panicked");
    }));
    Ok(log)
}

/// Prints a line on stderr, beside the log. Gives up when nobody reads it.
pub fn print(line: String) {
    let (done, printed) = sync_channel(1);
    std::thread::spawn(move || {
        let _ = writeln!(io::stderr(), "{line}");
        let _ = done.send(());
    });
    let _ = printed.recv_timeout(FLUSH_TIMEOUT);
}

/// The running log.
pub struct Log {
    queue: SyncSender<Entry>,
}

enum Entry {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl Log {
    fn start(output: impl Write + Send + 'static) -> Result<(Lines, Self), String> {
        let (queue, entries) = sync_channel(WAITING);
        let dropped = Arc::<AtomicU64>::default();
        let lines = Lines { queue: queue.clone(), dropped: Arc::clone(&dropped) };
        std::thread::Builder::new()
            .name("log".into())
            .spawn(move || write_all(&entries, output, &dropped))
            .map_err(|error| format!("cannot start the log: {error}"))?;
        Ok((lines, Self { queue }))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        // A full queue means that nobody reads, so there is nothing to wait for.
        if self.queue.try_send(Entry::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

/// Writes the lines one by one. A line that cannot be written is dropped: there is no other place to report it.
fn write_all(entries: &Receiver<Entry>, mut output: impl Write, dropped: &AtomicU64) {
    for entry in entries {
        let missing = dropped.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _ = writeln!(output, "{missing} lines of the log were dropped: they could not be written in time");
        }
        match entry {
            Entry::Line(line) => drop(output.write_all(&line)),
            Entry::Flush(done) => drop(done.send(())),
        }
    }
}

/// Makes a buffer for each line of the log.
struct Lines {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, bytes: Vec::new() }
    }
}

/// One line, which is queued when it is complete.
struct Line<'a> {
    lines: &'a Lines,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.lines.queue.try_send(Entry::Line(std::mem::take(&mut self.bytes))).is_err() {
            self.lines.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use std::sync::mpsc::channel;

    /// An output that accepts nothing until it is opened, and says when it is first written to.
    struct Stuck {
        entered: std::sync::mpsc::Sender<()>,
        opened: std::sync::mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.entered.send(());
            let _ = self.opened.recv();
            self.written.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_output_blocks_nobody_and_what_was_dropped_is_counted() {
        let ((entered, is_stuck), (open, opened)) = (channel(), channel());
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let (lines, log) = Log::start(Stuck { entered, opened, written: Arc::clone(&written) }).unwrap();
        writeln!(lines.make_writer(), "line 0").unwrap();
        is_stuck.recv().unwrap();
        for number in 1..=WAITING + 100 {
            writeln!(lines.make_writer(), "line {number}").unwrap();
        }
        assert_eq!(lines.dropped.load(Ordering::Relaxed), 100);
        drop(open);
        // The queue is full until the thread has taken a line.
        let (done, flushed) = sync_channel(1);
        log.queue.send(Entry::Flush(done)).unwrap();
        flushed.recv().unwrap();
        let text = String::from_utf8(written.lock().clone()).unwrap();
        assert!(text.contains("line 0\n") && text.contains(" lines of the log were dropped"), "{text}");
    }

    #[test]
    fn an_output_that_fails_is_no_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (lines, log) = Log::start(Full).unwrap();
        writeln!(lines.make_writer(), "line").unwrap();
        drop(log);
        writeln!(lines.make_writer(), "line").unwrap();
    }
}
