//! A PostgreSQL server for one test process, from the machine's own package. It ends with the process, however that
//! ends.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::pgbouncer::Pgbouncer;

/// Whether the apps of the tests reach PostgreSQL through pgbouncer.
pub fn is_pooled() -> bool {
    std::env::var("MADANG_TEST_POOLER").is_ok_and(|pooler| pooler == "on")
}

/// How many servers share the database of each app in the tests; 0: one that shares it with none.
pub fn nodes() -> usize {
    std::env::var("MADANG_TEST_NODES").ok().and_then(|nodes| nodes.parse().ok()).unwrap_or(0)
}

/// How long a server may take to start, or to end.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Whether the tests that can use either engine use PostgreSQL.
pub fn is_wanted() -> bool {
    std::env::var("MADANG_TEST_ENGINE").is_ok_and(|engine| engine == "postgres")
}

/// Starts the server, waits for the end of its standard input, and ends it by its own id.
const WATCH: &str = r#"
    exec 3<&0
    "$@" </dev/null >>"$LOG" 2>&1 3<&- &
    pid=$!
    word=$(cat <&3)
    # A server that has only begun to start ignores QUIT and ends by TERM.
    kill -TERM $pid
    kill -QUIT $pid
    wait $pid
    [ "$word" = keep ] || rm -rf "$FOLDER"
"#;

/// A database server on a port of its own.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    /// Ends the server when its standard input is closed; the kernel closes it when this process ends.
    watch: Mutex<Option<Child>>,
    settings: Vec<String>,
}

impl Cluster {
    /// The server that all tests of this process share. It forgets commits in a power cut, which makes it quick.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Cluster> =
            LazyLock::new(|| Cluster::start(&["fsync=off", "synchronous_commit=off", "full_page_writes=off"]));
        &SHARED
    }

    /// Starts a server with other settings.
    pub fn start(settings: &[&str]) -> Self {
        Self::with_files(settings, &[])
    }

    /// Starts a server with files in its data folder.
    pub fn with_files(settings: &[&str], files: &[(&str, &str)]) -> Self {
        let folder = new_folder();
        // An order of the database's own that is not that of the bytes, so that a test sees whose order is used.
        run(as_user(&program("initdb")).arg("-D").arg(folder.join("data")).args([
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
            "--auth=trust",
            "--no-sync",
        ]));
        // "guarded" needs its password.
        let rules = "local all all trust\nhost all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n\
                     host replication all 127.0.0.1/32 trust\n";
        std::fs::write(folder.join("data/pg_hba.conf"), rules).unwrap();
        for (name, content) in files {
            let path = folder.join("data").join(name);
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            if is_root() {
                run(Command::new("chown").arg("postgres").arg(&path));
            }
        }
        let settings = settings.iter().map(ToString::to_string).collect();
        let cluster = Self { folder, port: free_port(), watch: Mutex::new(None), settings };
        cluster.resume();
        cluster.run("postgres", "CREATE ROLE guarded LOGIN PASSWORD 'rightful-word'");
        cluster
    }

    /// Starts a standby that follows this server, asynchronously.
    pub fn standby(&self) -> Self {
        let folder = new_folder();
        run(as_user(&program("pg_basebackup"))
            .args(["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--pgdata"])
            .arg(folder.join("data"))
            .args(["--host=127.0.0.1", "--username=postgres", &format!("--port={}", self.port)]));
        let standby = Self { folder, port: free_port(), watch: Mutex::new(None), settings: self.settings.clone() };
        standby.resume();
        standby
    }

    /// Lets a standby fall behind: it follows no longer, and can still be promoted.
    pub fn stop_following(&self) {
        self.run("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
        self.run("postgres", "SELECT pg_reload_conf()");
        let begun = Instant::now();
        while self.count("postgres", "SELECT COUNT(*) FROM pg_stat_wal_receiver") > 0 {
            assert!(begun.elapsed() < TIMEOUT, "the standby still follows\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes a standby the server that takes writes.
    pub fn promote(&self) {
        self.run("postgres", "SELECT pg_promote()");
    }

    /// Starts the server again after [`Cluster::stop`].
    pub fn resume(&self) {
        let mut server = as_user(&program("postgres"));
        server.arg("-D").arg(self.folder.join("data")).arg("-p").arg(self.port.to_string());
        server.arg("-c").arg(format!("unix_socket_directories={}", self.folder.display()));
        for setting in ["listen_addresses=127.0.0.1", "max_connections=400", "shared_buffers=64MB"] {
            server.args(["-c", setting]);
        }
        for setting in &self.settings {
            server.args(["-c", setting]);
        }
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh"]).arg(server.get_program()).args(server.get_args());
        // A group of its own, so that Ctrl-C in a terminal does not end the watch before the server.
        watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        watch.env("LOG", self.folder.join("log")).env("FOLDER", &self.folder).current_dir(&self.folder);
        *self.watch.lock().unwrap() = Some(watch.spawn().unwrap());
        let begun = Instant::now();
        while let Err(error) = apart(|| self.connect("postgres").map(drop)) {
            assert!(begun.elapsed() < TIMEOUT, "PostgreSQL does not start: {error}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server at once, as a crash would: it recovers at the next start.
    pub fn stop(&self) {
        let Some(mut watch) = self.watch.lock().unwrap().take() else { return };
        // The folder stays. Then the input ends.
        let _ = watch.stdin.take().map(|mut input| input.write_all(b"keep"));
        watch.wait().unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn connect(&self, database: &str) -> Result<Client, postgres::Error> {
        Client::connect(&self.url("postgres", database), NoTls)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the server; a socket of it is there.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a database for a user.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements as the administrator.
    pub fn run(&self, database: &str, sql: &str) {
        apart(|| self.connect(database)?.batch_execute(sql)).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Copies a database into a new one, as an operator does it.
    pub fn copy_by_dump(&self, from: &str, to: &str) {
        let dump = self.folder.join(format!("{from}.dump"));
        run(as_user(&program("pg_dump"))
            .args(["--format=custom", "--file"])
            .arg(&dump)
            .arg(self.url("postgres", from)));
        self.run("postgres", &format!("CREATE DATABASE {to}"));
        run(as_user(&program("pg_restore")).arg("--dbname").arg(self.url("postgres", to)).arg(&dump));
    }

    /// Returns what a query finds, each value as the server prints it.
    pub fn rows(&self, database: &str, sql: &str) -> Vec<Vec<Option<String>>> {
        let found = apart(|| self.connect(database)?.simple_query(sql));
        let found = found.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let rows = found.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        rows.collect()
    }

    /// Returns the first number that a query finds.
    pub fn count(&self, database: &str, sql: &str) -> i64 {
        let found = apart(|| self.connect(database)?.simple_query(sql));
        let found = found.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let row = found.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        row.unwrap_or_else(|| panic!("{sql}: no value")).parse().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A database of its own on the shared server, removed with it.
pub struct Database {
    cluster: &'static Cluster,
    name: String,
}

impl Database {
    #[allow(clippy::new_without_default, reason = "it creates a database")]
    pub fn new() -> Self {
        Self::on(Cluster::shared())
    }

    pub fn on(cluster: &'static Cluster) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        cluster.run("postgres", &format!("CREATE DATABASE {name}"));
        Self { cluster, name }
    }

    pub fn url(&self) -> String {
        self.cluster.url("postgres", &self.name)
    }

    /// The address for an app: that of the pooler, if the tests use one.
    pub fn app_url(&self) -> String {
        static POOLER: LazyLock<Pgbouncer> = LazyLock::new(|| Pgbouncer::start(Cluster::shared()));
        if is_pooled() { POOLER.url(&self.name) } else { self.url() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements.
    pub fn run(&self, sql: &str) {
        self.cluster.run(&self.name, sql);
    }

    /// Returns the first number that a query finds.
    pub fn count(&self, sql: &str) -> i64 {
        self.cluster.count(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.cluster.run("postgres", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// Works on a thread of its own: the caller's may belong to a runtime, and the driver has one of its own.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap()
}

/// A folder that PostgreSQL may write to, which refuses to run as root.
fn new_folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("madang-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(&folder));
    }
    folder
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command that does not run as root.
pub(crate) fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

/// The path of a program of the newest PostgreSQL of this machine.
fn program(name: &str) -> PathBuf {
    let version = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let debian = folders.max_by_key(version).map(|folder| folder.join("bin").join(name)).filter(|path| path.exists());
    debian.unwrap_or_else(|| PathBuf::from(name))
}

fn run(command: &mut Command) {
    let done = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error} (PostgreSQL is needed; run: scripts/setup.sh)"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
