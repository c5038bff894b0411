//! A Redis server for one test, from the machine's own package. It ends with the process, however that ends.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
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

/// A Redis on a port of its own, which keeps nothing on disk.
pub struct Redis {
    port: u16,
    watch: Option<Child>,
}

impl Redis {
    pub fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut redis = Self { port, watch: None };
        redis.resume();
        redis
    }

    /// Starts the server again after [`Redis::stop`], on the same port.
    pub fn resume(&mut self) {
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh", "redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        watch.args(["--port", &self.port.to_string()]).current_dir(std::env::temp_dir());
        // A group of its own, so that Ctrl-C in a terminal does not end the watch before the server.
        watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        self.watch = Some(watch.spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begun.elapsed() < TIMEOUT, "Redis does not start (it is needed; run: scripts/setup.sh)");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the server; what it had is lost.
    pub fn stop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            drop(watch.stdin.take());
            watch.wait().unwrap();
        }
    }

    /// Sends a command, such as `CLIENT KILL TYPE pubsub`, without waiting for its effect on other connections.
    pub fn run(&self, command: &str) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 1];
        stream.read_exact(&mut answer).unwrap();
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
