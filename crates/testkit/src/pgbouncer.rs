//! A pgbouncer in transaction mode before a PostgreSQL server: a client has a connection for one transaction at a time.

use crate::postgres::{Cluster, as_user, free_port};
use crate::server_process::ServerProcess;

/// A pooler on a port of its own.
pub struct Pgbouncer {
    port: u16,
    _server: ServerProcess,
}

impl Pgbouncer {
    /// Starts a pooler with few connections, so that clients share them.
    pub fn start(cluster: &Cluster) -> Self {
        let port = free_port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 4000\n\
             query_wait_timeout = 3\nserver_login_retry = 1\n",
            cluster.port()
        );
        let file = cluster.folder().join(format!("pgbouncer-{port}.ini"));
        std::fs::write(&file, settings).unwrap();
        let mut server = as_user("/usr/sbin/pgbouncer".as_ref());
        server.arg("--quiet").arg(&file);
        Self { port, _server: ServerProcess::start(&server, port) }
    }

    /// The address of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}
