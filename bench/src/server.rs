//! A server under test: Madang, or a baseline that does the same work in its own way.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, in_parallel};
use crate::load::frame;
use crate::process::{Folder, Process, address};

/// Guests and rooms are made by so many connections, as each request waits for its own commit.
const MAKERS: usize = 16;
/// Guests that one address may create before it meets its limit.
const GUESTS_PER_ADDRESS: usize = 100;
/// Lifts the limits per time and per address.
pub(crate) const UNLIMITED: [(&str, &str); 2] = [("RATE_LIMITS", "off"), ("CONNECTIONS_PER_ADDRESS", "0")];

/// The same without pings, for clients that do not answer while rooms are made.
pub(crate) const UNLIMITED_WITHOUT_PINGS: [(&str, &str); 3] =
    [UNLIMITED[0], UNLIMITED[1], ("PING_INTERVAL_MS", "3600000")];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Madang,
    /// The binary of `--baseline-binary`.
    MadangBefore,
    /// Madang without its search index.
    MadangUnindexed,
    Floor,
    Socketioxide,
    /// Express, socket.io and SQLite: stored, then emitted.
    Express,
    /// socket.io without a store.
    SocketIo,
    Next,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Madang => "Madang",
            Self::MadangBefore => "Madang, before",
            Self::MadangUnindexed => "Madang, SEARCH=off",
            Self::Floor => "the floor",
            Self::Socketioxide => "socketioxide, no store",
            Self::Express => "Express + socket.io + SQLite",
            Self::SocketIo => "socket.io, no store",
            Self::Next => "Next.js",
        }
    }

    pub(crate) fn is_madang(self) -> bool {
        matches!(self, Self::Madang | Self::MadangBefore | Self::MadangUnindexed)
    }
}

/// A running Madang with a data folder of its own.
pub(crate) struct Madang {
    /// Ends before its folder is removed.
    pub(crate) process: Process,
    pub(crate) folder: Folder,
}

impl Madang {
    pub(crate) fn start(context: &Context, kind: Kind, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::start_on(context, &context.server_core, kind, settings)
    }

    pub(crate) fn start_on(context: &Context, cores: &str, kind: Kind, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::start_in(context, Folder::new()?, cores, kind, settings)
    }

    pub(crate) fn start_in(
        context: &Context,
        folder: Folder,
        cores: &str,
        kind: Kind,
        settings: &[(&str, &str)],
    ) -> Outcome<Self> {
        let process = Process::start(cores, context.binary(kind), |command| {
            command.args(["serve", "--port", "0", "--bind", "127.0.0.1", "--data-dir"]).arg(&folder.0);
            command.current_dir(&folder.0).env("ROOM_MAX", "0").env("RUST_LOG", "warn");
            command.env("SEARCH", if kind == Kind::MadangUnindexed { "off" } else { "on" });
            command.envs(settings.iter().copied());
        })?;
        Ok(Self { process, folder })
    }

    /// Ends the server by SIGKILL and starts another on its folder.
    pub(crate) fn kill_and_restart(self, context: &Context, settings: &[(&str, &str)]) -> Outcome<Self> {
        let Self { process, folder } = self;
        drop(process);
        Self::start_in(context, folder, &context.server_core, Kind::Madang, settings)
    }

    /// Creates guests and returns their tokens.
    pub(crate) fn guests(&self, count: usize) -> Outcome<Vec<String>> {
        let port = self.process.port;
        let shares = in_parallel(MAKERS, |maker| {
            let mut http = Http::connect(port)?;
            let mut tokens = Vec::new();
            for number in 0..(count + maker) / MAKERS {
                if number % GUESTS_PER_ADDRESS == 0 {
                    http = Http::connect_from(address(maker * 1_000 + number / GUESTS_PER_ADDRESS), port)?;
                }
                let guest = http.post("/api/guests", None, &json!({}))?;
                tokens.push(guest["token"].as_str().ok_or("a guest without a token")?.to_owned());
            }
            Ok(tokens)
        })?;
        Ok(shares.concat())
    }

    /// Lets users join a room.
    pub(crate) fn join(&self, room: &str, tokens: &[String]) -> Outcome<()> {
        let mut http = Http::connect(self.process.port)?;
        tokens
            .iter()
            .try_for_each(|token| http.post(&format!("/api/rooms/{room}/members"), Some(token), &json!({})).map(drop))
    }

    /// Creates a room and returns its id.
    pub(crate) fn room(&self, owner: &str, max: usize) -> Outcome<String> {
        Ok(self.rooms(&[owner], max, true)?.remove(0))
    }

    /// Creates a room for each owner, in the lobby or not, and returns the ids in the same order.
    pub(crate) fn rooms(&self, owners: &[&str], max: usize, is_listed: bool) -> Outcome<Vec<String>> {
        let body = json!({ "title": "bench", "max": max, "listed": is_listed });
        let shares = in_parallel(MAKERS, |maker| {
            let mut http = Http::connect(self.process.port)?;
            let share = owners.iter().skip(maker * owners.len() / MAKERS);
            let share = share.take((maker + 1) * owners.len() / MAKERS - maker * owners.len() / MAKERS);
            let room = |owner: &&str| -> Outcome<String> {
                let room = http.post("/api/rooms", Some(owner), &body)?;
                Ok(room["id"].as_str().ok_or("a room without an id")?.to_owned())
            };
            share.map(room).collect::<Outcome<Vec<_>>>()
        })?;
        Ok(shares.concat())
    }
}

/// A running server with its rooms.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) process: Process,
    per_room: usize,
    /// The members' tokens and the rooms' ids; empty where the server takes any name.
    tokens: Vec<String>,
    rooms: Vec<String>,
    /// Removed after the server has ended.
    folder: Folder,
}

impl Server {
    /// Starts a server for `members`, `per_room` of whom share a room.
    pub(crate) fn start(context: &Context, kind: Kind, members: usize, per_room: usize) -> Outcome<Self> {
        if kind.is_madang() {
            let madang = Madang::start(context, kind, &UNLIMITED)?;
            return Self::of(madang, kind, members, per_room);
        }
        let (process, folder) = baseline(context, kind, members)?;
        Ok(Self { kind, process, per_room, tokens: Vec::new(), rooms: Vec::new(), folder })
    }

    /// Starts Madang for `members` on some cores ("0,1"), with other settings.
    pub(crate) fn start_with(
        context: &Context,
        cores: &str,
        members: usize,
        per_room: usize,
        settings: &[(&str, &str)],
    ) -> Outcome<Self> {
        let madang = Madang::start_on(context, cores, Kind::Madang, settings)?;
        Self::of(madang, Kind::Madang, members, per_room)
    }

    fn of(madang: Madang, kind: Kind, members: usize, per_room: usize) -> Outcome<Self> {
        let tokens = madang.guests(members)?;
        let owners: Vec<&str> = tokens.iter().step_by(per_room).map(String::as_str).collect();
        let rooms = madang.rooms(&owners, per_room + 1, true)?;
        let Madang { process, folder } = madang;
        Ok(Self { kind, process, per_room, tokens, rooms, folder })
    }

    /// Starts Madang again with other settings; its guests and rooms stay.
    pub(crate) fn restart(self, context: &Context, settings: &[(&str, &str)]) -> Outcome<Self> {
        let Self { kind, process, per_room, tokens, rooms, folder } = self;
        drop(process);
        let Madang { process, folder } = Madang::start_in(context, folder, &context.server_core, kind, settings)?;
        Ok(Self { kind, process, per_room, tokens, rooms, folder })
    }

    /// Returns the packet that joins a member's room; the floor needs none.
    pub(crate) fn hello(&self, member: usize) -> Option<String> {
        let room = member / self.per_room;
        match (self.kind, self.tokens.get(member)) {
            (Kind::Floor, _) => None,
            (_, Some(token)) => Some(hello(token, &self.rooms[room])),
            (_, None) => Some(format!(r#"40/chat,{{"name":"guest {member}","room":"room {room}"}}"#)),
        }
    }

    /// Returns the packet of a member's message, to be acknowledged by its number.
    pub(crate) fn message(&self, member: usize, number: u64, text: &str) -> String {
        let (room, text) = (member / self.per_room, frame::numbered(number, text));
        match self.rooms.get(room) {
            Some(room) => message(room, &format!("k{number}"), number, &text),
            None => format!(r#"42/chat,{number}["message",{{"room":"room {room}","text":"{text}"}}]"#),
        }
    }
}

/// Returns Madang's packet that signs in and joins a room.
pub(crate) fn hello(token: &str, room: &str) -> String {
    format!(r#"40/chat,{{"token":"{token}","room":"{room}"}}"#)
}

/// Returns Madang's packet of a message. A sender never uses a key twice.
pub(crate) fn message(room: &str, key: &str, number: u64, text: &str) -> String {
    format!(r#"42/chat,{number}["message",{{"room":"{room}","key":"{key}","text":"{text}"}}]"#)
}

/// Starts a baseline with a folder for its data.
pub(crate) fn baseline(context: &Context, kind: Kind, clients: usize) -> Outcome<(Process, Folder)> {
    let folder = Folder::new()?;
    let find = |file: &str, needs: &str| -> Outcome<PathBuf> {
        let needed = context.baselines.join(needs);
        match needed.exists() {
            true => Ok(context.baselines.join(file)),
            false => Err(format!("{} is missing (run: make bench)", needed.display()).into()),
        }
    };
    let core = &context.server_core;
    let node = |script: PathBuf, store: &str| {
        Process::start(core, "node".as_ref(), |command| {
            command.arg(script).env("NODE_ENV", "production").env("PORT", "0").env("DATA_DIR", &folder.0);
            command.env("STORE", store).env("NEXT_TELEMETRY_DISABLED", "1");
        })
    };
    let process = match kind {
        Kind::Floor => Process::start(core, &std::env::current_exe()?, |command| {
            command.arg("--floor").arg(clients.to_string());
        })?,
        Kind::Socketioxide => {
            let program = "socketioxide/target/release/madang-bench-socketioxide";
            Process::start(core, &find(program, program)?, |_| {})?
        }
        Kind::Next => node(find("nextjs/server.js", "nextjs/dist/BUILD_ID")?, "on")?,
        Kind::SocketIo => node(find("express-sqlite/server.js", "express-sqlite/node_modules")?, "off")?,
        _ => node(find("express-sqlite/server.js", "express-sqlite/node_modules")?, "on")?,
    };
    Ok((process, folder))
}
