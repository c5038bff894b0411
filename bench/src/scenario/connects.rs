//! Connects a second: from the first packet of TCP to the snapshot of the room.

use std::time::Instant;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load};
use crate::server::{Kind, Server};
use crate::times::micros_each;

/// Members of a small room.
const SMALL: usize = 50;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let members = context.size(5_000, 500);
    let mut rows = Vec::new();
    for kind in context.kinds(&[Kind::Madang, Kind::Socketioxide, Kind::Express, Kind::SocketIo]) {
        for per_room in [SMALL, members] {
            context.progress(format!("connects, rooms of {per_room}: {}", kind.name()));
            let server = Server::start(context, kind, members, per_room)?;
            let mut load = Load::new(server.process.port)?;
            load.add_members(&server, 0..members);
            let (cpu, started) = (server.process.cpu()?, Instant::now());
            load.join_all(AT_ONCE)?;
            let per_second = members as f64 / started.elapsed().as_secs_f64();
            let cpu_us = micros_each(server.process.cpu()? - cpu, members as u64);
            rows.push(json!({ "kind": kind, "per_room": per_room, "per_second": per_second, "cpu_us": cpu_us }));
        }
    }
    Ok(json!({ "rows": rows }))
}
