//! The memory of idle members who are signed in and in a room.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load};
use crate::report::{Line, Plot, Scenario, Table, Target};
use crate::server::{Kind, Server};
use crate::times::megabytes;

/// Members who join before those who are counted: they bring code, caches and working space into
/// memory, which later members use as well.
const NOT_COUNTED: usize = 256;
/// Seconds of silence before the memory is read.
const SETTLE: u64 = 8;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "memory",
    measure,
    tables: &[Table {
        title: "Memory of idle members; the first 256 do not count in the share of each",
        rows: "rows",
        columns: &[("members", "members"), ("server", "kind"), ("KB each", "each_kb"), ("MB in all", "in_all_mb")],
    }],
    plots: &[Plot {
        file: "memory",
        title: "Memory with idle members",
        across: "members of the room",
        up: "MB of the process",
        is_log: true,
        lines: &[Line { rows: "rows", name: "", x: "members", y: "in_all_mb" }],
    }],
    targets: &[
        Target::AtMost("an idle member of 1,000", 3.0, "KB", "rows kind=madang members=1000 each_kb"),
        Target::AtMost("an idle member of 10,000", 3.0, "KB", "rows kind=madang members=10000 each_kb"),
        Target::AtMost("an idle member of 18,000", 3.0, "KB", "rows kind=madang members=18000 each_kb"),
        Target::AtMost("18,000 idle members in all", 80.0, "MB", "rows kind=madang members=18000 in_all_mb"),
    ],
};

fn measure(context: &Context) -> Outcome<Value> {
    let mut rows = Vec::new();
    for kind in context.kinds(&[Kind::Madang, Kind::Socketioxide, Kind::SocketIo]) {
        let most = if kind.is_madang() { 18_000 } else { 10_000 };
        let most = most.min(context.size(usize::MAX, 1_000));
        let server = Server::start(context, kind, most, most)?;
        let mut load = Load::new(server.process.port)?;
        let (mut joined, mut before) = (0, 0.0);
        for members in [NOT_COUNTED, 1_000, 10_000, 18_000].into_iter().filter(|members| *members <= most) {
            context.progress(format!("memory of {members} members: {}", kind.name()));
            load.add_members(&server, joined..members);
            load.join_all(AT_ONCE)?;
            load.run_for(context.window(SETTLE) + Duration::from_secs(1))?;
            let in_all = megabytes(server.process.memory()?);
            joined = members;
            if members == NOT_COUNTED {
                before = in_all;
                continue;
            }
            let each = (in_all - before) * 1024.0 / (members - NOT_COUNTED) as f64;
            rows.push(json!({ "kind": kind, "members": members, "in_all_mb": in_all, "each_kb": each }));
        }
    }
    Ok(json!({ "rows": rows }))
}
