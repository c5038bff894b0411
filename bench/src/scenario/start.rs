//! The cold start: the time to the first page, the memory of the idle process, the size of the binary.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::{Http, page_request};
use crate::load::Load;
use crate::report::{Scenario, Table, Target};
use crate::server::{Kind, Madang, UNLIMITED};
use crate::times::{median, megabytes, millis};

const STARTS: usize = 5;
/// How long the process is idle before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

pub(super) const SCENARIO: Scenario = Scenario {
    name: "start",
    measure,
    tables: &[Table {
        title: "The start",
        rows: "rows",
        columns: &[
            ("server", "kind"),
            ("cold start to the first page, ms", "first_page"),
            ("idle memory after it, MB", "idle_mb"),
            ("the binary with everything inside, MB", "binary_mb"),
        ],
    }],
    plots: &[],
    targets: &[
        Target::AtMost("cold start to the first page", 150.0, "ms", "rows kind=madang first_page"),
        Target::AtMost("idle memory", 20.0, "MB", "rows kind=madang idle_mb"),
        Target::AtMost("the binary", 30.0, "MB", "rows kind=madang binary_mb"),
    ],
};

fn measure(context: &Context) -> Outcome<Value> {
    let mut rows = Vec::new();
    for kind in context.kinds(&[Kind::Madang]) {
        let (mut first_page, mut idle) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            context.progress(format!("cold starts: {}", kind.name()));
            let madang = Madang::start(context, kind, &UNLIMITED)?;
            let mut http = Http::connect(madang.process.port)?;
            let page = http.page(&page_request("/", "", false))?;
            first_page.push(millis(madang.process.started_at.elapsed()));
            if !page.trim_ascii_end().ends_with(b"</html>") {
                return Err("the first page is incomplete".into());
            }
            Load::new(madang.process.port)?.run_for(IDLE)?;
            idle.push(megabytes(madang.process.memory()?));
        }
        let binary_mb = megabytes(std::fs::metadata(context.binary(kind))?.len());
        rows.push(json!({
            "kind": kind, "first_page": median(first_page), "idle_mb": median(idle), "binary_mb": binary_mb,
        }));
    }
    Ok(json!({ "rows": rows }))
}
