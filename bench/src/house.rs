//! A house to measure: the program with a fresh data folder, guests and rooms.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::Outcome;
use crate::process::Server;
use crate::rest::Rest;

/// Guests made at a time: each waits for its own commit to reach the disk.
const MAKERS: usize = 16;
/// Guests that one address may make before it meets its limit.
const GUESTS_PER_ADDRESS: usize = 100;

/// One of the addresses that loopback has, the first for number 0.
pub(crate) fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + number as u32)
}

/// A folder that goes when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Outcome<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("madang-bench-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
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
    pub(crate) folder: Folder,
}

impl House {
    /// A house without limits per time or address.
    pub(crate) fn open(madang: &Path, core: usize) -> Outcome<Self> {
        Self::open_free(madang, core, &[])
    }

    /// The same with some settings besides.
    pub(crate) fn open_free(madang: &Path, core: usize, settings: &[(&str, &str)]) -> Outcome<Self> {
        let free = [("RATE_LIMITS", "off"), ("CONNECTIONS_PER_ADDRESS", "0")];
        Self::open_with(madang, core, &[&free, settings].concat())
    }

    /// A house with the limits that are not lifted by `settings`.
    pub(crate) fn open_with(madang: &Path, core: usize, settings: &[(&str, &str)]) -> Outcome<Self> {
        let folder = Folder::new()?;
        let server = Server::start(core, madang, |command| {
            let how = ["serve", "--port", "0", "--bind", "127.0.0.1", "--data-dir"];
            command.args(how).arg(&folder.0).current_dir(&folder.0);
            command.envs(settings.iter().copied()).env("ROOM_MAX", "0").env("RUST_LOG", "warn");
        })?;
        Ok(Self { server, folder })
    }

    /// Makes guests and gives their tokens.
    pub(crate) fn guests(&self, count: usize) -> Outcome<Vec<String>> {
        let port = self.server.port;
        let make = |maker: usize, share: usize| -> Result<Vec<String>, String> {
            let make = || -> Outcome<Vec<String>> {
                let mut rest = Rest::connect(port)?;
                let mut tokens = Vec::with_capacity(share);
                for number in 0..share {
                    if number % GUESTS_PER_ADDRESS == 0 {
                        rest = Rest::connect_from(address(maker * 1_000 + number / GUESTS_PER_ADDRESS), port)?;
                    }
                    tokens.push(token(&mut rest)?);
                }
                Ok(tokens)
            };
            make().map_err(|error| error.to_string())
        };
        std::thread::scope(|scope| {
            let shares = (0..MAKERS).map(|maker| (count + maker) / MAKERS);
            let makers = shares.enumerate().map(|(maker, share)| scope.spawn(move || make(maker, share)));
            let makers: Vec<_> = makers.collect();
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
