//! One large room on one core and on two. The members' connections take what is sent, but nobody reads it meanwhile, and the
//! clients sleep: they would need the cores themselves.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::Http;
use crate::load::{AT_ONCE, Load, Reading};
use crate::server::{Server, UNLIMITED};
use crate::times::median;

const MEMBERS: usize = 18_000;
/// Messages that fit into the kernel's buffers of a connection.
const MESSAGES: u64 = 20;
/// Longer than a message needs to all members.
const SENT_TO_ALL: Duration = Duration::from_millis(700);
const TOKEN: &str = "a token of the benchmark";

#[expect(clippy::disallowed_methods, reason = "this thread belongs to no runtime")]
pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let members = context.size(MEMBERS, 1_000);
    let mut rows = Vec::new();
    for cores in ["0", "0,1"] {
        context.progress(format!("a room of {members} on cores {cores}"));
        let settings = [&UNLIMITED[..], &[("METRICS_TOKEN", TOKEN)]].concat();
        let server = Server::start_with(context, cores, members, members, &settings)?;
        let mut load = Load::new(server.process.port)?;
        load.add_members(&server, 0..members);
        load.join_all(AT_ONCE)?;
        (1..members).for_each(|member| load.stall(member, Reading::Nothing));
        let mut http = Http::connect(server.process.port)?;
        let mut times = Vec::new();
        for _ in 0..MESSAGES {
            let before = fanout(&mut http)?;
            let number = load.deliveries.sending();
            load.send(0, &server.message(0, number, &"x".repeat(64)))?;
            // On two cores, this process must leave both to the server, as it leaves one on one core.
            thread::sleep(SENT_TO_ALL);
            load.wait_delivered()?;
            let after = fanout(&mut http)?;
            if after.count == before.count {
                return Err("a message was not sent to all members in time".into());
            }
            times.push((after.seconds - before.seconds) * 1_000.0);
        }
        rows.push(json!({ "cores": cores.split(',').count(), "members": members, "last_ms": median(times) }));
    }
    Ok(json!({ "rows": rows }))
}

/// Messages sent to all their members, and the time that it took.
struct Fanout {
    count: f64,
    seconds: f64,
}

fn fanout(http: &mut Http) -> Outcome<Fanout> {
    let text = String::from_utf8(http.page(&crate::http::get_request("/metrics", TOKEN))?.to_vec())?;
    let value = |name: &str| -> Outcome<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(|| format!("no {name}"))?;
        Ok(line.trim().parse()?)
    };
    Ok(Fanout { count: value("madang_fanout_seconds_count ")?, seconds: value("madang_fanout_seconds_sum ")? })
}
