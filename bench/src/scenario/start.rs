//! The cold start: the time to the first page, the memory of the idle process, the size of the binary.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, page_request};
use crate::load::Load;
use crate::server::{Kind, Madang, UNLIMITED};
use crate::times::{median, millis};

const STARTS: usize = 5;
/// How long the process is idle before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let (mut first_page, mut idle, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        context.progress("cold starts");
        let madang = Madang::start(context, Kind::Madang, &UNLIMITED)?;
        let mut http = Http::connect(madang.process.port)?;
        let page = http.page(&page_request("/", "", false))?;
        first_page.push(millis(madang.process.started_at.elapsed()));
        if !page.trim_ascii_end().ends_with(b"</html>") {
            return Err("the first page is incomplete".into());
        }
        Load::new(madang.process.port)?.run_for(IDLE)?;
        idle.push(madang.process.memory()? as f64);
        own.push(madang.process.own_memory()? as f64);
    }
    let binary = std::fs::metadata(context.binary(Kind::Madang))?.len();
    Ok(json!({ "first_page": median(first_page), "idle": median(idle), "own": median(own), "binary": binary }))
}
