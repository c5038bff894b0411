//! The app in this process, with its own port and data folder.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use madang::app::Listeners;
use madang::config::{Config, NodeConfig, Postgres};
use madang::secret::Secret;
use serde_json::Value;
use testkit::postgres::{self, Database};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Client, ConnectOptions, Person, Request, Response, TIMEOUT, TempDir};

/// The entry points by which a rule is tested where both have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPoint {
    Rest,
    Socket,
}

pub const ENTRY_POINTS: [EntryPoint; 2] = [EntryPoint::Rest, EntryPoint::Socket];

/// A running app, and how it ended.
type Served = JoinHandle<Result<(), String>>;

/// Changes the settings of an app before each start.
type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;

pub struct App {
    pub address: SocketAddr,
    /// Where plain HTTP is beside HTTPS.
    pub http: Option<SocketAddr>,
    /// Where the metrics are, at an address of their own.
    pub metrics: Option<SocketAddr>,
    folder: TempDir,
    /// The database, if it is not a file in the folder.
    database: Option<Arc<Database>>,
    change: Change,
    running: Option<(oneshot::Sender<()>, Served)>,
    /// More servers of the same database, which requests and sockets go to in turn.
    others: Vec<App>,
    turn: AtomicUsize,
}

/// Shortens the periods that tests wait for.
fn config(data_dir: PathBuf, database: Option<&Database>) -> Config {
    Config {
        data_dir,
        postgres: database.map(|database| Postgres {
            url: Secret::new(database.app_url()),
            pool: 4,
            prepares: !testkit::postgres::is_pooled(),
            allows_unsafe_commits: true,
        }),
        has_rate_limits: false,
        connections_per_address: 0,
        disk_reserve: 0,
        exit_grace: Duration::from_millis(40),
        second: Duration::from_millis(20),
        clock_settling: Duration::ZERO,
        shutdown: Duration::from_secs(2),
        ..Config::default()
    }
}

impl App {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts an app with other settings.
    pub async fn with(change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        let change = Arc::new(change);
        let nodes = if postgres::is_wanted() { postgres::nodes() } else { 0 };
        if nodes == 0 {
            return Self::on(postgres::is_wanted().then(|| Arc::new(Database::new())), change).await;
        }
        let database = Arc::new(Database::new());
        let change: Change = Arc::new(move |config| {
            config.nodes = Some(NodeConfig {
                announce_interval: Duration::from_millis(5),
                poll_interval: Duration::from_millis(5),
                ..NodeConfig::default()
            });
            change(config);
        });
        let mut app = Self::on(Some(Arc::clone(&database)), change.clone()).await;
        for _ in 1..nodes {
            app.others.push(Self::on(Some(Arc::clone(&database)), change.clone()).await);
        }
        app
    }

    /// Starts an app on a database that others may share.
    pub async fn on(database: Option<Arc<Database>>, change: Change) -> Self {
        let address = ([127, 0, 0, 1], 0).into();
        let mut app = Self {
            address,
            http: None,
            metrics: None,
            folder: TempDir::new(),
            database,
            change,
            running: None,
            others: Vec::new(),
            turn: AtomicUsize::new(0),
        };
        app.open().await;
        app
    }

    async fn open(&mut self) {
        let main = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        self.address = main.local_addr().unwrap();
        let config = self.config();
        let http = match config.tls {
            Some(_) => Some(TcpListener::bind(("127.0.0.1", 0)).await.unwrap()),
            None => None,
        };
        self.http = http.as_ref().map(|http| http.local_addr().unwrap());
        let metrics = match config.metrics.bind {
            Some(_) => Some(TcpListener::bind(("127.0.0.1", 0)).await.unwrap()),
            None => None,
        };
        self.metrics = metrics.as_ref().map(|metrics| metrics.local_addr().unwrap());
        let listeners = Listeners { main, http, metrics };
        let (stop, stopped) = oneshot::channel();
        let ended = async move { drop(stopped.await) };
        self.running = Some((stop, tokio::spawn(madang::app::run(config, listeners, ended))));
    }

    /// The configuration that it runs with.
    pub fn config(&self) -> Config {
        let mut config = config(self.folder.path().to_owned(), self.database.as_deref());
        (self.change)(&mut config);
        config
    }

    /// Shuts the app down and waits until it has ended.
    pub async fn stop(&mut self) {
        let (stop, ended) = self.running.take().unwrap();
        drop(stop);
        ended.await.unwrap().unwrap();
    }

    /// Begins a shutdown; [`App::ended`] waits for it.
    pub fn begin_stop(&mut self) {
        let (stop, ended) = self.running.take().unwrap();
        drop(stop);
        self.running = Some((oneshot::channel().0, ended));
    }

    pub async fn ended(&mut self) {
        let (_, ended) = self.running.take().unwrap();
        tokio::time::timeout(TIMEOUT, ended).await.expect("the server does not end").unwrap().unwrap();
    }

    /// Shuts the app down and starts another on the same folder.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.open().await;
    }

    /// Starts an app that has ended on the same folder.
    pub async fn reopen(mut app: Self) -> Self {
        app.open().await;
        app
    }

    pub async fn restart_with(&mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) {
        self.change = Arc::new(change);
        self.restart().await;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the server whose turn it is.
    fn next_address(&self) -> SocketAddr {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        turn.checked_sub(1).map_or(self.address, |other| self.others[other].address)
    }

    /// Starts a request to any path.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.next_address(), method, path)
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// Calls REST as a person.
    pub async fn call(&self, by: &Person, method: &str, path: &str, body: Value) -> Response {
        let request = self.request(method, &format!("/api{path}")).bearer(&by.token);
        if body.is_null() { request.send().await } else { request.json(&body).send().await }
    }

    /// Posts a page's form as a person's browser does.
    pub async fn form(&self, by: &Person, path: &str, fields: &[(&str, &str)]) -> Response {
        self.request("POST", path).cookie(&by.token).form(fields).send().await
    }

    pub async fn page(&self, by: &Person, path: &str) -> Response {
        self.get(path).cookie(&by.token).send().await
    }

    /// Opens a socket of the lobby.
    pub async fn lobby(&self) -> Client {
        let lobby = self.open_socket(ConnectOptions { namespace: "/room".into(), ..ConnectOptions::default() }).await;
        lobby.take("connect").await;
        lobby
    }

    /// Opens a person's socket, in no room yet.
    pub async fn connect(&self, by: &Person) -> Client {
        let client = self.open_socket(ConnectOptions::of(by)).await;
        client.take("connect").await;
        client
    }

    /// Opens a socket with other options.
    pub async fn open_socket(&self, options: ConnectOptions) -> Client {
        let is_known_event = |name: &str| EVENTS.contains(name);
        Client::open(self.next_address(), ConnectOptions { is_known_event, ..options }).await
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a query that counts something in the database.
    pub fn count(&self, sql: &str) -> i64 {
        if let Some(database) = &self.database {
            return database.count(sql);
        }
        let path = self.folder.path().join("madang.db");
        let db = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        db.busy_timeout(TIMEOUT).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Waits until the outbox is empty.
    pub async fn outbox_is_empty(&self) {
        self.counts("SELECT COUNT(*) FROM outbox", 0).await;
    }

    /// Waits until a query counts as many.
    pub async fn counts(&self, sql: &str, expected: i64) {
        let reached = async {
            while self.count(sql) != expected {
                self.get("/healthz").send().await;
            }
        };
        tokio::time::timeout(TIMEOUT, reached).await.unwrap_or_else(|_| panic!("{sql} is not {expected}"));
    }

    /// Runs `madang reindex` on the folder, beside the app.
    pub async fn reindex(&self) -> Result<(), String> {
        let config = self.config();
        madang::ops::reindex(&config, |_, _| {}).await
    }

    /// Changes the database, for what no entry point does.
    pub fn alter(&self, sql: &str) {
        if let Some(database) = &self.database {
            return database.run(sql);
        }
        let db = rusqlite::Connection::open(self.folder.path().join("madang.db")).unwrap();
        db.busy_timeout(TIMEOUT).unwrap();
        db.execute(sql, []).unwrap();
    }

    /// The hashes of the stored files.
    pub fn stored_files(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for folder in std::fs::read_dir(self.folder.path().join("files")).unwrap() {
            // A folder is removed with its last file, perhaps now.
            let files = std::fs::read_dir(folder.unwrap().path()).into_iter().flatten();
            names.extend(files.map(|file| file.unwrap().file_name().into_string().unwrap()));
        }
        names.sort();
        names
    }

    /// Counts the uploads in progress.
    pub fn incoming_files(&self) -> usize {
        std::fs::read_dir(self.data_dir().join("incoming")).unwrap().count()
    }
}

/// The events that the server may send, by its own table.
static EVENTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    madang::socket::server_events(&mut schemars::SchemaGenerator::default()).iter().map(|event| event.name).collect()
});
