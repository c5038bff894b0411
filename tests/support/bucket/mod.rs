//! An S3 store with one bucket, which checks what it is asked and fails as it is told. It runs on threads of its own, so
//! that a test may wait for a command that uses it.

mod api;
mod signature;
mod tls;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use madang::config::{Credentials, S3, S3Limits, S3Names};
use madang::secret::Secret;
use parking_lot::{Condvar, Mutex};
use tokio_rustls::rustls::{ServerConnection, StreamOwned};

use crate::support::TIMEOUT;

pub use signature::sha256;

pub const NAME: &str = "courtyard";
pub const KEY_ID: &str = "MINJI";
pub const SECRET: &str = "a/secret+of 32 bytes=never printed";

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers an error and does nothing.
    Status(u16),
    /// Closes the connection and does nothing.
    Cut,
    /// Does it and closes the connection.
    CutAfter,
    /// Does it, and closes the connection before the answer's body.
    CutBeforeBody,
    /// Does it, and closes the connection in the middle of the answer's body.
    CutInBody,
    /// Does it, and answers half of the body and then nothing.
    Stall,
}

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    /// As it was sent.
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    /// `PUT /courtyard/…?query`.
    fn line(&self) -> String {
        format!("{} {}?{}", self.method, self.path, self.query)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query.
    pub fn value(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.into_iter().find(|(given, _)| *given == name).map(|(_, value)| decode(value))
    }
}

/// The key of an upload in parts, when it began, and its parts.
type Upload = (String, i64, BTreeMap<u32, Vec<u8>>);

#[derive(Default)]
pub struct State {
    /// The content of each object, and its time in milliseconds since 1970.
    pub objects: BTreeMap<String, (Vec<u8>, i64)>,
    uploads: BTreeMap<String, Upload>,
    requests: Vec<Asked>,
    /// Each with the beginning of the requests that it is for.
    faults: Vec<(String, Fault)>,
    /// The beginning of requests that are not answered for now.
    held: Option<String>,
    /// How many of them wait.
    pub holding: usize,
    is_away: bool,
    /// The number of a part that is never taken.
    pub refuse_part: Option<u32>,
    /// Whether the answer to the next completed upload is lost.
    pub lose_completion: bool,
    /// An element that lists of objects lack, for example `Size`.
    pub left_out: Option<&'static str>,
    /// What everything is answered with, as if there were no store but another server.
    pub page: Option<&'static str>,
    /// How many connections were opened.
    pub connections: usize,
    token: Option<String>,
}

impl State {
    /// Leaves an upload that nobody finishes.
    pub fn leave_upload(&mut self, key: &str, at_ms: i64) {
        self.uploads.insert(format!("left-{at_ms}"), (key.to_owned(), at_ms, BTreeMap::new()));
    }
}

#[derive(Clone)]
pub struct Bucket {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// How far its clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
    released: Arc<Condvar>,
}

impl Bucket {
    pub fn start() -> Self {
        Self::start_through(|bucket, stream| bucket.serve(stream))
    }

    /// Starts one that talks TLS as `localhost`, and returns the certificate (PEM) to trust.
    pub fn start_with_tls() -> (Self, String) {
        let (tls, certificate) = tls::server();
        let through = move |bucket: &Self, stream| {
            let session = ServerConnection::new(Arc::clone(&tls)).ok()?;
            bucket.serve(StreamOwned::new(session, stream))
        };
        (Self::start_through(through), certificate)
    }

    fn start_through(through: impl Fn(&Self, TcpStream) -> Option<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let bucket = Self { address, state: Arc::default(), ahead: Arc::default(), released: Arc::default() };
        let (served, through) = (bucket.clone(), Arc::new(through));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (served, through) = (served.clone(), Arc::clone(&through));
                std::thread::spawn(move || through(&served, stream));
            }
        });
        bucket
    }

    /// The settings of a server that uses it.
    pub fn settings(&self) -> S3 {
        S3 {
            bucket: NAME.into(),
            endpoint: format!("http://{}", self.address).parse().unwrap(),
            prefix: "chat/".into(),
            is_path_style: true,
            has_checksums: true,
            has_links: false,
            region: "eu-north-1".into(),
            credentials: Credentials { key_id: KEY_ID.into(), secret_key: Secret::new(SECRET), session_token: None },
            ca_bundle: None,
            limits: S3Limits { answer: Duration::from_secs(5), pause: Duration::from_millis(2), ..S3Limits::default() },
            names: S3Names::default(),
        }
    }

    /// The environment of a program that uses it.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("S3_BUCKET", NAME.into()),
            ("S3_ENDPOINT", format!("http://{}", self.address)),
            ("S3_PREFIX", "chat/".into()),
            ("AWS_REGION", "eu-north-1".into()),
            ("AWS_ACCESS_KEY_ID", KEY_ID.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.into()),
        ]
    }

    /// The hashes of the stored files.
    pub fn files(&self) -> Vec<String> {
        let state = self.state.lock();
        let hashes = state.objects.keys().filter_map(|key| key.strip_prefix("chat/")?.split_once('/'));
        hashes.map(|(_, hash)| hash.to_owned()).collect()
    }

    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock())
    }

    /// Makes an object older.
    pub fn age(&self, hash: &str, by: Duration) {
        self.with(|state| {
            state.objects.get_mut(&format!("chat/{}/{hash}", &hash[..2])).unwrap().1 -= by.as_millis() as i64;
        });
    }

    pub fn uploads(&self) -> usize {
        self.state.lock().uploads.len()
    }

    /// Makes the next requests fail, one after the other.
    pub fn fail(&self, faults: &[Fault]) {
        self.fail_at("", faults);
    }

    /// Makes the next requests fail that begin like this, for example `PUT /courtyard/chat/`, one after the other.
    pub fn fail_at(&self, beginning: &str, faults: &[Fault]) {
        self.with(|state| state.faults.extend(faults.iter().map(|fault| (beginning.to_owned(), *fault))));
    }

    /// How many of the faults have not happened.
    pub fn faults_left(&self) -> usize {
        self.with(|state| state.faults.len())
    }

    /// Answers no request that begins like this until [`Self::release`].
    pub fn hold(&self, beginning: &str) {
        self.with(|state| state.held = Some(beginning.to_owned()));
    }

    pub fn release(&self) {
        self.with(|state| state.held = None);
        self.released.notify_all();
    }

    fn wait_while_held(&self, request: &str) {
        let mut state = self.state.lock();
        state.holding += 1;
        while state.held.as_ref().is_some_and(|held| request.starts_with(held)) {
            // For no test longer than this.
            if self.released.wait_for(&mut state, TIMEOUT).timed_out() {
                break;
            }
        }
        state.holding -= 1;
    }

    /// Closes every connection without an answer, or answers again.
    pub fn set_away(&self, is_away: bool) {
        self.state.lock().is_away = is_away;
    }

    pub fn set_ahead(&self, by: Duration) {
        self.ahead.store(by.as_millis() as i64, Ordering::Relaxed);
    }

    /// Takes only requests with this session token from now on.
    pub fn demand_token(&self, token: &str) {
        self.state.lock().token = Some(token.to_owned());
    }

    /// The requests since the last call, as `PUT /courtyard/…?query`.
    pub fn requests(&self) -> Vec<String> {
        let requests = std::mem::take(&mut self.state.lock().requests);
        requests.iter().map(Asked::line).collect()
    }

    fn now_ms(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        now + self.ahead.load(Ordering::Relaxed)
    }

    fn serve(&self, stream: impl Read + Write) -> Option<()> {
        let mut reader = BufReader::new(stream);
        self.with(|state| state.connections += 1);
        loop {
            let asked = read(&mut reader)?;
            self.wait_while_held(&asked.line());
            let fault = self.with(|state| {
                state.requests.push(Asked { body: Vec::new(), ..asked.clone() });
                match state.is_away {
                    true => Some(Fault::Cut),
                    false => {
                        let is_for = |(beginning, _): &(String, Fault)| asked.line().starts_with(beginning);
                        state.faults.iter().position(is_for).map(|at| state.faults.remove(at).1)
                    }
                }
            });
            let answer = match fault {
                Some(Fault::Cut) => return None,
                Some(Fault::Status(status)) => api::Answer::error(status, "SlowDown"),
                _ => self.answer(&asked),
            };
            let is_completion = asked.method == "POST" && asked.value("uploadId").is_some();
            let is_lost = is_completion && self.with(|state| std::mem::take(&mut state.lose_completion));
            if is_lost || fault == Some(Fault::CutAfter) {
                return None;
            }
            let (head, body) = answer.bytes(&asked.method, self.now_ms());
            let sent = match fault {
                Some(Fault::CutBeforeBody) => &[],
                Some(Fault::CutInBody | Fault::Stall) => &body[..body.len() / 2],
                _ => &body[..],
            };
            reader.get_mut().write_all(&[&head, sent].concat()).ok()?;
            reader.get_mut().flush().ok()?;
            match fault {
                Some(Fault::CutBeforeBody | Fault::CutInBody) => return None,
                // Until the client gives up.
                Some(Fault::Stall) => return reader.read_exact(&mut [0]).ok(),
                _ if asked.header("connection") == Some("close") => return None,
                _ => {}
            }
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    let mut next = |line: &mut String| {
        line.clear();
        (reader.read_line(line).ok()? > 0).then_some(())
    };
    next(&mut line)?;
    let mut parts = line.split(' ');
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        next(&mut line)?;
        match line.trim().split_once(':') {
            None => break,
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut asked = Asked { method, path: path.into(), query: query.into(), headers, body: Vec::new() };
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

/// Decodes what is percent-encoded.
fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}
