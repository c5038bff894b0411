//! The house under test: the server as a function, on a port and a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use madang::config::Config;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::client::{Client, Opening};
use super::factory::Person;
use super::http::{Answer, Request};

/// The two doors by which a rule is tested where both have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Rest,
    Socket,
}

pub const DOORS: [Door; 2] = [Door::Rest, Door::Socket];

/// A folder that is removed with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("madang-test-{}", madang::ids::RoomId::new(0)));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that runs, and how it ended.
type Served = JoinHandle<Result<(), String>>;

pub struct App {
    pub address: SocketAddr,
    folder: Folder,
    change: fn(&mut Config),
    running: Option<(oneshot::Sender<()>, Served)>,
}

/// What is told once a second, and a grace of five, are told at once here.
fn config(data_dir: PathBuf) -> Config {
    Config {
        data_dir,
        has_rate_limits: false,
        connections_per_address: 0,
        exit_grace: Duration::from_millis(40),
        second: Duration::from_millis(20),
        shutdown: Duration::from_secs(2),
        ..Config::default()
    }
}

impl App {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A house with other settings.
    pub async fn with(change: fn(&mut Config)) -> Self {
        let mut app = Self { address: ([127, 0, 0, 1], 0).into(), folder: Folder::new(), change, running: None };
        app.open().await;
        app
    }

    async fn open(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let mut config = config(self.folder.path().to_owned());
        (self.change)(&mut config);
        let (stop, stopped) = oneshot::channel();
        let ended = async move { drop(stopped.await) };
        self.running = Some((stop, tokio::spawn(madang::app::run(config, listener, ended))));
    }

    /// Asks the server to end and waits until it has.
    pub async fn stop(&mut self) {
        let (stop, ended) = self.running.take().unwrap();
        drop(stop);
        ended.await.unwrap().unwrap();
    }

    /// Asks the server to end; [`App::ended`] waits for it.
    pub fn begin_stop(&mut self) {
        let (stop, ended) = self.running.take().unwrap();
        drop(stop);
        self.running = Some((oneshot::channel().0, ended));
    }

    pub async fn ended(&mut self) {
        let (_, ended) = self.running.take().unwrap();
        tokio::time::timeout(super::PATIENCE, ended).await.expect("the server does not end").unwrap().unwrap();
    }

    /// Ends the server and starts another on the same folder, with other settings if wanted.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.open().await;
    }

    /// Opens a house again that has ended.
    pub async fn reopen(mut app: Self) -> Self {
        app.open().await;
        app
    }

    pub async fn restart_with(&mut self, change: fn(&mut Config)) {
        self.change = change;
        self.restart().await;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A request to any address of the house.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.address, method, path)
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A REST call by a person.
    pub async fn call(&self, by: &Person, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, &format!("/api{path}")).bearer(&by.token);
        if body.is_null() { request.send().await } else { request.json(&body).send().await }
    }

    /// A page's form, sent by a person's browser.
    pub async fn form(&self, by: &Person, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.request("POST", path).cookie(&by.token).form(fields).send().await
    }

    pub async fn page(&self, by: &Person, path: &str) -> Answer {
        self.get(path).cookie(&by.token).send().await
    }

    /// A socket in the lobby.
    pub async fn lobby(&self) -> Client {
        let lobby = Client::open(self.address, Opening { namespace: "/room".into(), ..Opening::default() }).await;
        lobby.take("connect").await;
        lobby
    }

    /// A person's socket, in no room yet.
    pub async fn connect(&self, by: &Person) -> Client {
        let client = Client::open(self.address, Opening::of(by)).await;
        client.take("connect").await;
        client
    }

    /// A socket opened in some other way.
    pub async fn open_socket(&self, opening: Opening) -> Client {
        Client::open(self.address, opening).await
    }

    /// The folder that everything is kept in.
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// How many open sockets, rooms and so on a statement counts, read past the server from its file.
    pub fn count(&self, sql: &str) -> i64 {
        let path = self.folder.path().join("madang.db");
        let db = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        db.busy_timeout(super::PATIENCE).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Waits until nothing is left in the outbox.
    pub async fn nothing_is_queued(&self) {
        let empty = async {
            while self.count("SELECT COUNT(*) FROM outbox") > 0 {
                self.get("/healthz").send().await;
            }
        };
        tokio::time::timeout(super::PATIENCE, empty).await.expect("something stays in the outbox");
    }

    /// `madang reindex` on the folder, beside the server.
    pub async fn reindex(&self) -> Result<(), String> {
        let mut config = config(self.folder.path().to_owned());
        (self.change)(&mut config);
        madang::ops::reindex(&config, |_, _| {}).await
    }

    /// Changes the store past the server, for what no door does yet.
    pub fn alter(&self, sql: &str) {
        let db = rusqlite::Connection::open(self.folder.path().join("madang.db")).unwrap();
        db.busy_timeout(super::PATIENCE).unwrap();
        db.execute(sql, []).unwrap();
    }

    /// The stored files, by their hash.
    pub fn stored_files(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for folder in std::fs::read_dir(self.folder.path().join("files")).unwrap() {
            // A folder goes with its last file, perhaps now.
            let files = std::fs::read_dir(folder.unwrap().path()).into_iter().flatten();
            names.extend(files.map(|file| file.unwrap().file_name().into_string().unwrap()));
        }
        names.sort();
        names
    }

    /// The files that are on their way in.
    pub fn incoming_files(&self) -> usize {
        std::fs::read_dir(self.data().join("incoming")).unwrap().count()
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }
}
