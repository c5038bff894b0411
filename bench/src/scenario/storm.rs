//! A storm: all members of a room lose their connections at once and come back at once, with every
//! limit in force.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::http::Http;
use crate::load::{Load, Resume, Setup};
use crate::process::address;
use crate::server::{Kind, Madang, hello};
use crate::times::micros_each;

const MEMBERS: [usize; 4] = [1_000, 2_000, 5_000, 10_000];
/// Members of one address, which may open 500 sessions at once and hold 256.
const PER_ADDRESS: usize = 8;
/// How long they are away. After 5 seconds they count as offline.
const AWAY: Duration = Duration::from_secs(8);
/// How long all may take to come back.
const TIMEOUT: Duration = Duration::from_secs(180);
/// The pause between two messages, below the limit of one user.
const PAUSE: Duration = Duration::from_millis(250);
const SETTLE: Duration = Duration::from_secs(3);
/// The time between two looks at how many are back.
const LOOK: Duration = Duration::from_millis(20);

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let members = MEMBERS.into_iter().map(|members| members / context.size(1, 10));
    Ok(json!({ "rows": members.map(|members| one_size(context, members)).collect::<Outcome<Vec<_>>>()? }))
}

fn one_size(context: &Context, members: usize) -> Outcome<Value> {
    context.progress(format!("a room of {members} is filled"));
    let madang = Madang::start(context, Kind::Madang, &[])?;
    let tokens = madang.guests(members + 1)?;
    let (owner, tokens) = tokens.split_last().ok_or("no guests")?;
    let room = madang.room(owner, members + 1)?;
    let mut load = Load::reconnecting(madang.process.port)?;
    for (place, token) in tokens.iter().enumerate() {
        let source = Some(address(place / PER_ADDRESS));
        load.add(Setup { hello: Some(hello(token, &room)), source, ..Setup::default() });
    }
    load.join_all(64)?;
    load.run_for(SETTLE)?;
    context.progress(format!("{members} members lose their connections"));
    let is_over = AtomicBool::new(false);
    let row = std::thread::scope(|scope| -> Outcome<Value> {
        let sender = scope.spawn(|| send(&madang, owner, &room, &is_over).map_err(|error| error.to_string()));
        let row = storm(&madang, &mut load, &room, owner);
        is_over.store(true, Ordering::Relaxed);
        sender.join().map_err(|_| "the sender panicked")??;
        row
    })?;
    wait_up_to_date(&mut load, rev(&madang, &room, owner)?)?;
    let Resume { holes, duplicates, gaps, .. } = &load.resume;
    match holes + duplicates + gaps {
        0 => Ok(row),
        _ => Err(format!("{members} members: {holes} holes, {duplicates} duplicates, {gaps} gaps").into()),
    }
}

fn storm(madang: &Madang, load: &mut Load<'_>, room: &str, owner: &str) -> Outcome<Value> {
    let members = load.clients.len();
    let (idle, rev_before) = (madang.process.memory()?, rev(madang, room, owner)?);
    wait_up_to_date(load, rev_before)?;
    load.resume.refusals.clear();
    let cpu = madang.process.cpu()?;
    load.disconnect_all();
    load.run_for(AWAY)?;
    let cpu_away = madang.process.cpu()?;
    let missed = rev(madang, room, owner)? - rev_before;
    let started = Instant::now();
    load.reconnect_all();
    while load.inside() < members {
        if started.elapsed() > TIMEOUT {
            let (inside, refusals) = (load.inside(), &load.resume.refusals);
            return Err(format!("only {inside} of {members} came back; refused: {refusals:?}").into());
        }
        load.run_for(LOOK)?;
    }
    wait_up_to_date(load, rev(madang, room, owner)?)?;
    let joined = load.clients.iter().filter_map(|client| client.joined_at);
    let mut joined: Vec<Duration> = joined.map(|at| at.duration_since(started)).collect();
    joined.sort_unstable();
    let seconds = |at: usize| joined.get(at).copied().unwrap_or_default().as_secs_f64();
    let returning = madang.process.cpu()? - cpu_away;
    Ok(json!({
        "members": members, "missed": missed, "half_back_s": seconds(members / 2), "all_back_s": seconds(members - 1),
        "cpu_leaving_s": (cpu_away - cpu).as_secs_f64(), "cpu_returning_s": returning.as_secs_f64(),
        "cpu_member_us": micros_each(returning, members as u64), "idle": idle, "memory": madang.process.memory()?,
        "peak": madang.process.peak_memory()?, "refusals": load.resume.refusals,
    }))
}

/// Sends messages as the owner, who is not in the storm.
fn send(madang: &Madang, owner: &str, room: &str, is_over: &AtomicBool) -> Outcome<()> {
    let mut http = Http::connect(madang.process.port)?;
    while !is_over.load(Ordering::Relaxed) {
        let text = json!({ "text": "Is anybody there? 거기 누구 없어요?" });
        http.post(&format!("/api/rooms/{room}/messages"), Some(owner), &text)?;
        pause();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this thread belongs to no runtime")]
fn pause() {
    std::thread::sleep(PAUSE);
}

fn rev(madang: &Madang, room: &str, owner: &str) -> Outcome<i64> {
    let room = Http::connect(madang.process.port)?.get(&format!("/api/rooms/{room}"), owner)?;
    Ok(room["rev"].as_i64().ok_or("a room without a rev")?)
}

/// Waits until all are in and have every change up to a rev.
fn wait_up_to_date(load: &mut Load<'_>, rev: i64) -> Outcome<()> {
    let until = Instant::now() + TIMEOUT;
    while load.up_to_date(rev) < load.clients.len() {
        if Instant::now() >= until {
            let (up_to_date, all) = (load.up_to_date(rev), load.clients.len());
            return Err(format!("only {up_to_date} of {all} have every change").into());
        }
        load.run_for(LOOK)?;
    }
    Ok(())
}
