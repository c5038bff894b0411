//! A storm: everybody in a room loses the connection at once and comes back at once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::Outcome;
use crate::house::{House, address};
use crate::process;
use crate::rest::Rest;
use crate::swarm::{Faults, Swarm};

/// How long everybody may take to come in at first, and to come back.
const PATIENCE: Duration = Duration::from_secs(180);
/// The time between two messages, below what one person may send.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the house comes to rest before the storm.
const SETTLE: Duration = Duration::from_secs(3);
/// The time between two looks at how far everybody is.
const LOOK: Duration = Duration::from_millis(20);
/// CPU of a member of the largest crowd, over that of the smallest: above it the cost of a crowd
/// grows faster than the crowd. A crowd that is too large for the caches costs more by half; what is square
/// would cost ten times as much.
const MOST_GROWTH: f64 = 2.0;

#[derive(Args)]
pub(crate) struct Options {
    /// The program to measure: a release build.
    #[arg(long, default_value = "target/release/madang")]
    madang: PathBuf,
    /// How many lose their connections, one run each.
    #[arg(long, value_delimiter = ',', default_value = "1000,2000,5000,10000", value_parser = clap::value_parser!(u32).range(2..=18_000))]
    members: Vec<u32>,
    /// Members of one address. An address may open 500 sessions at once and hold 256.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=200))]
    per_address: u32,
    /// Seconds they are away. From 5 on they count as gone.
    #[arg(long, default_value_t = 8)]
    away: u64,
    /// The core of the server.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The core of the clients.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
}

/// What one storm cost.
struct Run {
    members: u32,
    /// Messages said while they were away, and all that each had to take on coming back.
    missed: i64,
    half_back: Duration,
    all_back: Duration,
    cpu_of_going: Duration,
    cpu_of_coming: Duration,
    /// With everybody in, before the storm.
    idle: u64,
    memory: u64,
    most_memory: u64,
    faults: Faults,
}

impl Run {
    /// Microseconds of the server's processor time for one who came back.
    fn per_member(&self) -> f64 {
        self.cpu_of_coming.as_secs_f64() * 1e6 / f64::from(self.members)
    }
}

pub(crate) fn run(options: &Options) -> Outcome<()> {
    let most = options.members.iter().max().copied().unwrap_or_default();
    process::allow_files(u64::from(most) + 200)?;
    process::pin(options.client_core)?;
    let mut runs: Vec<Run> = Vec::new();
    println!(
        "members  missed  half back  all back   CPU going  CPU coming   per member  growth   memory idle, after, most (MB)  refused"
    );
    for &members in &options.members {
        let run = once(options, members)?;
        let growth = run.per_member() / runs.first().unwrap_or(&run).per_member().max(f64::EPSILON);
        println!(
            "{members:7} {:7} {:8.2} s {:7.2} s {:9.2} s {:9.2} s {:9.0} µs {growth:7.2}       {:7.0} {:7.0} {:6.0}        {}",
            run.missed,
            run.half_back.as_secs_f64(),
            run.all_back.as_secs_f64(),
            run.cpu_of_going.as_secs_f64(),
            run.cpu_of_coming.as_secs_f64(),
            run.per_member(),
            megabytes(run.idle),
            megabytes(run.memory),
            megabytes(run.most_memory),
            refusals(&run.faults),
        );
        runs.push(run);
    }
    println!("{}", json!({ "storm": runs.iter().map(line).collect::<Vec<_>>() }));
    judge(&runs)
}

fn judge(runs: &[Run]) -> Outcome<()> {
    for Run { members, faults, .. } in runs {
        if faults.holes + faults.doubles + faults.gaps > 0 {
            let Faults { holes, doubles, gaps, .. } = faults;
            return Err(format!("{members} members: {holes} holes, {doubles} doubles, {gaps} gaps").into());
        }
    }
    match (runs.first(), runs.last()) {
        (Some(first), Some(last)) if last.per_member() > MOST_GROWTH * first.per_member() => {
            Err(format!("a member of {} costs {MOST_GROWTH} times one of {}", last.members, first.members).into())
        }
        _ => Ok(()),
    }
}

fn once(options: &Options, members: u32) -> Outcome<Run> {
    let madang = options.madang.canonicalize().map_err(|error| format!("{}: {error}", options.madang.display()))?;
    // Every limit holds but one: the owner's messages and the clients come from one machine.
    let house = House::open_with(&madang, options.server_core, &[])?;
    let tokens = house.guests(members as usize + 1)?;
    let (owner, tokens) = tokens.split_last().ok_or("no guests")?;
    let room = house.room(owner, members as usize + 1)?;
    let mut swarm = Swarm::new(house.server.port, &room)?;
    for (place, token) in tokens.iter().enumerate() {
        swarm.add(address(place / options.per_address as usize), token.clone(), None);
    }
    swarm.come_in(64, PATIENCE)?;
    swarm.live(Instant::now() + SETTLE)?;

    let idle = house.server.memory()?;
    let port = house.server.port;
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let talker = scope.spawn(|| talk(port, owner, &room, &is_over).map_err(|error| error.to_string()));
        let stormed = storm(options, &house, &mut swarm, &room, owner);
        is_over.store(true, Ordering::Relaxed);
        talker.join().map_err(|_| "the talker panicked")??;
        let run = Run { members, idle, ..stormed? };
        let rev = present(&house, &room, owner)?;
        hold_up_to(&mut swarm, rev)?;
        Ok(Run { faults: swarm.faults.clone(), ..run })
    })
}

/// The storm itself, while somebody goes on talking.
fn storm(options: &Options, house: &House, swarm: &mut Swarm, room: &str, owner: &str) -> Outcome<Run> {
    let (held, cpu) = (present(house, room, owner)?, house.server.cpu()?);
    hold_up_to(swarm, held)?;
    swarm.faults.refusals.clear();
    swarm.cut();
    swarm.live(Instant::now() + Duration::from_secs(options.away))?;
    let cpu_away = house.server.cpu()?;
    let missed = present(house, room, owner)? - held;
    let begun = Instant::now();
    swarm.come_back();
    while swarm.inside() < swarm.len() {
        if begun.elapsed() > PATIENCE {
            let (inside, all) = (swarm.inside(), swarm.len());
            return Err(format!("only {inside} of {all} have come back: {}", refusals(&swarm.faults)).into());
        }
        swarm.live(Instant::now() + LOOK)?;
    }
    hold_up_to(swarm, present(house, room, owner)?)?;
    let mut took: Vec<Duration> = swarm.came_at().iter().map(|at| at.duration_since(begun)).collect();
    took.sort_unstable();
    Ok(Run {
        members: 0,
        missed,
        half_back: took.get(took.len() / 2).copied().unwrap_or_default(),
        all_back: took.last().copied().unwrap_or_default(),
        cpu_of_going: cpu_away - cpu,
        cpu_of_coming: house.server.cpu()? - cpu_away,
        idle: 0,
        memory: house.server.memory()?,
        most_memory: house.server.most_memory()?,
        faults: Faults::default(),
    })
}

/// Says something now and then, as one of the members who was not in the storm.
fn talk(port: u16, owner: &str, room: &str, is_over: &AtomicBool) -> Outcome<()> {
    let mut rest = Rest::connect(port)?;
    let path = format!("/api/rooms/{room}/messages");
    while !is_over.load(Ordering::Relaxed) {
        rest.post(&path, Some(owner), &json!({ "text": "Is anybody there? 거기 누구 없어요?" }))?;
        pause();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "there is no runtime here whose worker it could stop")]
fn pause() {
    std::thread::sleep(PAUSE);
}

fn present(house: &House, room: &str, owner: &str) -> Outcome<i64> {
    let shown = Rest::connect(house.server.port)?.get(&format!("/api/rooms/{room}"), owner)?;
    Ok(shown["rev"].as_i64().ok_or("a room without a rev")?)
}

/// Waits until everybody is in and holds everything up to a rev.
fn hold_up_to(swarm: &mut Swarm, rev: i64) -> Outcome<()> {
    let until = Instant::now() + PATIENCE;
    while swarm.holding(rev) < swarm.len() {
        if Instant::now() >= until {
            return Err(format!("only {} of {} hold rev {rev}", swarm.holding(rev), swarm.len()).into());
        }
        swarm.live(Instant::now() + LOOK)?;
    }
    Ok(())
}

fn refusals(faults: &Faults) -> String {
    let each: Vec<_> = faults.refusals.iter().map(|(why, count)| format!("{why} {count}")).collect();
    if each.is_empty() { "none".to_owned() } else { each.join(", ") }
}

fn line(run: &Run) -> serde_json::Value {
    json!({
        "members": run.members, "missed": run.missed, "half_back_s": run.half_back.as_secs_f64(),
        "all_back_s": run.all_back.as_secs_f64(), "cpu_going_s": run.cpu_of_going.as_secs_f64(),
        "cpu_coming_s": run.cpu_of_coming.as_secs_f64(), "cpu_member_us": run.per_member(),
        "idle_mb": megabytes(run.idle), "memory_mb": megabytes(run.memory), "most_memory_mb": megabytes(run.most_memory),
        "refusals": run.faults.refusals,
    })
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
