//! Connects a second: from the first packet of TCP to the answer to the join.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::crowd::Crowd;
use crate::stand::{Kind, Plan, Stand};

/// People of a room where not all are in one.
const ROOM: usize = 50;

#[derive(Serialize, Deserialize)]
pub(crate) struct Connects {
    pub(crate) rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    /// Members of each room.
    pub(crate) per_room: usize,
    pub(crate) per_second: f64,
    /// Microseconds of the server's processor time for one who comes in.
    pub(crate) cpu_us: f64,
}

pub(crate) fn run(context: &Context) -> Outcome<Connects> {
    let members = context.many(5_000, 500);
    let mut rows = Vec::new();
    for kind in [Kind::Madang, Kind::Socketioxide, Kind::Express, Kind::SocketIo] {
        for per_room in [ROOM, members] {
            context.doing(format!("connects, rooms of {per_room}: {}", kind.name()));
            let stand = Stand::open(context, kind, Plan { members, per_room })?;
            let mut crowd = Crowd::new()?;
            let side = crowd.side();
            let (cpu, begun) = (stand.server.cpu()?, Instant::now());
            for member in 0..members {
                crowd.add(side, stand.server.port, stand.hello(member))?;
            }
            crowd.all_come()?;
            let (took, cpu) = (begun.elapsed().as_secs_f64(), stand.server.cpu()? - cpu);
            let per_second = members as f64 / took;
            rows.push(Row { kind, per_room, per_second, cpu_us: cpu.as_secs_f64() * 1e6 / members as f64 });
        }
    }
    Ok(Connects { rows })
}
