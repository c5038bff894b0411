//! The memory of idle members who are signed in and in a room.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load};
use crate::server::{Kind, Server};

/// Members who join before those who are counted: they bring code, caches and working space into
/// memory, which later members use as well.
const NOT_COUNTED: usize = 256;
/// Seconds of silence before the memory is read.
const SETTLE: u64 = 8;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let mut rows = Vec::new();
    for kind in context.kinds(&[Kind::Madang, Kind::Socketioxide, Kind::SocketIo]) {
        let most = if kind.is_madang() { 18_000 } else { 10_000 };
        let most = most.min(context.size(usize::MAX, 1_000));
        let server = Server::start(context, kind, most, most)?;
        let mut load = Load::new(server.process.port)?;
        let (mut joined, mut before) = (0, 0);
        for members in [NOT_COUNTED, 1_000, 10_000, 18_000].into_iter().filter(|members| *members <= most) {
            context.progress(format!("memory of {members} members: {}", kind.name()));
            load.add_members(&server, joined..members);
            load.join_all(AT_ONCE)?;
            load.run_for(context.window(SETTLE) + Duration::from_secs(1))?;
            let in_all = server.process.memory()?;
            joined = members;
            if members == NOT_COUNTED {
                before = in_all;
                continue;
            }
            let each = in_all.saturating_sub(before) as f64 / (members - NOT_COUNTED) as f64;
            rows.push(json!({ "kind": kind, "members": members, "in_all": in_all, "each": each }));
        }
    }
    Ok(json!({ "rows": rows }))
}
