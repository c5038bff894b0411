//! A Redis server for one test, from the machine's own package. It ends with the process, however that ends.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::postgres::free_port;
use crate::server_process::ServerProcess;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A Redis on a port of its own, which keeps nothing on disk.
pub struct Redis {
    port: u16,
    server: Option<ServerProcess>,
}

impl Redis {
    pub fn start() -> Self {
        let port = free_port();
        let mut redis = Self { port, server: None };
        redis.resume();
        redis
    }

    /// Starts the server again after [`Redis::stop`], on the same port.
    pub fn resume(&mut self) {
        let mut server = Command::new("redis-server");
        server.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &self.port.to_string()]);
        self.server = Some(ServerProcess::start(&server, self.port));
    }

    /// Ends the server; what it had is lost.
    pub fn stop(&mut self) {
        self.server = None;
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
