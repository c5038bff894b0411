//! Pages of a room: how many a second, new and of a long history, and beside them what Next.js makes.

use serde::{Deserialize, Serialize};

use super::filled::Filled;
use crate::Outcome;
use crate::context::Context;
use crate::house::Folder;
use crate::process::Server;
use crate::rest::Rest;
use crate::stand::peer;
use crate::wrk::{self, Found};

const PACKED: &str = "Accept-Encoding: br, gzip";

#[derive(Serialize, Deserialize)]
pub(crate) struct Pages {
    /// Messages of the long room.
    pub(crate) messages: usize,
    pub(crate) rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Page {
    NewRoom,
    LongRoom,
    /// As if something had changed since the last look: every page is read and rendered.
    NewRoomAnew,
    LongRoomAnew,
    OlderInNewRoom,
    OlderInLongRoom,
    Next,
}

impl Page {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NewRoom => "room page, 50 messages",
            Self::LongRoom => "room page, long history",
            Self::NewRoomAnew => "room page, 50 messages, none kept",
            Self::LongRoomAnew => "room page, long history, none kept",
            Self::OlderInNewRoom => "older page, 50 messages",
            Self::OlderInLongRoom => "older page, in the midst of a long history",
            Self::Next => "Next.js, room page, 50 messages",
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) page: Page,
    /// Whether the client takes compressed answers.
    pub(crate) is_packed: bool,
    /// Bytes of the body as it is sent.
    pub(crate) bytes: usize,
    #[serde(flatten)]
    pub(crate) found: Found,
}

impl Pages {
    pub(crate) fn row(&self, page: Page, is_packed: bool) -> Option<&Row> {
        self.rows.iter().find(|row| row.page == page && row.is_packed == is_packed)
    }
}

pub(crate) fn run(context: &Context, filled: &Filled) -> Outcome<Pages> {
    let Filled { house, token, new_room, long_room, messages } = filled;
    let cookie = format!("Cookie: madang_session={token}");
    let middle = messages / 2;
    let ours = [
        (Page::NewRoom, format!("/room/{new_room}")),
        (Page::LongRoom, format!("/room/{long_room}")),
        (Page::NewRoomAnew, format!("/room/{new_room}")),
        (Page::LongRoomAnew, format!("/room/{long_room}")),
        (Page::OlderInNewRoom, format!("/room/{new_room}/messages?before=1000")),
        (Page::OlderInLongRoom, format!("/room/{long_room}/messages?before={middle}")),
    ];
    let mut rows = Vec::new();
    for (page, path) in ours {
        rows.extend(both(context, house.server.port, page, &path, Some(&cookie))?);
    }
    let folder = Folder::new()?;
    let script = peer(context, "nextjs/server.js", "nextjs/dist/BUILD_ID")?;
    let next = Server::start(context.server_core, "node".as_ref(), |command| {
        command.arg(script).current_dir(context.peers.join("nextjs")).env("NODE_ENV", "production").env("PORT", "0");
        command.env("DATA_DIR", folder.path()).env("NEXT_TELEMETRY_DISABLED", "1");
    })?;
    rows.extend(both(context, next.port, Page::Next, "/room/1", None)?);
    Ok(Pages { messages: *messages, rows })
}

/// As it is, and for who takes it compressed.
fn both(context: &Context, port: u16, page: Page, path: &str, cookie: Option<&String>) -> Outcome<Vec<Row>> {
    let look = |is_packed: bool| {
        let packed = is_packed.then(|| PACKED.to_owned());
        let headers: Vec<String> = cookie.cloned().into_iter().chain(packed).collect();
        context.doing(format!("{}{}", page.name(), if is_packed { ", compressed" } else { "" }));
        let bytes = Rest::connect(port)?.page_with(path, &headers)?.len();
        let is_anew = matches!(page, Page::NewRoomAnew | Page::LongRoomAnew);
        Ok(Row { page, is_packed, bytes, found: wrk::run(context, port, path, &headers, is_anew)? })
    };
    [false, true].into_iter().map(look).collect()
}
