//! The server that gets the requests: minji's room, with jun in it, a message and a file.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use hyper::body::Frame;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use super::response;
use super::tempdir::TempDir;
use crate::chat::message::NewMessage;
use crate::config::Config;
use crate::i18n::Lang;
use crate::service::{App, ClientInfo, RoomRequest};
use crate::web::{ClientAddress, name_assets, router};
use crate::wire::JoinCredentials;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The largest response in bytes.
const RESPONSE_MAX: usize = 16 << 20;
/// The largest upload in bytes, small for the fuzzer.
const UPLOAD_MAX: usize = 4_096;

pub(super) struct Server {
    runtime: Runtime,
    app: App,
    router: Router,
    token: String,
    /// The values of the names in a request.
    names: Vec<(&'static str, String)>,
    /// Dropped last.
    folder: TempDir,
}

/// The data folder and the token of a prepared server. It is made once, as that takes longer than a
/// request.
struct Prepared {
    files: Vec<(PathBuf, Vec<u8>)>,
    token: String,
    names: Vec<(&'static str, String)>,
}

static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    name_assets();
    let mut server = Server::on(TempDir::new());
    (server.token, server.names) = server.runtime.block_on(prepare(&server.app));
    let note = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a note\"\r\n\r\nnote\r\n--x--\r\n";
    let file = server.upload(note, usize::MAX).1.expect("a file is taken");
    server.names.push(("{file}", file));
    server.runtime.block_on(server.app.db.close());
    Prepared { files: server.folder.files(), token: server.token.clone(), names: server.names.clone() }
});

/// A valid request.
pub(super) struct Input {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Input {
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let end = text.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((text, &[][..]), |end| (&text[..end], &text[end + 2..]));
        let mut lines = head.split(|&byte| byte == b'\n');
        let mut first = lines.next()?.splitn(2, |&byte| byte == b' ');
        let method = Method::from_bytes(first.next()?).ok()?;
        let uri = Uri::try_from(first.next()?).ok()?;
        let mut headers = HeaderMap::new();
        for line in lines {
            let mut parts = line.splitn(2, |&byte| byte == b':');
            let name = HeaderName::from_bytes(parts.next()?).ok()?;
            headers.append(name, HeaderValue::from_bytes(parts.next()?.trim_ascii()).ok()?);
        }
        // A compressed response would have to be decompressed for the checks.
        headers.remove(ACCEPT_ENCODING);
        Some(Self { method, uri, headers, body: body.to_vec() })
    }
}

/// A whole response.
struct Output {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Server {
    pub(super) fn open() -> Self {
        let folder = TempDir::new();
        for (name, bytes) in &PREPARED.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a file");
        }
        Self { token: PREPARED.token.clone(), names: PREPARED.names.clone(), ..Self::on(folder) }
    }

    fn on(folder: TempDir) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let config = Config {
            data_dir: folder.path().to_owned(),
            has_rate_limits: false,
            upload_max: UPLOAD_MAX,
            ..Config::default()
        };
        let app = runtime.block_on(async { App::open(config, 0) }).expect("a store");
        Self { router: router(&app), runtime, app, token: String::new(), names: Vec::new(), folder }
    }

    /// Replaces the names in a request by their values.
    pub(super) fn filled(&self, request: &[u8]) -> Vec<u8> {
        let mut filled = Vec::with_capacity(request.len());
        let mut rest = request;
        while let Some(byte) = rest.first() {
            match self.names.iter().find(|(name, _)| rest.starts_with(name.as_bytes())) {
                Some((name, value)) => {
                    filled.extend_from_slice(value.as_bytes());
                    rest = &rest[name.len()..];
                }
                None => {
                    filled.push(*byte);
                    rest = &rest[1..];
                }
            }
        }
        filled
    }

    /// Sends a request and checks the response. After a change, checks the pages and resets the server.
    pub(super) fn check(&mut self, input: Input) {
        let is_read = matches!(input.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let what = format!("{} {}", input.method, input.uri);
        let output = self.send(input, usize::MAX);
        assert!(output.status.as_u16() < 500, "{what} gets {}: {:?}", output.status, output.body);
        response::is_sound(&what, &output.headers, &output.body);
        if !is_read && output.status.as_u16() < 400 {
            self.check_pages(&what);
            self.reset();
        }
    }

    /// Checks the pages that show a change.
    fn check_pages(&self, after: &str) {
        let room = self.filled(b"/room/{room}");
        for page in ["/", "/me", "/people", "/search?q=i", std::str::from_utf8(&room).expect("an id is ASCII")] {
            let uri = page.parse().expect("an address");
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html"))]);
            let output = self.send(Input { method: Method::GET, uri, headers, body: Vec::new() }, 1);
            assert!(output.status.as_u16() < 500, "{page} after {after}: {}", output.status);
            response::is_sound(&format!("{page} after {after}"), &output.headers, &output.body);
        }
    }

    /// Forgets every change, so that a response depends on its input alone.
    pub(super) fn reset(&mut self) {
        self.runtime.block_on(self.app.db.close());
        *self = Self::open();
    }

    /// Uploads a body in chunks of `size` bytes. Returns the status, and the id of an accepted file.
    pub(super) fn upload(&mut self, body: &[u8], size: usize) -> (StatusCode, Option<String>) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=x"));
        let uri = Uri::from_static("/api/uploads");
        let output = self.send(Input { method: Method::POST, uri, headers, body: body.to_vec() }, size);
        assert!(output.status.as_u16() < 500, "an upload gets {}: {:?}", output.status, output.body);
        response::is_sound("an upload", &output.headers, &output.body);
        let left = std::fs::read_dir(self.folder.path().join("incoming")).expect("a folder").count();
        assert_eq!(left, 0, "an upload was left");
        if output.status != StatusCode::CREATED {
            return (output.status, None);
        }
        let file: Value = serde_json::from_slice(&output.body).expect("a file is JSON");
        self.comes_back(&file);
        (output.status, file["id"].as_str().map(str::to_owned))
    }

    /// Checks that a file comes back as it was.
    fn comes_back(&mut self, file: &Value) {
        let uri = file["url"].as_str().and_then(|url| url.parse().ok()).expect("a file has an address");
        let output = self.send(Input { method: Method::GET, uri, headers: HeaderMap::new(), body: Vec::new() }, 1);
        assert_eq!((output.status, Some(output.body.len() as u64)), (StatusCode::OK, file["size"].as_u64()));
        let shown = output.headers[CONTENT_DISPOSITION].to_str().expect("a file's name is ASCII here");
        let is_picture = file["type"].as_str().is_some_and(|kind| kind.starts_with("image/"));
        assert!(shown.starts_with(if is_picture { "inline; " } else { "attachment; " }), "{shown}");
    }

    fn send(&self, input: Input, size: usize) -> Output {
        let Input { method, uri, mut headers, body } = input;
        if !headers.contains_key(COOKIE) && !headers.contains_key(AUTHORIZATION) {
            let cookie = format!("madang_session={}", self.token);
            headers.insert(COOKIE, HeaderValue::try_from(cookie).expect("a token is ASCII"));
        }
        let chunks = body.chunks(size.min(body.len()).max(1)).map(Bytes::copy_from_slice).collect();
        let mut request = Request::new(Body::new(Chunks(chunks)));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
        request.extensions_mut().insert(ClientAddress(HERE));
        let router = self.router.clone();
        self.runtime.block_on(async {
            let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, RESPONSE_MAX).await.expect("an answer that comes to its end");
            Output { status: parts.status, headers: parts.headers, body }
        })
    }
}

/// Fills the server. Returns the token of minji's session and the values of the names.
async fn prepare(app: &App) -> (String, Vec<(&'static str, String)>) {
    app.check_search_index().await.expect("an index");
    let sign_in = async |name: &str| {
        let visitor = ClientInfo { lang: Lang::En, agent: None, address: HERE };
        let entered = app.enter_as_guest(Some(name.to_owned()), visitor).await.expect("a guest");
        (Arc::new(entered.user), entered.token.reveal())
    };
    let ((minji, token), (jun, _)) = (sign_in("minji").await, sign_in("<i x>jun").await);
    let courtyard = RoomRequest { title: "courtyard \"<i x>".into(), ..RoomRequest::default() };
    let room = app.create_room(&minji, courtyard).await.expect("a room");
    app.join(&jun, room.id, JoinCredentials::default(), HERE).await.expect("a member");
    let new = NewMessage { text: "<i x> **마당** https://madang.example/ @minji".into(), ..NewMessage::default() };
    let said = app.send(jun.id, room.id, new).await.expect("a message").message;
    let invite = app.create_invite(minji.id, room.id, None, None).await.expect("an invite");
    let names = vec![
        ("{room}", room.id.to_string()),
        ("{me}", minji.id.to_string()),
        ("{jun}", jun.id.to_string()),
        ("{message}", said.id.to_string()),
        ("{invite}", invite.code),
    ];
    (token, names)
}

/// A body that arrives in chunks.
struct Chunks(VecDeque<Bytes>);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }
}
