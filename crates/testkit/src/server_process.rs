//! A server of the machine's own packages that ends with this process, however that ends.

use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to start.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Starts the server, waits for the end of its standard input, and ends it by its own id.
const WATCH: &str = r#"
    exec 3<&0
    "$@" </dev/null >/dev/null 2>&1 3<&- &
    pid=$!
    cat <&3 >/dev/null
    # One that was stopped would not end.
    kill -CONT $pid
    kill -TERM $pid
    wait $pid
"#;

/// A running server. Dropping it ends it.
pub(crate) struct ServerProcess(Child);

impl ServerProcess {
    /// Starts a server and waits until it listens on the port.
    pub(crate) fn start(server: &Command, port: u16) -> Self {
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh"]).arg(server.get_program()).args(server.get_args());
        watch.current_dir(std::env::temp_dir());
        // A group of its own, so that Ctrl-C in a terminal does not end the watch before the server.
        watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watch = Self(watch.spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begun.elapsed() < TIMEOUT, "{server:?} does not start (it is needed; run: scripts/setup.sh)");
            std::thread::sleep(Duration::from_millis(10));
        }
        watch
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
