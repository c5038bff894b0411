//! What an idle member who is signed in and in a room keeps in memory.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::crowd::Crowd;
use crate::stand::{Kind, Plan, Stand};

/// Members who come in before those who are counted: they bring the code, the caches and the working
/// space of joining into memory, which others use again and which is no member's.
const FIRST_IN: usize = 256;
/// Silence before the memory is read.
const SETTLE: u64 = 8;

#[derive(Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) members: usize,
    /// Bytes of the whole process.
    pub(crate) in_all: u64,
    /// Bytes of one member, the first not counted.
    pub(crate) each: f64,
}

impl Memory {
    pub(crate) fn row(&self, kind: Kind, members: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.kind == kind && row.members == members)
    }
}

pub(crate) fn run(context: &Context) -> Outcome<Memory> {
    let sizes = |all: &[usize]| all.iter().copied().filter(|size| !context.is_quick || *size <= 1_000).collect();
    let plans: [(Kind, Vec<usize>); 3] = [
        (Kind::Madang, sizes(&[1_000, 10_000, 18_000])),
        (Kind::Socketioxide, sizes(&[1_000, 10_000])),
        (Kind::SocketIo, sizes(&[1_000, 10_000])),
    ];
    let mut rows = Vec::new();
    for (kind, sizes) in plans {
        let most = sizes.iter().max().copied().ok_or("no size")?;
        context.doing(format!("memory of {most} members: {}", kind.name()));
        let stand = Stand::open(context, kind, Plan::one_room(most))?;
        let mut crowd = Crowd::new()?;
        let side = crowd.side();
        let mut inside = 0;
        let mut memory_of = |count: usize| -> Outcome<u64> {
            for member in inside..count {
                crowd.add(side, stand.server.port, stand.hello(member))?;
            }
            inside = count;
            crowd.all_come()?;
            crowd.listen(Instant::now() + context.window(SETTLE) + Duration::from_secs(1))?;
            stand.server.memory()
        };
        let before = memory_of(FIRST_IN)?;
        for members in sizes {
            context.doing(format!("memory of {members} members: {}", kind.name()));
            let in_all = memory_of(members)?;
            let each = in_all.saturating_sub(before) as f64 / (members - FIRST_IN) as f64;
            rows.push(Row { kind, members, in_all, each });
        }
    }
    Ok(Memory { rows })
}
