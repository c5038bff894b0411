//! A house to measure: the program with a fresh data folder, guests and one room.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::Outcome;
use crate::process::Server;
use crate::rest::Rest;

/// Guests made at a time: each waits for its own commit to reach the disk.
const MAKERS: usize = 8;

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Outcome<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("madang-bench-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind lies in the folder for temporary things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program at work. The server ends before its folder goes.
pub(crate) struct House {
    pub(crate) server: Server,
    _folder: Folder,
}

impl House {
    pub(crate) fn open(madang: &Path, core: usize) -> Outcome<Self> {
        let folder = Folder::new()?;
        let server = Server::start(core, madang, |command| {
            let settings = ["serve", "--port", "0", "--bind", "127.0.0.1", "--data-dir"];
            command.args(settings).arg(&folder.0).current_dir(&folder.0);
            command.env("RATE_LIMITS", "off").env("CONNECTIONS_PER_ADDRESS", "0").env("ROOM_MAX", "0");
            command.env("RUST_LOG", "warn");
        })?;
        Ok(Self { server, _folder: folder })
    }

    /// Makes guests and gives their tokens.
    pub(crate) fn guests(&self, count: usize) -> Outcome<Vec<String>> {
        let port = self.server.port;
        let make = |share: usize| -> Result<Vec<String>, String> {
            let make = || -> Outcome<Vec<String>> {
                let mut rest = Rest::connect(port)?;
                (0..share).map(|_| token(&mut rest)).collect()
            };
            make().map_err(|error| error.to_string())
        };
        std::thread::scope(|scope| {
            let shares = (0..MAKERS).map(|maker| (count + maker) / MAKERS);
            let makers: Vec<_> = shares.map(|share| scope.spawn(move || make(share))).collect();
            let mut tokens = Vec::with_capacity(count);
            for maker in makers {
                tokens.extend(maker.join().map_err(|_| "making guests panicked")??);
            }
            Ok(tokens)
        })
    }

    /// Makes a room for so many and gives its id.
    pub(crate) fn room(&self, owner: &str, max: usize) -> Outcome<String> {
        let room = Rest::connect(self.server.port)?.post(
            "/api/rooms",
            Some(owner),
            &json!({ "title": "bench", "max": max }),
        )?;
        Ok(room["id"].as_str().ok_or("a room without an id")?.to_owned())
    }
}

fn token(rest: &mut Rest) -> Outcome<String> {
    let entered = rest.post("/api/guests", None, &json!({}))?;
    Ok(entered["token"].as_str().ok_or("a guest without a token")?.to_owned())
}
