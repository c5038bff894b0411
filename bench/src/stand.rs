//! A server at work with its rooms made: Madang, or a peer that does the same work its own way.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::house::{Folder, House};
use crate::process::Server;
use crate::wire::frame;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Madang,
    /// The product without its search index.
    MadangUnindexed,
    /// One thread and one `send` of ready bytes for each recipient.
    Floor,
    Socketioxide,
    /// Express, socket.io and SQLite: stored, then emitted.
    Express,
    /// socket.io alone, with its own defaults.
    SocketIo,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Madang => "Madang",
            Self::MadangUnindexed => "Madang, SEARCH=off",
            Self::Floor => "the floor",
            Self::Socketioxide => "socketioxide, no store",
            Self::Express => "Express + socket.io + SQLite",
            Self::SocketIo => "socket.io, no store",
        }
    }
}

/// Who is there: members, and how many of them share a room.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) members: usize,
    pub(crate) per_room: usize,
}

impl Plan {
    pub(crate) fn one_room(members: usize) -> Self {
        Self { members, per_room: members }
    }
}

pub(crate) struct Stand {
    pub(crate) kind: Kind,
    pub(crate) server: Server,
    per_room: usize,
    /// Who the members are, and the ids of their rooms; empty where anybody may say any name.
    tokens: Vec<String>,
    rooms: Vec<String>,
    /// The server ends before its folder goes.
    _folder: Folder,
}

impl Stand {
    pub(crate) fn open(context: &Context, kind: Kind, plan: Plan) -> Outcome<Self> {
        let (server, folder, tokens, rooms) = match kind {
            Kind::Madang | Kind::MadangUnindexed => {
                let search = if kind == Kind::Madang { "on" } else { "off" };
                let house = House::open_free(&context.madang, context.server_core, &[("SEARCH", search)])?;
                let tokens = house.guests(plan.members)?;
                let owners = tokens.iter().step_by(plan.per_room);
                // One place is for who would come besides.
                let rooms = owners.map(|owner| house.room(owner, plan.per_room + 1)).collect::<Outcome<Vec<_>>>()?;
                (house.server, house.folder, tokens, rooms)
            }
            Kind::Floor => {
                let server = Server::start(context.server_core, &context.own, |command| {
                    command.arg("floor").arg("--members").arg(plan.members.to_string());
                })?;
                (server, Folder::new()?, Vec::new(), Vec::new())
            }
            Kind::Express | Kind::SocketIo => {
                let folder = Folder::new()?;
                let script = peer(context, "express-sqlite/server.js", "express-sqlite/node_modules")?;
                let server = Server::start(context.server_core, "node".as_ref(), |command| {
                    command.arg(script).env("NODE_ENV", "production").env("PORT", "0").env("DATA_DIR", folder.path());
                    command.env("STORE", if kind == Kind::SocketIo { "off" } else { "on" });
                })?;
                (server, folder, Vec::new(), Vec::new())
            }
            Kind::Socketioxide => {
                let program = "socketioxide/target/release/madang-bench-socketioxide";
                let server = Server::start(context.server_core, &peer(context, program, program)?, |_| {})?;
                (server, Folder::new()?, Vec::new(), Vec::new())
            }
        };
        Ok(Self { kind, server, per_room: plan.per_room, tokens, rooms, _folder: folder })
    }

    /// The packet that lets a member into the room; the floor knows none.
    pub(crate) fn hello(&self, member: usize) -> Option<String> {
        let number = member / self.per_room;
        match self.kind {
            Kind::Floor => None,
            Kind::Madang | Kind::MadangUnindexed => {
                let (token, room) = (&self.tokens[member], &self.rooms[number]);
                Some(format!(r#"40/chat,{{"token":"{token}","room":"{room}"}}"#))
            }
            _ => Some(format!(r#"40/chat,{{"name":"guest {member}","room":"room {number}"}}"#)),
        }
    }

    /// The packet with which a member sends a message, to be acknowledged by its number.
    pub(crate) fn message(&self, member: usize, number: u64, filling: &str) -> String {
        let width = frame::DIGITS;
        let place = member / self.per_room;
        let text = format!("bench {number:0width$} {filling}");
        match self.rooms.get(place) {
            Some(room) => {
                format!(r#"42/chat,{number}["message",{{"room":"{room}","key":"k{number}","text":"{text}"}}]"#)
            }
            None => format!(r#"42/chat,{number}["message",{{"room":"room {place}","text":"{text}"}}]"#),
        }
    }
}

/// A file of a peer, where what it needs was built.
pub(crate) fn peer(context: &Context, file: &str, needs: &str) -> Outcome<PathBuf> {
    if !context.peers.join(needs).exists() {
        return Err(format!("{} is missing: `make bench` builds the peers", context.peers.join(needs).display()).into());
    }
    Ok(context.peers.join(file))
}
