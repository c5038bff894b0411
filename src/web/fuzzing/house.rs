//! The house that is visited: minji's, with a room, jun in it, a message and a file.

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

use super::page;
use crate::chat::message::NewMessage;
use crate::config::Config;
use crate::i18n::Lang;
use crate::ids::RoomId;
use crate::service::{App, Key, RoomRequest};
use crate::web::{ClientAddress, name_assets, router};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Bytes of an answer.
const LARGEST: usize = 16 << 20;
/// Bytes of an upload that a fuzzer should bother with.
const UPLOAD_MAX: usize = 4_096;

pub(super) struct House {
    runtime: Runtime,
    app: App,
    router: Router,
    token: String,
    /// What the names in a request stand for.
    names: Vec<(&'static str, String)>,
    /// The last to go.
    folder: Folder,
}

/// What is in the data folder of a house in which minji and jun have met, and what one must know to
/// come in: made once, as making it takes longer than a visit.
struct Furnished {
    files: Vec<(PathBuf, Vec<u8>)>,
    token: String,
    names: Vec<(&'static str, String)>,
}

static FURNISHED: LazyLock<Furnished> = LazyLock::new(|| {
    name_assets();
    let mut house = House::on(Folder::new());
    (house.token, house.names) = house.runtime.block_on(furnish(&house.app));
    let note = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a note\"\r\n\r\nnote\r\n--x--\r\n";
    let file = house.upload(note, usize::MAX).1.expect("a file is taken");
    house.names.push(("{file}", file));
    house.runtime.block_on(house.app.db.close());
    Furnished { files: house.folder.files(), token: house.token.clone(), names: house.names.clone() }
});

/// A request that is one.
pub(super) struct Visit {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Visit {
    pub(super) fn read(text: &[u8]) -> Option<Self> {
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
        // What is packed would have to be unpacked to be looked at.
        headers.remove(ACCEPT_ENCODING);
        Some(Self { method, uri, headers, body: body.to_vec() })
    }
}

/// A response with its whole body.
struct WholeResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl House {
    pub(super) fn open() -> Self {
        let folder = Folder::new();
        for (name, bytes) in &FURNISHED.files {
            let path = folder.0.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a file");
        }
        Self { token: FURNISHED.token.clone(), names: FURNISHED.names.clone(), ..Self::on(folder) }
    }

    fn on(folder: Folder) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let config =
            Config { data_dir: folder.0.clone(), has_rate_limits: false, upload_max: UPLOAD_MAX, ..Config::default() };
        let app = runtime.block_on(async { App::open(config, 0) }).expect("a store");
        Self { router: router(&app), runtime, app, token: String::new(), names: Vec::new(), folder }
    }

    /// The request with what its names stand for.
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

    /// Answers a request and looks at the answer. Who has changed anything leaves a new house.
    pub(super) fn visit(&mut self, visit: Visit) {
        let is_look = matches!(visit.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let what = format!("{} {}", visit.method, visit.uri);
        let told = self.ask(visit, usize::MAX);
        assert!(told.status.as_u16() < 500, "{what} is answered {}: {:?}", told.status, told.body);
        page::is_sound(&what, &told.headers, &told.body);
        if !is_look && told.status.as_u16() < 400 {
            self.look_around(&what);
            self.begin_anew();
        }
    }

    /// What was changed shows on these pages.
    fn look_around(&self, after: &str) {
        let room = self.filled(b"/room/{room}");
        for page in ["/", "/me", "/people", "/search?q=i", std::str::from_utf8(&room).expect("an id is ASCII")] {
            let uri = page.parse().expect("an address");
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html"))]);
            let told = self.ask(Visit { method: Method::GET, uri, headers, body: Vec::new() }, 1);
            assert!(told.status.as_u16() < 500, "{page} after {after}: {}", told.status);
            page::is_sound(&format!("{page} after {after}"), &told.headers, &told.body);
        }
    }

    /// What was changed is forgotten, so that an input alone makes its answer.
    pub(super) fn begin_anew(&mut self) {
        self.runtime.block_on(self.app.db.close());
        *self = Self::open();
    }

    /// Uploads a body that comes in pieces of `cut` bytes; the answer, with the id where one file
    /// was taken.
    pub(super) fn upload(&mut self, body: &[u8], cut: usize) -> (StatusCode, Option<String>) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=x"));
        let uri = Uri::from_static("/api/uploads");
        let told = self.ask(Visit { method: Method::POST, uri, headers, body: body.to_vec() }, cut);
        assert!(told.status.as_u16() < 500, "an upload is answered {}: {:?}", told.status, told.body);
        page::is_sound("an upload", &told.headers, &told.body);
        let left = std::fs::read_dir(self.folder.0.join("incoming")).expect("a folder").count();
        assert_eq!(left, 0, "an upload stays behind");
        if told.status != StatusCode::CREATED {
            return (told.status, None);
        }
        let file: Value = serde_json::from_slice(&told.body).expect("a file is JSON");
        self.comes_back(&file);
        (told.status, file["id"].as_str().map(str::to_owned))
    }

    fn comes_back(&mut self, file: &Value) {
        let uri = file["url"].as_str().and_then(|url| url.parse().ok()).expect("a file has an address");
        let told = self.ask(Visit { method: Method::GET, uri, headers: HeaderMap::new(), body: Vec::new() }, 1);
        assert_eq!((told.status, Some(told.body.len() as u64)), (StatusCode::OK, file["size"].as_u64()));
        let shown = told.headers[CONTENT_DISPOSITION].to_str().expect("a file's name is ASCII here");
        let is_picture = file["type"].as_str().is_some_and(|kind| kind.starts_with("image/"));
        assert!(shown.starts_with(if is_picture { "inline; " } else { "attachment; " }), "{shown}");
    }

    fn ask(&self, visit: Visit, cut: usize) -> WholeResponse {
        let Visit { method, uri, mut headers, body } = visit;
        if !headers.contains_key(COOKIE) && !headers.contains_key(AUTHORIZATION) {
            let cookie = format!("madang_session={}", self.token);
            headers.insert(COOKIE, HeaderValue::try_from(cookie).expect("a token is ASCII"));
        }
        let pieces = body.chunks(cut.min(body.len()).max(1)).map(Bytes::copy_from_slice).collect();
        let mut request = Request::new(Body::new(Pieces(pieces)));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
        request.extensions_mut().insert(ClientAddress(HERE));
        let router = self.router.clone();
        self.runtime.block_on(async {
            let answer = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            let (parts, body) = answer.into_parts();
            let body = to_bytes(body, LARGEST).await.expect("an answer that comes to its end");
            WholeResponse { status: parts.status, headers: parts.headers, body }
        })
    }
}

/// A folder of its own, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("madang-fuzzing-{}", RoomId::new(0)));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    /// All files below, by their path in it.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut files, mut folders) = (Vec::new(), vec![self.0.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&self.0).expect("a path below").to_owned();
                files.push((name, std::fs::read(path).expect("a file")));
            }
        }
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes what the house has; the token of minji's session, and what the names stand for.
async fn furnish(app: &App) -> (String, Vec<(&'static str, String)>) {
    app.check_search_index().await.expect("an index");
    let come_in = async |name: &str| {
        let entered = app
            .enter_as_guest(
                Some(name.to_owned()),
                crate::service::Visitor { lang: Lang::En, agent: None, address: HERE },
            )
            .await
            .expect("somebody");
        (Arc::new(entered.user), entered.token.reveal())
    };
    let ((minji, token), (jun, _)) = (come_in("minji").await, come_in("<i x>jun").await);
    let courtyard = RoomRequest { title: "courtyard \"<i x>".into(), ..RoomRequest::default() };
    let room = app.create_room(&minji, courtyard).await.expect("a room");
    app.join(&jun, room.id, Key::default(), HERE).await.expect("a member");
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

/// A body that comes piece by piece.
struct Pieces(VecDeque<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}
