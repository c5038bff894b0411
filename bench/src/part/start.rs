//! The cold start: from nothing to the first page, what the idle process then keeps, and how large the
//! program is.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::crowd::Crowd;
use crate::house::House;
use crate::rest::Rest;
use crate::times::{median, millis};

const STARTS: usize = 5;
/// How long the process rests before its memory is read.
const REST: Duration = Duration::from_secs(2);

#[derive(Serialize, Deserialize)]
pub(crate) struct Start {
    /// From the start of the process, with an empty folder, to the whole first page: milliseconds.
    pub(crate) first_page: f64,
    /// Bytes of the idle process after it.
    pub(crate) idle: u64,
    /// Bytes of the program, with everything inside.
    pub(crate) binary: u64,
}

pub(crate) fn run(context: &Context) -> Outcome<Start> {
    let (mut pages, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        context.doing("cold starts");
        let house = House::open(&context.madang, context.server_core)?;
        let page = Rest::connect(house.server.port)?.page("/")?;
        pages.push(millis(house.server.started_at.elapsed()));
        if !page.trim_ascii_end().ends_with(b"</html>") {
            return Err("the first page is not whole".into());
        }
        Crowd::new()?.listen(Instant::now() + REST)?;
        idle.push(house.server.memory()? as f64);
    }
    let binary = std::fs::metadata(&context.madang)?.len();
    Ok(Start { first_page: median(pages), idle: median(idle) as u64, binary })
}
